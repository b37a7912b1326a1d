"""Calendars of rotas are had from a file or the web, and where one does not load the last good one goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from availability.duty import Rota, person_at
from availability.edges import to_ms
from config.oncall_settings import Level, OnCall, ShiftCalendar
from config.settings import SecretRef, Settings
from config.shift_calendar import SIZE_LIMIT
from tests.collector.certificates import Authority
from tests.config.calendars import PEOPLE, TWO_IN_TURN, calendar, event
from waakvlam import rotas
from waakvlam.rotas import Loaded, RotaCalendars, load

NOW = to_ms(datetime.fromisoformat("2026-11-04T12:00+01:00"))
SAM_NOW = calendar(event("sam", "20261102T080000", "20261109T080000"))
NOOR_NOW = calendar(event("noor", "20261102T080000", "20261109T080000"))
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def on_call(where: ShiftCalendar) -> OnCall:
    return OnCall(
        "Europe/Amsterdam",
        PEOPLE,
        (Level(1, ("beheer",)),),
        rotas={"beheer": Rota("beheer", "beheer", ())},
        calendars={"beheer": where},
    )


def settings(configured: OnCall | None) -> Settings:
    estate: Any = None  # nothing of it is read here
    return Settings(Path("estate.yaml"), "sqlite:///x", ("127.0.0.1", 1), estate, {}, oncall=configured)


def person(loaded: OnCall | None) -> str | None:
    assert loaded is not None
    return person_at(loaded.rotas["beheer"], NOW)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def until(calendars: RotaCalendars, name: str) -> None:
    async with asyncio.timeout(10):
        while person(calendars.oncall()) != name:  # noqa: ASYNC110 - the loader tells nobody
            await asyncio.sleep(0.01)


class Agenda:
    """A calendar on the web, over TLS by a certificate of the test."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answer: Answer = says(SAM_NOW)


def says(body: bytes, status: int = 200, **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers=headers)

    return answer


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def agenda(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Agenda]:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    app = web.Application()
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    served = Agenda("")

    async def ask(request: web.Request) -> web.StreamResponse:
        return await served.answer(request)

    app.router.add_get("/{name:.*}", ask)
    await runner.setup()
    await web.TCPSite(
        runner, "127.0.0.1", 0, ssl_context=authority.sign("agenda", "127.0.0.1").server_context()
    ).start()
    served.url = f"https://127.0.0.1:{runner.addresses[0][1]}/agenda.ics"
    yield served
    await runner.cleanup()


async def had(where: ShiftCalendar, *, keep: bool = False) -> Loaded:
    return await load(where, on_call(where), NOW, keep=keep)


async def test_a_calendar_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "beheer.ics"
    path.write_bytes(TWO_IN_TURN)
    found = await had(ShiftCalendar(file=path))
    assert found.shifts is not None
    assert (found.problem, found.is_kept) == ("", False)
    missing = await had(ShiftCalendar(file=tmp_path / "other.ics"))
    assert missing == Loaded(None, f"{tmp_path}/other.ics cannot be read: No such file or directory")


async def test_a_calendar_from_the_web_is_kept_and_goes_on_when_the_web_is_gone(agenda: Agenda, tmp_path: Path) -> None:
    where = ShiftCalendar(url=agenda.url, keep=tmp_path / "kept.ics")
    good = await had(where, keep=True)
    assert good.problem == ""
    assert (tmp_path / "kept.ics").read_bytes() == SAM_NOW
    agenda.answer = says(b"", 503)
    kept = await had(where, keep=True)
    assert (kept.shifts, kept.is_kept) == (good.shifts, True)
    assert kept.problem == "the web answers 503 instead of the calendar"
    agenda.answer = says(b"<html>log in</html>")
    assert (await had(where, keep=True)).is_kept
    assert (tmp_path / "kept.ics").read_bytes() == SAM_NOW, "what does not load is not kept"
    assert names_in(tmp_path) == ["kept.ics"]


async def test_a_look_alone_keeps_nothing(agenda: Agenda, tmp_path: Path) -> None:
    assert (await had(ShiftCalendar(url=agenda.url, keep=tmp_path / "kept.ics"))).problem == ""
    assert names_in(tmp_path) == []


async def test_a_copy_that_cannot_be_kept_is_told(agenda: Agenda, tmp_path: Path) -> None:
    where = ShiftCalendar(url=agenda.url, keep=tmp_path / "gone" / "kept.ics")
    found = await had(where, keep=True)
    assert found.shifts is not None
    assert found.problem == f"its copy cannot be kept as {tmp_path}/gone/kept.ics: No such file or directory"


