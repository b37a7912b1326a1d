"""Facts of one vantage as rows in columns, and back: what a message and an outbox hold (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from availability import facts
from availability.outcome import DETAIL_LIMIT, Reason, Status
from availability.ports import Batch, Run
from collector.store.gathering import Content, Gathering
from collector.transport.fields import ProtocolError, pack, squeeze, unpack, unsqueeze
from config.values import is_id

ROWS_LIMIT = 20_000
OBSERVATIONS_LIMIT = 100_000
"""Of one message."""
_UNSQUEEZED_LIMIT = 4 << 20
_LONGEST_LATENCY_MS = 86_400_000.0
EARLIEST_MS = 946_684_800_000
"""The year 2000: what is before it was observed with a clock that was never set."""
_LATEST_MS = 1 << 53
SIZE = 2000
"""Observations of a message where there are as many: what costs little to send again, and little each."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Packed facts: how many observations, their last instant, and whether any of them is timed."""

    packed: bytes
    observations: int
    last: int
    is_timed: bool


def in_pieces(batches: Iterable[Batch], size: int = SIZE) -> Iterator[list[Batch]]:
    """`batches` in groups of about `size` observations, each at most what a message may hold."""
    group: list[Batch] = []
    room = size
    for batch in batches:
        for piece in _cut(batch, max(size, 1)):
            count = sum(run.length for run in piece.runs)
            if group and count > room:
                yield group
                group, room = [], size
            group.append(piece)
            room -= count
    if group:
        yield group


def _cut(batch: Batch, size: int) -> Iterator[Batch]:
    """`batch`, cut between runs, and within one that is longer than `size`."""
    if sum(run.length for run in batch.runs) <= size:
        yield batch
        return
    runs: list[Run] = []
    count = 0
    for run in _shortened(batch.runs, size):
        if runs and count + run.length > size:
            yield _part(batch, runs)
            runs, count = [], 0
        runs.append(run)
        count += run.length
    yield _part(batch, runs)


def _shortened(runs: Iterable[Run], size: int) -> Iterator[Run]:
    for run in runs:
        while run.length > size:
            yield run._replace(length=size, step=run.step if size > 1 else 0)
            run = facts.after(run, size)
        yield run


def _part(batch: Batch, runs: list[Run]) -> Batch:
    first, last = runs[0].first, runs[-1].last
    return replace(batch, runs=runs, latencies=[one for one in batch.latencies if first <= one[0] <= last])


def pack_rows(batches: Sequence[Batch]) -> Rows:
    """Facts of one vantage as bytes: runs in order of time within each batch, latencies of instants in them."""
    checks: dict[str, int] = {}
    outcomes: dict[Content, int] = {}
    columns: tuple[list[int], ...] = ([], [], [], [], [])
    check_, first_, step_, length_, outcome_ = columns
    latencies: list[float | None] = []
    is_timed = False
    for batch in batches:
        number = checks.setdefault(batch.check, len(checks))
        timed = dict(batch.latencies)
        is_timed = is_timed or bool(timed)
        for first, step, length, status, reason, detail in batch.runs:
            check_.append(number)
            first_.append(first)
            step_.append(step)
            length_.append(length)
            outcome_.append(outcomes.setdefault((status, reason, detail), len(outcomes)))
            if length == 1:
                latencies.append(timed.get(first))
            else:
                latencies.extend(timed.get(first + step * index) for index in range(length))
    content = {
        "checks": list(checks),
        "outcomes": [[int(status), reason or "", detail] for status, reason, detail in outcomes],
        "check": check_,
        "first": first_,
        "step": step_,
        "length": length_,
        "outcome": outcome_,
        "latencies": latencies if is_timed else [],
    }
    last = max((batch.runs[-1].last for batch in batches), default=0)
    return Rows(squeeze(pack(content)), len(latencies), last, is_timed)


@dataclass(frozen=True, slots=True)
class Columns:
    """Packed facts that were found to be well made, still as rows in columns. `last` is their last instant."""

    checks: Sequence[str]
    contents: Sequence[Content]
    rows: tuple[list[int], ...]
    """check, first, step, length, outcome"""
    latencies: Sequence[float | None]
    observations: int
    last: int

    def gather(self, vantage: str, into: dict[tuple[str, str], Gathering]) -> None:
        """Add every observation, as seen from `vantage`, to those of its series."""
        gatherings: list[Gathering] = []
        for check in self.checks:
            key = (check, vantage)
            gathering = into.get(key)
            if gathering is None:
                gathering = into[key] = Gathering(check, vantage)
            gatherings.append(gathering)
        contents, latencies = self.contents, self.latencies or [None] * self.observations
        place = 0
        for check_, first, step, length, outcome in zip(*self.rows, strict=True):
            add, content = gatherings[check_].add, contents[outcome]
            if length == 1:
                add(first, content, latencies[place])
            else:
                for index in range(length):
                    add(first + step * index, content, latencies[place + index])
            place += length


