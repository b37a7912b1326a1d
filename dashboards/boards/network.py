"""*Network*: links by kind, with loss, latency and jitter, the interfaces of equipment and its traps."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import places
from dashboards.layout import Block, Board, choice
from dashboards.palette import LOOKS, STATES
from dashboards.panels import Column, Query, lines, link, rows, timeline, wall
from dashboards.promql import link_code, one, select
from exporters import names
from exporters.names import Family

_LINKS = {"id": "~$id", "kind": "~$kind", "owner": "~$owner"}
_CHOSEN = f'max by (part) (label_replace({select(names.LINK_STATE, state="up", **_LINKS)}, "part", "$1", "id", "(.*)"))'
_EACH = "{{part}}: {{check}} from {{vantage}}"


def _of_links(family: Family, **matchers: str) -> str:
    """A figure of the checks of the links that are chosen."""
    return f"{one(family, 'part', 'check', 'vantage', **matchers)} and on (part) {_CHOSEN}"


def board() -> Board:
    """The dashboard."""
    values = (("kind", "Kind"), ("owner", "Owner"), ("id", "Link"))
    return Board(
        places.NETWORK,
        (
            Block("Links by kind", [(_wall(), 24, 8)]),
            Block("Through time", [(_timeline(), 24, 9)]),
            Block("Quality", [(_loss(), 12, 8), (_jitter(), 12, 8), (_latency(), 24, 9)]),
            Block("What is behind", [(_table(), 14, 9), (_redundancy(), 10, 9)]),
            Block("Equipment", [(_interfaces(), 24, 7), (_measures(), 12, 8), (_traps(), 12, 8)]),
        ),
        variables=[choice(name, label, f"label_values({names.LINK_STATE.name}, {name})") for name, label in values],
    )


def _wall() -> Panel:
    return wall(
        "Links",
        "Every link of the kinds and owners chosen above; its kind stands before its name.",
        link_code("id", "kind", **_LINKS),
        "{{kind}}: {{id}}",
        STATES,
        [link("Its checks", places.PART.uid, part="${__field.labels.id}")],
    )


def _timeline() -> Panel:
    return timeline(
        "States of links",
        "When each link was up, degraded, down or unknown.",
        link_code("id", "kind", **_LINKS),
        "{{kind}}: {{id}}",
        STATES,
        [link("Its checks", places.PART.uid, part="${__field.labels.id}")],
    )


def _loss() -> Panel:
    return lines(
        "Loss",
        "The share of the last burst of packets that was lost. Only checks that send several packets tell it.",
        [Query(_of_links(names.CHECK_LOSS), _EACH)],
        "percentunit",
        minimum=0,
    )


def _jitter() -> Panel:
    return lines(
        "Jitter",
        "How much the round trips of a burst differ from one another, on average.",
        [Query(_of_links(names.CHECK_JITTER), _EACH)],
        "s",
        minimum=0,
    )


def _latency() -> Panel:
    return lines(
        "Latency",
        "How long the last look over each link took, as seen from each vantage.",
        [Query(_of_links(names.CHECK_LATENCY), _EACH)],
        "s",
        minimum=0,
    )


def _table() -> Panel:
    return rows(
        "Links and whose they are",
        "Every link with the sites at its ends, its owner, since when it is as it is, and the share of the time shown "
        "in which it was up.",
        [
            Query(link_code("id", "kind", "owner", "between", **_LINKS)),
            Query(f"1000 * {one(names.STATE_SINCE, 'id')} and on (id) {select(names.LINK_STATE, **_LINKS)}"),
            Query(f"max by (id) (avg_over_time({select(names.LINK_STATE, state='up', **_LINKS)}[$__range]))"),
        ],
        "id",
        (
            Column("id", "Link", links=(link("Its checks", places.PART.uid, part="${__value.text}"),)),
            Column("A", "State", meanings=STATES),
            Column("B", "Since", unit="dateTimeFromNow"),
            Column("C", "Up", unit="percentunit", decimals=2),
            Column("kind", "Kind"),
            Column("between", "Between"),
            Column("owner", "Owner"),
        ),
        sort="State",
        nothing="No links reported",
    )


def _redundancy() -> Panel:
    left, full = (one(family, "id") for family in (names.REDUNDANCY_LEFT, names.REDUNDANCY_FULL))
    return rows(
        "Redundancy",
        "Of what consists of several parts: how many of them may still fail before it is down, and how many with all "
        "of them up. What is down has none left to lose.",
        [Query(full), Query(left), Query(f"{left} - {full}")],
        "id",
        (
            Column("id", "Which"),
            Column("C", "Lost", steps=((None, "risk"), (0, "good"))),
            Column("B", "May still fail"),
            Column("A", "With all up"),
        ),
        sort="Lost",
        nothing="Nothing reported",
    )


def _interfaces() -> Panel:
    return timeline(
        "Interfaces",
        "What SNMP said of the interfaces and values that are looked at: as they should be, or not.",
        one(names.CHECK_UP, "part", "check", "vantage", probe="snmp"),
        _EACH,
        LOOKS,
        [link("Its checks", places.PART.uid, part="${__field.labels.part}")],
    )


def _measures() -> Panel:
    return lines(
        "Measures of equipment",
        "Figures that plugins brought along, such as traffic, errors or free space, each in its own unit.",
        [
            Query(
                one(names.CHECK_MEASURE, "part", "check", "label", "unit", probe="plugin"),
                "{{part}}: {{label}} {{unit}}",
            )
        ],
        "short",
    )


def _traps() -> Panel:
    return lines(
        "Traps received",
        "Notifications of equipment by what came of them. Those that are used bring the next look forward.",
        [Query(f"sum by (outcome) (rate({names.TRAPS.name}[$__rate_interval]))", "{{outcome}}")],
        "cps",
        minimum=0,
    )
