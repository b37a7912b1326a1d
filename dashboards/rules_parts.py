"""Alerts on data centres, links and components: what is down, degraded, or up with less redundancy."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from availability.estate import Part
from availability.redundancy import redundancy
from config.settings import CheckSpec, Site
from dashboards import alert_names as alerts
from dashboards.alert_names import CRITICAL, WARNING, listed
from dashboards.rules_model import HELD, KEPT, Rule, labels, titled
from dashboards.rules_queries import down_until_up, each_in_maintenance, firing, in_maintenance, out_of_hours, select
from dashboards.rules_subjects import Subjects
from dashboards.rules_weight import less_urgent
from exporters import names

HEARTBEAT = "heartbeat"
_DATACENTRES = frozenset({"datacentre", "datacenter", "datacentrum", "rekencentrum"})
_FEWEST = 2
"""Components that make a data centre; of a single one its own alert says all there is."""


def datacentre_rules(subjects: Subjects) -> Iterator[Rule]:
    """One alert for each data centre of which most components are down."""
    for site in subjects.settings.sites.values():
        if not is_datacentre(site):
            continue
        there = [part for part in subjects.estate.parts.values() if part.site == site.id and not part.is_link]
        looked_at = [part for part in there if not is_job(subjects.checks_of(part))]
        if len(looked_at) < _FEWEST:
            continue
        jobs = sorted(part.id for part in there if part not in looked_at)
        yield Rule(
            alerts.DATACENTRE_DOWN,
            _most_are_down(site.id, jobs),
            labels(CRITICAL, 1, site.id, "datacentre", site=site.id),
            {"name": titled(site.id, site.name)},
        )


def is_datacentre(site: Site) -> bool:
    """Whether people call its kind a data centre, in whichever spelling."""
    plain = unicodedata.normalize("NFKD", site.kind).casefold()
    return "".join(char for char in plain if char.isalpha()) in _DATACENTRES


def _most_are_down(site: str, jobs: Sequence[str]) -> str:
    """More than half of the components that are up or down, those under maintenance and those that only wait for
    reports left out, and two at least; or it was so, and none has been seen up since. The value is their share."""
    where = f'site="{site}"' + (f',id!~"{"|".join(jobs)}"' if jobs else "")
    busy = each_in_maintenance()

    def each(state: str) -> str:
        series = f"last_over_time({names.COMPONENT_STATE.name}{{{where},{state}}}[{HELD}])"
        return f"(max by (id) ({series}) == 1 unless {busy})"

    down, up, unknown = (each(f'state="{state}"') for state in ("down", "up", "unknown"))
    known = each('state=~"up|down"')
    most = f"count({down})\n  / count({known})\n  > 0.5\nand count({down}) >= {_FEWEST}"
    return f"{most}\nor {firing(alerts.DATACENTRE_DOWN, site)} and count({unknown}) unless count({up})"


def is_job(checks: Sequence[CheckSpec]) -> bool:
    """Whether something is watched by nothing but reports that must come in by themselves."""
    return bool(checks) and all(spec.probe == HEARTBEAT for spec in checks)


def link_rules(subjects: Subjects) -> Iterator[Rule]:
    """What there is to tell of links."""
    for part in subjects.estate.parts.values():
        if part.is_link:
            yield from _part_rules(subjects, part, alerts.LINK_DOWN, alerts.LINK_DEGRADED)


def component_rules(subjects: Subjects) -> Iterator[Rule]:
    """What there is to tell of components; of jobs there are alerts of their own."""
    for part in subjects.estate.parts.values():
        if not part.is_link and not is_job(subjects.checks_of(part)):
            yield from _part_rules(subjects, part, alerts.COMPONENT_DOWN, alerts.COMPONENT_DEGRADED)


def _part_rules(subjects: Subjects, part: Part, down: str, degraded: str) -> Iterator[Rule]:
    weight = subjects.weights.of[part.id]
    family = names.LINK_STATE if part.is_link else names.COMPONENT_STATE
    fails = f"{down_until_up(family, down, id=part.id)}\nunless {in_maintenance([part.id])}"
    if weight.severity == CRITICAL:
        out = out_of_hours(weight.hit)
        priority = weight.priority
        yield _rule(subjects, part, down, f"({fails})\nunless {out}", CRITICAL, priority, in_hours="true")
        yield _rule(subjects, part, down, f"({fails})\nand {out}", WARNING, priority, in_hours="false")
    else:
        yield _rule(subjects, part, down, fails, WARNING, weight.priority)
    worse = f"max({select(names.PART_DEGRADED, id=part.id)}) == 1\nunless {in_maintenance([part.id])}"
    lower = less_urgent(weight.priority)
    yield _rule(subjects, part, degraded, worse, WARNING, lower, keep=KEPT)
    if may_lose(part):
        yield _rule(subjects, part, alerts.REDUNDANCY_LOST, less_redundant(part.id), WARNING, lower, keep=KEPT)


def may_lose(part: Part) -> bool:
    """Whether it consists of others of which one may fail."""
    return not part.checks and (redundancy(part.up_when, lambda _: True).full or 0) > 0


def less_redundant(id_: str) -> str:
    """That fewer of its parts may still fail than when all are up."""
    left, full = select(names.REDUNDANCY_LEFT, id=id_), select(names.REDUNDANCY_FULL, id=id_)
    return f"max({left}) < max({full})\nunless {in_maintenance([id_])}"


def _rule(
    subjects: Subjects,
    part: Part,
    alert: str,
    expr: str,
    severity: str,
    priority: int,
    *,
    in_hours: str = alerts.NONE,
    keep: str = "",
) -> Rule:
    told = labels(
        severity,
        priority,
        part.id,
        part.kind or ("link" if part.is_link else "component"),
        owner=part.owner,
        site=part.site,
        behind=listed(subjects.weights.behind[part.id]),
        between=listed(part.between),
        services=listed(subjects.weights.of[part.id].services),
        in_hours=in_hours,
    )
    return Rule(
        alert,
        expr,
        told,
        {"name": titled(part.id, part.name)},
        subjects.facts_of(part),
        keep=keep,
        runbook=part.runbook or "",
    )
