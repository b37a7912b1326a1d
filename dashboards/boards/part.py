"""*One part*: everything that is known of one component or link; where the walls and tables lead to."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import places
from dashboards.layout import Block, Board, choice
from dashboards.palette import LOOKS, STATES, Meaning
from dashboards.panels import NONE, Column, Query, lines, number, rows, timeline
from dashboards.promql import one, select
from exporters import names

_PART = {"part": "$part"}
_ID = {"id": "$part"}
_EACH = "{{check}} from {{vantage}}"


def _code() -> str:
    up, unknown = (
        " or ".join(one(family, "id", state=state, **_ID) for family in (names.COMPONENT_STATE, names.LINK_STATE))
        for state in ("up", "unknown")
    )
    return f"({up}) + 2 * ({unknown}) + 4 * {one(names.PART_DEGRADED, 'id', **_ID)}"


def board() -> Board:
    """The dashboard."""
    return Board(
        places.PART,
        (
            Block("$part", [(_state(), 6, 5), (_since(), 6, 5), (_maintenance(), 6, 5), (_spare(), 6, 5)]),
            Block("Through time", [(_timeline(), 24, 5), (_looks(), 24, 7)]),
            Block("Its checks", [(_checks(), 24, 8)]),
            Block("How fast it answers", [(_latency(), 12, 8), (_phases(), 12, 8)]),
            Block("Why it failed", [(_reasons(), 12, 8), (_measures(), 12, 8)]),
        ),
        variables=(
            choice("part", "Component or link", f"label_values({names.PART_DEGRADED.name}, id)", several=False),
        ),
    )


def _state() -> Panel:
    return number("State", "How it is judged now, of all its checks.", _code(), "none", meanings=STATES)


def _since() -> Panel:
    return number(
        "Since",
        "For how long it has been so; not reported where it was never seen otherwise.",
        f"time() - {one(names.STATE_SINCE, 'id', **_ID)}",
        "dtdurations",
        nothing=NONE,
    )


def _maintenance() -> Panel:
    return number(
        "Under maintenance",
        "Whether recorded work affects it now.",
        one(names.MAINTENANCE_ACTIVE, "id", **_ID),
        "none",
        meanings={"0": Meaning("no", "unknown"), "1": Meaning("◆ work going on", "risk")},
        nothing=NONE,
    )


def _spare() -> Panel:
    return number(
        "May still fail",
        "How many of the parts it consists of may fail before it is down; none where it has checks of its own.",
        one(names.REDUNDANCY_LEFT, "id", **_ID),
        "none",
        ((None, "risk"), (1, "good")),
        nothing=NONE,
    )


def _timeline() -> Panel:
    return timeline("State through time", "When it was up, degraded, down or unknown.", _code(), "{{id}}", STATES)


def _looks() -> Panel:
    return timeline(
        "Looks",
        "What came of each look from each vantage; a gap is a look that told nothing. Too few failures in a row are no "
        "outage.",
        one(names.CHECK_UP, "check", "vantage", **_PART),
        _EACH,
        LOOKS,
    )


def _checks() -> Panel:
    by = ("check", "vantage", "probe")
    return rows(
        "Checks",
        "The last look of every check: whether it was ok, how long it took, and how many looks failed or told nothing "
        "in the time shown.",
        [
            Query(_check(f"max by (check, vantage, probe) ({select(names.CHECK_OUTCOMES, **_PART)}) * 0")),
            Query(_joined(one(names.CHECK_UP, *by, **_PART))),
            Query(_joined(one(names.CHECK_LATENCY, *by, **_PART))),
            Query(_joined(_counted("failed"))),
            Query(_joined(_counted("none"))),
        ],
        "look",
        (
            Column("A", "", hidden=True),
            Column("look", "", hidden=True),
            Column("check", "Check"),
            Column("probe", "Probe"),
            Column("vantage", "From"),
            Column("B", "Last look", meanings=LOOKS),
            Column("C", "Took", unit="s"),
            Column("D", "Failed", decimals=0),
            Column("E", "Told nothing", decimals=0),
        ),
        sort="Check",
        nothing="No checks reported",
    )


def _counted(outcome: str) -> str:
    counted = select(names.CHECK_OUTCOMES, outcome=outcome, **_PART)
    return f"sum by (check, vantage, probe) (increase({counted}[$__range]))"


def _check(expr: str) -> str:
    """With a label that a check and its vantage have together, to join the answers by."""
    return f'label_join({expr}, "look", " ", "check", "vantage")'


def _joined(expr: str) -> str:
    return f"max by (look) ({_check(expr)})"


def _latency() -> Panel:
    return lines(
        "Latency",
        "How long each look took.",
        [Query(one(names.CHECK_LATENCY, "check", "vantage", **_PART), _EACH)],
        "s",
        minimum=0,
    )


def _phases() -> Panel:
    return lines(
        "Phases",
        "What the time of the last look went into, where the protocol has phases: finding the address, connecting, "
        "encryption, the first answer.",
        [Query(one(names.CHECK_PHASE, "check", "phase", **_PART), "{{check}}: {{phase}}")],
        "s",
        minimum=0,
    )


def _reasons() -> Panel:
    failed = select(names.CHECK_OUTCOMES, outcome="!ok", **_PART)
    return lines(
        "Looks that were not ok",
        "How many looks a second failed or told nothing, by reason.",
        [Query(f"sum by (reason) (rate({failed}[$__rate_interval]))", "{{reason}}")],
        "cps",
        minimum=0,
    )


def _measures() -> Panel:
    return lines(
        "Measures",
        "Figures that looks brought along: performance data of plugins, interfaces of equipment, size and duration of "
        "jobs, each in its own unit.",
        [Query(one(names.CHECK_MEASURE, "check", "label", "unit", **_PART), "{{check}}: {{label}} {{unit}}")],
        "short",
    )
