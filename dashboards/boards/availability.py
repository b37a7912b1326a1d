"""*Availability*: each service against its norm, and how its budget burns down over the period."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import places
from dashboards.layout import Block, Board, choice, marks
from dashboards.palette import COLOURS, STATES, VERDICTS
from dashboards.panels import Column, Query, Step, lines, link, number, rows, timeline
from dashboards.promql import figure, one, select, service_code, shown, verdict_code
from exporters import names

_SERVICE = {"service": "~$service"}
_MARGIN: tuple[Step, ...] = ((None, "bad"), (0, "good"))
"""A margin is counted from the norm of the agreement, so that zero is the threshold whatever was agreed."""
_BUDGET: tuple[Step, ...] = ((None, "bad"), (0, "risk"), (0.25, "good"))
_COVERAGE: tuple[Step, ...] = ((None, "unknown"), (0.99, "good"))
_TO_SERVICE = (link("This service alone", places.AVAILABILITY.uid, service="${__value.text}"),)


def board() -> Board:
    """The dashboard."""
    return Board(
        places.AVAILABILITY,
        (
            Block(
                "At a glance",
                [(_missed(), 6, 4), (_worst_margin(), 6, 4), (_least_budget(), 6, 4), (_judged(), 6, 4)],
            ),
            Block("Against the norm, in the running period", [(_current(), 24, 9)]),
            Block(
                "Through the period",
                [(_burn_down(), 12, 9), (_share_left(), 12, 9), (_bounds(), 12, 9), (_coverage(), 12, 9)],
            ),
            Block("What changed", [(_states(), 24, 8), (_previous(), 16, 9), (_outages(), 8, 9)]),
        ),
        variables=(choice("service", "Service", f"label_values({names.SERVICE_STATE.name}, service)"),),
        annotations=(
            marks(
                "Maintenance",
                f"max by (id) ({select(names.MAINTENANCE_ACTIVE, id='~$service')} == 1)",
                "Recorded maintenance: {{id}}",
                COLOURS["unknown"],
            ),
        ),
        since="now/M",
        refresh="1m",
    )


def _missed() -> Panel:
    return number(
        "Norms missed",
        "Services that can no longer reach their norm in the running period, even if nothing more goes wrong.",
        f"sum({one(names.SERVICE_VERDICT, 'service', period='current', verdict='missed', **_SERVICE)})",
        "none",
        ((None, "good"), (1, "bad")),
    )


def _margin(low: str) -> str:
    return f"{low} - {figure(names.SERVICE_NORM)}"


def _worst_margin() -> Panel:
    return number(
        "Smallest margin above the norm",
        "Of all services chosen: the lowest availability, every unwatched minute taken as down, less the norm of its "
        "agreement.",
        f"min({_margin(figure(names.SERVICE_AVAILABILITY_LOW))})",
        "percentunit",
        _MARGIN,
    )


def _least_budget() -> Panel:
    return number(
        "Least budget left",
        "Of all services chosen: the smallest share of the time that may be down in the whole period. Below zero the "
        "norm is lost.",
        f"min({figure(names.SERVICE_BUDGET_LEFT)} / ({figure(names.SERVICE_BUDGET)} > 0))",
        "percentunit",
        _BUDGET,
    )


def _judged() -> Panel:
    return number(
        "Age of these figures",
        "How long ago the figures were judged last: they are made every now and then, not at each question.",
        f"time() - max({names.JUDGED_AT.name})",
        "s",
        ((None, "good"), (120, "risk"), (600, "unknown")),
    )


def _current() -> Panel:
    low = figure(names.SERVICE_AVAILABILITY_LOW)
    return rows(
        "Each service against its norm",
        "Of the running period of each agreement, in agreed hours. The truth lies between lowest (every unwatched "
        "minute was down) and highest (every one was up). Ratios are rounded down. "
        "The margin is the lowest less the norm.",
        [
            Query(verdict_code(period="current", **_SERVICE)),
            Query(figure(names.SERVICE_NORM)),
            Query(shown(low)),
            Query(shown(figure(names.SERVICE_AVAILABILITY))),
            Query(shown(figure(names.SERVICE_AVAILABILITY_HIGH))),
            Query(_margin(low)),
            Query(shown(figure(names.SERVICE_COVERAGE))),
            Query(figure(names.SERVICE_DOWN)),
            Query(figure(names.SERVICE_EXCLUDED)),
            Query(figure(names.SERVICE_BUDGET_LEFT)),
            Query(f"{figure(names.SERVICE_BUDGET_LEFT)} / ({figure(names.SERVICE_BUDGET)} > 0)"),
        ],
        "service",
        (
            Column("service", "Service", links=_TO_SERVICE),
            Column("A", "Verdict", meanings=VERDICTS),
            Column("B", "Norm", unit="percentunit", decimals=3),
            Column("C", "Lowest", unit="percentunit", decimals=3),
            Column("D", "Availability", unit="percentunit", decimals=3),
            Column("E", "Highest", unit="percentunit", decimals=3),
            Column("F", "Margin", unit="percentunit", decimals=3, steps=_MARGIN),
            Column("G", "Watched", unit="percentunit", decimals=3, steps=_COVERAGE),
            Column("H", "Down", unit="s"),
            Column("I", "Excluded", unit="s"),
            Column("J", "Budget left", unit="s"),
            Column("K", "Share left", unit="percentunit", decimals=1, steps=_BUDGET),
        ),
        sort="Margin",
        nothing="No service reported",
    )


def _burn_down() -> Panel:
    return lines(
        "Budget left",
        "Time that may still be down before the norm is lost, from the whole budget (dashed) down; below zero it is "
        "overdrawn. It starts again with each period of the agreement.",
        [
            Query(figure(names.SERVICE_BUDGET_LEFT), "{{service}}"),
            Query(figure(names.SERVICE_BUDGET), "{{service}}: whole budget"),
        ],
        "s",
        steps=((None, "bad"), (0, "good")),
        dashed=("B",),
        stepped=True,
    )


def _share_left() -> Panel:
    return lines(
        "Share of the budget left",
        "The same as a share of each service's own budget, so that services can be compared whatever their norms and "
        "hours are.",
        [Query(f"{figure(names.SERVICE_BUDGET_LEFT)} / ({figure(names.SERVICE_BUDGET)} > 0)", "{{service}}")],
        "percentunit",
        steps=((None, "bad"), (0, "risk"), (0.25, "good")),
        maximum=1,
        stepped=True,
    )


def _bounds() -> Panel:
    return lines(
        "Availability with its bounds",
        "Availability so far in the period, with its lowest and highest, and the norm (dashed). Choose one service to "
        "read it well.",
        [
            Query(figure(names.SERVICE_AVAILABILITY), "{{service}}"),
            Query(figure(names.SERVICE_AVAILABILITY_LOW), "{{service}}: lowest"),
            Query(figure(names.SERVICE_AVAILABILITY_HIGH), "{{service}}: highest"),
            Query(figure(names.SERVICE_NORM), "{{service}}: norm"),
        ],
        "percentunit",
        dashed=("D",),
        maximum=1,
        stepped=True,
    )


def _coverage() -> Panel:
    return lines(
        "Watched",
        "The share of agreed time so far in which it was known whether the service was up. What is missing widens the "
        "bounds.",
        [Query(figure(names.SERVICE_COVERAGE), "{{service}}")],
        "percentunit",
        maximum=1,
        stepped=True,
    )


def _states() -> Panel:
    return timeline(
        "States of services",
        "When each service was up, degraded, down or unknown, in agreed hours or not.",
        service_code(**_SERVICE),
        "{{service}}",
        STATES,
        [link("This service alone", places.AVAILABILITY.uid, service="${__field.labels.service}")],
    )


def _previous() -> Panel:
    now, before = (shown(figure(names.SERVICE_AVAILABILITY, period)) for period in ("current", "previous"))
    return rows(
        "The last whole period, and since",
        "How the period before ended, by what is known today, and by how much the running one is better or worse.",
        [
            Query(verdict_code(period="previous", **_SERVICE)),
            Query(before),
            Query(now),
            Query(f"{now} - {before}"),
        ],
        "service",
        (
            Column("service", "Service", links=_TO_SERVICE),
            Column("A", "Verdict", meanings=VERDICTS),
            Column("B", "Availability", unit="percentunit", decimals=3),
            Column("C", "Now", unit="percentunit", decimals=3),
            Column("D", "Difference", unit="percentunit", decimals=3),
        ),
        sort="Difference",
        nothing="No whole period reported",
    )


def _outages() -> Panel:
    down = select(names.SERVICE_STATE, state="down", **_SERVICE)
    return rows(
        "Outages in the time shown",
        "How often each service went down or came back in the time shown, and the share of that time in which it was "
        "down, agreed hours or not, as far as Prometheus saw it. The report is the judge.",
        [
            Query(f"max by (service) (changes({down}[$__range]))"),
            Query(f"max by (service) (avg_over_time({down}[$__range]))"),
        ],
        "service",
        (
            Column("service", "Service", links=_TO_SERVICE),
            Column("A", "Changes"),
            Column("B", "Down", unit="percentunit", decimals=2),
        ),
        sort="Changes",
        descending=True,
    )
