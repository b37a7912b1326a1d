"""Why something is up, down or unknown at one instant: from a service down its expression to the last looks
(docs/semantics.md, sections 2 to 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from availability.estate import Agreement, AllOf, AnyOf, Estate, Expression, FailoverPair, Maintenance, Ref
from availability.evaluation import Evaluation, Layout, evaluate, references
from availability.failovers import PairNow, function_state, pair_now
from availability.looked import CheckView, Evidence, check_view
from availability.outages import causes
from availability.pending import awaits
from availability.presumption import Presumption, excuses, excuses_under
from availability.spans import Span
from availability.standing import since
from availability.states import DOWN, UNKNOWN, UP
from availability.timeline import Timeline
from availability.tracing import trace
from availability.windows import maintenance_spans

Kind = Literal["service", "component", "link", "pair", "check"]
RuleName = Literal["all", "any", "at_least"]
Standing = Literal["excluded", "awaits_approval", "counts"]
"""What an agreement makes of maintenance: it excludes it, would once it is approved, or counts it as any other time."""

_DAY_MS = 86_400_000
_TESTS_MS = 800 * _DAY_MS
"""How far back events of a pair are looked for: two of the yearly tests and a margin."""
_AROUND_MS = 3 * _DAY_MS
"""Within this of an instant lie both edges of any recurring slot that it is in."""


@dataclass(frozen=True, slots=True)
class Group:
    """A rule over several members, ids or groups again, and how it stands: `needed` of them are to be up."""

    rule: RuleName
    needed: int
    state: int
    up: int
    unknown: int
    members: tuple[str | Group, ...]

    @property
    def down(self) -> int:
        return len(self.members) - self.up - self.unknown


@dataclass(frozen=True, slots=True)
class Node:
    """A component, link or service. `rule` is over its checks that count where it has `checks`.

    `cause` is whether it is a leaf that is to blame that what is explained is down, `undecided` one because of which
    it is unknown. `presumed` has what another state than the actual one is presumed under an agreement: (agreement,
    state). `behind` is all that it is behind, with the state of each.
    """

    id: str
    kind: Kind
    name: str
    state: int
    since: int | None
    rule: Group
    checks: tuple[CheckView, ...] = ()
    behind: tuple[tuple[str, int], ...] = ()
    cause: bool = False
    undecided: bool = False
    presumed: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Applies:
    """Maintenance that runs: what of all that is explained it names, and what each agreement makes of it.

    `until` is its end (epoch milliseconds); None where one slot follows on another for days.
    """

    record: Maintenance
    until: int | None
    affects: tuple[str, ...]
    under: tuple[tuple[str, Standing], ...]


@dataclass(frozen=True, slots=True)
class Without:
    """A participant that cannot use the service: what it needs besides is not up."""

    participant: str
    state: int
    since: int | None
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All there is to say about `id` at `at` (epoch milliseconds).

    `nodes` begins with `roots`: what is asked about, or what it consists of. `in_between` are the parts that silence a
    vantage, with nodes as well.
    """

    id: str
    kind: Kind
    name: str
    at: int
    state: int
    since: int | None
    presumed: tuple[tuple[str, int], ...]
    roots: tuple[str, ...]
    nodes: Mapping[str, Node]
    causes: tuple[str, ...]
    undecided: tuple[str, ...]
    in_between: tuple[str, ...] = ()
    maintenance: tuple[Applies, ...] = ()
    participants: tuple[Without, ...] = ()
    pair: FailoverPair | None = None
    pair_now: PairNow | None = None
    """How the pair stands, where it is one that is explained."""

    @property
    def check(self) -> CheckView | None:
        """The check that is explained, where it is one."""
        views = (view for node in self.nodes.values() for view in node.checks)
        return next((view for view in views if self.kind == "check" and view.id == self.id), None)


def subject(estate: Estate, id_: str) -> tuple[Kind, tuple[str, ...]]:
    """What `id_` names, and the parts or services it consists of; KeyError where there is no such id.

    Of a check with the id of something else, that is meant.
    """
    if id_ in estate.services:
        return "service", (id_,)
    if id_ in estate.parts:
        return ("link" if estate.parts[id_].is_link else "component"), (id_,)
    for pair in estate.pairs:
        if pair.id == id_:
            return "pair", tuple(dict.fromkeys(filter(None, (pair.function, pair.primary, pair.standby))))
    for part in estate.parts.values():
        if any(check.id == id_ for check in part.checks):
            return "check", (part.id,)
    raise KeyError(id_)


