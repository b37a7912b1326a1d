"""What changed around a failover event, in order of time, with what was seen and from where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from availability.estate import AnyOf, Check, Expression, FailoverPair, Part, Ref
from availability.evaluation import Evaluation, references
from availability.failovers import function_state
from availability.outages import causes, leaves
from availability.outcome import Status
from availability.ports import Run
from availability.spans import Span, intersect
from availability.standing import NO_DATA, UNREACHABLE
from availability.states import DOWN, UNKNOWN, UP
from availability.timeline import NOTHING_KNOWN, Timeline

RoleName = Literal["primary", "standby", "function"]
Runs = Mapping[tuple[str, str], Sequence[Run]]
"""(check, vantage) to its runs in order of time, with their reasons."""


@dataclass(frozen=True, slots=True)
class Role:
    """One of the three that an event is told of, with its state over time.

    `part` is None where the pair has no function of its own: then it is `any` of primary and standby.
    """

    role: RoleName
    part: str | None
    expression: Expression
    state: Timeline


@dataclass(frozen=True, slots=True)
class Sight:
    """Why a state was not up: equal observations of one check from one vantage, `count` in all from `first` on.

    Without observations `count` is 0, and `reason` says `no_data`, or `unreachable` with what it is behind as `detail`.
    """

    check: str
    vantage: str
    reason: str
    detail: str
    count: int
    first: int


@dataclass(frozen=True, slots=True)
class Change:
    """A role's state from `at` on; `before` is None at the beginning of what is told, where nothing changed."""

    at: int
    role: RoleName
    part: str | None
    before: int | None
    state: int
    sights: tuple[Sight, ...]
    """What was seen while it lasted; empty while it was up."""
    vantages: tuple[str, ...]
    """Those that saw it so at `at`, sorted."""


def roles_of(evaluation: Evaluation, pair: FailoverPair) -> tuple[Role, ...]:
    """Primary, standby and function of `pair`."""
    either = AnyOf((Ref(pair.primary), Ref(pair.standby)))
    states = evaluation.states
    return (
        Role("primary", pair.primary, Ref(pair.primary), states[pair.primary]),
        Role("standby", pair.standby, Ref(pair.standby), states[pair.standby]),
        Role(
            "function",
            pair.function,
            either if pair.function is None else Ref(pair.function),
            function_state(evaluation, pair),
        ),
    )


def changes(evaluation: Evaluation, roles: Iterable[Role], runs: Runs, window: Span) -> tuple[Change, ...]:
    """Every change of state within `window`, merged in order of time, after the states at its beginning."""
    told: list[Change] = []
    for role in roles:
        before: int | None = None
        for start, end, state in _stretches(role.state, window):
            sights, vantages = _Looking(evaluation, runs, (start, end)).at(role.expression, state)
            told.append(Change(start, role.role, role.part, before, state, sights, vantages))
            before = state
    order: dict[RoleName, int] = {"primary": 0, "function": 1, "standby": 2}
    return tuple(sorted(told, key=lambda change: (change.at, change.before is not None, order[change.role])))


def clipped(run: Run, start: int, end: int) -> Run | None:
    """The observations of `run` from `start` until before `end`; None where there are none."""
    if run.length == 1:
        return run if start <= run.first < end else None
    first = max(0, -((run.first - start) // run.step))
    last = min(run.length - 1, (end - 1 - run.first) // run.step)
    if last < first:
        return None
    length = last - first + 1
    return run._replace(first=run.first + run.step * first, step=run.step if length > 1 else 0, length=length)


def judged_checks(part: Part) -> list[Check]:
    """The checks of a component or link that its state is made of."""
    named = set(references(part.up_when))
    return [check for check in part.checks if check.id in named]


def _stretches(timeline: Timeline, window: Span) -> Iterable[tuple[int, int, int]]:
    """Start, end and state of every stretch within `window` in which the state stays the same."""
    begun, end = window
    state = timeline.at(begun)
    for edge, value in zip(timeline.edges, timeline.values, strict=True):
        if begun < edge < end and value != state:
            yield begun, edge, state
            begun, state = edge, value
    yield begun, end, state


class _Looking:
    """What was seen during one stretch."""

    def __init__(self, evaluation: Evaluation, runs: Runs, span: Span) -> None:
        self._evaluation = evaluation
        self._runs = runs
        self._span = span

    def at(self, expression: Expression, state: int) -> tuple[tuple[Sight, ...], tuple[str, ...]]:
        """Why the expression was in `state`, and who saw it so when it began."""
        checks = [
            (part, check)
            for leaf in self._leaves(expression, state)
            for part in [self._evaluation.estate.parts[leaf]]
            for check in judged_checks(part)
            if state == UP or self._in(self._evaluation.checks.get(check.id, NOTHING_KNOWN), state)
        ]
        vantages = {vantage for _, check in checks for vantage in self._who(check, state)}
        if state == UP:
            return (), tuple(sorted(vantages))
        sights = [sight for part, check in checks for sight in self._sights(part, check, state)]
        return tuple(sorted(sights, key=lambda one: (one.first, one.check, one.vantage))), tuple(sorted(vantages))

    def _leaves(self, expression: Expression, state: int) -> list[str]:
        if state == DOWN:
            return list(causes(self._evaluation, expression, [self._span]))
        found = leaves(self._evaluation, expression)
        return [leaf for leaf in found if self._in(self._evaluation.states[leaf], state)]

    def _in(self, timeline: Timeline, state: int) -> bool:
        return bool(intersect(timeline.spans(state, until=self._span[1]), [self._span]))

    def _who(self, check: Check, state: int) -> Iterable[str]:
        """The vantages that saw the check so at the beginning; nobody sees what is unknown."""
        if state == UNKNOWN:
            return
        for vantage, knowledge in self._evaluation.seen_by.get(check.id, {}).items():
            if knowledge.state.at(self._span[0]) == state:
                yield vantage

    def _sights(self, part: Part, check: Check, state: int) -> Iterable[Sight]:
        wanted = Status.FAILED if state == DOWN else Status.NONE
        found: dict[tuple[str, str, str], Sight] = {}
        for (id_, vantage), runs in self._runs.items():
            if id_ != check.id:
                continue
            for run in runs:
                piece = clipped(run, *self._span)
                if piece is not None and piece.status == wanted:
                    key = (vantage, str(piece.reason or ""), piece.detail)
                    known = found.get(key) or Sight(check.id, *key, 0, piece.first)
                    found[key] = replace(known, count=known.count + piece.length)
        if found or state == DOWN:
            return found.values()
        blocked = intersect(self._evaluation.unreachable.get(check.id, ()), [self._span])
        if blocked:
            behind = self._evaluation.layout.behind[part.id]
            down = [other for other in behind if self._in(self._evaluation.states[other], DOWN)]
            return [Sight(check.id, "", UNREACHABLE, ", ".join(down), 0, self._span[0])]
        return [Sight(check.id, "", NO_DATA, "", 0, self._span[0])]
