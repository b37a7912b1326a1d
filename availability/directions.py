"""The two directions of a link: how it stands as seen from each of the sites that it connects."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from availability.degradation import Softened
from availability.estate import AnyOf, AtLeast, Check, Part
from availability.evaluation import Evaluation, references, stands_beside
from availability.ports import Direction
from availability.spans import intersect
from availability.states import DOWN, UNKNOWN, UP, at_least, vantages_agree
from availability.timeline import NEVER, Timeline, combine, overlay

_Known = Callable[[Check, str], Timeline]


def directions(evaluation: Evaluation, part: Part, softened: Softened, now: int) -> tuple[Direction, ...]:
    """The directions of a link that has checks and connects two sites, each judged by the looks of the vantages at its
    beginning alone; an end from which nobody ever looked has none.

    The checks are merged as for the link itself; of `at_least: k` that is as many as are looked at from there, at
    most k.
    """
    if len(part.between) != 2 or not part.checks:
        return ()
    seen_by, counting = evaluation.seen_by, set(references(part.up_when))
    result = []
    for start, end in (part.between, part.between[::-1]):
        vantages = [id_ for id_, vantage in evaluation.estate.vantages.items() if vantage.site == start]
        looking = [id_ for id_ in vantages if any(id_ in seen_by.get(check, ()) for check in counting)]
        actual = _merged(evaluation, part, looking, lambda check, vantage: seen_by[check.id][vantage].state)
        if actual is None:
            continue
        soft = _merged(evaluation, part, looking, softened.timeline) if softened.worse else actual
        state = actual.at(now)
        degraded = state == UP and soft is not None and soft.at(now) != UP
        since = actual.since(now)
        result.append(Direction(start, end, tuple(looking), state, None if since == NEVER else since, degraded))
    return tuple(result)


def _merged(evaluation: Evaluation, part: Part, vantages: Iterable[str], known: _Known) -> Timeline | None:
    """The state of a link by what some vantages know of those of its checks that count; None where that is nothing."""
    counting = set(references(part.up_when))
    checks = []
    for check in part.checks:
        looking = [vantage for vantage in vantages if vantage in evaluation.seen_by.get(check.id, ())]
        if check.id in counting and looking:
            told = [_counted(evaluation, part, check, vantage, known) for vantage in looking]
            checks.append(combine(told, vantages_agree(check.vantages_agree, len(told))))
    if not checks:
        return None
    count = len(checks)
    if isinstance(part.up_when, AnyOf):
        count = 1
    elif isinstance(part.up_when, AtLeast):
        count = min(part.up_when.count, count)
    return combine(checks, at_least(count))


def _counted(evaluation: Evaluation, part: Part, check: Check, vantage: str, known: _Known) -> Timeline:
    """What a vantage knows, without what is no news to it (section 3)."""
    timeline, unreachable = known(check, vantage), evaluation.unreachable.get(check.id)
    if not unreachable or stands_beside(evaluation.estate, vantage, part):
        return timeline
    return overlay(timeline, intersect(timeline.spans(DOWN), unreachable), UNKNOWN)
