"""What stands beside a collector, for its dashboard: pages to people, signs of life, and agents at other vantages."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards.layout import Block
from dashboards.palette import PRESENCES, YES_NO_BAD
from dashboards.panels import NONE, Column, Query, Step, lines, number, rows
from dashboards.promql import one, select
from exporters import agent_names, names
from exporters.names import Family

_HERE = {"instance": "~$instance"}
_ONE_IS_BAD: tuple[Step, ...] = ((None, "good"), (1, "bad"))


def pages() -> Block:
    """Pages to who has duty, and the signs of life for a place outside the site."""
    return Block(
        "Pages and signs of life",
        [(panel, 6, 4) for panel in _waiting()] + [(_deliveries(), 12, 8), (_signs(), 12, 8)],
    )


def agents() -> Block:
    """Agents: whether they are there, and what waits in their outboxes."""
    return Block("Agents", [(_agents(), 24, 8), (_outbox(), 12, 8), (_trouble(), 12, 8)])


def _waiting() -> list[Panel]:
    oldest = f"max({select(names.PAGE_OLDEST, **_HERE)})"
    return [
        number(
            "Pages that nobody took up",
            "Pages that last and were not acknowledged yet.",
            f"sum({select(names.PAGES_OPEN, acknowledged='no', **_HERE)})",
            "none",
            _ONE_IS_BAD,
            nothing=NONE,
        ),
        number(
            "The oldest of them waits",
            "How long the oldest page waits that nobody took up; after the agreed time the next level is told.",
            oldest,
            "s",
            ((None, "good"), (300, "risk"), (900, "bad")),
            nothing=NONE,
        ),
        number(
            "Notices to deliver",
            "Notices to people that are still on their way. They are tried again, and by the next channel.",
            f"sum({select(names.PAGES_PENDING, **_HERE)})",
            "none",
            ((None, "good"), (1, "risk")),
            nothing=NONE,
        ),
        number(
            "Last sign of life outside",
            "How long ago the place outside the site was told that all goes on; it raises the alarm when that stops.",
            f"time() - max({select(names.DEADMAN_LAST, **_HERE)})",
            "s",
            ((None, "good"), (300, "risk"), (900, "bad")),
            nothing=NONE,
        ),
    ]


def _deliveries() -> Panel:
    told = select(names.PAGE_DELIVERIES, **_HERE)
    return lines(
        "Deliveries by channel",
        "Attempts a second to tell somebody, by channel and by what came of them.",
        [Query(f"sum by (channel, outcome) (rate({told}[$__rate_interval]))", "{{channel}}: {{outcome}}")],
        "cps",
        minimum=0,
    )


def _signs() -> Panel:
    given = select(names.DEADMAN_PINGS, **_HERE)
    return lines(
        "Signs of life",
        "Signs of life a second for the place outside the site: sent, failed, or held back while all is not well.",
        [Query(f"sum by (outcome) (rate({given}[$__rate_interval]))", "{{outcome}}")],
        "cps",
        minimum=0,
    )


def _of(family: Family) -> str:
    return one(family, "agent")


def _agents() -> Panel:
    presence = " + ".join(
        f"{rank} * {one(agent_names.PRESENCE, 'agent', presence=presence)}"
        for rank, presence in ((1, "here"), (2, "stopped"), (3, "never"))
    )
    return rows(
        "Agents at other vantages",
        "Whether each is there, when it was heard last, whether it uses the configuration of the centre, how far its "
        "clock is off, and what waits in its outbox. What one that is gone saw is unknown until it is back.",
        [
            Query(presence),
            Query(f"1000 * {_of(agent_names.HEARD_AT)}"),
            Query(_of(agent_names.SAME_CONFIG)),
            Query(_of(agent_names.CLOCK_OFFSET)),
            Query(_of(agent_names.LATENESS)),
            Query(_of(agent_names.PENDING)),
            Query(_of(agent_names.FULLNESS)),
        ],
        "agent",
        (
            Column("agent", "Agent"),
            Column("A", "Is", meanings=PRESENCES),
            Column("B", "Heard", unit="dateTimeFromNow"),
            Column("C", "Same configuration", meanings=YES_NO_BAD),
            Column("D", "Clock ahead", unit="s"),
            Column("E", "Looks late by", unit="s"),
            Column("F", "Waits to be stored"),
            Column("G", "Outbox full", unit="percentunit", steps=((None, "good"), (0.5, "risk"), (0.9, "bad"))),
        ),
        sort="Is",
        nothing="No agents reported",
    )


def _outbox() -> Panel:
    return lines(
        "Outboxes",
        "Observations that wait in the outbox of each agent: they grow while a line or the centre is away, and drain "
        "afterwards.",
        [Query(_of(agent_names.PENDING), "{{agent}}")],
        "none",
        minimum=0,
    )


def _trouble() -> Panel:
    def lost(family: Family) -> str:
        return f"sum by (agent) (increase({family.name}[$__range]))"

    return lines(
        "What agents lost, or were refused",
        "In the time shown: observations given up since an outbox was full, batches that never came, and messages that "
        "were not taken, by reason.",
        [
            Query(lost(agent_names.DROPPED), "{{agent}}: given up"),
            Query(lost(agent_names.MISSING), "{{agent}}: never came"),
            Query(f"sum by (agent, reason) (increase({agent_names.REFUSED.name}[$__range]))", "{{agent}}: {{reason}}"),
        ],
        "none",
        minimum=0,
    )
