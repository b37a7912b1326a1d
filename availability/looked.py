"""How the vantages of one check stand at one instant, and why the check is what it is (docs/semantics.md, sections 2
and 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from availability.estate import Check, Estate, Merge, Part
from availability.evaluation import Evaluation, stands_beside
from availability.judge import Facts
from availability.outcome import Status
from availability.ports import LatencySummary
from availability.spans import touching
from availability.standing import LastLook, LastLooks, since
from availability.states import DOWN, UNKNOWN
from availability.walk import Seen, Walk, advance, seen, start


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was observed up to `at` (epoch milliseconds) of the checks that are explained.

    `walks` and `seen_by` are by check and vantage; `expected` has the vantages that are to look at a check.
    """

    at: int
    walks: Mapping[tuple[str, str], Walk]
    seen_by: Mapping[str, Mapping[str, Seen]]
    looks: LastLooks
    expected: Mapping[str, Sequence[str]] = field(default_factory=dict)
    latencies: Callable[[str], LatencySummary | None] = lambda _: None
    """How long looks of a check took lately."""

    @staticmethod
    def of(
        estate: Estate,
        facts: Facts,
        at: int,
        looks: LastLooks,
        expected: Mapping[str, Sequence[str]],
        latencies: Callable[[str], LatencySummary | None],
    ) -> Evidence:
        """Walk through `facts` up to `at`; those of checks that the estate does not have are left out."""
        checks = {check.id: check for part in estate.parts.values() for check in part.checks}
        walks: dict[tuple[str, str], Walk] = {}
        seen_by: dict[str, dict[str, Seen]] = {}
        for (check, vantage), rows in facts.items():
            if check in checks:
                walk = walks[check, vantage] = start(checks[check])
                advance(walk, rows, at)
                seen_by.setdefault(check, {})[vantage] = seen(walk, at)
        return Evidence(at, walks, seen_by, looks, expected, latencies)


@dataclass(frozen=True, slots=True)
class GoingOn:
    """The run of equal outcomes that goes on: `count` of them from the instant `since`, of the `needed` that confirm a
    state."""

    status: Status
    count: int
    needed: int
    since: int


@dataclass(frozen=True, slots=True)
class VantageView:
    """One vantage's own state of a check.

    `counted` is what it counts as: UNKNOWN where its DOWN is no news. `run` is None where no run goes on: it never
    looked, could not look the last time, or its last look is too long ago.
    """

    id: str
    site: str | None
    beside: bool
    state: int
    counted: int
    since: int | None
    run: GoingOn | None
    last: LastLook | None


@dataclass(frozen=True, slots=True)
class CheckView:
    """A check over its vantages.

    `blocked_by` are the DOWN parts that it is behind, where a vantage that stands elsewhere sees it DOWN: that is no
    news, and counts as UNKNOWN. It stands all the same where there are `dark` ones: vantages beside it that have gone
    silent.
    """

    id: str
    part: str
    state: int
    since: int | None
    counts: bool
    agree: Merge
    vantages: tuple[VantageView, ...]
    blocked_by: tuple[str, ...] = ()
    dark: tuple[str, ...] = ()
    latency: LatencySummary | None = None

    @property
    def failing(self) -> tuple[VantageView, ...]:
        """The vantages whose DOWN counts."""
        return tuple(view for view in self.vantages if view.counted == DOWN)


def check_view(evaluation: Evaluation, part: Part, check: Check, evidence: Evidence) -> CheckView:
    """How `check` of `part` stands."""
    at = evidence.at
    timeline = evaluation.checks[check.id]
    known = evaluation.seen_by.get(check.id, {})
    blocking = [id_ for id_ in evaluation.layout.behind[part.id] if evaluation.states[id_].at(at) == DOWN]
    beside = [vantage for vantage in known if stands_beside(evaluation.estate, vantage, part)]
    dark = [vantage for vantage in beside if known[vantage].state.at(at) == UNKNOWN and _answered(known[vantage], at)]
    views = tuple(_vantages(evaluation.estate, part, check, evidence, silence=bool(blocking) and not dark))
    elsewhere = bool(blocking) and any(view.state == DOWN and not view.beside for view in views)
    return CheckView(
        id=check.id,
        part=part.id,
        state=timeline.at(at),
        since=since(timeline, at),
        counts=check.counts,
        agree=check.vantages_agree,
        vantages=views,
        blocked_by=tuple(blocking) if elsewhere else (),
        dark=tuple(dark) if elsewhere else (),
        latency=evidence.latencies(check.id),
    )


def _answered(known: Seen, at: int) -> bool:
    """Whether it got an answer in the week before: spans are half-open."""
    return any(start <= at < end for start, end in touching(known.answered, (at, at)))


def _vantages(estate: Estate, part: Part, check: Check, evidence: Evidence, *, silence: bool) -> list[VantageView]:
    """Those that are to look and those that know something, in the order of the configuration."""
    expected = evidence.expected.get(check.id, ())
    known = evidence.seen_by.get(check.id, {})
    views = []
    for vantage in dict.fromkeys((*expected, *known)):
        knowledge = known.get(vantage)
        state = UNKNOWN if knowledge is None else knowledge.state.at(evidence.at)
        if vantage not in expected and state == UNKNOWN and expected:
            continue  # it looked once, and is left out of what the check is now
        place = estate.vantages.get(vantage)
        beside = stands_beside(estate, vantage, part)
        views.append(
            VantageView(
                id=vantage,
                site=place.site if place else None,
                beside=beside,
                state=state,
                counted=UNKNOWN if silence and state == DOWN and not beside else state,
                since=None if knowledge is None else since(knowledge.state, evidence.at),
                run=_going_on(evidence.walks.get((check.id, vantage)), check, evidence.at),
                last=evidence.looks(check.id, vantage),
            )
        )
    return views


def _going_on(walk: Walk | None, check: Check, at: int) -> GoingOn | None:
    if walk is None or walk.last is None or at >= walk.last + check.stale_after_ms:
        return None
    status = Status(walk.run_status)
    return GoingOn(status, walk.run_length, check.rise if status is Status.OK else check.fall, walk.run_first)
