"""Failover pairs: events, interruptions and the clock that runs day and night (docs/semantics.md, section 8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from availability.estate import AnyOf, Estate, FailoverPair, Maintenance, Ref
from availability.evaluation import Evaluation, evaluate
from availability.report import Failover, FailoverOutcome, FailoverVerdict
from availability.spans import Span, Spans, clip, intersect, total, touching, union
from availability.states import DOWN, UNKNOWN, UP
from availability.timeline import FOREVER, Timeline
from availability.windows import maintenance_spans

TEST_CATEGORY = "failover_test"


def function_state(evaluation: Evaluation, pair: FailoverPair) -> Timeline:
    """Whether the pair delivers: its function, or without one `any` of primary and standby."""
    if pair.function is not None:
        return evaluation.states[pair.function]
    return evaluate(AnyOf((Ref(pair.primary), Ref(pair.standby))), evaluation.states)


def failovers(evaluation: Evaluation, pair: FailoverPair, start: int, end: int, as_of: int) -> list[Failover]:
    """The events of `pair` that started within `start` to `end`, as known at `as_of`."""
    primary = evaluation.states[pair.primary]
    function = _Function(function_state(evaluation, pair), as_of)
    tests = _test_spans(evaluation.estate, pair, start, end)
    return [
        _event(pair, event, primary, function, tests, as_of)
        for event in _events(primary, function, as_of)
        if start <= event[0] < end
    ]


def protected_ratio(evaluation: Evaluation, pair: FailoverPair, start: int, end: int) -> Fraction | None:
    """The share of `start` to `end` in which the standby was up, out of the time in which it was known."""
    standby = evaluation.states[pair.standby]
    up = total(clip(standby.spans(UP, until=end), start, end))
    down = total(clip(standby.spans(DOWN, until=end), start, end))
    return Fraction(up, up + down) if up + down else None


def interruptions(evaluation: Evaluation, pair: FailoverPair, event: Failover, as_of: int) -> list[Span]:
    """The interruptions of `event`, in order of time; one that lasts ends at `as_of` here."""
    function = _Function(function_state(evaluation, pair), as_of)
    return function.interruptions((event.started_at, as_of if event.ended_at is None else event.ended_at))


class _Function:
    """When the pair did not deliver, up to `as_of`."""

    def __init__(self, timeline: Timeline, as_of: int) -> None:
        self.down = timeline.spans(DOWN, until=as_of)
        self.not_up = timeline.spans(DOWN, UNKNOWN, until=as_of)
        self.up_at_last = timeline.at(as_of) == UP

    def interruptions(self, event: Span) -> list[Span]:
        """Each stretch not up that overlaps or touches `event`, whole, less the UNKNOWN before both."""
        result = []
        for start, end in touching(self.not_up, event):
            first_down = next((begin for begin, _ in touching(self.down, (start, end))), FOREVER)
            known = max(start, min(event[0], first_down))
            if known < end:
                result.append((known, end))
        return result


def _events(primary: Timeline, function: _Function, as_of: int) -> Iterable[Span]:
    """Per stretch in which the primary was not up: from the first DOWN of primary or function to its end."""
    down = union([*primary.spans(DOWN, until=as_of), *function.down])
    for stretch in primary.spans(DOWN, UNKNOWN, until=as_of):
        either = intersect(touching(down, stretch), [stretch])
        if either:
            yield either[0][0], stretch[1]


def _event(
    pair: FailoverPair, event: Span, primary: Timeline, function: _Function, tests: Spans, as_of: int
) -> Failover:
    interruptions = function.interruptions(event)
    longest = max(interruptions, key=lambda span: span[1] - span[0], default=None)
    lasting = bool(interruptions) and interruptions[-1][1] == as_of and not function.up_at_last
    interrupted = longest[1] - longest[0] if longest else 0
    down = [span for whole in interruptions for span in intersect(touching(function.down, whole), [whole])]
    low = max((end - start for start, end in down), default=0)
    return Failover(
        pair=pair.id,
        started_at=event[0],
        ended_at=None if event[1] == as_of and primary.at(as_of) != UP else event[1],
        restored_at=None if longest is None or (lasting and longest[1] == as_of) else longest[1],
        interrupted_ms=interrupted,
        interrupted_low_ms=low,
        outcome=_outcome(interruptions, lasting, primary),
        verdict=_verdict(pair.within_ms, interrupted, low, lasting),
        test=any(start <= event[0] < end for start, end in tests),
    )


def _outcome(interruptions: Spans, lasting: bool, primary: Timeline) -> FailoverOutcome:
    if not interruptions:
        return "seamless"
    if lasting:
        return "interrupted"
    return "recovered" if primary.at(interruptions[-1][1]) == UP else "taken_over"


def _verdict(within: int, interrupted: int, low: int, lasting: bool) -> FailoverVerdict:
    if low > within:
        return "missed"
    if lasting:
        return "pending"
    return "met" if interrupted <= within else "undetermined"


def _test_spans(estate: Estate, pair: FailoverPair, start: int, end: int) -> list[Span]:
    return [
        span
        for record in estate.maintenance
        if is_test(record, pair)
        for span in maintenance_spans(record, estate.timezone, start, end)
    ]


def is_test(record: Maintenance, pair: FailoverPair) -> bool:
    """Whether an event of `pair` that starts inside `record` is a failover test."""
    return record.category == TEST_CATEGORY and bool({pair.id, pair.primary} & set(record.affects))


@dataclass(frozen=True, slots=True)
class PairNow:
    """A failover pair at one instant; `last` is its latest event, `last_test` the start of its latest test."""

    last: Failover | None
    interrupted_since: int | None
    """Since when the interruption that lasts now goes on."""
    standby: int
    """The standby's state."""
    last_test: int | None


def pair_now(evaluation: Evaluation, pair: FailoverPair, now: int, since: int) -> PairNow:
    """How `pair` stands at `now`; events that started before `since` are not looked for."""
    events = failovers(evaluation, pair, since, now + 1, now)
    function = _Function(function_state(evaluation, pair), now)
    last = events[-1] if events else None
    lasting = None
    if last is not None and last.outcome == "interrupted":
        lasting = function.interruptions((last.started_at, last.ended_at or now))[-1][0]
    tests = [event.started_at for event in events if event.test]
    return PairNow(last, lasting, evaluation.states[pair.standby].at(now), tests[-1] if tests else None)
