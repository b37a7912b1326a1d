"""A small estate, hand-made judgements of it, and a source that tells them to the exporters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import pytest

from availability.agents import AgentState
from availability.centres import CentresNow, OtherCentre
from availability.estate import Agreement, AnyOf, Estate, FailoverPair, Part, Participant, Ref, Service, Slot, Window
from availability.outcome import Burst, Degraded, Measure, Outcome, Reason, Status, failed, ok
from availability.periods import parse_period
from availability.ports import CheckState, Degradation, Direction, PartState, Redundancy
from availability.report import (
    Failover,
    Figures,
    Judged,
    Outage,
    PairReport,
    ParticipantReport,
    PartOfPeriod,
    Report,
    ServiceReport,
)
from availability.service_now import Hours
from availability.states import DOWN, UNKNOWN, UP
from exporters.source import CheckRow, Distribution, Health, PagingHealth, PairState, Standing

ZONE = "Europe/Amsterdam"
HOUR = 3_600_000
NORM = Fraction(98, 100)
OCTOBER = parse_period("2026-10", ZONE)
NOON = 1_791_367_200_000
"""7 October 2026, 12:00 in Amsterdam."""


def figures(up: int, down: int = 0, unknown: int = 0, excluded: int = 0, rest: int = 0, blips: int = 0) -> Figures:
    return Figures(up, down, unknown, excluded, rest, blips, NORM)


def make_estate() -> Estate:
    window = Window(frozenset(range(7)), Slot(420, 1380))
    parts = [
        Part("brp-roermond", Ref("c"), name="BRP Roermond", kind="application", site="dc-roermond", owner="ict-nml"),
        Part("brp-venlo", Ref("c"), kind="application", site="dc-venlo", owner="ict-nml"),
        Part("ring", Ref("c"), name="Ring", kind="network", is_link=True, between=("dc-roermond", "dc-venlo")),
        Part("line-1", Ref("c"), kind="gemnet", is_link=True, between=("dc-venlo", "gemnet")),
        Part("lines", AnyOf((Ref("line-1"), Ref("line-2"))), kind="gemnet", is_link=True),
    ]
    services = [
        Service("brp", "standaard", Ref("brp-roermond"), "Basisregistratie Personen", (Participant("weert"),)),
        Service("post", "standaard", Ref("brp-venlo"), "E-mail"),
    ]
    return Estate(
        ZONE,
        {part.id: part for part in parts},
        {service.id: service for service in services},
        {"standaard": Agreement("standaard", NORM, window, ZONE)},
        (
            FailoverPair("brp-uitwijk", "brp-roermond", "brp-venlo", 4 * HOUR),
            FailoverPair("post-uitwijk", "brp-venlo", "brp-roermond", 4 * HOUR),
        ),
    )


def make_brp() -> ServiceReport:
    """One second over its budget, with an outage that lasts, a participant that was worse and two owners."""
    over = figures(1_749_887_000, 35_713_000, blips=90_000)
    weert = Judged(figures(1_742_400_000, 43_200_000), "missed", None)
    outages = (
        Outage(OCTOBER.start + 126 * HOUR, OCTOBER.start + 136 * HOUR, 35_712_000, 0, 250, ("brp-roermond", "ring")),
        Outage(OCTOBER.end - HOUR, None, 1_000, 500, 0, ("brp-roermond",)),
    )
    return ServiceReport(
        "brp",
        "Basisregistratie Personen",
        "standaard",
        NORM,
        Judged(over, "missed", None),
        (ParticipantReport("weert", weert),),
        {"netwerk-bv": 7_200_000, "ict-nml": 35_713_000},
        outages,
    )


def make_post() -> ServiceReport:
    """Nothing was watched, and the service is young."""
    nothing = Judged(figures(0, unknown=3_600_000), "no_data", None)
    return ServiceReport("post", "=E-mail", "standaard", NORM, nothing, (), {}, ())


def make_quarter() -> Report:
    """A service over three months, one of which was missed, one is running and one is to come."""
    months = (
        PartOfPeriod("2026-10", figures(1_749_888_000, 35_712_000), "met"),
        PartOfPeriod("2026-11", figures(900_000_000, 100_000_000, 5_000_000, rest=700_000_000), "missed"),
        PartOfPeriod("2026-12", figures(0, rest=1_785_600_000), "pending"),
    )
    whole = figures(2_649_888_000, 135_712_000, 5_000_000, rest=2_485_600_000)
    service = replace(make_brp(), judged=Judged(whole, "missed", months), participants=(), outages=())
    return Report(parse_period("2026-Q4", ZONE), NOON, (service,), (), ())


def make_report() -> Report:
    failovers = (
        Failover(
            "brp-uitwijk", NOON, NOON + 24 * HOUR, NOON + 5 * HOUR, 14_700_000, 4_200_000, "taken_over", "missed", False
        ),
        Failover("brp-uitwijk", NOON + 100 * HOUR, None, None, 0, 0, "seamless", "met", True),
    )
    pairs = (PairReport("brp-uitwijk", Fraction(71, 74)), PairReport("post-uitwijk", None))
    return Report(OCTOBER, OCTOBER.end, (make_brp(), make_post()), failovers, pairs)


@pytest.fixture
def report() -> Report:
    return make_report()


@pytest.fixture
def quarter() -> Report:
    return make_quarter()


SEEN = replace(
    ok(1.25, {"connect": 0.5, "first_byte": 0.75}),
    not_after_ms=NOON + 90 * 24 * HOUR,
)
REPORTED = replace(
    ok(),
    measures=(Measure('C:\\ "free"', 0.57, "ratio"), Measure("size", 1_500_000_000, "bytes"), Measure("n", -3)),
    reported_ms=NOON,
)
LOSSY = replace(
    ok(12.5), burst=Burst(5, 4, 2.25), degraded=Degraded(Reason.PACKET_LOSS, "192.0.2.9: more than 0% lost")
)


@dataclass
class Source:
    """A collector that stands still."""

    estate_: Estate = field(default_factory=make_estate)
    checks_: Sequence[CheckRow] = ()
    parts_: Sequence[PartState] = ()
    standing_: Standing | None = None
    missing: tuple[str, ...] = ()
    report_: Report = field(default_factory=make_report)
    asked: list[str | None] = field(default_factory=list)

    def estate(self) -> Estate:
        return self.estate_

    def checks(self) -> Iterable[CheckRow]:
        return iter(self.checks_)

    def parts(self) -> Iterable[PartState]:
        return iter(self.parts_)

    def standing(self) -> Standing | None:
        return self.standing_

    def pairs(self) -> Iterable[PairState]:
        yield PairState("brp-uitwijk", True, 4_200_000, NOON + 4 * HOUR, True, None, 4 * HOUR, None)
        yield PairState("post-uitwijk", False, None, None, None, NOON, 4 * HOUR, NOON + 8784 * HOUR)

    def maintenance(self) -> Mapping[str, bool]:
        return {"ring": False, "brp-roermond": True}

    def health(self) -> Health:
        lateness = Distribution((0.001, 0.05, 1.0), (10, 1_000_000, 2, 1), 12.5)
        failures = {"judging": 2, "mending": 0, "housekeeping": 0}
        traps, licences = {"used": 2, "flood": 0}, {"office": NOON}
        paging = PagingHealth(2, 1, 90_500, 3, {("email", "sent"): 5, ("sms", "failed"): 1})
        told = failures, traps, paging, 2**48 - 1
        health = Health("0.1.0", lateness, 3, 1, 0, 2, True, 0.0125, 7, True, NOON, *told, licences=licences)
        agent = AgentState("venlo", "venlo", "here", NOON, "0.1.0", "f00d", False, 120, 40, 7, NOON, 0.25)
        agent = replace(agent, thinned=9, dropped=3, aside=5, refused={"clock": 2}, last_refusal="clock: it is off")
        told_later = {"sent": 3, "failed": 1}
        centres = CentresNow(
            "roermond", False, "venlo", NOON, 1, True, (OtherCentre("venlo", NOON, True, "0.1.0", False),)
        )
        return replace(health, keeps_pace=False, deadman=told_later, deadman_last=NOON, agents=[agent], centres=centres)

    def not_ready(self) -> Sequence[str]:
        return self.missing

    async def report(self, period: str | None) -> Report:
        self.asked.append(period)
        return replace(self.report_, period=parse_period(period, ZONE)) if period is not None else self.report_


LOSING = Degradation(NOON, "packet_loss", "line-ping: 192.0.2.9: more than 0% lost")


def make_source() -> Source:
    """Checks (one ok, one failed, one that could not be looked at, one degraded), and parts and services in each state;
    a line is degraded from one of its ends, and a double line has lost the other."""
    counts = {(Status.OK, None): 1_234_567, (Status.FAILED, Reason.TIMEOUT): 2}
    no_permission = Outcome(Status.NONE, Reason.NO_PERMISSION, None, "icmp is not permitted here")
    refused = failed(Reason.REFUSED, 'port 8443 <refused> "it"', 0.25)
    checks = (
        CheckRow(CheckState("brp-http", "brp-roermond", "local", UP, NOON, NOON, SEEN), "http", counts),
        CheckRow(CheckState("venlo-tcp", "brp-venlo", "local", DOWN, NOON, NOON, refused), "tcp", {}),
        CheckRow(CheckState("ring-ping", "ring", "local", UNKNOWN, None, None, no_permission), "icmp", {}),
        CheckRow(CheckState("ring-new", "ring", "local", UNKNOWN, None, None, None), "icmp", {}),
        CheckRow(CheckState("line-ping", "line-1", "local", UP, NOON, NOON, LOSSY, LOSING), "icmp", {}),
        CheckRow(
            CheckState("copy", "brp-roermond", "local", UP, NOON, NOON, REPORTED), "heartbeat", {}, 26 * HOUR, HOUR
        ),
    )
    parts = (
        PartState("brp-roermond", UP, None, "", ""),
        PartState("brp-venlo", DOWN, NOON, "refused", 'port 8443 <refused> "it"'),
        PartState("ring", UNKNOWN, NOON, "no_permission", "icmp is not permitted here"),
        PartState(
            "line-1", UP, NOON, "", "", LOSING, None, (Direction("dc-venlo", "gemnet", ("local",), UP, NOON, True),)
        ),
        PartState("lines", UP, NOON, "", "", None, Redundancy(0, 1, ("line-2",))),
        PartState("brp", UP, None, "", "", Degradation(None, "part_degraded", "line-1"), Redundancy(0, 0, ())),
        PartState("post", DOWN, NOON, "refused", ""),
    )
    standing = Standing(
        NOON,
        (make_brp(), make_post()),
        (make_brp(),),
        (PairReport("brp-uitwijk", Fraction(71, 74)), PairReport("post-uitwijk", None)),
        {"brp": Hours(True, NOON + 11 * HOUR), "post": Hours(False, None)},
        frozenset({"post"}),
    )
    return Source(checks_=checks, parts_=parts, standing_=standing)


@pytest.fixture
def source() -> Source:
    return make_source()


def many_checks(count: int) -> Source:
    """An estate of `count` checks, each a component of its own."""
    parts = [
        Part(f"part-{n}", Ref(f"check-{n}"), kind="server", site="dc-venlo", owner="ict-nml") for n in range(count)
    ]
    rows = [
        CheckRow(
            CheckState(f"check-{n}", f"part-{n}", "local", UP, NOON, NOON, replace(SEEN, latency_ms=n / 7)),
            "http",
            {(Status.OK, None): n, (Status.FAILED, Reason.TIMEOUT): 1},
        )
        for n in range(count)
    ]
    states = [PartState(part.id, UP, None, "", "") for part in parts]
    return Source(replace(make_estate(), parts={part.id: part for part in parts}), rows, states)


@pytest.fixture
def large() -> Source:
    return many_checks(10_000)
