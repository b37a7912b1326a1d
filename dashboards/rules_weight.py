"""What follows from a configuration for its alerts: which services a part carries, whether they go down with it, and so
how urgent it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from availability.estate import AllOf, AnyOf, Estate, Expression, FailoverPair, Ref, Service
from availability.evaluation import Layout, references
from dashboards.alert_names import CRITICAL, WARNING

FORGOTTEN = 2
"""The priority of a service of which none is configured: that somebody forgot it must not keep an outage quiet."""
AT_MOST_URGENT = 3
"""The priority of what hits no user yet: priorities 1 and 2 are for disturbances (Midden-Groningen SLA 3.3, 3.4)."""
LOWEST = 4
LISTED_AT_MOST = 50
"""Services in a label or an expression: those of the highest priority come first."""


@dataclass(frozen=True, slots=True)
class Weight:
    """How much rests on a part or pair.

    `services` are those whose expression it stands in, `hit` those that users lose with it: because it stands there
    without a twin, because a participant needs it, or because something they rest on is behind it.
    """

    priority: int
    services: tuple[str, ...]
    hit: tuple[str, ...]

    @property
    def severity(self) -> str:
        """Critical where users lose a service with it whose outages do not wait for office hours."""
        return severity_of(self.priority) if self.hit else WARNING


@dataclass(frozen=True)
class Weights:
    """The weight of every part and pair, by id."""

    of: Mapping[str, Weight]
    behind: Mapping[str, tuple[str, ...]]
    """Everything that a part is reached through."""


def priority_of(service: Service) -> int:
    """The priority of its outages; what is not production is always 4 (Midden-Groningen SLA 3.3)."""
    if service.environment != "production":
        return LOWEST
    return FORGOTTEN if service.priority is None else service.priority


def severity_of(priority: int) -> str:
    """The severity of an outage: it is told at any hour (ICT NML DVO 2018, 4.1.1), but that of the lowest priority."""
    return CRITICAL if priority < LOWEST else WARNING


def less_urgent(priority: int) -> int:
    """The priority of what hits no user yet, where an outage would have `priority`."""
    return max(AT_MOST_URGENT, priority)


def weigh(estate: Estate) -> Weights:
    """Weigh every part and pair of `estate`."""
    layout = Layout.of(estate)
    found = _Found(estate, layout)
    weights = {id_: found.weight(id_) for id_ in estate.parts}
    weights |= {pair.id: found.weight_of_pair(pair) for pair in estate.pairs}
    return Weights(weights, layout.behind)


@dataclass
class _Found:
    """Per id the services that rest on it, and those that go down with it alone."""

    estate: Estate
    layout: Layout
    resting: dict[str, set[str]] = field(default_factory=dict)
    hit: dict[str, set[str]] = field(default_factory=dict)
    obstacles: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        reach, alone = self._spread()
        for service in self.estate.services.values():
            for id_ in reach[service.id]:
                self.resting.setdefault(id_, set()).add(service.id)
            fatal = alone[service.id].union(*(alone[id_] for user in service.participants for id_ in user.needs))
            for id_ in fatal:
                self.hit.setdefault(id_, set()).add(service.id)
        for pair in self.estate.pairs:
            if pair.function is not None:
                for id_ in (pair.primary, pair.standby):
                    self.resting.setdefault(id_, set()).update(self.resting.get(pair.function, ()))
        carried = {id_: set(services) for id_, services in self.resting.items()}
        for id_, obstacles in self.layout.behind.items():
            self.obstacles.update(obstacles)
            for obstacle in obstacles:
                self.hit.setdefault(obstacle, set()).update(carried.get(id_, ()))

    def _spread(self) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
        """Per id all that its expression names at any depth, and what of that takes it down by failing alone."""
        reach: dict[str, frozenset[str]] = {}
        alone: dict[str, frozenset[str]] = {}
        for id_ in self.layout.order:
            part, service = self.estate.parts.get(id_), self.estate.services.get(id_)
            expression = service.up_when if service else part.up_when if part and not part.checks else None
            if expression is None:
                reach[id_] = alone[id_] = frozenset({id_})
            else:
                reach[id_] = frozenset({id_}).union(*(reach[other] for other in references(expression)))
                alone[id_] = _alone(expression, alone) | {id_}
        return reach, alone

    def weight(self, id_: str) -> Weight:
        services, hit = self.resting.get(id_, set()), self.hit.get(id_, set())
        if hit:
            return Weight(self._highest(hit), self._listed(services), self._listed(hit))
        if services or id_ in self.obstacles:
            return Weight(less_urgent(self._highest(services)), self._listed(services), ())
        return Weight(LOWEST, (), ())

    def weight_of_pair(self, pair: FailoverPair) -> Weight:
        """A pair has an agreed term, whatever rests on it."""
        ids = (pair.primary, pair.standby) if pair.function is None else (pair.function,)
        services = set().union(*(self.resting.get(id_, set()) for id_ in ids))
        return Weight(self._highest(services), self._listed(services), self._listed(services))

    def _highest(self, services: Iterable[str]) -> int:
        return min((priority_of(self.estate.services[id_]) for id_ in services), default=FORGOTTEN)

    def _listed(self, services: Iterable[str]) -> tuple[str, ...]:
        ordered = sorted(services, key=lambda id_: (priority_of(self.estate.services[id_]), id_))
        return tuple(ordered[:LISTED_AT_MOST])


def _alone(expression: Expression, alone: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The ids of which each, failing alone, makes `expression` not up."""
    if isinstance(expression, Ref):
        return alone[expression.id]
    counts = Counter(id_ for part in expression.parts for id_ in _alone(part, alone))
    may_fail = 0 if isinstance(expression, AllOf) else len(expression.parts) - 1
    if not isinstance(expression, AllOf | AnyOf):
        may_fail = len(expression.parts) - expression.count
    return frozenset(id_ for id_, count in counts.items() if count > may_fail)
