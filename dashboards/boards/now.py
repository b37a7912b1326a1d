"""*Now*: what is wrong, what matters most first, and everything else on walls of tiles."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import places
from dashboards.layout import Block, Board, choice, marks
from dashboards.palette import COLOURS, PAIRS, SITES, STATES
from dashboards.panels import Column, Query, Step, link, number, rows, wall
from dashboards.promql import component_code, link_code, one, pair_code, select, service_code, site_code
from dashboards.wrong import WRONG, what_is_wrong
from exporters import names

_ONE_IS_BAD: tuple[Step, ...] = ((None, "good"), (1, "bad"))
_ONE_IS_A_RISK: tuple[Step, ...] = ((None, "good"), (1, "risk"))
_ONE_IS_UNKNOWN: tuple[Step, ...] = ((None, "good"), (1, "unknown"))
_EVENTS = one(names.FAILOVER_EVENT_ACTIVE, "pair")
_OF_PARTS = {"site": "~$site", "owner": "~$owner"}


def board() -> Board:
    """The dashboard."""
    return Board(
        places.NOW,
        (
            Block("At a glance", [(panel, 4, 4) for panel in (*_down(), *_at_risk())]),
            Block("What is wrong", [(_wrong(), 24, 10)]),
            Block("Services and data centres", [(_services(), 14, 8), (_sites(), 10, 8)]),
            Block("Links and failover pairs", [(_links(), 14, 8), (_pairs(), 10, 8)]),
            Block("Components", [(_components(), 24, 10)]),
        ),
        variables=(
            choice("site", "Site", f"label_values({names.COMPONENT_STATE.name}, site)"),
            choice("owner", "Owner", f"label_values({names.COMPONENT_STATE.name}, owner)"),
        ),
        annotations=(
            marks(
                "Configuration read",
                f"changes({names.CONFIG_RELOAD_AT.name}[1m]) > 0",
                "A configuration was taken into use",
                COLOURS["unknown"],
            ),
        ),
        since="now-1h",
        refresh="30s",
    )


def _down() -> list[Panel]:
    counted = (
        ("Services down", names.SERVICE_STATE, "service", "Services that cannot be used now, in agreed hours or not."),
        ("Links down", names.LINK_STATE, "id", "Lines over which nothing comes through now."),
        ("Components down", names.COMPONENT_STATE, "id", "Components that do not answer as they should now."),
    )
    return [
        number(title, text, f"sum({one(family, key, state='down')})", "none", _ONE_IS_BAD)
        for title, family, key, text in counted
    ]


def _at_risk() -> list[Panel]:
    to_failover = [link("Failover", places.FAILOVER.uid)]
    protected = f"{one(names.FAILOVER_PROTECTED, 'pair')} == 1"
    unknown = " + ".join(
        f"sum({one(family, key, state='unknown')})"
        for family, key in ((names.COMPONENT_STATE, "id"), (names.LINK_STATE, "id"), (names.SERVICE_STATE, "service"))
    )
    return [
        number(
            "Failovers running",
            "Pairs whose primary is out of service now, whether the standby took over or not.",
            f"sum({_EVENTS})",
            "none",
            _ONE_IS_A_RISK,
            links=to_failover,
        ),
        number(
            "Unprotected pairs",
            "Pairs whose standby is not known to be up: the next fault of the primary is an outage.",
            f"count({_EVENTS} unless {protected}) or 0 * count({_EVENTS})",
            "none",
            _ONE_IS_A_RISK,
            links=to_failover,
        ),
        number(
            "Unknown",
            "Components, links and services of which nobody knows how they are. Grey, for not watched is not up.",
            unknown,
            "none",
            _ONE_IS_UNKNOWN,
        ),
    ]


def _wrong() -> Panel:
    value = "${__value.text}"
    wrong = what_is_wrong()
    targets = (
        link("Its figures, if it is a service", places.AVAILABILITY.uid, service=value),
        link("Its checks, if it is a component or a link", places.PART.uid, part=value),
        link("Its clock, if it is a failover pair", places.FAILOVER.uid, pair=value),
    )
    info = " or ".join(
        f'max by (id, kind, owner, {where}) ({names_.name}{{state="up"}})'
        for names_, where in ((names.COMPONENT_STATE, "site"), (names.LINK_STATE, "between"))
    )
    return rows(
        "What is wrong",
        "Everything that is not as it should be, what matters most first: services in their agreed hours, takeovers "
        "that are late, then lines, components, and what has lost its spare. Of each the worst alone. Empty is good.",
        [
            Query(wrong),
            Query(f"1000 * {one(names.STATE_SINCE, 'id')} and on (id) {wrong} unless on (id) {_up()}"),
            Query(f"({info}) and on (id) {wrong}"),
        ],
        "id",
        (
            Column("A", "What", meanings=WRONG),
            Column("id", "Which", links=targets),
            Column("B", "Since", unit="dateTimeFromNow"),
            Column("kind", "Kind"),
            Column("site", "Site"),
            Column("between", "Between"),
            Column("owner", "Owner"),
            Column("C", "", hidden=True),
        ),
        sort="What",
        nothing="Nothing is wrong",
    )


def _up() -> str:
    """What is up: of a certificate or a spare that is lost, the state tells nothing about since when."""
    parts = " or ".join(select(family, state="up") for family in (names.COMPONENT_STATE, names.LINK_STATE))
    services = f'label_replace({select(names.SERVICE_STATE, state="up")}, "id", "$1", "service", "(.*)")'
    return f"(max by (id) ({parts} or {services}) == 1)"


def _services() -> Panel:
    return wall(
        "Services",
        "Every service as its users find it now; its agreed hours are on the dashboard Availability.",
        service_code(),
        "{{service}}",
        STATES,
        [link("Its figures", places.AVAILABILITY.uid, service="${__field.labels.service}")],
    )


def _sites() -> Panel:
    return wall(
        "Data centres",
        "Every site that holds components: whether all, some or none of them are up.",
        site_code(site="~$site"),
        "{{site}}",
        SITES,
        [link("Only this site", places.NOW.uid, site="${__field.labels.site}")],
    )


def _links() -> Panel:
    return wall(
        "Links",
        "Every line and every pair of lines that stands in for another.",
        link_code("id", owner="~$owner"),
        "{{id}}",
        STATES,
        [
            link("Its checks", places.PART.uid, part="${__field.labels.id}"),
            link("All links", places.NETWORK.uid, id="${__field.labels.id}"),
        ],
    )


def _pairs() -> Panel:
    return wall(
        "Failover pairs",
        "Whether the standby of each pair could take over, and where a failover runs now.",
        pair_code(),
        "{{pair}}",
        PAIRS,
        [link("Its clock and tests", places.FAILOVER.uid, pair="${__field.labels.pair}")],
    )


def _components() -> Panel:
    return wall(
        "Components",
        "Every component of the sites and owners chosen above.",
        component_code("id", **_OF_PARTS),
        "{{id}}",
        STATES,
        [link("Its checks", places.PART.uid, part="${__field.labels.id}")],
    )
