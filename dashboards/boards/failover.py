"""*Failover*: whether standbys could take over, the clock of a takeover that runs, and the tests."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import places
from dashboards.layout import Block, Board, choice
from dashboards.palette import PAIRS
from dashboards.panels import NONE, Column, Query, Step, lines, link, number, rows, timeline, wall
from dashboards.promql import one, pair_code, select
from exporters import names
from exporters.names import Family

_DAY = 86_400
_LEFT: tuple[Step, ...] = ((None, "bad"), (0, "risk"))
_USED: tuple[Step, ...] = ((None, "good"), (0.5, "risk"), (1, "bad"))
_TO_PAIR = (link("This pair alone", places.FAILOVER.uid, pair="${__value.text}"),)


def _of(family: Family) -> str:
    return one(family, "pair", pair="~$pair")


def board() -> Board:
    """The dashboard."""
    return Board(
        places.FAILOVER,
        (
            Block("Now", [(_wall(), 12, 7), (_clock(), 12, 7)]),
            Block("Pairs", [(_table(), 24, 9)]),
            Block("Through time", [(_timeline(), 24, 8), (_takeover(), 12, 8), (_protected(), 12, 8)]),
            Block("Tests", [(_overdue(), 4, 8), (_tests(), 20, 8)]),
        ),
        variables=(choice("pair", "Pair", f"label_values({names.FAILOVER_EVENT_ACTIVE.name}, pair)"),),
        since="now-24h",
    )


def _wall() -> Panel:
    return wall(
        "Pairs",
        "Whether the standby of each pair could take over now, and where a failover runs.",
        pair_code(pair="~$pair"),
        "{{pair}}",
        PAIRS,
        [link("This pair alone", places.FAILOVER.uid, pair="${__field.labels.pair}")],
    )


def _clock() -> Panel:
    return wall(
        "Time left to take over",
        "Of each interruption that lasts now: how long until it is longer than agreed; below zero the term is over. "
        "None is good.",
        f"{_of(names.FAILOVER_DEADLINE)} - time()",
        "{{pair}}",
        {},
        unit="dtdurations",
        steps=_LEFT,
        nothing=NONE,
    )


def _table() -> Panel:
    used = f"1 - ({_of(names.FAILOVER_DEADLINE)} - time()) / {_of(names.FAILOVER_WITHIN)}"
    return rows(
        "Pairs and their terms",
        "What was agreed, the longest interruption of the last event, and how much of the term an interruption that "
        "lasts has used. Protected is the share of the running month in which the standby was up.",
        [
            Query(pair_code(pair="~$pair")),
            Query(_of(names.FAILOVER_WITHIN)),
            Query(_of(names.FAILOVER_TAKEOVER)),
            Query(f"{_of(names.FAILOVER_TAKEOVER)} / {_of(names.FAILOVER_WITHIN)}"),
            Query(used),
            Query(_of(names.FAILOVER_PROTECTED_RATIO)),
        ],
        "pair",
        (
            Column("pair", "Pair", links=_TO_PAIR),
            Column("A", "State", meanings=PAIRS),
            Column("B", "Term", unit="dtdurations"),
            Column("C", "Longest interruption", unit="dtdurations"),
            Column("D", "Of the term", unit="percentunit", steps=_USED, decimals=1),
            Column("E", "Used by what lasts", unit="percentunit", steps=_USED, decimals=1),
            Column("F", "Protected this month", unit="percentunit", decimals=2),
        ),
        sort="Of the term",
        descending=True,
        nothing="No pairs reported",
    )


def _timeline() -> Panel:
    return timeline(
        "States of pairs",
        "When each pair was protected, unprotected, or its primary out of service.",
        pair_code(pair="~$pair"),
        "{{pair}}",
        PAIRS,
    )


def _takeover() -> Panel:
    return lines(
        "Longest interruption of the last event",
        "How long the function was away in the last failover event, while it grows or afterwards; the term is dashed.",
        [Query(_of(names.FAILOVER_TAKEOVER), "{{pair}}"), Query(_of(names.FAILOVER_WITHIN), "{{pair}}: term")],
        "s",
        dashed=("B",),
        minimum=0,
        stepped=True,
    )


def _protected() -> Panel:
    return lines(
        "Protected this month",
        "The share of the running month in which the standby was up, out of the time in which that was known.",
        [Query(_of(names.FAILOVER_PROTECTED_RATIO), "{{pair}}")],
        "percentunit",
        minimum=0,
        maximum=1,
        stepped=True,
    )


def _overdue() -> Panel:
    due = _of(names.FAILOVER_TEST_DUE)
    return number(
        "Tests overdue",
        "Pairs whose failover test should have begun by now.",
        f"sum({due} < bool time())",
        "none",
        ((None, "good"), (1, "bad")),
        nothing=NONE,
    )


def _tests() -> Panel:
    last = select(names.FAILOVER_LAST_TEST, pair="~$pair")
    return rows(
        "Failover tests",
        "When each pair was tested last, and until when the next test must have begun, where one is asked for.",
        [
            Query(_of(names.FAILOVER_WITHIN)),
            Query(f"{_of(names.FAILOVER_TEST_DUE)} - time()"),
            Query(f"1000 * {_of(names.FAILOVER_TEST_DUE)}"),
            Query(f"1000 * max by (pair) ({last})"),
        ],
        "pair",
        (
            Column("pair", "Pair", links=_TO_PAIR),
            Column("A", "", hidden=True),
            Column("B", "Left", unit="dtdurations", steps=((None, "bad"), (0, "risk"), (60 * _DAY, "good"))),
            Column("C", "Due before", unit="dateTimeAsIso"),
            Column("D", "Last test", unit="dateTimeAsIso"),
        ),
        sort="Left",
        nothing="No pairs reported",
    )