async def test_a_secret_address_is_never_told(agenda: Agenda, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = ShiftCalendar(url=SecretRef(env="AGENDA"), keep=tmp_path / "kept.ics")
    monkeypatch.setenv("AGENDA", f"{agenda.url}?key=hunter2")
    assert (await had(where)).problem == ""
    for address in ("https://127.0.0.1:1/hunter2", "http://127.0.0.1/hunter2", "hunter2", f"{agenda.url}/hunter2"):
        agenda.answer = says(b"", 404)
        monkeypatch.setenv("AGENDA", address)
        problem = (await had(where)).problem
        assert problem
        assert "hunter2" not in problem
    monkeypatch.delenv("AGENDA")
    assert (await had(where)).problem.startswith("the environment variable AGENDA is not set")


REDIRECTED = {
    "to another path": ("/elsewhere.ics", ""),
    "to no TLS": ("http://127.0.0.1/x.ics", "the web leads on to an address that does not begin with https://"),
    "round and round": ("/agenda.ics", "the web leads on more than 3 times"),
}


@pytest.mark.parametrize(("target", "problem"), REDIRECTED.values(), ids=REDIRECTED)
async def test_where_the_web_leads_on(agenda: Agenda, tmp_path: Path, target: str, problem: str) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        moved = request.path == "/agenda.ics"
        return await (says(b"", 302, Location=target) if moved else says(SAM_NOW))(request)

    agenda.answer = answer
    found = await had(ShiftCalendar(url=agenda.url, keep=tmp_path / "kept.ics"))
    assert found.problem.startswith(problem)
    assert (found.shifts is None) is bool(problem)


async def test_a_server_that_is_not_trusted(agenda: Agenda, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(tmp_path, "Vreemde").file))
    found = await had(ShiftCalendar(url=agenda.url, keep=tmp_path / "kept.ics"))
    assert found.problem.startswith("its server shows a certificate that is not trusted; and its last good copy ")


async def test_the_web_that_says_too_much_or_nothing(
    agenda: Agenda, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    where = ShiftCalendar(url=agenda.url, keep=tmp_path / "kept.ics")
    agenda.answer = says(SAM_NOW + b" " * SIZE_LIMIT)
    assert (await had(where)).problem.startswith(f"is larger than {SIZE_LIMIT // 1024} KiB")
    monkeypatch.setattr(rotas, "FETCH_S", 0.2)
    agenda.answer = silent
    assert (await had(where)).problem.startswith("the web did not hand it over within")


async def test_the_collector_goes_on_with_the_last_good_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "beheer.ics"
    path.write_bytes(SAM_NOW)
    used = settings(on_call(ShiftCalendar(file=path)))
    calendars = RotaCalendars(lambda: used, lambda: NOW)
    assert person(calendars.oncall()) is None, "before anything was loaded"
    await calendars.refresh()
    assert person(calendars.oncall()) == "sam"
    assert calendars.oncall() is calendars.oncall(), "the same until something changes"
    path.write_bytes(b"nonsense")
    with caplog.at_level(logging.INFO):
        await calendars.refresh()
        await calendars.refresh()
        assert person(calendars.oncall()) == "sam"
        path.write_bytes(NOOR_NOW)
        await calendars.refresh()
    assert person(calendars.oncall()) == "noor"
    assert [record.getMessage() for record in caplog.records] == [
        "the calendar of the rota beheer: is no iCalendar: it does not begin with BEGIN:VCALENDAR; the last good one "
        "goes on",
        "the calendar of the rota beheer is well again",
    ]


async def test_after_a_start_the_kept_copy_is_there_before_the_web_answers(
    agenda: Agenda, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, asked = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        asked.set()
        await released.wait()
        return await says(NOOR_NOW)(request)

    agenda.answer = slow
    kept = tmp_path / "kept.ics"
    kept.write_bytes(SAM_NOW)
    used = settings(on_call(ShiftCalendar(url=agenda.url, keep=kept)))
    calendars = RotaCalendars(lambda: used, lambda: NOW)
    refreshing = asyncio.create_task(calendars.refresh())
    await asked.wait()
    assert person(calendars.oncall()) == "sam"
    released.set()
    await refreshing
    assert person(calendars.oncall()) == "noor"


async def test_a_new_configuration_is_loaded_at_once(tmp_path: Path) -> None:
    first, second = tmp_path / "first.ics", tmp_path / "second.ics"
    first.write_bytes(SAM_NOW)
    second.write_bytes(NOOR_NOW)
    used = settings(on_call(ShiftCalendar(file=first)))
    calendars = RotaCalendars(lambda: used, lambda: NOW)
    running = asyncio.create_task(calendars.run())
    try:
        await until(calendars, "sam")
        used = settings(on_call(ShiftCalendar(file=second)))
        await until(calendars, "noor")
    finally:
        running.cancel()


async def test_nobody_who_left_the_configuration_has_duty(tmp_path: Path) -> None:
    path = tmp_path / "beheer.ics"
    path.write_bytes(SAM_NOW)
    configured = on_call(ShiftCalendar(file=path))
    used = settings(configured)
    calendars = RotaCalendars(lambda: used, lambda: NOW)
    await calendars.refresh()
    without = {id_: one for id_, one in PEOPLE.items() if id_ != "sam"}
    used = settings(OnCall("UTC", without, configured.levels, rotas=configured.rotas, calendars=configured.calendars))
    assert person(calendars.oncall()) is None


async def test_without_calendars_nothing_is_made(tmp_path: Path) -> None:
    plain = OnCall("UTC", PEOPLE, (Level(1, ("sam",)),))
    for configured in (plain, None):
        calendars = RotaCalendars(lambda configured=configured: settings(configured), lambda: NOW)  # type: ignore[misc]  # bound now
        await calendars.refresh()
        assert calendars.oncall() is configured
