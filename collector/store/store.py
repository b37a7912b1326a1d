"""The store of facts that the rooms use: add, read back, expire; any thread may call it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, delete, func, select

from availability.certificates import Sighting
from availability.heartbeats import HeartbeatReport
from availability.paging import Entry as PageEntry
from availability.ports import Batch, LastPair, LatencySummary, Merged, Registration, Row, Run
from availability.recovery import Registered
from availability.spans import Span, clip
from availability.trail import Entry
from collector.store import schema, sqlite
from collector.store.archive import Restoring, StoredHoldings
from collector.store.certificates import add_sightings, read_sightings
from collector.store.closings import Link, append_link, read_links
from collector.store.errors import explained
from collector.store.heartbeats import add_reports, last_number, last_reports, read_reports, reports_after
from collector.store.incidents import read_incidents, register
from collector.store.maintenance import append, read_trail
from collector.store.pages import add_entries, entries_after, entries_of_known, last_page_entry
from collector.store.sketch import HOUR_MS, SLOT_MS, SLOTS_PER_HOUR, Sketch, quarters, unpack
from collector.store.statements import repeated
from collector.store.writer import Writer, load_outcomes

Key = tuple[str, str]
"""A check and a vantage."""

_LATEST = (1 << 63) - 1
"""The last instant a database can hold."""
_HOURS_PER_QUERY = 500


class SqlStore:
    """Facts and the maintenance trail in a database (`availability.ports`: `FactStore`, `MaintenanceTrail`); made by
    `open_store`.

    Every method raises StoreError where the database refuses, and then nothing was stored.
    """

    def __init__(self, engine: Engine, place: str) -> None:
        self.place = place
        """Where it is, for people."""
        self._engine = engine
        self._lock = Lock()
        self._writer: tuple[Connection, Writer] | None = None
        self._generation: Any = None
        self._file: sqlite.File | None = None
        self.writes_elsewhere = 0
        """How often a writer found that somebody else may have written since it wrote last."""

    def close(self) -> None:
        """Give all connections back; waits for a writer. A later call opens them again."""
        with self._lock:
            self._abandon()
        self._engine.dispose()

    def add(self, batches: Collection[Batch]) -> Merged:
        """Merge in one transaction: all of it or nothing. ValueError where the runs of a batch are not in order.

        Of two outcomes for one instant the stronger stays (docs/semantics.md, section 1). A latency is counted
        where its instant is new to the store; one that was counted stays counted when a stronger outcome comes.
        """
        with self._writing() as (_, writer):
            return writer.add(batches)

    def rows(self, until: int | None = None, since: int | None = None) -> dict[tuple[str, str], list[Row]]:
        """(check, vantage) to its rows in order of time; those that start after `until` or end before `since` left
        out."""
        return dict(self.series(until, since))

    def series(
        self, until: int | None = None, since: int | None = None, keys: Container[Key] | None = None
    ) -> Iterator[tuple[Key, list[Row]]]:
        """The same one after the other, of one state of the store, so that nobody has to hold all of them at once;
        only those in `keys` where that is given."""
        earliest, latest = _bounds(since, until)
        with self._reading() as connection:
            ends = {
                key: (first, step, length, status) for key, first, step, length, status in connection.execute(_ENDS)
            }
            fetch = repeated(connection, _facts_of_series(schema.outcome.c.status))
            for key, check, vantage in connection.execute(select(schema.series)).all():
                if keys is not None and (check, vantage) not in keys:
                    continue
                rows = fetch({"series": key, "since": earliest, "until": latest})
                if key in ends and ends[key][0] <= latest:
                    rows.append(ends[key])
                _drop_before(rows, earliest)
                if rows:
                    yield (check, vantage), rows

    def extents(self) -> dict[Key, Span]:
        """(check, vantage) to the first and the last instant at which there is an observation."""
        series, tail = schema.series, schema.tail
        with self._reading() as connection:
            return {
                (check, vantage): (first if earliest is None else earliest, first + step * (length - 1))
                for check, vantage, earliest, first, step, length in connection.execute(
                    select(
                        series.c.check_id, series.c.vantage_id, _FIRST, tail.c.first, tail.c.step, tail.c.length
                    ).join(tail, tail.c.series_id == series.c.id)
                )
            }

    def runs(self, check: str, vantage: str, since: int | None = None) -> list[Run]:
        """The rows of one check from one vantage with their reasons, from those that end at or after `since`."""
        earliest, latest = _bounds(since, None)
        series, tail = schema.series, schema.tail
        with self._reading() as connection:
            key = connection.execute(
                select(series.c.id).where(series.c.check_id == check, series.c.vantage_id == vantage)
            ).scalar()
            if key is None:
                return []
            fetch = repeated(connection, _facts_of_series(schema.outcome.c.id))
            rows = fetch({"series": key, "since": earliest, "until": latest})
            rows.extend(
                connection.execute(
                    select(tail.c.first, tail.c.step, tail.c.length, tail.c.outcome_id).where(tail.c.series_id == key)
                )
            )
            _drop_before(rows, earliest)
            contents = load_outcomes(connection)
        return [Run(first, step, length, *contents[outcome]) for first, step, length, outcome in rows]

    def latencies(self, check: str, spans: Sequence[Span]) -> LatencySummary:
        """What all vantages measured of a check within `spans` (in order of time, without overlap).

        They are kept by quarters of an hour, and a quarter counts where its middle lies within a span: exact for
        spans that begin and end at quarters.
        """
        table, series = schema.latency, schema.series
        total = Sketch()
        with self._reading() as connection:
            keys = connection.execute(select(series.c.id).where(series.c.check_id == check)).scalars().all()
            # Two queries: SQLite finds one of them through the index, but both together by reading everything.
            earliest = connection.execute(select(func.min(table.c.hour))).scalar()
            latest = connection.execute(select(func.max(table.c.hour))).scalar()
            if not keys or earliest is None or latest is None:
                return total.summary()
            slots = _slots(clip(spans, earliest * HOUR_MS, (latest + 1) * HOUR_MS))
            hours = iter(sorted({slot // SLOTS_PER_HOUR for slot in slots}))
            while some := list(islice(hours, _HOURS_PER_QUERY)):
                for hour, packed in connection.execute(
                    select(table.c.hour, table.c.packed).where(table.c.hour.in_(some), table.c.series_id.in_(keys))
                ):
                    for quarter, sketch in quarters(packed):
                        if hour * SLOTS_PER_HOUR + quarter in slots:
                            total.merge(unpack(sketch))
        return total.summary()

    def expire_latencies(self, before: int) -> int:
        """Remove latencies of the hours that ended at or before `before` (epoch milliseconds); how many rows that
        were. Outcomes are kept for ever."""
        with self._writing() as (connection, writer):
            removed = connection.execute(delete(schema.latency).where(schema.latency.c.hour < before // HOUR_MS))
            writer.forget()
            return removed.rowcount

    def trail(self) -> list[Entry]:
        """Everything that was ever entered about maintenance, in that order."""
        with self._reading() as connection:
            return read_trail(connection)

    def enter(self, decide: Callable[[Sequence[Entry]], Entry]) -> Entry:
        """Append what `decide` makes of the trail so far; nobody else enters anything meanwhile. Where it raises,
        nothing is entered."""
        with self._writing() as (connection, _):
            trail = read_trail(connection)
            entry = decide(trail)
            append(connection, trail, entry)
            return entry

    def closings(self) -> list[Link]:
        """The closed months as they are stored, in the order of closing."""
        with self._reading() as connection:
            return read_links(connection)

    def close_month(self, decide: Callable[[Sequence[Link]], tuple[str, str, bytes]]) -> Link:
        """Append the month, the digest and the packed document that `decide` makes of those that were closed; nobody
        else closes one meanwhile. Where it raises, nothing is closed."""
        with self._writing() as (connection, _):
            links = read_links(connection)
            return append_link(connection, len(links), *decide(links))

    @contextmanager
    def holdings(self) -> Iterator[StoredHoldings]:
        """All it holds at one moment, to be read within the block, whoever writes meanwhile."""
        with self._reading() as connection:
            yield StoredHoldings(connection)

    @contextmanager
    def restoring(self) -> Iterator[Restoring]:
        """One transaction that takes an archive: all that is added within the block, or nothing where it raises."""
        with self._writing() as (connection, writer):
            yield Restoring(connection, writer)

    def incidents(self) -> list[Registered]:
        """Every incident that the help desk registered, as it stands now, in the order of first registering."""
        with self._reading() as connection:
            return read_incidents(connection)

    def register(self, incidents: Collection[Registered], by: str, at: int) -> Registration:
        """Append those of `incidents` that are new or stand otherwise than before, in one transaction."""
        with self._writing() as (connection, _):
            return register(connection, incidents, by, at)

    def report(self, reports: Iterable[HeartbeatReport]) -> int:
        """Add what jobs reported and is not there yet, in one transaction; how many reports that were."""
        with self._writing() as (connection, _):
            return add_reports(connection, reports)[0]

    def last_reports(self, checks: Iterable[str]) -> dict[str, LastPair]:
        """Of each of `checks` the good report with the latest instant, and the one with the latest of all."""
        with self._reading() as connection:
            return {check: last_reports(connection, check) for check in checks}

    def reports_after(self, number: int) -> tuple[list[HeartbeatReport], int]:
        """What was reported behind the first `number` reports, in that order, and the number of the last one."""
        with self._reading() as connection:
            return reports_after(connection, number)

    def last_report_number(self) -> int:
        """How many reports there are."""
        with self._reading() as connection:
            return last_number(connection)

    def reports(self, checks: Sequence[str], until: int) -> list[HeartbeatReport]:
        """What the jobs of `checks` reported up to `until` (epoch milliseconds): by check, then by instant."""
        with self._reading() as connection:
            return list(read_reports(connection, checks, until))

    def see_certificates(self, sightings: Iterable[Sighting]) -> None:
        """Keep what was seen of certificates, in one transaction; it widens what is there of the same."""
        with self._writing() as (connection, _):
            add_sightings(connection, sightings)

    def certificates(self) -> list[Sighting]:
        """All that was ever seen of certificates, by check, vantage and place."""
        with self._reading() as connection:
            return list(read_sightings(connection))

    def pages_known(self, since: int) -> tuple[list[PageEntry], int]:
        """All that was noted of the pages that are not over, or of which something was noted at or after `since`."""
        with self._reading() as connection:
            return entries_of_known(connection, since), last_page_entry(connection)

    def advance_pages(
        self, number: int, decide: Callable[[Sequence[PageEntry]], Sequence[PageEntry]]
    ) -> tuple[list[PageEntry], int]:
        """Append what `decide` makes of what was noted behind the first `number`; all that is behind them then."""
        with self._writing() as (connection, _):
            last = last_page_entry(connection)
            others = entries_after(connection, number) if last > number else []
            entries = decide(others)
            return [*others, *entries], add_entries(connection, last, entries)

    def page_entries_after(self, number: int) -> tuple[list[PageEntry], int]:
        """What was noted behind the first `number`, in that order, and the number of the last one."""
        with self._reading() as connection:
            entries = entries_after(connection, number)
            return entries, number + len(entries)

    @contextmanager
    def _writing(self) -> Iterator[tuple[Connection, Writer]]:
        """One transaction on the one connection that writes."""
        with self._lock, explained(self.place):
            self._follow_file()
            if self._writer is None:
                connection = sqlite.for_writing(self._engine.connect())
                self._writer = (connection, Writer(connection))
            connection, writer = self._writer
            try:
                with connection.begin():
                    generation = sqlite.generation(connection)
                    if generation != self._generation:
                        writer.forget()
                        self._generation = generation
                        self.writes_elsewhere += 1
                    yield connection, writer
            except BaseException:
                self._abandon()
                raise

    def _follow_file(self) -> None:
        """Go on with the file that is at the path now: what is written to one that was deleted is lost."""
        file = sqlite.file_at(self.place)
        if file != self._file:
            if self._file is not None:
                sqlite.inspect_file(Path(self.place), create=False)
            self._abandon()
            self._engine.dispose()
            self._file = file

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One transaction that sees the store as it is now, whoever writes meanwhile."""
        with explained(self.place), self._engine.connect() as connection:
            yield connection

    def _abandon(self) -> None:
        """Let go of the connection that writes and of what was remembered about the store."""
        if self._writer is not None:
            connection, _ = self._writer
            self._writer = None
            self._generation = None
            connection.invalidate()
            connection.close()


