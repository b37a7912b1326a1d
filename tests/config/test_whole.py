"""A file with every section and every key becomes the settings and the estate it describes."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from availability.duty import Rota, Shift, Turns
from availability.edges import to_ms
from availability.estate import (
    AllOf,
    AnyOf,
    AtLeast,
    Calendar,
    Check,
    Participant,
    Recurring,
    Ref,
    Slot,
    Vantage,
    Weekly,
    Window,
)
from availability.recovery import Limit
from availability.recurrence import Rule
from collector.probes import OPTIONS
from collector.probes.heartbeat import HeartbeatOptions
from config.oncall_settings import Channel, Level, Links, PersonOnCall, ShiftCalendar, Team, Watchdog, Webhook
from config.reader import read
from config.settings import Asset, Deadman, HelpDesk, Licence, SecretRef, Settings, Traps, TrapUser

FOLDER = Path(__file__).parent


@pytest.fixture(scope="module")
def whole() -> Settings:
    return read(FOLDER / "whole.yaml", OPTIONS)


def ms(moment: str) -> int:
    return to_ms(datetime.fromisoformat(moment))


def test_the_file_itself(whole: Settings) -> None:
    assert whole.path == FOLDER / "whole.yaml"
    assert whole.store_url == f"sqlite:///{FOLDER.absolute()}/facts.db"
    assert whole.listen == ("127.0.0.1", 9771)
    assert whole.latency_retention_ms == 400 * 86_400_000
    assert len(whole.digest) == 64


def test_licences(whole: Settings) -> None:
    office = Licence("kantoor", "Kantoorpakket", "Lichtlijn BV", 350, date(2027, 12, 31), "Dienst Beheer")
    assert whole.licences == (office, Licence("vrij", "Vrij pakket"))


def test_jobs_and_plugins(whole: Settings) -> None:
    assert whole.heartbeat_token == SecretRef(env="HEARTBEAT_TOKEN")
    assert whole.plugins_at_once == 20
    options = whole.checks["kopie-burger-dagelijks"].options
    day = 86_400_000
    token = SecretRef(file=FOLDER.absolute() / "kopie.token")
    assert options == HeartbeatOptions(within=26 * 3_600_000, grace=7_200_000, token=token, keep=60 * day)


def test_a_place_outside(whole: Settings) -> None:
    assert whole.deadman == Deadman(SecretRef(env="DEADMAN_URL"), 30_000, "POST")


def test_traps(whole: Settings) -> None:
    signs, folder = SecretRef(env="TRAP_AUTH"), FOLDER.absolute()
    users = (
        TrapUser("switches", "sha256", signs, "aes128", SecretRef(file=folder / "trap.key")),
        TrapUser(
            "router", "sha512", signs, "aes256", SecretRef(env="TRAP_PRIV"), bytes.fromhex("80001f8880e9630000d61ff449")
        ),
    )
    assert whole.traps == Traps(("0.0.0.0", 9162), SecretRef(env="TRAP_COMMUNITY"), users)


def test_who_is_told(whole: Settings) -> None:
    oncall = whole.oncall
    assert oncall is not None
    folder = FOLDER.absolute()
    assert list(oncall.people) == ["noor", "sam", "kim", "loket"]
    assert oncall.people["noor"] == PersonOnCall(
        "noor",
        "Noor de Wit",
        (
            Channel("sms", SecretRef(env="NOOR_SMS")),
            Channel("chat", SecretRef(file=folder / "noor.chat")),
            Channel("email", email="noor@beheer.example"),
        ),
        "nl",
        "noor@beheer.example",
    )
    assert oncall.people["kim"] == PersonOnCall("kim", "kim", (Channel("sms", SecretRef(env="KIM_SMS")),), "en")
    assert oncall.teams == {"hoofden": Team("hoofden", "Hoofden", ("kim", "sam"))}
    assert oncall.help_desk == ("loket",)
    assert oncall.levels == (Level(1, ("beheer",)), Level(2, ("netwerk", "opslag")), Level(3, ("hoofden",)))
    assert oncall.acknowledge_within_ms == {1: 300_000, 2: 600_000} | dict.fromkeys(range(3, 10), 900_000)
    assert oncall.remind_every == {1: Limit(Fraction(1), "working hours")}
    assert oncall.mail == SecretRef(env="MAIL_URL")
    token = Path("/etc/alertmanager/waakvlam.token")
    others = ("http://127.0.0.1:9772",)
    assert oncall.webhook == Webhook(SecretRef(env="ALERT_TOKEN"), "http://127.0.0.1:9771", token, others)
    assert oncall.links == Links("https://waakvlam.beheer.example", SecretRef(file=folder / "links.key"))
    assert oncall.watchdog == Watchdog("https://elders.example/leeft", Path("/etc/alertmanager/elders.token"))
    assert (oncall.language, oncall.participants, oncall.timezone) == ("en", False, "Europe/Amsterdam")
    assert oncall.wakes == "warning"


def test_who_has_duty_when(whole: Settings) -> None:
    oncall = whole.oncall
    assert oncall is not None
    turns = Turns(("noor", "sam"), date(2026, 1, 5), 480, "Europe/Amsterdam", 2)
    instead = Shift(ms("2026-12-23T23:00Z"), ms("2026-12-26T23:00Z"), "kim")
    assert oncall.rotas == {
        "beheer": Rota("beheer", "Beheerder van dienst", turns, (instead,)),
        "netwerk": Rota("netwerk", "netwerk", ()),
        "opslag": Rota("opslag", "opslag", ()),
    }
    assert oncall.calendars == {
        "netwerk": ShiftCalendar(
            url="https://agenda.beheer.example/netwerk.ics", keep=FOLDER.absolute() / "netwerk.ics"
        ),
        "opslag": ShiftCalendar(file=FOLDER.absolute() / "opslag.ics"),
    }
    hours = Window(
        frozenset(range(5)), Slot(450, 1050), holidays_excluded=True, special_days={date(2026, 12, 24): None}
    )
    assert oncall.office_hours == hours


def test_who_and_where(whole: Settings) -> None:
    assert list(whole.organisations) == ["beheer", "oostdam", "westdam"]
    assert whole.organisations["oostdam"].email == "rapport@oostdam.example"
    assert whole.sites["gemnet-hart"].name == "gemnet-hart"
    assert whole.assets == {"hart-noord": Asset("Schakel", "X1", "Lichtlijn BV", "2023-05-01", "Dienst Beheer", "Z-1")}
    assert whole.estate.vantages["kelder"] == Vantage("kelder", "dc-noord", retired=True)
    assert whole.estate.calendar == Calendar("NL", "lustrum", "working")


def test_parts_and_their_expressions(whole: Settings) -> None:
    parts = whole.estate.parts
    assert list(parts)[-5:] == ["kring", "gemnet-noord", "gemnet-zuid", "gemnet", "lijn-westdam"]
    assert parts["hart-noord"].up_when == AtLeast(1, (Ref("hart-noord-ping"), Ref("hart-noord-poort")))
    assert parts["burger-noord"].up_when == AllOf((Ref("burger-noord-http"),))
    assert parts["burger-noord"].behind == ("kring",)
    assert [check.counts for check in parts["burger-noord"].checks] == [True, False]
    assert parts["burger-zuid"].up_when == AnyOf((Ref("burger-zuid-tcp"),))
    assert parts["gemnet"].up_when == AnyOf((Ref("gemnet-noord"), Ref("gemnet-zuid")))
    assert parts["gemnet"].checks == ()
    assert parts["gemnet"].is_link
    assert parts["kring"].between == ("dc-noord", "dc-zuid")


def test_checks_inherit_and_override(whole: Settings) -> None:
    checks = {check.id: check for part in whole.estate.parts.values() for check in part.checks}
    assert checks["hart-noord-ping"] == Check("hart-noord-ping", 20_000, 7_200_000, 2, 1, "majority", True)
    assert checks["burger-noord-cert"] == Check("burger-noord-cert", 3_600_000, 10_800_000, 1, 1, "majority", False)
    assert checks["burger-noord-http"].vantages_agree == "any"
    assert checks.keys() == whole.checks.keys()
    loket = whole.checks["burger-loket-http"]
    assert (loket.interval_ms, loket.timeout_ms, loket.retry_interval_ms) == (10_000, 3_000, 1_000)
    assert loket.part == "burger-loket"
    assert loket.vantages == ("noord", "zuid"), "the retired one does not probe"
    assert whole.checks["kring-ping"].vantages == ("noord",)


def test_services_and_what_they_were_promised(whole: Settings) -> None:
    burger = whole.estate.services["burger"]
    assert burger.up_when == AllOf(
        (Ref("burger-loket"), Ref("gemnet"), AtLeast(1, (Ref("hart-noord"), Ref("burger-zuid"))))
    )
    assert burger.participants == (Participant("oostdam"), Participant("westdam", ("lijn-westdam",)))
    assert burger.since_ms == ms("2025-12-31T23:00Z")
    assert burger.until_ms == ms("2027-01-01T11:00Z")
    assert [whole.estate.services[id_].environment_of for id_ in ("burger", "burger-proef")] == [None, "burger"]
    ruim, kantoor = whole.estate.agreements.values()
    assert ruim.norm == Fraction(98, 100)
    assert ruim.timezone == "Europe/Amsterdam"
    assert ruim.excluded == {"customer_request"}
    assert ruim.assumes_up == {"lijn-westdam"}
    assert (ruim.upgrade_at_most_ms, kantoor.upgrade_at_most_ms) == (4 * 3_600_000, None)
    assert kantoor.timezone == "UTC"
    assert kantoor.window.days == frozenset(range(5))
    assert kantoor.window.slot == Slot(480, 1440)
    assert kantoor.window.holidays_excluded
    assert kantoor.window.special_days == {date(2026, 3, 18): Slot(360, 120), date(2026, 12, 24): None}


def test_pairs_maintenance_and_recovery(whole: Settings) -> None:
    (pair,) = whole.estate.pairs
    assert (pair.primary, pair.standby, pair.function) == ("burger-noord", "burger-zuid", "burger-loket")
    assert (pair.within_ms, pair.test_every_ms) == (4 * 3_600_000, 366 * 86_400_000)
    once, weekly, monthly, test = whole.estate.maintenance
    assert (once.start_ms, once.end_ms) == (ms("2026-11-10T22:00Z"), ms("2026-11-11T02:00Z"))
    assert weekly.every == Weekly(frozenset({6}), Slot(22 * 60, 6 * 60))
    assert isinstance(monthly.every, Recurring)
    assert monthly.every.rule == Rule(
        "FREQ=MONTHLY;BYDAY=1SU", "MONTHLY", starting=date(2026, 1, 4), until=date(2026, 12, 31), weekdays=((1, 6),)
    )
    assert monthly.every.without_holidays == whole.estate.calendar
    assert monthly.every.exceptions == {date(2026, 6, 7)}
    assert (monthly.ticket, monthly.notice_ms) == ("CHG-1", ms("2025-11-30T23:00Z"))
    assert (test.start_ms, test.end_ms) == (ms("2026-11-20T23:00Z"), ms("2026-11-21T23:00Z")), (
        "a date is its local midnight"
    )
    assert whole.recovery is not None
    assert whole.recovery.norm == Fraction(85, 100)
    assert whole.recovery.priorities[1].recovery == Limit(Fraction(4), "working hours")
    assert whole.recovery.priorities[2].recovery == Limit(Fraction(2), "working days")
    assert whole.recovery.priorities[3].reaction == Limit(Fraction(3, 2), "hours")


def test_how_the_export_of_the_help_desk_reads(whole: Settings) -> None:
    assert whole.help_desk == HelpDesk(
        columns={
            "id": "Meldingnummer",
            "reported": "Aangemeld",
            "closed": "Gereed",
            "reacted": "In behandeling",
            "service": "Dienst",
            "priority": "Prioriteit",
            "environment": "Omgeving",
            "summary": "Korte omschrijving",
            "waiting": "Wacht op klant",
        },
        waiting_between=(("Wacht van", "Wacht tot"),),
        delimiter="\t",
        encoding="windows-1252",
        timezone="UTC",
        date_format="%d-%m-%Y %H:%M",
        services={"BRP (burgerzaken)": "burger", "Printer": None},
        priorities={"P1 - kritiek": 1},
        environments={"Acceptatie": "acceptance"},
    )


@pytest.mark.parametrize("name", ["ict-nml", "midden-groningen", "dso-lv", "ommen-twenterand"])
def test_the_example_estates_load(name: str) -> None:
    settings = read(FOLDER.parents[1] / "config" / "examples" / f"{name}.yaml", OPTIONS)
    assert settings.estate.services
    assert all(service.agreement in settings.estate.agreements for service in settings.estate.services.values())


def test_the_example_of_two_data_centres_has_what_its_agreements_ask() -> None:
    estate = read(FOLDER.parents[1] / "config" / "examples" / "ict-nml.yaml", OPTIONS).estate
    kinds = {part.kind for part in estate.parts.values() if part.is_link}
    assert kinds == {"intermunicipal", "intramunicipal", "local", "gemnet", "internet"}
    assert {pair.within_ms for pair in estate.pairs} == {4 * 3_600_000}
    assert len(estate.pairs) == 6
    assert {p.id for p in estate.services["brp"].participants} == {
        "roermond", "venlo", "weert", "nederweert", "asten", "someren"
    }  # fmt: skip
    tested = {record.affects for record in estate.maintenance if record.category == "failover_test"}
    assert tested == {("brp-uitwijk",), ("bag-uitwijk",)}


def test_the_example_of_a_supplier_says_what_was_agreed_of_environments_and_upgrades() -> None:
    estate = read(FOLDER.parents[1] / "config" / "examples" / "midden-groningen.yaml", OPTIONS).estate
    assert {id_ for id_, service in estate.services.items() if service.environment_of == "cases"} == {
        "cases-acceptance", "cases-test"
    }  # fmt: skip
    assert {agreement.upgrade_at_most_ms for agreement in estate.agreements.values()} == {4 * 3_600_000}
    (upgrade,) = (record for record in estate.maintenance if record.category == "upgrade")
    assert upgrade.end_ms is not None
    assert upgrade.start_ms is not None
    assert upgrade.end_ms - upgrade.start_ms == 4 * 3_600_000
