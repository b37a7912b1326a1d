"""All that a store holds, for an archive and out of one, within a transaction that somebody else begins and ends."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, bindparam, func, insert, select

from availability import facts
from availability.archive import Closed, LatencyQuarter, Noted, Registered
from availability.certificates import Sighting
from availability.heartbeats import HeartbeatReport
from availability.ports import Batch, Merged, Row, Run
from availability.spans import Span
from availability.trail import Entry
from collector.store import closings, schema
from collector.store.certificates import add_sightings, read_sightings
from collector.store.database import Database
from collector.store.errors import StoreError
from collector.store.heartbeats import add_reports, read_reports
from collector.store.latency_merging import LatencyMerging
from collector.store.maintenance import append, read_trail
from collector.store.naming import Key, load_outcomes
from collector.store.reading import read_extents, read_series
from collector.store.sketch import HOUR_MS, SLOT_MS, quarters, unpack
from collector.store.writer import Writer

T = TypeVar("T")

_LATEST = (1 << 63) - 1
_ROWS_AT_ONCE = 10_000


class StoredHoldings:
    """What the store holds at the moment of the first look (`availability.archive`: `Holdings`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        keys = connection.execute(select(schema.series)).all()
        self._keys = {(check, vantage): key for key, check, vantage in keys}
        self._contents = load_outcomes(connection)
        tails = connection.execute(select(schema.tail)).all()
        self._tails = {key: (first, step, length, outcome) for key, first, step, length, outcome in tails}
        self._asked = _RUNS.compile(dialect=connection.dialect)

    def series(self) -> list[tuple[str, str]]:
        return sorted(self._keys)

    def runs(self, check: str, vantage: str, since: int | None = None, until: int | None = None) -> Iterator[Run]:
        earliest = -_LATEST if since is None else since
        latest = _LATEST if until is None else until
        contents = self._contents
        rows = self._rows(self._keys[check, vantage], earliest, latest)
        runs = (Run(first, step, length, *contents[outcome]) for first, step, length, outcome in rows)
        if since is None and until is None:
            return runs
        return (piece for run in runs if (piece := facts.between(run, earliest, latest)))

    def rows(
        self, until: int | None = None, since: int | None = None, keys: Container[Key] | None = None
    ) -> Iterator[tuple[Key, list[Row]]]:
        """One series after the other, as `FactStore.series` gives them."""
        return read_series(self._connection, until, since, keys)

    def extents(self) -> dict[Key, Span]:
        """(check, vantage) to the first and the last instant at which there is an observation."""
        return read_extents(self._connection)

    def latencies(self, since: int | None = None, until: int | None = None) -> Iterator[LatencyQuarter]:
        table = schema.latency
        asked = select(table.c.hour, table.c.series_id, table.c.packed).order_by(table.c.hour)
        if since is not None:
            asked = asked.where(table.c.hour >= since // HOUR_MS)
        if until is not None:
            asked = asked.where(table.c.hour <= until // HOUR_MS)
        names = {key: name for name, key in self._keys.items()}
        for hour, rows in groupby(_streamed(self._connection, asked), key=_hour):
            # By name, so that equal facts give equal files, whatever order their series came in.
            for (check, vantage), packed in sorted((names[key], packed) for _, key, packed in rows):
                for slot, content in quarters(packed):
                    start = hour * HOUR_MS + slot * SLOT_MS
                    if (since is None or since <= start) and (until is None or start < until):
                        sketch = unpack(content)
                        buckets = tuple(sorted(sketch.buckets.items()))
                        yield LatencyQuarter(check, vantage, start, sketch.count, sketch.total_us, buckets)

    def trail(self) -> list[Entry]:
        return read_trail(self._connection)

    def incidents(self) -> Iterator[Registered]:
        return _incidents(self._connection)

    def closings(self) -> Iterator[Closed]:
        return _closings(self._connection)

    def heartbeats(self) -> Iterator[HeartbeatReport]:
        return read_reports(self._connection)

    def certificates(self) -> Iterator[Sighting]:
        return read_sightings(self._connection)

    def pages(self) -> Iterator[Noted]:
        return _pages(self._connection)

    def _rows(self, key: int, since: int, until: int) -> Iterator[Sequence[int]]:
        """The rows of a series from the last one that starts up to `since`, the one that is being added to last."""
        cursor = self._connection.connection.cursor()
        given: dict[str, int] = {"series": key, "since": since, "until": until}
        order = getattr(self._asked, "positiontup", None)
        try:
            cursor.execute(self._asked.string, [given[name] for name in order] if order else given)
            while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                yield from rows
        finally:
            cursor.close()
        tail = self._tails.get(key)
        if tail is not None and tail[0] < until:
            yield tail


@dataclass(frozen=True, slots=True)
class Continued:
    """What became of a table that is only ever added to: rows that were new, and rows that were there."""

    added: int
    known: int


class Restoring:
    """Takes an archive into the store: facts as a set, what is only ever added to as a continuation."""

    def __init__(self, connection: Connection, writer: Writer, database: Database) -> None:
        self._connection = connection
        self._writer = writer
        self._database = database

    def add(self, batches: Collection[Batch]) -> Merged:
        """Merge observations, as `SqlStore.add` does."""
        return self._writer.add(batches)

    def add_latencies(self, found: Iterable[LatencyQuarter]) -> tuple[int, int]:
        """Merge latencies; how many quarters were new or grew, and how many were known.

        Of two accounts of one quarter the one that counted more stays: both counted some of the same observations,
        and nobody can tell which, so adding them up would count some twice.
        """
        merging = LatencyMerging(self._connection, self._database)
        merging.take(found)
        self._writer.forget()
        return merging.added, merging.known

    def continue_trail(self, entries: Iterable[Entry]) -> Continued:
        """Append to the maintenance trail what follows on what is there; StoreError where it is another trail."""
        trail = read_trail(self._connection)

        def put(entry: Entry) -> None:
            append(self._connection, trail, entry)
            trail.append(entry)

        return _continue("maintenance trail", iter(tuple(trail)), entries, put)

    def continue_incidents(self, rows: Iterable[Registered]) -> Continued:
        """The same for what the help desk registered."""

        def put(row: Registered) -> None:
            self._connection.execute(insert(schema.incident).values(**row._asdict()))

        return _continue("list of incidents", _incidents(self._connection), rows, put)

    def continue_pages(self, rows: Iterable[Noted]) -> Continued:
        """The same for the log of pages."""

        def put(row: Noted) -> None:
            self._connection.execute(insert(schema.page_entry).values(**row._asdict()))

        return _continue("log of pages", _pages(self._connection), rows, put)

    def add_reports(self, reports: Iterable[HeartbeatReport]) -> Continued:
        """Add what jobs reported and is not there yet: a set, as observations are."""
        return Continued(*add_reports(self._connection, reports))

    def add_sightings(self, sightings: Iterable[Sighting]) -> Continued:
        """Widen what was seen of certificates by what is not there yet; what became longer counts as added."""
        return Continued(*add_sightings(self._connection, sightings))

    def continue_closings(self, rows: Iterable[Closed]) -> Continued:
        """The same for the closed months."""

        def put(row: Closed) -> None:
            closings.append_link(self._connection, row.number - 1, row.period, row.digest, closings.pack(row.document))

        return _continue("list of closed months", _closings(self._connection), rows, put)


def _closed_runs_of_series() -> Select[Any]:
    """The closed runs of `series` from the last one that starts up to `since`, without those that start at `until`."""
    table, earlier = schema.fact, schema.fact.alias()
    of_series: Any = bindparam("series")
    since: Any = bindparam("since")
    begin = select(func.max(earlier.c.first)).where(earlier.c.series_id == of_series, earlier.c.first <= since)
    return (
        select(table.c.first, table.c.step, table.c.length, table.c.outcome_id)
        .where(
            table.c.series_id == of_series,
            table.c.first >= func.coalesce(begin.scalar_subquery(), since),
            table.c.first < bindparam("until"),
        )
        .order_by(table.c.first)
    )


_RUNS = _closed_runs_of_series()


def _streamed(connection: Connection, statement: Select[Any]) -> Iterator[Any]:
    """The rows of a statement, a bounded number of them at a time."""
    with connection.execute(statement, execution_options={"yield_per": _ROWS_AT_ONCE}) as result:
        yield from result


def _hour(row: tuple[int, int, bytes]) -> int:
    return row[0]


def _incidents(connection: Connection) -> Iterator[Registered]:
    for row in _streamed(connection, select(schema.incident).order_by(schema.incident.c.number)):
        yield Registered(*row)


def _pages(connection: Connection) -> Iterator[Noted]:
    for row in _streamed(connection, select(schema.page_entry).order_by(schema.page_entry.c.number)):
        yield Noted(*row)


def _closings(connection: Connection) -> Iterator[Closed]:
    for link in closings.read_links(connection):
        try:
            yield Closed(link.number, link.period, link.digest, closings.unpack(link))
        except ValueError as error:
            raise StoreError(f"the closed month {link.period} is damaged: {error}") from None


def _continue(what: str, there: Iterator[T], given: Iterable[T], put: Callable[[T], None]) -> Continued:
    """Put what of `given` follows on what is there; StoreError where neither is the beginning of the other."""
    added = known = 0
    for number, row in enumerate(given, 1):
        present = next(there, None)
        if present is None:
            put(row)
            added += 1
        elif present == row:
            known += 1
        else:
            raise StoreError(
                f"the {what} of the archive is not that of the store: they differ at number {number}, and what is "
                "there is never replaced; take the archive into a new store"
            )
    return Continued(added, known)
