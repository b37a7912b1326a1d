"""What was known at each instant, at that instant: when an outage was confirmed (docs/semantics.md, section 9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from availability.estate import Check
from availability.evaluation import Evaluation, resting_on
from availability.outcome import Status
from availability.ports import FactSource, Row
from availability.spans import Span
from availability.states import DOWN, UNKNOWN, UP
from availability.timeline import Timeline
from availability.walk import WEEK_MS, Seen

_NONE, _OK = int(Status.NONE), int(Status.OK)


@dataclass(frozen=True, slots=True)
class Known:
    """One check from one vantage as it was known at each instant.

    A state begins with the observation that confirmed it, not with the first of its run as in section 2.
    """

    seen: Seen
    confirmed: Sequence[Span]
    """Of each time it was DOWN, the first instant of the run and the one that confirmed it."""


def known(check: Check, rows: Iterable[Row], as_of: int) -> Known:
    """Walk through `rows`, in order of time; observations after `as_of` are not read."""
    edges: list[int] = []
    values: list[int] = []
    answered: list[Span] = []
    confirmed: list[Span] = []
    stale = check.stale_after_ms
    last: int | None = None
    state, run_status, run_first, run_length = UNKNOWN, _NONE, 0, 0
    for first, step, length, status in _read(rows, min(stale, WEEK_MS), as_of):
        if last is not None and (status == _NONE or first - last > stale):
            if state != UNKNOWN:
                edges.append(min(first, last + stale))
                values.append(UNKNOWN)
            state, run_status, last = UNKNOWN, _NONE, None
        if status == _NONE:
            continue
        last = first + step * (length - 1)
        if answered and first <= answered[-1][1]:
            answered[-1] = (answered[-1][0], last + WEEK_MS)
        else:
            answered.append((first, last + WEEK_MS))
        if status != run_status:
            run_status, run_first, run_length = status, first, 0
        reached, needed = (UP, check.rise) if status == _OK else (DOWN, check.fall)
        if state != reached and run_length + length >= needed:
            state = reached
            edges.append(first + step * (needed - run_length - 1))
            values.append(state)
            if state == DOWN:
                confirmed.append((run_first, edges[-1]))
        run_length += length
    if last is not None and state != UNKNOWN:
        edges.append(last + stale)
        values.append(UNKNOWN)
    return Known(Seen(Timeline.made(edges, values), (), answered), confirmed)


def _read(rows: Iterable[Row], longest: int, as_of: int) -> Iterator[Row]:
    """The observations up to `as_of`; rows of which the step itself is a gap taken apart into single ones."""
    for first, step, length, status in rows:
        if first > as_of:
            return
        count = length if length == 1 else min(length, (as_of - first) // step + 1)
        if step > longest:
            for index in range(count):
                yield first + step * index, 0, 1, status
        else:
            yield first, step, count, status


class KnownThen:
    """The states of some services at each instant as they were known at it, and when each failure was confirmed."""

    def __init__(
        self,
        evaluation: Evaluation,
        facts: FactSource,
        services: Iterable[str],
        as_of: int,
    ) -> None:
        estate = resting_on(evaluation.estate, evaluation.layout, services)
        checks = {check.id: check for part in estate.parts.values() for check in part.checks}
        seen_by: dict[str, dict[str, Seen]] = {}
        self.confirmed: dict[str, list[Span]] = {}
        """Check to what `Known.confirmed` says, of all vantages."""
        for (check_id, vantage), rows in facts.items():
            check = checks.get(check_id)
            if check is not None:
                of_vantage = known(check, rows, as_of)
                seen_by.setdefault(check_id, {})[vantage] = of_vantage.seen
                self.confirmed.setdefault(check_id, []).extend(of_vantage.confirmed)
        self.states: Mapping[str, Timeline] = Evaluation(estate, seen_by).states