def unpack_columns(packed: bytes, is_check: Callable[[Any], bool] = is_id) -> Columns:
    """The facts in `packed`; ProtocolError where they are none, or where what they are of is no check."""
    fields = unpack(unsqueeze(packed, _UNSQUEEZED_LIMIT), _UNSQUEEZED_LIMIT)
    checks = fields.entries("checks", ROWS_LIMIT)
    if not all(map(is_check, checks)) or len(set(checks)) < len(checks):
        raise ProtocolError("checks: holds what is no id of a check, or one twice")
    contents = _contents(fields.entries("outcomes", ROWS_LIMIT))
    length = fields.integers("length", 1, OBSERVATIONS_LIMIT)
    rows = (
        fields.integers("check", 0, len(checks) - 1),
        fields.integers("first", EARLIEST_MS, _LATEST_MS),
        fields.integers("step", 0, _LATEST_MS),
        length,
        fields.integers("outcome", 0, len(contents) - 1),
    )
    if len(set(map(len, rows))) > 1 or not 0 < len(length) <= ROWS_LIMIT:
        raise ProtocolError(f"the columns have not the same number of rows, from 1 to {ROWS_LIMIT}")
    total = sum(length)
    if total > OBSERVATIONS_LIMIT:
        raise ProtocolError(f"holds {total} observations; {OBSERVATIONS_LIMIT} is the most", "oversized")
    latencies = _latencies(fields.entries("latencies"), total)
    return Columns(checks, contents, rows, latencies, total, _last(checks, rows))


def _last(checks: Sequence[str], rows: tuple[list[int], ...]) -> int:
    """The last instant of all rows; ProtocolError where those of a check are none, or not in order of time."""
    lasts = [0] * len(checks)
    for check, first, step, length, _ in zip(*rows, strict=True):
        if first <= lasts[check] or (length == 1) != (step == 0):
            raise ProtocolError(f"the rows of {checks[check]} are not in order of time, or no runs at all")
        lasts[check] = first + step * (length - 1)
    if 0 in lasts:
        raise ProtocolError(f"there is no row of {checks[lasts.index(0)]}")
    last = max(lasts)
    if last > _LATEST_MS:
        raise ProtocolError("the rows are no runs at all: their end lies beyond all time")
    return last


def unpack_rows(packed: bytes, vantage: str, is_check: Callable[[Any], bool] = is_id) -> list[Batch]:
    """The facts in `packed`, as seen from `vantage`: each check once. ProtocolError as in `unpack_columns`."""
    into: dict[tuple[str, str], Gathering] = {}
    unpack_columns(packed, is_check).gather(vantage, into)
    batches = [gathering.batch() for gathering in into.values()]
    return [replace(batch, latencies=list(batch.latencies)) for batch in batches]


def is_text(value: Any) -> bool:
    """What may stand for a check in rows that never leave this machine: also what the collector notes of itself."""
    return isinstance(value, str)


def without_latencies(packed: bytes) -> Rows:
    """The same facts without their latencies."""
    return pack_rows([replace(batch, latencies=()) for batch in unpack_rows(packed, "", is_text)])


def _contents(entries: Iterable[Any]) -> list[Content]:
    contents: list[Content] = []
    for entry in entries:
        if not isinstance(entry, list) or len(entry) != 3 or list(map(type, entry)) != [int, str, str]:
            raise ProtocolError("outcomes: holds what is not [status, reason, detail]")
        status, reason, detail = entry
        if status not in (0, 1, 2) or len(detail) > DETAIL_LIMIT or (status == Status.OK) != (reason == ""):
            raise ProtocolError(
                f"outcomes: [{status}, a reason, a detail]: no status, or a reason or detail that cannot be"
            )
        try:
            contents.append((Status(status), Reason(reason) if reason else None, detail))
        except ValueError:
            raise ProtocolError(
                "outcomes: has a reason that this version does not know: update the centre", "version"
            ) from None
    return contents


def _latencies(values: list[Any], total: int) -> list[float | None]:
    """One per observation, or none at all."""
    if not values:
        return values
    if len(values) != total:
        raise ProtocolError(f"latencies: has {len(values)} entries for {total} observations")
    present = [value for value in values if value is not None]
    if present and not (
        set(map(type, present)) <= {float, int}
        # Written so that no number at all (NaN) is out of bounds as well.
        and all(0 <= value <= _LONGEST_LATENCY_MS for value in present)
    ):
        raise ProtocolError("latencies: holds what is no number of milliseconds within a day")
    return values
