"""Which alerts keep silent behind which: a cause pages once, and what follows from it does not (docs/oncall.md).

Three things hold, whatever the configuration is. No alert can keep itself silent by way of others: data centres come
before all, then links and whatever something is behind, then services, then the rest. What pages at night is only kept
silent by what pages at night. And a service is only silent behind what it cannot be up without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from availability.estate import AllOf, AnyOf, Estate, Expression, Ref
from availability.evaluation import Layout
from availability.states import DOWN, UNKNOWN, UP
from config.settings import Settings
from dashboards import alert_names as alerts
from dashboards.alert_names import BEHIND, BETWEEN, CRITICAL, ID, SERVICES, SEVERITY, SITE, one_of
from dashboards.rules_parts import is_datacentre
from dashboards.rules_weight import weigh

CANNOT_PAGE = (
    *(alerts.COLLECTOR_GONE, alerts.JUDGEMENT_STALE, alerts.STORE_FAILING, alerts.NOBODY_LEADS),
    alerts.PAGES_WAITING,
)
"""While one of these is there pages may not arrive: the watchdog falls silent, so that the place outside speaks up."""
OF_PARTS_AND_PAIRS = (
    alerts.LINK_DOWN,
    alerts.LINK_DEGRADED,
    alerts.COMPONENT_DOWN,
    alerts.COMPONENT_DEGRADED,
    alerts.REDUNDANCY_LOST,
    alerts.FAILOVER_RUNNING,
    alerts.FAILOVER_INTERRUPTED,
    alerts.PAIR_UNPROTECTED,
)
PART_DOWN = (alerts.LINK_DOWN, alerts.COMPONENT_DOWN)
OF_LINKS = (alerts.LINK_DOWN, alerts.LINK_DEGRADED)

Inhibition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Covered:
    """The services that go down, and those of which nobody knows any more, when something fails alone."""

    down: tuple[str, ...]
    unknown: tuple[str, ...]


def inhibitions(settings: Settings) -> list[Inhibition]:
    """All rules of inhibition of a configuration."""
    estate, consequences = settings.estate, Consequences(settings.estate)
    layout, causes = consequences.layout, _causes(consequences)
    obstacles = {other for behind in layout.behind.values() for other in behind}
    rules = [_rule([_among("alertname", CANNOT_PAGE)], [_is("alertname", alerts.WATCHDOG)])]
    for target, sources in alerts.COVERED_BY.items():
        rules += _both([_among("alertname", sources)], [_is("alertname", target)], equal=[ID])
    rules += _of_datacentres(settings, consequences)
    for id_, covered in causes.items():
        source = [_among("alertname", PART_DOWN), _is(ID, id_)]
        if id_ in obstacles:
            rules += _both(source, [_among("alertname", OF_PARTS_AND_PAIRS), _like(BEHIND, one_of(id_))])
        rules += _services(source, covered)
    weights = weigh(estate).of
    # What may cover a service, itself or by way of what is behind it, is never covered by one.
    covering = {id_ for id_, covered in causes.items() if covered.down}
    covering |= {other for id_ in covering for other in layout.behind[id_]}
    for service in estate.services:
        above = [id_ for id_ in causes if id_ in covering and service in weights[id_].services]
        rules += _both(
            [_is("alertname", alerts.SERVICE_DOWN), _is(ID, service)],
            [
                _among("alertname", OF_PARTS_AND_PAIRS),
                _like(SERVICES, one_of(service)),
                *([_not_among(ID, above)] if above else []),
            ],
        )
    return rules


def _of_datacentres(settings: Settings, consequences: Consequences) -> Iterator[Inhibition]:
    source = [_is("alertname", alerts.DATACENTRE_DOWN)]
    others = f'alertname!="{alerts.DATACENTRE_DOWN}"'
    yield from _both(source, [others, f'{SITE}!="{alerts.NONE}"'], equal=[SITE])
    for site in settings.sites.values():
        if not is_datacentre(site):
            continue
        there = [*source, _is(SITE, site.id)]
        yield from _both(there, [_among("alertname", OF_LINKS), _like(BETWEEN, one_of(site.id))])
        parts = [part.id for part in settings.estate.parts.values() if part.site == site.id]
        yield from _services(there, consequences.of(parts))


def _services(source: list[str], covered: Covered) -> Iterator[Inhibition]:
    if covered.down:
        yield from _both(source, [_is("alertname", alerts.SERVICE_DOWN), _among(ID, covered.down)])
    if unwatched := (*covered.down, *covered.unknown):
        yield from _both(source, [_is("alertname", alerts.SERVICE_UNWATCHED), _among(ID, unwatched)])


def _causes(consequences: Consequences) -> dict[str, Covered]:
    """Every link, and every component that others are behind, with the services that fail with it."""
    parts = consequences.estate.parts.values()
    obstacles = {id_ for part in parts for id_ in part.behind}
    return {part.id: consequences.of([part.id]) for part in parts if part.is_link or part.id in obstacles}


class Consequences:
    """What becomes of the services of an estate when something in it fails."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.layout = Layout.of(estate)
        self._users: dict[str, list[str]] = {}
        """By id what depends on it directly."""
        for id_, needed in self.layout.needs.items():
            for other in set(needed):
                self._users.setdefault(other, []).append(id_)

    def of(self, failed: Sequence[str]) -> Covered:
        """When `failed`, parts, are down, what is behind them is not seen, and all else is up."""
        states: dict[str, int] = dict.fromkeys(failed, DOWN)
        for id_ in self._touched(failed):
            if id_ not in states:
                states[id_] = self._state(id_, states)
        fallen = [id_ for id_ in self.estate.services if states.get(id_) == DOWN]
        return Covered(tuple(fallen), tuple(id_ for id_ in self.estate.services if states.get(id_) == UNKNOWN))

    def _touched(self, failed: Sequence[str]) -> list[str]:
        """What depends on these, at any distance, each after what it depends on."""
        found, waiting = set(failed), list(failed)
        while waiting:
            new = [id_ for id_ in self._users.get(waiting.pop(), ()) if id_ not in found]
            found.update(new)
            waiting += new
        return sorted(found, key=self.layout.position.__getitem__)

    def _state(self, id_: str, states: Mapping[str, int]) -> int:
        part = self.estate.parts.get(id_)
        if part is None:
            return _state(self.estate.services[id_].up_when, states)
        if part.checks:
            hidden = any(states.get(other) == DOWN for other in self.layout.behind[id_])
            return UNKNOWN if hidden else UP
        return _state(part.up_when, states)


