"""*Registers*: certificates and when they end, backups, restore tests and other jobs that report themselves."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import places
from dashboards.layout import Block, Board, choice
from dashboards.palette import STATES
from dashboards.panels import NONE, Column, Query, Step, lines, link, number, rows, timeline
from dashboards.promql import component_code, one, select
from exporters import names

_DAY = 86_400
_ENDS: tuple[Step, ...] = ((None, "bad"), (7 * _DAY, "risk"), (21 * _DAY, "good"))
_DUE: tuple[Step, ...] = ((None, "bad"), (0, "good"))
_BACKUPS = "backup"
_RESTORES = "restore-test"
_LEFT = f"min by (part) ({select(names.CERTIFICATE_NOT_AFTER, part='~$part')}) - time()"
_TO_PART = (link("Its checks", places.PART.uid, part="${__value.text}"),)


def board() -> Board:
    """The dashboard."""
    return Board(
        places.REGISTERS,
        (
            Block("At a glance", [(panel, 6, 4) for panel in _counts()]),
            Block("Certificates", [(_certificates(), 14, 9), (_days_left(), 10, 9)]),
            Block("Licences", [(_licences(), 24, 6)]),
            Block("Backups", [(_jobs("Backups", _BACKUPS), 14, 9), (_sizes(), 10, 9)]),
            Block("Restore tests", [(_jobs("Restore tests", _RESTORES), 14, 7), (_states(_RESTORES), 10, 7)]),
            Block("Through time", [(_states(_BACKUPS), 24, 8), (_durations(), 12, 8), (_other(), 12, 8)]),
        ),
        variables=(choice("part", "Component or link", f"label_values({names.PART_DEGRADED.name}, id)"),),
        since="now-7d",
        refresh="5m",
    )


def _counts() -> list[Panel]:
    return [
        number(
            "First certificate to end",
            "How long the certificate that ends first is still valid.",
            f"min({_LEFT})",
            "dtdurations",
            _ENDS,
            nothing=NONE,
        ),
        number(
            "Certificates within 21 days",
            "Parts with a certificate that ends within three weeks, or has ended: time to ask for the next.",
            f"sum({_LEFT} < bool {21 * _DAY})",
            "none",
            ((None, "good"), (1, "risk")),
            nothing=NONE,
        ),
        number(
            "Backups not as they should be",
            "Backups whose last good report is too old, or of which nothing is known.",
            _not_up(_BACKUPS),
            "none",
            ((None, "good"), (1, "bad")),
            nothing=NONE,
        ),
        number(
            "Restore tests not as they should be",
            "Restore tests that are overdue, or of which nothing is known.",
            _not_up(_RESTORES),
            "none",
            ((None, "good"), (1, "bad")),
            nothing=NONE,
        ),
    ]


def _not_up(kind: str) -> str:
    return f"sum(1 - {one(names.COMPONENT_STATE, 'id', kind=kind, state='up')})"


def _certificates() -> Panel:
    return rows(
        "Certificates",
        "Every component or link with a certificate, what ends first on top: amber from three weeks before, red from "
        "one week before. The whole register is `waakvlam certificates`.",
        [Query(_LEFT), Query(f"1000 * (min by (part) ({select(names.CERTIFICATE_NOT_AFTER, part='~$part')}))")],
        "part",
        (
            Column("part", "Where", links=_TO_PART),
            Column("A", "Left", unit="dtdurations", steps=_ENDS),
            Column("B", "Ends", unit="dateTimeAsIso"),
        ),
        sort="Left",
        nothing="No certificate reported",
    )


def _days_left() -> Panel:
    return lines(
        "Validity left",
        "How long the twenty certificates that end first are still valid: a jump up is one that was replaced.",
        [Query(f"bottomk(20, {_LEFT})", "{{part}}")],
        "dtdurations",
        steps=_ENDS,
        minimum=0,
    )


def _licences() -> Panel:
    return rows(
        "Licences",
        "Every licence of the register that ends, what ends first on top. The whole register is `waakvlam assets "
        "--licences`.",
        [
            Query(f"min by (id) ({names.LICENCE_UNTIL.name}) - time()"),
            Query(f"1000 * min by (id) ({names.LICENCE_UNTIL.name})"),
        ],
        "id",
        (
            Column("id", "Licence"),
            Column("A", "Left", unit="dtdurations", steps=((None, "bad"), (0, "risk"), (90 * _DAY, "good"))),
            Column("B", "Ends", unit="dateTimeAsIso"),
        ),
        sort="Left",
        nothing="No licence with an end reported",
    )


def _of_kind(kind: str) -> str:
    """The components of a kind, by the label that their checks have."""
    chosen = select(names.COMPONENT_STATE, kind=kind, state="up", id="~$part")
    return f'max by (part) (label_replace({chosen}, "part", "$1", "id", "(.*)"))'


def _jobs(title: str, kind: str) -> Panel:
    up, unknown = (
        f"max by (part) (label_replace({select(names.COMPONENT_STATE, kind=kind, state=state, id='~$part')}, "
        '"part", "$1", "id", "(.*)"))'
        for state in ("up", "unknown")
    )
    last, due, missing = (
        f"{one(family, 'part', part='~$part')} and on (part) {_of_kind(kind)}"
        for family in (names.HEARTBEAT_LAST, names.HEARTBEAT_DUE, names.HEARTBEAT_MISSING)
    )
    return rows(
        title,
        "When each last reported that all went well, and when the next is late and when it is missing. Every day of "
        "every one of them is in `waakvlam backups log`.",
        [
            Query(f"{up} + 2 * {unknown}"),
            Query(f"1000 * ({last})"),
            Query(f"({due}) - time()"),
            Query(f"({missing}) - time()"),
        ],
        "part",
        (
            Column("part", "Which", links=_TO_PART),
            Column("A", "State", meanings=STATES),
            Column("B", "Last good report", unit="dateTimeAsIso"),
            Column("C", "Late in", unit="dtdurations", steps=((None, "risk"), (0, "good"))),
            Column("D", "Missing in", unit="dtdurations", steps=_DUE),
        ),
        sort="Missing in",
        nothing="None reported",
    )


def _sizes() -> Panel:
    return lines(
        "Size of backups",
        "How large the last good backup was, as its job reported it: one that suddenly is far smaller deserves a look.",
        [Query(one(names.CHECK_MEASURE, "part", label="size", probe="heartbeat", part="~$part"), "{{part}}")],
        "bytes",
        minimum=0,
        stepped=True,
    )


def _durations() -> Panel:
    return lines(
        "Duration of jobs",
        "How long the last good run of each job took, as it reported itself.",
        [Query(one(names.CHECK_MEASURE, "part", label="duration", probe="heartbeat", part="~$part"), "{{part}}")],
        "s",
        minimum=0,
        stepped=True,
    )


def _states(kind: str) -> Panel:
    what = "Restore tests" if kind == _RESTORES else "Backups"
    return timeline(
        f"{what} through time",
        "When the last good report was young enough (up), and when it was not (down) or nobody looked (unknown).",
        component_code("id", kind=kind, id="~$part"),
        "{{id}}",
        STATES,
    )


def _other() -> Panel:
    return lines(
        "Age of the last good report",
        "Of every job that reports itself, backup or not: how long ago all went well.",
        [Query(f"time() - {one(names.HEARTBEAT_LAST, 'part', part='~$part')}", "{{part}}")],
        "dtdurations",
        minimum=0,
    )
