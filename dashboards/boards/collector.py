"""*Collector*: whether it keeps its schedule, stores its facts and judges, and what it costs."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Panel

from dashboards import places
from dashboards.boards.beside import agents, pages
from dashboards.layout import Block, Board, choice, marks
from dashboards.palette import COLOURS, YES_NO_BAD, Meaning
from dashboards.panels import Column, Query, lines, number, rows
from dashboards.promql import select
from exporters import names
from exporters.names import Family

_HERE = {"instance": "~$instance"}


def _here(family: Family, **matchers: str) -> str:
    return select(family, **_HERE, **matchers)


def _a_second(family: Family, **matchers: str) -> str:
    return f"rate({_here(family, **matchers)}[$__rate_interval])"


def board() -> Board:
    """The dashboard."""
    return Board(
        places.COLLECTOR,
        (
            Block("At a glance", [(panel, 4, 4) for panel in _well()]),
            Block("Schedule", [(_lateness(), 12, 8), (_in_flight(), 12, 8), (_rate(), 12, 8), (_not_learnt(), 12, 8)]),
            Block("Facts", [(_pending(), 12, 8), (_flush(), 12, 8)]),
            Block("What went wrong inside", [(_failures(), 12, 8), (_bugs(), 6, 8), (_jumps(), 6, 8)]),
            Block("Cost", [(_cpu(), 8, 8), (_memory(), 8, 8), (_files(), 8, 8)]),
            pages(),
            agents(),
            Block("Versions", [(_versions(), 24, 6)]),
        ),
        variables=(choice("instance", "Collector", f"label_values({names.BUILD_INFO.name}, instance)"),),
        annotations=(
            marks(
                "Configuration read",
                f"changes({_here(names.CONFIG_RELOAD_AT)}[1m]) > 0",
                "A configuration was taken into use",
                COLOURS["unknown"],
            ),
        ),
    )


def _well() -> list[Panel]:
    return [
        number(
            "Reached",
            "Whether Prometheus reaches every collector. Where it does not, nothing on the other dashboards is new.",
            f"min(up and on (instance, job) max_over_time({_here(names.BUILD_INFO)}[1d]))",
            "none",
            meanings=YES_NO_BAD,
        ),
        number(
            "Facts are stored",
            "Whether the last flush to the store succeeded. What waits is kept in memory until it does.",
            f"min({_here(names.STORE_HEALTHY)})",
            "none",
            meanings=YES_NO_BAD,
        ),
        number(
            "Configuration in use is the last",
            "Whether the last configuration that was offered is the one in use; a wrong one is refused, and says why.",
            f"min({_here(names.CONFIG_RELOAD_SUCCESS)})",
            "none",
            meanings={**YES_NO_BAD, "0": Meaning("◆ refused", "risk")},
        ),
        number(
            "Age of the judgement",
            "How long ago states and figures were judged last.",
            f"time() - min({_here(names.JUDGED_AT)})",
            "s",
            ((None, "good"), (120, "risk"), (600, "bad")),
        ),
        number(
            "Keeps its pace",
            "Whether the schedule does all that signs of life are given for: looks happen on time, facts are kept.",
            f"min({_here(names.SCHEDULE_KEEPS_PACE)})",
            "none",
            meanings=YES_NO_BAD,
        ),
        number(
            "Runs for",
            "How long the collector that was started last has been running.",
            f"time() - max(process_start_time_seconds and on (instance, job) {_here(names.BUILD_INFO)})",
            "dtdurations",
        ),
    ]


def _lateness() -> Panel:
    buckets = f'rate({names.SCHEDULE_LATENESS.name}_bucket{{instance=~"$instance"}}[$__rate_interval])'
    return lines(
        "How late looks begin",
        "Half of the looks begin within the lower line of their scheduled instant, 99 of 100 within the upper.",
        [
            Query(f"histogram_quantile({quantile}, sum by (le, instance) ({buckets}))", f"{{{{instance}}}}: {name}")
            for quantile, name in ((0.5, "half"), (0.99, "99 of 100"))
        ],
        "s",
        steps=((None, "good"), (1, "risk")),
        minimum=0,
    )


def _in_flight() -> Panel:
    return lines(
        "Looks under way",
        "Looks that have begun and not ended: it rises when much times out.",
        [Query(_here(names.PROBES_IN_FLIGHT), "{{instance}}")],
        "none",
        minimum=0,
    )


def _rate() -> Panel:
    return lines(
        "Looks a second, by outcome",
        "How many looks were ok, failed, or told nothing.",
        [Query(f"sum by (outcome) ({_a_second(names.CHECK_OUTCOMES)})", "{{outcome}}")],
        "cps",
        minimum=0,
    )


def _not_learnt() -> Panel:
    return lines(
        "Looks left out, and looks that told nothing",
        "Left out because the one before had not ended; or done without learning anything, by reason.",
        [
            Query(f"sum({_a_second(names.PROBES_SKIPPED)})", "left out"),
            Query(f"sum by (reason) ({_a_second(names.CHECK_OUTCOMES, outcome='none')})", "nothing: {{reason}}"),
        ],
        "cps",
        minimum=0,
    )


def _pending() -> Panel:
    return lines(
        "Observations that wait to be stored",
        "A few seconds' worth is usual. More and more of them means that the store does not take them.",
        [Query(_here(names.STORE_PENDING), "{{instance}}")],
        "none",
        minimum=0,
    )


def _flush() -> Panel:
    return lines(
        "Time of a flush",
        "How long the last flush of facts to the store took.",
        [Query(_here(names.STORE_FLUSH), "{{instance}}")],
        "s",
        minimum=0,
    )


def _failures() -> Panel:
    return lines(
        "Background work that failed",
        "Exceptions that ended work beside probing and storing, by task, in the time shown; the log has each in full.",
        [Query(f"sum by (task) (increase({_here(names.BACKGROUND_FAILURES)}[$__range]))", "{{task}}")],
        "none",
        minimum=0,
    )


def _bugs() -> Panel:
    return lines(
        "Mistakes in probes",
        "Exceptions that escaped from a probe in the time shown. Each is a bug: please report it, with the log.",
        [Query(f"sum by (instance) (increase({_here(names.PROBE_BUGS)}[$__range]))", "{{instance}}")],
        "none",
        minimum=0,
    )


def _jumps() -> Panel:
    return lines(
        "Jumps of the clock",
        "How often the wall clock was set by more than a moment in the time shown. Looks around it tell nothing.",
        [Query(f"sum by (instance) (increase({_here(names.CLOCK_JUMPS)}[$__range]))", "{{instance}}")],
        "none",
        minimum=0,
    )


def _process(metric: str) -> str:
    return f"{metric} and on (instance, job) {_here(names.BUILD_INFO)}"


def _cpu() -> Panel:
    busy = _process("rate(process_cpu_seconds_total[$__rate_interval])")
    return lines(
        "Processor",
        "Cores that the collector keeps busy.",
        [Query(busy, "{{instance}}")],
        "none",
        minimum=0,
    )


def _memory() -> Panel:
    return lines(
        "Memory",
        "Memory that the collector occupies.",
        [Query(_process("process_resident_memory_bytes"), "{{instance}}")],
        "bytes",
        minimum=0,
    )


def _files() -> Panel:
    return lines(
        "Open files and sockets",
        "Descriptors in use, and how many it may have (dashed). At that limit a look tells nothing.",
        [
            Query(_process("process_open_fds"), "{{instance}}"),
            Query(_process("process_max_fds"), "{{instance}}: limit"),
        ],
        "none",
        dashed=("B",),
        minimum=0,
    )


def _versions() -> Panel:
    return rows(
        "Collectors",
        "Every collector that Prometheus reaches, its version, and since when its configuration is in use.",
        [
            Query(f"max by (instance, version, python) ({_here(names.BUILD_INFO)})"),
            Query(f"1000 * max by (instance) ({_here(names.CONFIG_RELOAD_AT)})"),
        ],
        "instance",
        (
            Column("A", "", hidden=True),
            Column("instance", "Collector"),
            Column("version", "waakvlam"),
            Column("python", "Python"),
            Column("B", "Configuration in use since", unit="dateTimeAsIso"),
        ),
        sort="Collector",
        nothing="Prometheus reaches no collector",
    )