def rests_on(estate: Estate, id_: str) -> list[str]:
    """The parts and services whose states decide what is said about `id_`; KeyError where there is no such id."""
    kind, roots = subject(estate, id_)
    if kind != "service":
        return list(roots)
    return [id_, *(need for one in estate.services[id_].participants for need in one.needs)]


def agreements_on(estate: Estate, layout: Layout, id_: str) -> list[str]:
    """The agreements of the service `id_`, or of the services that rest on that part, pair or check; sorted."""
    kind, roots = subject(estate, id_)
    if kind == "service":
        return [estate.services[id_].agreement]
    resting = set(roots)
    for other in layout.order:
        if not resting.isdisjoint(layout.needs[other]):
            resting.add(other)
    return sorted({one.agreement for one in estate.services.values() if one.id in resting})


def explain(evaluation: Evaluation, id_: str, evidence: Evidence, agreements: Sequence[str]) -> Explanation:
    """Why `id_` is what it is at the instant of `evidence`; KeyError where there is no such id.

    `agreements` are those under which states are presumed and maintenance is told.
    """
    return _Explaining(evaluation, id_, evidence, agreements).explanation()


class _Explaining:
    """One explanation in the making."""

    def __init__(self, evaluation: Evaluation, id_: str, evidence: Evidence, agreements: Sequence[str]) -> None:
        self._evaluation = evaluation
        self._estate = estate = evaluation.estate
        self._id = id_
        self._evidence = evidence
        self._at = evidence.at
        self._agreements = agreements
        self._kind, self._roots = subject(estate, id_)
        self._pair = next((pair for pair in estate.pairs if self._kind == "pair" and pair.id == id_), None)
        now = (self._at, self._at + 1)
        self._presumptions = {
            agreement: Presumption(evaluation, excuses_under(estate.agreements[agreement], estate, *now))
            for agreement in agreements
        }
        self._timeline = self._state()
        self._causes: tuple[str, ...] = ()
        self._undecided: tuple[str, ...] = ()
        state = self._timeline.at(self._at)
        if self._kind != "check":
            expression = _expression(self._pair, self._roots)
            if state == DOWN:
                self._causes = tuple(causes(evaluation, expression, [now]))
            elif state == UNKNOWN:
                self._undecided = tuple(trace(evaluation, evaluation.states, expression, [now], UNKNOWN))
        self._nodes: dict[str, Node] = {}

    def explanation(self) -> Explanation:
        at = self._at
        self._add(self._roots)
        participants = tuple(self._participants())
        self._add(part for one in participants for part in one.parts)
        in_between = self._in_between()
        node = self._nodes.get(self._id)
        name = self._pair.name if self._pair else node.name if node else ""
        return Explanation(
            id=self._id,
            kind=self._kind,
            name=name,
            at=at,
            state=self._timeline.at(at),
            since=since(self._timeline, at),
            presumed=node.presumed if node else (),
            roots=self._roots,
            nodes=self._nodes,
            causes=self._causes,
            undecided=self._undecided,
            in_between=in_between,
            maintenance=tuple(self._maintenance()),
            participants=participants,
            pair=self._pair,
            pair_now=pair_now(self._evaluation, self._pair, at, at - _TESTS_MS) if self._pair else None,
        )

    def _state(self) -> Timeline:
        if self._pair is not None:
            return function_state(self._evaluation, self._pair)
        return self._evaluation.checks[self._id] if self._kind == "check" else self._evaluation.states[self._id]

    def _add(self, ids: Iterable[str]) -> None:
        """Nodes of `ids` and of all that their expressions name, each once, from above."""
        waiting = list(ids)[::-1]
        while waiting:
            id_ = waiting.pop()
            if id_ not in self._nodes:
                node = self._nodes[id_] = self._node(id_)
                if not node.checks:
                    waiting += [*references(self._up_when(id_))][::-1]

    def _up_when(self, id_: str) -> Expression:
        return (self._estate.parts.get(id_) or self._estate.services[id_]).up_when

    def _node(self, id_: str) -> Node:
        evaluation, at = self._evaluation, self._at
        timeline = evaluation.states[id_]
        state = timeline.at(at)
        part = self._estate.parts.get(id_)
        states = evaluation.checks if part is not None and part.checks else evaluation.states
        behind = evaluation.layout.behind.get(id_, ())
        presumed = ((agreement, of.states[id_].at(at)) for agreement, of in self._presumptions.items())
        return Node(
            id=id_,
            kind="service" if part is None else "link" if part.is_link else "component",
            name=self._estate.services[id_].name if part is None else part.name,
            state=state,
            since=since(timeline, at),
            rule=_group(self._up_when(id_), states, at),
            checks=tuple(check_view(evaluation, part, check, self._evidence) for check in part.checks) if part else (),
            behind=tuple((other, evaluation.states[other].at(at)) for other in behind),
            cause=id_ in self._causes,
            undecided=id_ in self._undecided,
            presumed=tuple((agreement, other) for agreement, other in presumed if other != state),
        )

    def _in_between(self) -> tuple[str, ...]:
        """What silences vantages, and what silences those of that, as nodes of their own where they are not yet."""
        told: dict[str, None] = {}
        looked: set[str] = set()
        while fresh := [node for id_, node in self._nodes.items() if id_ not in looked]:
            looked.update(node.id for node in fresh)
            blocking = [id_ for node in fresh for view in node.checks for id_ in view.blocked_by]
            told.update(dict.fromkeys(id_ for id_ in blocking if id_ not in self._nodes))
            self._add(blocking)
        return tuple(told)

    def _participants(self) -> Iterable[Without]:
        """Those of the service that cannot use it though it is up."""
        service = self._estate.services.get(self._id) if self._kind == "service" else None
        if service is None or self._timeline.at(self._at) != UP:
            return
        states = self._evaluation.states
        for one in service.participants:
            lacking = tuple(id_ for id_ in one.needs if states[id_].at(self._at) != UP)
            if lacking:
                timeline = evaluate(AllOf(tuple(Ref(id_) for id_ in (service.id, *one.needs))), states)
                yield Without(one.id, timeline.at(self._at), since(timeline, self._at), lacking)

    def _maintenance(self) -> Iterable[Applies]:
        """What runs now on anything that is told or that it rests on."""
        concerned = self._concerned()
        timezone, agreements = self._estate.timezone, self._estate.agreements
        for record in self._estate.maintenance:
            affects = tuple(id_ for id_ in record.affects if id_ in concerned)
            span = _running(record, timezone, self._at) if affects else None
            if span is not None:
                under = tuple((id_, _made_of(record, agreements[id_])) for id_ in self._agreements)
                recurs = record.every is not None and span[1] >= self._at + _AROUND_MS
                yield Applies(record, None if recurs else span[1], affects, under)

    def _concerned(self) -> set[str]:
        """All that is told, what that rests on, and the pairs that any of it is in."""
        concerned: set[str] = set()
        waiting = list(self._nodes)
        while waiting:
            id_ = waiting.pop()
            if id_ not in concerned:
                concerned.add(id_)
                waiting.extend(self._evaluation.layout.needs[id_])
        pairs = (pair for pair in self._estate.pairs if concerned & {pair.primary, pair.standby, pair.function})
        return concerned | {pair.id for pair in pairs}