_FIRST = (
    select(schema.fact.c.first)
    .where(schema.fact.c.series_id == schema.series.c.id)
    .order_by(schema.fact.c.first)
    .limit(1)
    .scalar_subquery()
)
"""The instant at which the closed runs of a series begin, if it has any; found through the index."""

_ENDS = select(
    schema.tail.c.series_id, schema.tail.c.first, schema.tail.c.step, schema.tail.c.length, schema.outcome.c.status
).join(schema.outcome)


def _facts_of_series(answer: Any) -> Select[Any]:
    """The closed runs of `series` that start up to `until`, from the last one that starts up to `since`."""
    table, earlier = schema.fact, schema.fact.alias()
    of_series: Any = bindparam("series")
    begin = select(func.max(earlier.c.first)).where(
        earlier.c.series_id == of_series, earlier.c.first <= bindparam("since")
    )
    return (
        select(table.c.first, table.c.step, table.c.length, answer)
        .join(schema.outcome)
        .where(
            table.c.series_id == of_series,
            table.c.first >= func.coalesce(begin.scalar_subquery(), bindparam("since")),
            table.c.first <= bindparam("until"),
        )
        .order_by(table.c.first)
    )


def _bounds(since: int | None, until: int | None) -> tuple[int, int]:
    return (-_LATEST if since is None else since), (_LATEST if until is None else until)


def _drop_before(rows: list[Any], earliest: int) -> None:
    """Remove what ended before `earliest` from the front."""
    while rows and rows[0][0] + rows[0][1] * (rows[0][2] - 1) < earliest:
        del rows[0]


def _slots(spans: Sequence[Span]) -> set[int]:
    """The quarters of an hour, counted from the epoch, whose middle lies within `spans`."""
    half = SLOT_MS // 2
    return {slot for start, end in spans for slot in range(-((half - start) // SLOT_MS), -((half - end) // SLOT_MS))}