def _state(expression: Expression, states: Mapping[str, int]) -> int:
    """docs/semantics.md, section 4."""
    if isinstance(expression, Ref):
        return states.get(expression.id, UP)
    inner = [_state(part, states) for part in expression.parts]
    needed = len(inner) if isinstance(expression, AllOf) else 1 if isinstance(expression, AnyOf) else expression.count
    if inner.count(UP) >= needed:
        return UP
    return UNKNOWN if inner.count(UP) + inner.count(UNKNOWN) >= needed else DOWN


def _both(source: Sequence[str], target: Sequence[str], equal: Sequence[str] = ()) -> Iterator[Inhibition]:
    """What is critical covers all, what is not covers what is not."""
    yield _rule([*source, _is(SEVERITY, CRITICAL)], target, equal)
    yield _rule(source, [*target, f'{SEVERITY}!="{CRITICAL}"'], equal)


def _rule(source: Sequence[str], target: Sequence[str], equal: Sequence[str] = ()) -> Inhibition:
    rule: Inhibition = {"source_matchers": list(source), "target_matchers": list(target)}
    return {**rule, "equal": list(equal)} if equal else rule


def _is(label: str, value: str) -> str:
    return f'{label}="{value}"'


def _like(label: str, expression: str) -> str:
    return f'{label}=~"{expression}"'


def _among(label: str, values: Sequence[str]) -> str:
    return _is(label, values[0]) if len(values) == 1 else _like(label, "|".join(values))


def _not_among(label: str, values: Sequence[str]) -> str:
    return f'{label}!~"{"|".join(values)}"'
