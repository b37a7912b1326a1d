"""A rich account made by hand: every kind of row there is, in a month that runs and has the hour that occurs twice."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from availability.account import (
    Account,
    Closed,
    Excluded,
    Exclusion,
    Forecast,
    Head,
    OwnerShare,
    PairAccount,
    ParticipantAccount,
    PartReport,
    PlannedWork,
    Response,
    RestatedService,
    ServiceAccount,
    Unwatched,
)
from availability.estate import Maintenance
from availability.page_accounts import PageAccount
from availability.periods import parse_period
from availability.recovery import Incident, JudgedIncident, PriorityShare, RecoveryReport
from availability.report import (
    Failover,
    Figures,
    Judged,
    Outage,
    PairReport,
    ParticipantReport,
    Pending,
    Report,
    ServiceReport,
    Verdict,
)
from availability.splits import Difference, Split, View

ZONE = "Europe/Amsterdam"
HOUR, DAY = 3_600_000, 86_400_000
NORM = Fraction(98, 100)
OCTOBER = parse_period("2026-10", ZONE)
START = OCTOBER.start
TWICE = START + 24 * DAY + 2 * HOUR
"""25 October, 02:00 CEST: an hour later it is 02:00 again."""
NOW = TWICE + 33 * HOUR
"""26 October, 10:00."""
LATE_MS = 1_792_000


def figures(up: int, down: int = 0, unknown: int = 0, excluded: int = 0, rest: int = 320_400_000) -> Figures:
    return Figures(up, down, unknown, excluded, rest, 90_000, NORM)


def judged(verdict: Verdict | None, up: int, down: int = 0, unknown: int = 0, excluded: int = 0) -> Judged:
    return Judged(figures(up, down, unknown, excluded), verdict, None)


def service(id_: str, name: str, told: Judged, outages: tuple[Outage, ...] = ()) -> ServiceReport:
    return ServiceReport(id_, name, "standaard", NORM, told, (), {}, outages)


NIGHT = Outage(TWICE + HOUR // 2, TWICE + HOUR + 15 * 60_000, 0, 0, 0, ("brp-db", "lijn-weert"))
LONG = Outage(START + 5 * DAY + 9 * HOUR, START + 5 * DAY + 14 * HOUR + 250, 18_000_250, 0, 0, ("brp-db",))
LINE = Outage(START + 7 * DAY + 9 * HOUR, START + 7 * DAY + 13 * HOUR, 14_400_000, 0, 0, ("lijn-weert",))
EXCUSED = Outage(START + 11 * DAY + 12 * HOUR, START + 11 * DAY + 13 * HOUR, 600_000, 3_000_000, 0, ("brp-app",))
LASTS = Outage(NOW - 20 * 60_000, None, 1_200_000, 0, 0, ("geo-app",))

BRP = judged("pending", 1_382_399_750, 31_000_250, 7_200_000, 3_000_000)
WEERT = judged("missed", 1_370_000_000, 45_000_000)
GEO = judged("missed", 1_300_000_000, 123_600_000)


def services() -> tuple[ServiceReport, ...]:
    brp = service("brp", "Basisregistratie Personen", BRP, (LONG, EXCUSED, NIGHT))
    participants = (ParticipantReport("venlo", BRP), ParticipantReport("weert", WEERT))
    return (
        replace(brp, participants=participants, downtime_by_owner_ms={"netwerk-bv": 1_200_000, "ict": 18_000_250}),
        service("post", "E-mail", judged("pending", 1_423_000_000, 600_000)),
        service("geo", "Kaarten & luchtfoto's", GEO, (LASTS,)),
        service("archief", "=Archief", judged("no_data", 0, unknown=1_423_600_000)),
        service("loket", "Loket", judged("met", 1_423_600_000)),
        service("loket-test", "Loket (test)", judged(None, 1_423_600_000)),
    )


def around() -> dict[str, ServiceAccount]:
    nothing = ServiceAccount(None, (), (), (), 0, {})
    chain = (
        PartReport("brp-app", "Toepassing", "softhuis", judged("met", 1_420_000_000, 600_000), 600_000, (EXCUSED,)),
        PartReport("brp-db", "Database", "ict", BRP, 18_000_250, (LONG, NIGHT)),
        PartReport("lijn-weert", "Lijn Weert", None, judged("undetermined", 0, unknown=9), 0, ()),
    )
    owners = (
        OwnerShare("ict", judged("pending", 1_400_000_000, 18_000_250, 7_200_000), 1_200_000),
        OwnerShare("softhuis", judged("pending", 1_418_000_000, 600_000, 7_200_000), 0),
    )
    brp = ServiceAccount(
        Forecast(Fraction(9713, 10_000), NOW + 3 * DAY + 4 * HOUR, NOW + HOUR + 4_000),
        (),
        (
            Unwatched(START + 8 * DAY + 7 * HOUR, START + 8 * DAY + 8 * HOUR, HOUR, ("brp-db",), "no_data"),
            Unwatched(TWICE + HOUR, TWICE + 6 * HOUR, HOUR, ("brp-app", "brp-db"), "unreachable"),
        ),
        owners,
        1_800_000,
        {
            "venlo": ParticipantAccount(Forecast(Fraction(985, 1000), None, NOW + DAY), (LONG,)),
            "weert": ParticipantAccount(None, (LONG, LINE, NIGHT)),
        },
        chain,
    )
    return {
        "brp": brp,
        "post": replace(nothing, forecast=Forecast(Fraction(9995, 10_000), None, NOW + 2 * DAY)),
        "geo": replace(nothing, unowned_ms=123_600_000),
        "archief": nothing,
        "loket": replace(nothing, response=Response("loket-http", 71_000, 412.25, 987.5, 500)),
        "loket-test": replace(nothing, response=Response("loket-test-http", 12, 613.5, 1_400.0, 500)),
    }


def exclusions() -> tuple[Exclusion, ...]:
    noon = (EXCUSED.start, EXCUSED.start + HOUR)
    without = judged("missed", 1_382_399_750, 34_000_250, 7_200_000)
    return (
        Exclusion(
            *("work-1", "maintenance", "customer_request", ("brp-app", "brp-db"), (noon,)),
            *("herstel van het register voor Weert", "CHG-1042", "anna", noon[1] + DAY, "piet", noon[1] + 2 * DAY),
            *(noon[0] - 7 * DAY, (Excluded("brp", 3_000_000, BRP, without), Excluded("geo", 5, GEO, GEO))),
        ),
        Exclusion(
            *("lijn-weert", "assumed", "", ("lijn-weert",), ((START, NOW),), "", "", "", None, "", None, None, ()),
        ),
    )


def recovery() -> RecoveryReport:
    outage = Incident(
        *("brp 2026-10-06T09:00:00+02:00", "both", "brp", "production", 1, "database viel uit", LONG.start + LATE_MS),
        *(LONG.start + LATE_MS + 60_000, LONG.end, ((LONG.start + HOUR, LONG.start + 2 * HOUR),), (LONG.start,)),
    )
    registered = Incident("INC-7", "registered", "post", "production", 3, "=cmd|' /C calc'!A1", START, None, START + 1)
    test = Incident("INC-9", "registered", "loket-test", "test", 4, "", START + DAY, None, None)
    all_ = (
        JudgedIncident(registered, START + DAY, START + 5 * DAY, None, "within", True),
        JudgedIncident(test, None, None, None, None, False),
        JudgedIncident(outage, None, LONG.start + 4 * HOUR, None, "missed", True),
    )
    shares = (PriorityShare(1, 1, 0), PriorityShare(2, 0, 0), PriorityShare(3, 2, 2))
    return RecoveryReport(Fraction(85, 100), shares, PriorityShare(0, 3, 2), "pending", all_)


def planned() -> tuple[PlannedWork, ...]:
    start = START + 6 * DAY + 9 * HOUR
    return (
        PlannedWork(
            *("upgrade-1", "upgrade", start, start + 5 * HOUR, "nieuwe versie"),
            *((("brp", 5 * HOUR), ("loket", 5 * HOUR)), 5 * HOUR, True, True),
        ),
        PlannedWork("upgrade-2", "upgrade", start + 13 * HOUR, start + 15 * HOUR, "", (), 0, False, False),
    )


def pair_accounts() -> tuple[PairAccount, ...]:
    test = Failover("brp-uitwijk", START - 30 * DAY, START - 29 * DAY, None, 0, 0, "seamless", "met", True)
    return (
        PairAccount("brp-uitwijk", "Uitwijk BRP", 4 * HOUR, test, START + 335 * DAY, False),
        PairAccount("post-uitwijk", "Uitwijk post", 4 * HOUR, None, START + DAY, True),
        PairAccount("geo-uitwijk", "Uitwijk kaarten", 8 * HOUR, None, None, False),
    )


def make_report() -> Report:
    brp = services()[0]
    events = (
        Failover(
            *("brp-uitwijk", LONG.start, LONG.end, LONG.start + 5 * HOUR, 5 * HOUR, 4 * HOUR + 250),
            *("taken_over", "missed", False),
        ),
        Failover("brp-uitwijk", NOW - HOUR, None, None, HOUR, 0, "interrupted", "pending", True),
    )
    record = Maintenance("work-2", "customer_request", ("brp-db",), "nog niet goedgekeurd", LONG.start, LONG.end)
    waiting = replace(record, approved=False, entered_by="kees")
    would = replace(brp, judged=judged("met", 1_400_400_000, 13_000_000, 7_200_000))
    pairs = (PairReport("brp-uitwijk", Fraction(71, 74)), PairReport("post-uitwijk", None))
    pending = (Pending(waiting, ("standaard",), (would,)), Pending(replace(waiting, id="work-3"), ("standaard",), ()))
    return Report(OCTOBER, NOW, services(), events, (*pairs, PairReport("geo-uitwijk", Fraction(1))), pending)


def make_account() -> Account:
    restated = (
        RestatedService("brp", None, 0.98, "met", 0.9771, "pending"),
        RestatedService("brp", "weert", 0.9691, "missed", 0.9682, "missed"),
        RestatedService("geo", None, None, "no_data", 0.9131, "missed"),
    )
    return Account(
        report=make_report(),
        services=around(),
        exclusions=exclusions(),
        planned=planned(),
        pairs=pair_accounts(),
        environments={"loket": ("loket-test", "brp")},
        recovery=recovery(),
        pages=(
            PageAccount(
                "page-7",
                START + DAY,
                1,
                ("brp",),
                ("anna", "bram"),
                START + DAY + 400,
                START + DAY + HOUR // 4,
                "Bram",
                TWICE,
            ),
            PageAccount("page-31", NOW - HOUR, 3, ("loket", "geo-app"), (), None, None, None, None),
        ),
        splits=(
            Split(
                "roermond",
                START + DAY,
                START + DAY + HOUR // 4,
                ("venlo",),
                (
                    Difference(
                        "brp-app-http",
                        HOUR // 6,
                        (View("roermond", HOUR // 4, 0, 0), View("venlo", 0, HOUR // 6, HOUR // 12)),
                    ),
                ),
            ),
            Split("venlo", NOW - HOUR, NOW - HOUR // 2, (), ()),
        ),
        closed=(("2026-10", Closed(NOW - HOUR, "anna", "9f" * 32, restated)),),
        head=Head("2026-10", "9f" * 32),
        owners={"brp-db": "ict", "brp-app": "softhuis", "geo-app": "geo & co"},
    )
