"""Writes the samples of each kind of thing on a page of metrics: checks, parts, services, pairs, the collector."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple, SupportsFloat, get_args

from availability.estate import Estate, Part
from availability.outcome import Status
from availability.ports import PartState, Redundancy
from availability.report import ServiceReport, Verdict
from availability.states import STATE_NAMES
from exporters import names
from exporters.exposition import Page, escape, number, series
from exporters.names import Family
from exporters.source import CheckRow, Distribution, Health, PagingHealth, PairState, Standing

_VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
_OUTCOMES: Mapping[Status, str] = {status: status.name.lower() for status in Status}
_UP = names.CHECK_UP.name
_LATENCY = names.CHECK_LATENCY.name
_PHASE = names.CHECK_PHASE.name
_LOSS = names.CHECK_LOSS.name
_JITTER = names.CHECK_JITTER.name
_OUTCOMES_TOTAL = names.CHECK_OUTCOMES.name
_NOT_AFTER = names.CERTIFICATE_NOT_AFTER.name
_TENTH_OF_A_MICROSECOND = 7
"""Decimals of a latency in seconds; more is noise of the clock, and a third of the page."""


_MILLION = 1_000_000
"""From here on a number is written with an exponent."""


class CheckLabels(NamedTuple):
    """What of a check's series never changes, cut where a phase or an outcome goes in between.

    `part` and `probe` are what it was written from, besides the check and the vantage that it is kept under.
    """

    part: str
    probe: str
    whole: str
    phase_start: str
    phase_end: str
    outcome_start: str
    outcome_middle: str
    outcome_end: str


class PartLines(NamedTuple):
    """The lines of a part as long as it is configured and stands as it is: down, unknown or up, since when, degraded
    or not, and what redundancy is left."""

    part: Part | None
    told: tuple[int, int | None, bool, Redundancy | None]
    texts: tuple[tuple[Family, str], ...]


def write_checks(
    page: Page,
    rows: Sequence[CheckRow],
    before: Mapping[tuple[str, str], CheckLabels],
    kept: dict[tuple[str, str], CheckLabels],
) -> None:
    """Write a slice of checks with the labels kept since the scrape `before`, and keep those that are used."""
    ups: list[str] = []
    latencies: list[str] = []
    phases: list[str] = []
    losses: list[str] = []
    jitters: list[str] = []
    outcomes: list[str] = []
    certificates: list[str] = []
    measured: list[CheckRow] = []
    for row in rows:
        state, probe, counts = row[:3]
        key = (state.check, state.vantage)
        labels = before.get(key)
        if labels is None or labels.part != state.part or labels.probe != probe:
            labels = _check_labels(state.check, state.part, probe, state.vantage)
        kept[key] = labels
        start, middle, end = labels.outcome_start, labels.outcome_middle, labels.outcome_end
        for (status, reason), count in counts.items():
            value = f"{count}.0" if count < _MILLION else number(count)
            outcomes.append(f"{_OUTCOMES_TOTAL}{start}{_OUTCOMES[status]}{middle}{reason or ''}{end}{value}\n")
        outcome = state.outcome
        if outcome is None:
            continue
        if outcome.status is not Status.NONE:
            ups.append(f"{_UP}{labels.whole}{'1.0' if outcome.status is Status.OK else '0.0'}\n")
        if outcome.latency_ms is not None:
            latencies.append(f"{_LATENCY}{labels.whole}{_latency(outcome.latency_ms)}\n")
        if outcome.phases:
            start, end = labels.phase_start, labels.phase_end
            phases += [f"{_PHASE}{start}{escape(name)}{end}{_latency(took)}\n" for name, took in outcome.phases.items()]
        if outcome.burst is not None:
            losses.append(f"{_LOSS}{labels.whole}{_rounded(outcome.burst.loss)}\n")
            if outcome.burst.jitter_ms is not None:
                jitters.append(f"{_JITTER}{labels.whole}{_latency(outcome.burst.jitter_ms)}\n")
        if outcome.not_after_ms is not None:
            certificates.append(f"{_NOT_AFTER}{labels.whole}{number(outcome.not_after_ms / 1000)}\n")
        if outcome.measures or outcome.reported_ms is not None:
            measured.append(row)
    page.add(names.CHECK_UP, ups)
    page.add(names.CHECK_LATENCY, latencies)
    page.add(names.CHECK_PHASE, phases)
    page.add(names.CHECK_LOSS, losses)
    page.add(names.CHECK_JITTER, jitters)
    page.add(names.CHECK_OUTCOMES, outcomes)
    page.add(names.CERTIFICATE_NOT_AFTER, certificates)
    _write_measured(page, measured)


def _write_measured(page: Page, rows: Iterable[CheckRow]) -> None:
    """Write what the last look of some checks brought along; few do, and their labels are not kept."""
    for state, probe, _, within, grace in rows:
        if state.outcome is None:
            continue
        for label, value, unit in state.outcome.measures:
            _sample(page, names.CHECK_MEASURE, value, state.check, label, state.part, probe, unit, state.vantage)
        reported = _seconds(state.outcome.reported_ms)
        _sample(page, names.HEARTBEAT_LAST, reported, state.check, state.part, probe, state.vantage)
        if state.outcome.reported_ms is not None and within is not None:
            due, labels = state.outcome.reported_ms + within, (state.check, state.part, probe, state.vantage)
            _sample(page, names.HEARTBEAT_DUE, _seconds(due), *labels)
            _sample(page, names.HEARTBEAT_MISSING, _seconds(due + grace), *labels)


def _latency(milliseconds: float) -> str:
    # Less than a million seconds: `number` would write it so as well, and takes three times as long.
    return _rounded(milliseconds / 1000)


def _rounded(value: float) -> str:
    return repr(round(value, _TENTH_OF_A_MICROSECOND))


def _check_labels(check: str, part: str, probe: str, vantage: str) -> CheckLabels:
    check_, part_, probe_ = (
        f'{name}="{escape(value)}"' for name, value in (("check", check), ("part", part), ("probe", probe))
    )
    last = f'vantage="{escape(vantage)}"}} '
    return CheckLabels(
        part,
        probe,
        f"{{{check_},{part_},{probe_},{last}",
        f'{{{check_},{part_},phase="',
        f'",{probe_},{last}',
        f'{{{check_},outcome="',
        f'",{part_},{probe_},reason="',
        f'",{last}',
    )


def write_parts(
    page: Page,
    states: Sequence[PartState],
    estate: Estate,
    before: Mapping[str, PartLines],
    kept: dict[str, PartLines],
) -> None:
    """Write a slice of components, links and services, each one series per state, with what was kept `before`."""
    texts: dict[Family, list[str]] = {}
    for state in states:
        part = estate.parts.get(state.id)
        lines = before.get(state.id)
        told = (state.state, state.since, state.degraded is not None, state.redundancy)
        if lines is None or lines.told != told or lines.part is not part or part is None:
            lines = PartLines(part, told, tuple(_part_lines(state, part, estate)))
        kept[state.id] = lines
        for family, text in lines.texts:
            texts.setdefault(family, []).append(text)
    for family, written in texts.items():
        page.add(family, written)


def _part_lines(state: PartState, part: Part | None, estate: Estate) -> Iterator[tuple[Family, str]]:
    gap = "\0"
    labels: tuple[str, ...]
    if part is None:
        service = estate.services.get(state.id)
        agreement = service.agreement if service else ""
        family, labels = names.SERVICE_STATE, (agreement, state.id, gap)
        worse = series(names.SERVICE_DEGRADED, agreement, state.id)
    else:
        if part.is_link:
            family, labels = names.LINK_STATE, (",".join(part.between), part.id, part.kind, part.owner or "", gap)
        else:
            family, labels = names.COMPONENT_STATE, (part.id, part.kind, part.owner or "", part.site or "", gap)
        worse = series(names.PART_DEGRADED, part.id, part.kind, part.owner or "", part.site or "")
    start, end = series(family, *labels).split(gap)
    lines = [f"{start}{name}{end}{float(value == state.state)}\n" for value, name in enumerate(STATE_NAMES)]
    yield family, "".join(lines)
    if state.since is not None:
        yield names.STATE_SINCE, f"{series(names.STATE_SINCE, state.id)}{number(state.since / 1000)}\n"
    degraded = names.SERVICE_DEGRADED if part is None else names.PART_DEGRADED
    yield degraded, f"{worse}{float(state.degraded is not None)}\n"
    if state.redundancy is not None:
        left, full = state.redundancy.left, state.redundancy.full
        for count, redundancy in ((left, names.REDUNDANCY_LEFT), (full, names.REDUNDANCY_FULL)):
            if count is not None:
                yield redundancy, f"{series(redundancy, state.id)}{number(count)}\n"


def write_standing(page: Page, standing: Standing) -> None:
    """Write what the last judgement says besides figures: up to when it was made, which services are within their hours
    or excused, and how pairs were protected."""
    _sample(page, names.JUDGED_AT, standing.as_of / 1000)
    for service in standing.current:
        hours = standing.hours.get(service.id)
        if hours is not None:
            _sample(page, names.SERVICE_IN_WINDOW, hours.inside, service.agreement, service.id)
            _sample(page, names.SERVICE_WINDOW_CHANGE, _seconds(hours.change), service.agreement, service.id)
        _sample(page, names.SERVICE_EXCUSED, service.id in standing.excused, service.agreement, service.id)
    for pair in standing.pairs:
        _sample(page, names.FAILOVER_PROTECTED_RATIO, pair.protected_ratio, pair.pair)


def write_service(page: Page, service: ServiceReport, period: str) -> None:
    """Write the figures of a service in the `current` or the `previous` period; a ratio that is None has no sample."""
    labels = (service.agreement, period, service.id)
    figures = service.judged.figures
    _sample(page, names.SERVICE_AVAILABILITY, figures.availability, *labels)
    _sample(page, names.SERVICE_AVAILABILITY_LOW, figures.availability_low, *labels)
    _sample(page, names.SERVICE_AVAILABILITY_HIGH, figures.availability_high, *labels)
    _sample(page, names.SERVICE_NORM, service.norm, *labels)
    _sample(page, names.SERVICE_COVERAGE, figures.coverage, *labels)
    _sample(page, names.SERVICE_UP, figures.up_ms / 1000, *labels)
    _sample(page, names.SERVICE_DOWN, figures.down_ms / 1000, *labels)
    _sample(page, names.SERVICE_UNKNOWN, figures.unknown_ms / 1000, *labels)
    _sample(page, names.SERVICE_EXCLUDED, figures.excluded_ms / 1000, *labels)
    _sample(page, names.SERVICE_BUDGET, figures.budget_ms / 1000, *labels)
    _sample(page, names.SERVICE_BUDGET_LEFT, figures.budget_left_ms / 1000, *labels)
    if service.judged.verdict is not None:
        for verdict in _VERDICTS:
            _sample(page, names.SERVICE_VERDICT, verdict == service.judged.verdict, *labels, verdict)


def write_pairs(page: Page, pairs: Iterable[PairState]) -> None:
    """Write the failover pairs; what is not known of one has no sample."""
    for pair in pairs:
        _sample(page, names.FAILOVER_EVENT_ACTIVE, pair.event_active, pair.id)
        _sample(page, names.FAILOVER_TAKEOVER, _seconds(pair.takeover_ms), pair.id)
        _sample(page, names.FAILOVER_DEADLINE, _seconds(pair.deadline), pair.id)
        _sample(page, names.FAILOVER_WITHIN, _seconds(pair.within_ms), pair.id)
        _sample(page, names.FAILOVER_PROTECTED, pair.protected, pair.id)
        _sample(page, names.FAILOVER_LAST_TEST, _seconds(pair.last_test), pair.id)
        _sample(page, names.FAILOVER_TEST_DUE, _seconds(pair.test_due), pair.id)


def write_maintenance(page: Page, active: Mapping[str, bool]) -> None:
    """Write what is under maintenance now, 0 or 1 for every id that a record names."""
    for id_, runs in sorted(active.items()):
        _sample(page, names.MAINTENANCE_ACTIVE, runs, id_)


def write_health(page: Page, health: Health) -> None:
    """Write how the collector itself does."""
    _histogram(page, names.SCHEDULE_LATENESS, health.lateness)
    _sample(page, names.SCHEDULE_KEEPS_PACE, health.keeps_pace)
    _sample(page, names.PROBES_IN_FLIGHT, health.probes_in_flight)
    _sample(page, names.PROBES_SKIPPED, health.probes_skipped)
    _sample(page, names.PROBE_BUGS, health.probe_bugs)
    for task, failures in health.background_failures.items():
        _sample(page, names.BACKGROUND_FAILURES, failures, task)
    for outcome, datagrams in health.traps.items():
        _sample(page, names.TRAPS, datagrams, outcome)
    for licence, end in health.licences.items():
        _sample(page, names.LICENCE_UNTIL, _seconds(end), licence)
    if health.paging is not None:
        _write_paging(page, health.paging)
    for outcome, pings in health.deadman.items():
        _sample(page, names.DEADMAN_PINGS, pings, outcome)
    _sample(page, names.DEADMAN_LAST, _seconds(health.deadman_last))
    _sample(page, names.CLOCK_JUMPS, health.clock_jumps)
    _sample(page, names.STORE_HEALTHY, health.store_healthy)
    _sample(page, names.STORE_FLUSH, health.store_flush_s)
    _sample(page, names.STORE_PENDING, health.store_pending)
    _sample(page, names.CONFIG_RELOAD_SUCCESS, health.config_reload_success)
    _sample(page, names.CONFIG_RELOAD_AT, _seconds(health.config_loaded_at))
    _sample(page, names.ESTATE_FINGERPRINT, health.estate_fingerprint)
    _sample(page, names.BUILD_INFO, 1, platform.python_version(), health.version)


def _write_paging(page: Page, paging: PagingHealth) -> None:
    _sample(page, names.PAGES_OPEN, paging.unacknowledged, "no")
    _sample(page, names.PAGES_OPEN, paging.taken_up, "yes")
    _sample(page, names.PAGES_PENDING, paging.pending)
    for (channel, outcome), count in sorted(paging.deliveries.items()):
        _sample(page, names.PAGE_DELIVERIES, count, channel, outcome)
    _sample(page, names.PAGE_OLDEST, paging.oldest_ms / 1000)


def _sample(page: Page, family: Family, value: SupportsFloat | None, *labels: str) -> None:
    if value is not None:
        page.add(family, [f"{series(family, *labels)}{number(float(value))}\n"])


def _histogram(page: Page, family: Family, counted: Distribution) -> None:
    sums = list(accumulate(counted.counts))
    bounds = [*(number(bound) for bound in counted.bounds), "+Inf"]
    lines = [
        f'{family.name}_bucket{{le="{bound}"}} {number(below)}\n' for bound, below in zip(bounds, sums, strict=True)
    ]
    lines += [f"{family.name}_count {number(sums[-1])}\n", f"{family.name}_sum {number(counted.total_s)}\n"]
    page.add(family, lines)


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