def _expression(pair: FailoverPair | None, roots: Sequence[str]) -> Expression:
    """What the state is that of: a pair delivers while its function is up (section 8)."""
    if pair is None or pair.function is not None:
        return Ref(roots[0])
    return AnyOf((Ref(pair.primary), Ref(pair.standby)))


def _group(expression: Expression, states: Mapping[str, Timeline], at: int) -> Group:
    """How the rule of an expression stands over its members; a single id is all of one."""
    if isinstance(expression, Ref):
        expression = AllOf((expression,))
    rule: RuleName
    values = [evaluate(part, states).at(at) for part in expression.parts]
    if isinstance(expression, AllOf):
        rule, needed = "all", len(values)
    elif isinstance(expression, AnyOf):
        rule, needed = "any", 1
    else:
        rule, needed = "at_least", expression.count
    members = tuple(part.id if isinstance(part, Ref) else _group(part, states, at) for part in expression.parts)
    state = evaluate(expression, states).at(at)
    return Group(rule, needed, state, values.count(UP), values.count(UNKNOWN), members)


def _running(record: Maintenance, timezone: str, at: int) -> Span | None:
    """The stretch of `record` that `at` lies in, whole."""
    if record.start_ms is not None and record.end_ms is not None:
        return (record.start_ms, record.end_ms) if record.start_ms <= at < record.end_ms else None
    spans = maintenance_spans(record, timezone, at - _AROUND_MS, at + _AROUND_MS)
    return next(((start, end) for start, end in spans if start <= at < end), None)


def _made_of(record: Maintenance, agreement: Agreement) -> Standing:
    if awaits(record, agreement):
        return "awaits_approval"
    return "excluded" if excuses(record, agreement) else "counts"
