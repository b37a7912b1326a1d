"""What every part is at one instant, read from docs/semantics.md sections 2, 3, 4 and 6 alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from availability.estate import AllOf, AnyOf, Check, Estate, Expression, Part, Ref
from availability.outcome import Status
from availability.ports import Row
from tests.availability.oracle_calendar import DAY, Span, inside

DOWN, UNKNOWN, UP = "DOWN", "UNKNOWN", "UP"
Facts = Mapping[tuple[str, str], Sequence[Row]]


@dataclass
class Walked:
    """What one vantage made of one check (section 2)."""

    states: list[tuple[int, int, str]] = field(default_factory=list)
    unconfirmed: list[Span] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)

    def at(self, instant: int) -> str:
        """The state that holds at an instant; all time outside the states is unknown."""
        index = bisect_right(self.edges, instant) - 1
        if index >= 0 and self.states[index][0] <= instant < self.states[index][1]:
            return self.states[index][2]
        return UNKNOWN

    def answered_in_the_seven_days_before(self, instant: int) -> bool:
        """Whether any ok or failed lies at most seven days back."""
        return any(instant - 7 * DAY < answer <= instant for answer in self.answers)


def walk(check: Check, rows: Sequence[Row], as_of: int) -> Walked:
    """Section 2, with every observation written out."""
    seen: dict[int, int] = {}
    for first, step, length, status in rows:
        for number in range(length):
            instant = first + step * number
            if instant <= as_of:
                seen[instant] = max(status, seen.get(instant, status))
    answers = sorted(instant for instant, status in seen.items() if status != Status.NONE)
    nones = sorted(instant for instant, status in seen.items() if status == Status.NONE)
    result = Walked(answers=answers)
    for stretch in _stretches(answers, nones, check.stale_after_ms):
        end = stretch[-1] + check.stale_after_ms
        end = min([none for none in nones if stretch[-1] < none < end], default=end)
        _walk_stretch(check, [(instant, seen[instant] == Status.OK) for instant in stretch], end, result)
    result.edges = [start for start, _, _ in result.states]
    return result


def _stretches(answers: list[int], nones: list[int], stale_after: int) -> list[list[int]]:
    stretches: list[list[int]] = []
    for instant in answers:
        if stretches:
            before = stretches[-1][-1]
            near = instant - before <= stale_after
            if near and not any(before < none < instant for none in nones):
                stretches[-1].append(instant)
                continue
        stretches.append([instant])
    return stretches


def _walk_stretch(check: Check, stretch: list[tuple[int, bool]], end: int, result: Walked) -> None:
    runs: list[tuple[int, bool, int]] = []
    for instant, success in stretch:
        if runs and runs[-1][1] == success:
            runs[-1] = (runs[-1][0], success, runs[-1][2] + 1)
        else:
            runs.append((instant, success, 1))
    state, since = UNKNOWN, stretch[0][0]
    for number, (first, success, length) in enumerate(runs):
        run_end = runs[number + 1][0] if number + 1 < len(runs) else end
        if success and length >= check.rise:
            result.states.append((since, first, state))
            state, since = UP, first
        elif not success and length >= check.fall:
            result.states.append((since, first, state))
            state, since = DOWN, first
        elif not success and state == UP:
            result.unconfirmed.append((first, run_end))
    result.states.append((since, end, state))


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """The parts directly under an expression; a reference has none."""
    return () if isinstance(expression, Ref) else expression.parts


def three_valued(expression: Expression, value: Callable[[str], str]) -> str:
    """Section 4, one sentence per kind of expression."""
    if isinstance(expression, Ref):
        return value(expression.id)
    states = [three_valued(part, value) for part in expression.parts]
    if isinstance(expression, AllOf):
        return DOWN if DOWN in states else UNKNOWN if UNKNOWN in states else UP
    if isinstance(expression, AnyOf):
        return UP if UP in states else UNKNOWN if UNKNOWN in states else DOWN
    if states.count(UP) >= expression.count:
        return UP
    return DOWN if states.count(UP) + states.count(UNKNOWN) < expression.count else UNKNOWN


def merged(states: Sequence[str], agree: str) -> str:
    """Section 3: the vantages whose own state is known make one state."""
    known = [state for state in states if state != UNKNOWN]
    if not known:
        return UNKNOWN
    ups = known.count(UP)
    enough = {"any": ups >= 1, "all": ups == len(known), "majority": ups > len(known) / 2}[agree]
    return UP if enough else DOWN


class World:
    """An estate with everything that was observed of it up to `as_of`."""

    def __init__(self, estate: Estate, facts: Facts, as_of: int) -> None:
        self.estate = estate
        self.checks = {check.id: check for part in estate.parts.values() for check in part.checks}
        self.walks: dict[str, dict[str, Walked]] = {check: {} for check in self.checks}
        for (check, vantage), rows in facts.items():
            if check in self.checks:
                self.walks[check][vantage] = walk(self.checks[check], rows, as_of)

    def site(self, vantage: str) -> str | None:
        """Where a vantage stands; one that the configuration does not know has no site."""
        return self.estate.vantages[vantage].site if vantage in self.estate.vantages else None

    def behind(self, part: Part) -> set[str]:
        """Everything a part is behind, and what that is behind."""
        found: set[str] = set()
        for id_ in part.behind:
            found |= {id_} | self.behind(self.estate.parts[id_])
        return found

    def expression(self, id_: str) -> Expression:
        """What a composite or a service is made of."""
        return self.estate.parts[id_].up_when if id_ in self.estate.parts else self.estate.services[id_].up_when

    def is_leaf(self, id_: str) -> bool:
        return id_ in self.estate.parts and bool(self.estate.parts[id_].checks)

    def leaves(self, expression: Expression) -> set[str]:
        """All components and links with checks under an expression."""
        if isinstance(expression, Ref):
            return {expression.id} if self.is_leaf(expression.id) else self.leaves(self.expression(expression.id))
        return {leaf for part in expression.parts for leaf in self.leaves(part)}

    def instants(self) -> Iterator[int]:
        """Every instant at which a state may change."""
        for check, by_vantage in self.walks.items():
            for walked in by_vantage.values():
                for start, end, _ in walked.states:
                    yield from (start, end)
                for start, end in walked.unconfirmed:
                    yield from (start, end)
                for answer in walked.answers:
                    yield from (answer, answer + self.checks[check].stale_after_ms, answer + 7 * DAY)


class Instant:
    """One instant of a world."""

    def __init__(self, world: World, instant: int) -> None:
        self.world, self.instant = world, instant
        self.known: dict[str, str] = {}

    def state(self, id_: str) -> str:
        """What a component, link or service is."""
        if id_ not in self.known:
            if self.world.is_leaf(id_):
                part = self.world.estate.parts[id_]
                checks = {check.id: self._check(part, check)[0] for check in part.checks}
                self.known[id_] = three_valued(part.up_when, checks.__getitem__)
            else:
                self.known[id_] = self.of(self.world.expression(id_))
        return self.known[id_]

    def of(self, expression: Expression) -> str:
        return three_valued(expression, self.state)

    def _check(self, part: Part, check: Check) -> tuple[str, bool]:
        """The state of a check, and whether a DOWN of some vantage was made unreachable."""
        walks = self.world.walks[check.id]
        cut_off = any(self.state(id_) == DOWN for id_ in self.world.behind(part))
        dark = any(
            part.site is not None
            and self.world.site(vantage) == part.site
            and walked.at(self.instant) == UNKNOWN
            and walked.answered_in_the_seven_days_before(self.instant)
            for vantage, walked in walks.items()
        )
        states, unreachable = [], False
        for vantage, walked in walks.items():
            state = walked.at(self.instant)
            beside = part.site is not None and self.world.site(vantage) == part.site
            if state == DOWN and not beside and cut_off and not dark:
                state, unreachable = UNKNOWN, True
            states.append(state)
        return merged(states, check.vantages_agree), unreachable

    def presumed(self, expression: Expression, presumed_up: set[str]) -> str:
        """The state with every presumed part up, and what was only unreachable because of one (section 6)."""
        return three_valued(expression, lambda id_: self._presumed_part(id_, presumed_up))

    def _presumed_part(self, id_: str, presumed_up: set[str]) -> str:
        if id_ in presumed_up:
            return UP
        if not self.world.is_leaf(id_):
            return self.presumed(self.world.expression(id_), presumed_up)
        part = self.world.estate.parts[id_]
        checks = {}
        for check in part.checks:
            state, unreachable = self._check(part, check)
            if state == UNKNOWN and unreachable:
                down = [line for line in self.world.behind(part) if self.state(line) == DOWN]
                if all(self._presumed_part(line, presumed_up) == UP for line in down):
                    state = UP
            checks[check.id] = state
        return three_valued(part.up_when, checks.__getitem__)

    def causes(self, expression: Expression) -> set[str]:
        """The leaves reached through DOWN parts only (section 7)."""
        if self.of(expression) != DOWN:
            return set()
        if isinstance(expression, Ref):
            return (
                {expression.id}
                if self.world.is_leaf(expression.id)
                else self.causes(self.world.expression(expression.id))
            )
        return {leaf for part in expression.parts for leaf in self.causes(part)}

    def unconfirmed(self, leaves: set[str]) -> bool:
        """Whether some judged check of the leaves is in an unconfirmed failing run, from any vantage."""
        judged = [check for leaf in leaves for check in self.world.estate.parts[leaf].checks if check.counts]
        walks = [walked for check in judged for walked in self.world.walks[check.id].values()]
        return any(inside(walked.unconfirmed, self.instant) for walked in walks)
