"""Merges batches into the tables, within a transaction that somebody else begins and ends."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select

from availability import facts
from availability.ports import Batch, Merged, Run
from collector.store import schema
from collector.store.database import Database
from collector.store.joining import joined
from collector.store.naming import Content, Names
from collector.store.sketch import HOUR_MS, Hour
from collector.store.statements import Many

_KEYS_PER_QUERY = 500
_FEW_HOURS = 4
"""Hours that are read one by one; more of them are read together before they are needed."""
_ROWS_OF_A_PAGE = 500
_ROWS_READ_TOGETHER = 50
"""Of each series, where many are read at once."""

_RUN = ("first", "step", "length", "outcome_id")
_REMOVE_FACT = Many("delete", schema.fact, (), ("series_id", "first"))
_ADD_FACT = Many("insert", schema.fact, (*_RUN, "series_id"))
_ADD_TAIL = Many("insert", schema.tail, (*_RUN, "series_id"))
_ADVANCE_TAIL = Many("update", schema.tail, _RUN, ("series_id",))
_ADD_HOUR = Many("insert", schema.latency, ("packed", "hour", "series_id"))
_REPLACE_HOUR = Many("update", schema.latency, ("packed",), ("hour", "series_id"))


@dataclass(slots=True)
class _Pending:
    """What a transaction has still to write."""

    removed: list[tuple[int, Run]] = field(default_factory=list)
    inserted: list[tuple[int, Run]] = field(default_factory=list)
    new_tails: dict[int, Run] = field(default_factory=dict)
    tails: dict[int, Run] = field(default_factory=dict)
    new_hours: dict[tuple[int, int], Hour] = field(default_factory=dict)
    hours: dict[tuple[int, int], Hour] = field(default_factory=dict)
    memories: dict[int, _Memory] = field(default_factory=dict)
    """Where the hours of a series are to be remembered."""


@dataclass(slots=True)
class _Memory:
    """What is remembered of the series of one vantage: the last run (None where there is none), and a packed hour.

    The hours are kept packed: thousands of live objects would be many for every full garbage collection.
    """

    tails: dict[int, Run | None] = field(default_factory=dict)
    hours: dict[int, tuple[int, bytes]] = field(default_factory=dict)


_Placed = tuple[Batch, int, _Memory]
"""A batch with the number of its series, and where that is remembered."""


class Writer:
    """Writes through one connection and remembers, between its transactions, keys and the last run of each series.

    All that is remembered is a copy of what is stored: `forget` it when another connection wrote, and begin with a
    new writer when a transaction failed.
    """

    def __init__(self, connection: Connection, database: Database) -> None:
        self._connection = connection
        self._database = database
        self.turn: Collection[str] | None = ()
        """Of which vantages facts may be written in the transaction at hand; None for all."""
        self.late: set[str] = set()
        """Of which vantages the last `add` found something to write that was not the newest of its series."""
        self.forget()

    def forget(self, vantages: Collection[str] | None = None) -> None:
        """Read again when it is needed: what is remembered of `vantages`, or everything."""
        if vantages is None:
            self._names = Names(self._connection, self._database)
            self._memories: dict[str, _Memory] = {}
        elif vantages:
            self._names.expect_more()
            for vantage in vantages:
                self._memories.pop(vantage, None)
        self._pending = _Pending()
        self._unstored: set[int] = set()
        self._read_hours: dict[tuple[int, int], bytes] = {}
        self._windows: Mapping[int, Sequence[Any]] = {}

    def add(self, batches: Collection[Batch]) -> Merged:
        """Merge `batches`; ValueError where the runs of one are not in order."""
        given = [batch for batch in batches if batch.runs]
        for batch in given:
            if not facts.ordered(batch.runs):
                raise ValueError(f"the runs of {batch.check} from {batch.vantage} are not in order of time")
            if self.turn is not None and batch.vantage not in self.turn:
                raise RuntimeError(f"facts of {batch.vantage} are written without a turn for them")
        self.late = set()
        if not given:
            return Merged(0, 0, 0)
        contents: set[Content] = {run[3:] for batch in given for run in batch.runs}
        if any("\0" in detail for _, _, detail in contents):
            given = [replace(batch, runs=_without_nul(batch.runs)) for batch in given]
            contents = {run[3:] for batch in given for run in batch.runs}
        given, within = joined(given)
        self._unstored = self._names.give({(batch.check, batch.vantage) for batch in given}, contents)
        placed = [self._place(batch) for batch in given]
        self._recall(placed)
        self._read_ahead(placed)
        self._read_around(placed)
        added, known, conflicts = within.added, within.known, within.conflicts
        for batch, key, memory in placed:
            tail = memory.tails[key]
            if tail is None or batch.runs[0].first > tail.last:
                added += self._append(key, memory, tail, batch.runs)
                fresh: Sequence[Run] = batch.runs
            else:
                union = self._merge(key, memory, tail, batch.runs)
                added += union.added
                known += union.known
                conflicts += union.conflicts
                fresh = union.fresh
                if union.added or union.conflicts:
                    self.late.add(batch.vantage)
            self._time(key, memory, tail, facts.within(batch.latencies, fresh))
        self._write()
        self._read_hours, self._windows = {}, {}
        return Merged(added, known, conflicts)

    def _place(self, batch: Batch) -> _Placed:
        memory = self._memories.setdefault(batch.vantage, _Memory())
        return batch, self._names.series[batch.check, batch.vantage], memory

    def _recall(self, placed: Iterable[_Placed]) -> None:
        """Read the last runs of the series that nothing is remembered of."""
        missing: dict[int, _Memory] = {}
        for _, key, memory in placed:
            if key not in memory.tails:
                memory.tails[key] = None
                if key not in self._unstored:
                    missing[key] = memory
        table, contents = schema.tail, self._names.contents
        for keys in _pages(missing):
            for key, first, step, length, outcome in self._connection.execute(
                select(table).where(table.c.series_id.in_(keys))
            ):
                missing[key].tails[key] = Run(first, step, length, *contents[outcome])

    def _read_ahead(self, placed: Iterable[_Placed]) -> None:
        """Read the hours together in which the latencies begin and end, where those are many."""
        wanted: dict[int, set[int]] = {}
        for batch, key, memory in placed:
            if batch.latencies and key not in self._unstored:
                for number in {batch.latencies[0][0] // HOUR_MS, batch.latencies[-1][0] // HOUR_MS}:
                    if _may_be_stored(memory, key, number):
                        wanted.setdefault(number, set()).add(key)
        if sum(map(len, wanted.values())) <= _FEW_HOURS:
            return
        table = schema.latency
        for number, keys in wanted.items():
            self._read_hours.update(((number, key), b"") for key in keys)
            for some in _pages(sorted(keys)):
                asked = select(table.c.series_id, table.c.packed).where(
                    table.c.hour == number, table.c.series_id.in_(some)
                )
                self._read_hours.update(((number, key), packed) for key, packed in self._connection.execute(asked))

    def _read_around(self, placed: Iterable[_Placed]) -> None:
        """Read the runs together among which what comes late has to be merged, where those are of many series."""
        wanted = [
            (key, batch.runs[0].first)
            for batch, key, memory in placed
            if (tail := memory.tails[key]) is not None and batch.runs[0].first <= tail.first
        ]
        self._windows = self._database.rows_around(self._connection, wanted, _ROWS_READ_TOGETHER)

    def _append(self, key: int, memory: _Memory, tail: Run | None, runs: Sequence[Run]) -> int:
        """Put `runs` behind all that is known of a series; how many observations that were."""
        result = [] if tail is None else [tail]
        for run in runs:
            facts.append(result, run)
        self._set_tail(key, memory, tail, result.pop())
        self._pending.inserted.extend((key, run) for run in result)
        return sum(run.length for run in runs)

    def _merge(self, key: int, memory: _Memory, tail: Run, runs: Sequence[Run]) -> facts.Union:
        """Merge `runs` among what is known of a series: only the rows around them are read and written."""
        stored = self._around(key, runs[0].first, tail)
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
            self._set_tail(key, memory, tail, result.pop())
        stored.close()
        old, new = set(window), set(result)
        self._pending.removed.extend((key, run) for run in old - new)
        self._pending.inserted.extend((key, run) for run in new - old)
        return union

    def _around(self, key: int, first: int, tail: Run) -> Generator[Run, None, None]:
        """The runs of a series from the last one that begins before `first`.

        Mostly that is the last of all, and nothing has to be read: what comes late or twice falls within a long run.
        """
        if tail.first < first:
            yield tail
            return
        yield from self._from(key, first, tail)

    def _from(self, key: int, first: int, tail: Run) -> Generator[Run, None, None]:
        """The same, read."""
        table, contents = schema.fact, self._names.contents
        asked = select(table.c.first, table.c.step, table.c.length, table.c.outcome_id)
        page = asked.where(table.c.series_id == key).order_by(table.c.first).limit(_ROWS_OF_A_PAGE)
        found: Sequence[Any] | None = self._windows.get(key)
        full = _ROWS_READ_TOGETHER
        if found is None:
            previous = select(func.max(table.c.first)).where(table.c.series_id == key, table.c.first < first)
            begin = self._connection.execute(previous).scalar()
            found = self._connection.execute(page.where(table.c.first >= (first if begin is None else begin))).all()
            full = _ROWS_OF_A_PAGE
        while found:
            for start, step, length, outcome in found:
                yield Run(start, step, length, *contents[outcome])
            if len(found) < full:
                break
            found = self._connection.execute(page.where(table.c.first > found[-1][0])).all()
            full = _ROWS_OF_A_PAGE
        yield tail

    def _set_tail(self, key: int, memory: _Memory, old: Run | None, new: Run) -> None:
        memory.tails[key] = new
        if old is None:
            self._pending.new_tails[key] = new
        elif new != old:
            self._pending.tails[key] = new

    def _time(self, key: int, memory: _Memory, tail: Run | None, latencies: Iterable[tuple[int, float]]) -> None:
        """Count `latencies`, in order of time, in the hours they belong to; `tail` was the last run before."""
        number = hour = None
        for instant, milliseconds in latencies:
            if hour is None or instant // HOUR_MS != number:
                number = instant // HOUR_MS
                hour = self._hour(key, memory, number, tail)
            hour.add(instant, milliseconds)

    def _hour(self, key: int, memory: _Memory, number: int, tail: Run | None) -> Hour:
        place = (number, key)
        pending = self._pending
        hour = pending.new_hours.get(place) or pending.hours.get(place)
        if hour is not None:
            return hour
        packed = None
        cached = memory.hours.get(key)
        if cached is not None and cached[0] == number:
            packed = cached[1]
        elif place in self._read_hours:
            packed = self._read_hours[place]
        elif key not in self._unstored and (tail is None or number <= tail.last // HOUR_MS):
            packed = self._stored_hour(key, number)
        # Else nothing can be stored of an hour later than the last observation was.
        pending.memories[key] = memory
        if packed:
            hour = pending.hours[place] = Hour(packed)
        else:
            hour = pending.new_hours[place] = Hour()
        return hour

    def _stored_hour(self, key: int, number: int) -> bytes | None:
        table = schema.latency
        packed: bytes | None = self._connection.execute(
            select(table.c.packed).where(table.c.hour == number, table.c.series_id == key)
        ).scalar()
        return packed

    def _write(self) -> None:
        """Bring what is pending into the tables."""
        pending, self._pending = self._pending, _Pending()
        inserted, new_tails, tails = (
            map(self._row, part) for part in (pending.inserted, pending.new_tails.items(), pending.tails.items())
        )
        connection, make_room = self._connection, self._database.make_room
        _REMOVE_FACT(connection, ((key, run.first) for key, run in pending.removed))
        make_room(connection, "fact", (run.first for _, run in pending.inserted))
        _ADD_FACT(connection, inserted)
        _ADD_TAIL(connection, new_tails)
        _ADVANCE_TAIL(connection, tails)
        make_room(connection, "latency", (number for number, _ in pending.new_hours))
        _ADD_HOUR(connection, self._hour_rows(pending.new_hours, pending))
        _REPLACE_HOUR(connection, self._hour_rows(pending.hours, pending))

    def _row(self, item: tuple[int, Run]) -> tuple[int, int, int, int, int]:
        key, run = item
        return run[0], run[1], run[2], self._names.outcomes[run[3:]], key

    def _hour_rows(self, hours: dict[tuple[int, int], Hour], pending: _Pending) -> Iterator[tuple[bytes, int, int]]:
        for (number, key), hour in hours.items():
            packed = hour.pack()
            pending.memories[key].hours[key] = (number, packed)
            yield packed, number, key


def _may_be_stored(memory: _Memory, key: int, number: int) -> bool:
    """Whether the hour has to be read: it is not remembered, and not later than all that is known of the series."""
    tail, cached = memory.tails[key], memory.hours.get(key)
    return (cached is None or cached[0] != number) and (tail is None or number <= tail.last // HOUR_MS)


def _without_nul(runs: Iterable[Run]) -> list[Run]:
    """With the replacement character for NUL, which PostgreSQL cannot keep in a text."""
    result: list[Run] = []
    for run in runs:
        facts.append(result, run._replace(detail=run.detail.replace("\0", "\ufffd")))
    return result


def _pages(keys: Iterable[int]) -> Iterator[list[int]]:
    """`keys`, as many at a time as one query may ask for."""
    remaining = iter(keys)
    while some := list(islice(remaining, _KEYS_PER_QUERY)):
        yield some
