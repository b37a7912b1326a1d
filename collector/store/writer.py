"""Merges batches into the tables, within a transaction that somebody else begins and ends."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from availability import facts
from availability.outcome import Reason, Status
from availability.ports import Batch, Merged, Run
from collector.store import schema
from collector.store.errors import StoreError
from collector.store.sketch import HOUR_MS, Hour
from collector.store.statements import Many

Content = tuple[Status, Reason | None, str]

_ADD_SERIES = Many(insert(schema.series), "id", "check_id", "vantage_id")
_ADD_OUTCOME = Many(insert(schema.outcome), "id", "status", "reason", "detail")
_REMOVE_FACT = Many(
    delete(schema.fact).where(
        schema.fact.c.series_id == bindparam("of_series"), schema.fact.c.first == bindparam("of_first")
    ),
    "of_series",
    "of_first",
)
_ADD_FACT = Many(insert(schema.fact), "first", "step", "length", "outcome_id", "series_id")
_ADD_TAIL = Many(insert(schema.tail), "first", "step", "length", "outcome_id", "series_id")
_ADVANCE_TAIL = Many(
    update(schema.tail)
    .where(schema.tail.c.series_id == bindparam("of_series"))
    .values({name: bindparam(name) for name in ("first", "step", "length", "outcome_id")}),
    "first",
    "step",
    "length",
    "outcome_id",
    "of_series",
)
_ADD_HOUR = Many(insert(schema.latency), "packed", "hour", "series_id")
_REPLACE_HOUR = Many(
    update(schema.latency)
    .where(schema.latency.c.hour == bindparam("of_hour"), schema.latency.c.series_id == bindparam("of_series"))
    .values(packed=bindparam("packed")),
    "packed",
    "of_hour",
    "of_series",
)


@dataclass(slots=True)
class _Pending:
    """What a transaction has still to write."""

    series: list[tuple[int, str, str]] = field(default_factory=list)
    outcomes: list[tuple[int, int, str, str]] = field(default_factory=list)
    removed: list[tuple[int, Run]] = field(default_factory=list)
    inserted: list[tuple[int, Run]] = field(default_factory=list)
    new_tails: dict[int, Run] = field(default_factory=dict)
    tails: dict[int, Run] = field(default_factory=dict)
    new_hours: dict[tuple[int, int], Hour] = field(default_factory=dict)
    hours: dict[tuple[int, int], Hour] = field(default_factory=dict)


class Writer:
    """Writes through one connection and remembers, between its transactions, keys and the last run of each series.

    All that is remembered is a copy of what is stored: `forget` it when another connection wrote or a transaction
    failed.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.forget()

    def forget(self) -> None:
        """Read everything again when it is needed."""
        self._loaded = False
        self._series: dict[tuple[str, str], int] = {}
        self._outcomes: dict[Content, int] = {}
        self._contents: dict[int, Content] = {}
        self._tails: dict[int, Run] = {}
        # The hours are kept packed: thousands of live objects would be many for every full garbage collection.
        self._hours: dict[int, tuple[int, bytes]] = {}
        self._pending = _Pending()

    def add(self, batches: Collection[Batch]) -> Merged:
        """Merge `batches`; ValueError where the runs of one are not in order."""
        if not self._loaded:
            self._load()
        added = known = conflicts = 0
        for batch in batches:
            if not batch.runs:
                continue
            if not facts.ordered(batch.runs):
                raise ValueError(f"the runs of {batch.check} from {batch.vantage} are not in order of time")
            key = self._series_key(batch.check, batch.vantage)
            tail = self._tails.get(key)
            if tail is None or batch.runs[0].first > tail.last:
                added += self._append(key, tail, batch.runs)
                fresh = batch.runs
            else:
                union = self._merge(key, tail, batch.runs)
                added += union.added
                known += union.known
                conflicts += union.conflicts
                fresh = union.fresh
            self._time(key, tail, facts.within(batch.latencies, fresh))
        self._write()
        return Merged(added, known, conflicts)

    def _append(self, key: int, tail: Run | None, runs: Sequence[Run]) -> int:
        """Put `runs` behind all that is known of a series; how many observations that were."""
        result = [] if tail is None else [tail]
        for run in runs:
            facts.append(result, run)
        self._set_tail(key, tail, result.pop())
        self._pending.inserted.extend((key, run) for run in result)
        return sum(run.length for run in runs)

    def _merge(self, key: int, tail: Run, runs: Sequence[Run]) -> facts.Union:
        """Merge `runs` among what is known of a series: only the rows around them are read and written."""
        if self._pending.inserted or self._pending.removed:
            self._write()
        stored = self._from(key, runs[0].first, tail)
        end = runs[-1].last
        window: list[Run] = []
        following = next(stored, None)
        while following is not None and following.first <= end:
            window.append(following)
            following = next(stored, None)
        union = facts.merge(window, runs)
        result = union.runs
        while following is not None:
            before = len(result)
            facts.append(result, following)
            if len(result) > before and result[-1] == following:
                result.pop()  # from here on the rows are what they were
                break
            window.append(following)
            following = next(stored, None)
        else:
            window.pop()
            self._set_tail(key, tail, result.pop())
        stored.close()
        old, new = set(window), set(result)
        self._pending.removed.extend((key, run) for run in old - new)
        self._pending.inserted.extend((key, run) for run in new - old)
        return union

    def _from(self, key: int, first: int, tail: Run) -> Generator[Run, None, None]:
        """The runs of a series from the last one that begins before `first`."""
        table = schema.fact
        previous = select(func.max(table.c.first)).where(table.c.series_id == key, table.c.first < first)
        begin = self._connection.execute(previous).scalar()
        with self._connection.execute(
            select(table.c.first, table.c.step, table.c.length, table.c.outcome_id)
            .where(table.c.series_id == key, table.c.first >= (first if begin is None else begin))
            .order_by(table.c.first)
        ) as found:
            for start, step, length, outcome in found:
                yield Run(start, step, length, *self._contents[outcome])
        yield tail

    def _set_tail(self, key: int, old: Run | None, new: Run) -> None:
        self._tails[key] = new
        if old is None:
            self._pending.new_tails[key] = new
        elif new != old:
            self._pending.tails[key] = new

    def _time(self, key: int, tail: Run | None, latencies: Iterable[tuple[int, float]]) -> None:
        """Count `latencies`, in order of time, in the hours they belong to; `tail` was the last run before."""
        number = hour = None
        for instant, milliseconds in latencies:
            if hour is None or instant // HOUR_MS != number:
                number = instant // HOUR_MS
                hour = self._hour(key, number, tail)
            hour.add(instant, milliseconds)

    def _hour(self, key: int, number: int, tail: Run | None) -> Hour:
        place = (number, key)
        pending = self._pending
        hour = pending.new_hours.get(place) or pending.hours.get(place)
        if hour is not None:
            return hour
        packed = None
        cached = self._hours.get(key)
        if cached is not None and cached[0] == number:
            packed = cached[1]
        elif tail is not None and number <= tail.last // HOUR_MS:
            packed = self._stored_hour(key, number)
        # Else nothing can be stored of an hour later than the last observation was.
        if packed is None:
            hour = pending.new_hours[place] = Hour()
        else:
            hour = pending.hours[place] = Hour(packed)
        return hour

    def _stored_hour(self, key: int, number: int) -> bytes | None:
        table = schema.latency
        packed: bytes | None = self._connection.execute(
            select(table.c.packed).where(table.c.hour == number, table.c.series_id == key)
        ).scalar()
        return packed

    def _series_key(self, check: str, vantage: str) -> int:
        name = (check, vantage)
        key = self._series.get(name)
        if key is None:
            key = self._series[name] = len(self._series) + 1
            self._pending.series.append((key, check, vantage))
        return key

    def _load(self) -> None:
        """Read keys and tails; inside the transaction, so that nobody can add others meanwhile."""
        execute = self._connection.execute
        for key, check, vantage in execute(select(schema.series)):
            self._series[check, vantage] = key
        self._contents = load_outcomes(self._connection)
        self._outcomes = {content: key for key, content in self._contents.items()}
        for key, first, step, length, outcome in execute(select(schema.tail)):
            self._tails[key] = Run(first, step, length, *self._contents[outcome])
        self._loaded = True

    def _write(self) -> None:
        """Bring what is pending into the tables; series and outcomes first, since the others refer to them."""
        pending, self._pending = self._pending, _Pending()
        rows = (pending.inserted, pending.new_tails.items(), pending.tails.items())
        for part in rows:
            for _, run in part:
                self._number(run[3:], pending)
        inserted, new_tails, tails = (map(self._row, part) for part in rows)
        connection = self._connection
        _ADD_SERIES(connection, pending.series)
        _ADD_OUTCOME(connection, pending.outcomes)
        _REMOVE_FACT(connection, ((key, run.first) for key, run in pending.removed))
        _ADD_FACT(connection, inserted)
        _ADD_TAIL(connection, new_tails)
        _ADVANCE_TAIL(connection, tails)
        _ADD_HOUR(connection, map(self._hour_row, pending.new_hours.items()))
        _REPLACE_HOUR(connection, map(self._hour_row, pending.hours.items()))

    def _number(self, content: Content, pending: _Pending) -> None:
        """Give an outcome that was never seen before its key."""
        if content in self._outcomes:
            return
        key = self._outcomes[content] = len(self._outcomes) + 1
        self._contents[key] = content
        status, reason, detail = content
        pending.outcomes.append((key, int(status), reason or "", detail))

    def _row(self, item: tuple[int, Run]) -> tuple[int, int, int, int, int]:
        key, run = item
        return run[0], run[1], run[2], self._outcomes[run[3:]], key

    def _hour_row(self, item: tuple[tuple[int, int], Hour]) -> tuple[bytes, int, int]:
        (number, key), hour = item
        packed = hour.pack()
        self._hours[key] = (number, packed)
        return packed, number, key


class _Outcomes(dict[int, Content]):
    """Outcomes by key; StoreError where one is asked for that facts refer to and that is not there."""

    def __missing__(self, key: int) -> Content:
        raise StoreError(
            f"the store is damaged: its facts refer to outcome {key}, which is gone; put a backup in place"
        )


def load_outcomes(connection: Connection) -> dict[int, Content]:
    """Every outcome that was ever seen, by its key; StoreError where a newer version saw some that this one cannot."""
    found = connection.execute(select(schema.outcome)).all()
    try:
        return _Outcomes(
            (key, (Status(status), Reason(reason) if reason else None, detail)) for key, status, reason, detail in found
        )
    except ValueError as error:
        raise StoreError(f"the store holds an outcome of a newer version of waakvlam ({error}); use that one") from None
