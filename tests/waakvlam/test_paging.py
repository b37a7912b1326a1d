"""From Alertmanager's webhook to the mail in the box and back by the link, over real servers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest

from availability.paging import Entry
from availability.paging_ports import PageStore
from collector.store import StoreError
from tests.exporters.mailbox import Mailbox, a_mailbox
from tests.ports import free_port
from tests.waakvlam.commands import waakvlam
from tests.waakvlam.paging_desk import TOKEN, a_desk, until, webhook, write_oncall

FIRING = webhook(("app", "firing"))
RESOLVED = webhook(("app", "resolved"))


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with a_mailbox() as box:
        yield box


async def test_one_is_told_then_the_next_then_a_link_stops_it_and_both_hear_the_end(
    box: Mailbox, tmp_path: Path
) -> None:
    async with a_desk(write_oncall(tmp_path, box)) as desk:
        assert await desk.alerts(FIRING) == (200, '{"firing": 1, "resolved": 0}\n')
        await until(box, lambda: len(box.taken) >= 2)
        assert box.subjects("anna") == ["P3 storing: app is weg"]
        assert box.subjects("bram") == ["P3 storing, nu voor u: app is weg"]
        link = box.link("bram")
        status, page = await desk.follow(link)
        assert status == 200 and "<button>Ik pak dit op</button>" in page
        assert desk.paging.health().unacknowledged == 1  # type: ignore[union-attr]  # somebody is on call
        status, page = await desk.press(link)
        assert status == 200 and "Oproep page-1 is nu van Bram" in page
        status, page = await desk.press(link)
        assert status == 200 and "al opgepakt door Bram" in page
        before = len(box.taken)
        assert await desk.alerts(RESOLVED) == (200, '{"firing": 0, "resolved": 1}\n')
        await until(box, lambda: len(box.taken) >= before + 2)
        assert {to for to, mail in box.taken[before:]} == {"anna@example.org", "bram@example.org"}
        assert all("voorbij" in str(mail["Subject"]) for _, mail in box.taken[before:])
        status, page = await desk.follow(link)
        assert status == 200 and "is voorbij" in page and "<button>" not in page


async def test_the_webhook_refuses_what_is_not_alertmanagers_or_lacks_the_token(box: Mailbox, tmp_path: Path) -> None:
    path = write_oncall(tmp_path, box)
    cases: list[tuple[bytes, str | None, int, str]] = [
        (FIRING, None, 401, "needs the token"),
        (FIRING, "guessed", 401, "needs the token"),
        (b"not json", TOKEN, 400, "no notification of Alertmanager"),
        (b"[" * 100_000, TOKEN, 400, "no notification of Alertmanager"),
        (b'{"version": "3", "alerts": []}', TOKEN, 400, "no notification of Alertmanager"),
        (webhook(("app", "sleeping")), TOKEN, 400, "alerts[0].status"),
        (webhook(("", "firing")), TOKEN, 400, "alerts[0].fingerprint"),
        (webhook(("app", "firing"), groupKey=""), TOKEN, 400, "groupKey"),
        (webhook(("app", "firing"), truncatedAlerts="many"), TOKEN, 400, "truncatedAlerts"),
        (b" " * (4 * 1024 * 1024 + 1), TOKEN, 413, "at most"),
    ]
    async with a_desk(path) as desk:
        for body, token, status, said in cases:
            answered = await desk.alerts(body, token)
            assert answered[0] == status and said in json.loads(answered[1])["error"], (body[:60], answered)
        assert await desk.alerts(webhook(("app", "firing"), something={"new": 1}), TOKEN) == (
            200,
            '{"firing": 1, "resolved": 0}\n',
        )


async def test_the_same_again_is_no_new_page(box: Mailbox, tmp_path: Path) -> None:
    async with a_desk(write_oncall(tmp_path, box, acknowledge_within="1h")) as desk:
        for _ in range(3):
            assert (await desk.alerts(FIRING))[0] == 200
        await until(box, lambda: len(box.taken) >= 1)
        for _ in range(3):
            assert (await desk.alerts(RESOLVED))[0] == 200
        await until(box, lambda: len(box.taken) >= 2)
        assert (await desk.alerts(webhook(("other", "firing"))))[0] == 200
        await until(box, lambda: len(box.taken) >= 3)
    assert box.subjects() == ["P3 storing: app is weg", "P3 voorbij: app is weg", "P3 storing: other is weg"]


async def test_priority_1_reaches_all_levels_and_the_contacts_of_participants(box: Mailbox, tmp_path: Path) -> None:
    async with a_desk(write_oncall(tmp_path, box, acknowledge_within="1h")) as desk:
        await desk.alerts(webhook(("brp", "firing"), priority=1))
        await until(box, lambda: len(box.taken) >= 3)
        assert {to for to, _ in box.taken} == {"anna@example.org", "bram@example.org", "contact@weert.example"}
        told = next(mail.get_content() for to, mail in box.taken if "weert" in to)
        assert "beheerders zijn gewaarschuwd" in told and "acknowledge" not in told
        await desk.alerts(webhook(("brp", "resolved"), priority=1))
        await until(box, lambda: len(box.taken) >= 6)


async def test_a_link_that_is_not_right_says_so_and_changes_nothing(box: Mailbox, tmp_path: Path) -> None:
    async with a_desk(write_oncall(tmp_path, box, acknowledge_within="1h")) as desk:
        await desk.alerts(FIRING)
        await until(box, lambda: len(box.taken) >= 1)
        link = box.link("anna")
        page, _, rest = link.partition("&by=anna")
        for wrong, status, said in (
            (f"{page}&by=bram{rest}", 403, "veranderd of afgebroken"),
            (link[:-1] + ("a" if link[-1] != "a" else "b"), 403, "veranderd of afgebroken"),
            (link.replace("until=1", "until=2"), 403, "veranderd of afgebroken"),
            (link.replace("page-1", "page-2"), 404, "niet bekend"),
            ("/api/v1/acknowledge", 403, "veranderd of afgebroken"),
            ("/api/v1/acknowledge?page=%00&by=%ff&until=9e9&sig=%c3%a9", 403, "veranderd of afgebroken"),
        ):
            for act in (desk.follow, desk.press):
                answered = await act(wrong)
                assert answered[0] == status and said in answered[1], wrong
        health = desk.paging.health()
        assert health is not None and health.unacknowledged == 1
        desk.paging._now_ms = lambda: 9_999_999_999_999
        answered = await desk.press(link)
        assert answered[0] == 410 and "te oud" in answered[1]


async def test_the_public_name_leads_to_the_link_and_no_other_does(box: Mailbox, tmp_path: Path) -> None:
    async with a_desk(write_oncall(tmp_path, box)) as desk:
        for host, status in (("pager.example.org", 403), ("evil.example", 421)):
            async with desk.session.get(f"{desk.base}/api/v1/acknowledge", headers={"Host": host}) as answer:
                assert answer.status == status


async def test_where_the_first_channel_fails_the_next_one_carries_it(box: Mailbox, tmp_path: Path) -> None:
    (tmp_path / "chat").write_text(f"json://127.0.0.1:{free_port()}/hook")
    person = {"id": "anna", "email": "anna@example.org", "channels": [{"name": "chat", "url": {"file": "chat"}}]}
    path = write_oncall(tmp_path, box, people=[person], levels={1: ["anna"]}, acknowledge_within="1h")
    async with a_desk(path) as desk:
        await desk.alerts(FIRING)
        await until(box, lambda: len(box.taken) >= 1)
        await wait_for(lambda: deliveries(desk.paging.health()) == {("chat", "failed"): 1, ("email", "sent"): 1})


async def test_any_service_of_apprise_carries_it(box: Mailbox, tmp_path: Path) -> None:
    with a_chat() as (port, said):
        (tmp_path / "chat").write_text(f"json://127.0.0.1:{port}/hook")
        person = {"id": "anna", "channels": [{"name": "chat", "url": {"file": "chat"}}]}
        path = write_oncall(tmp_path, box, people=[person], levels={1: ["anna"]}, acknowledge_within="1h")
        async with a_desk(path) as desk:
            await desk.alerts(FIRING)
            await wait_for(lambda: bool(said))
    assert said[0]["title"] == "P3 storing: app is weg" and "acknowledge?page=page-1" in said[0]["message"]


async def test_a_mail_server_that_is_down_for_a_while_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("availability.paging_sending.PAUSES_MS", (300,))
    gone = Mailbox()
    path = write_oncall(tmp_path, gone, acknowledge_within="1h")
    async with a_desk(path) as desk:
        await desk.alerts(FIRING)
        await wait_for(lambda: deliveries(desk.paging.health()).get(("email", "failed"), 0) >= 2)
        await desk.alerts(RESOLVED)
        with a_mailbox(gone.port) as box:
            await until(box, lambda: len(box.taken) >= 2)
            assert box.subjects() == ["P3 storing: app is weg", "P3 voorbij: app is weg"]
        await wait_for(lambda: desk.paging.health().pending == 0)  # type: ignore[union-attr]  # somebody is on call


async def test_a_restart_repeats_nothing_and_still_tells_the_end(box: Mailbox, tmp_path: Path) -> None:
    path = write_oncall(tmp_path, box, acknowledge_within="1h")
    async with a_desk(path) as desk:
        await desk.alerts(FIRING)
        await until(box, lambda: len(box.taken) >= 1)
        await wait_for(lambda: desk.paging.health().pending == 0)  # type: ignore[union-attr]  # somebody is on call
        link = box.link("anna")
    async with a_desk(path) as desk:
        assert (await desk.press(link))[0] == 200
        await desk.alerts(FIRING)
        await desk.alerts(RESOLVED)
        await until(box, lambda: len(box.taken) >= 2)
    assert box.subjects() == ["P3 storing: app is weg", "P3 voorbij: app is weg"]


async def test_a_command_takes_a_page_up_and_the_collector_goes_by_it(box: Mailbox, tmp_path: Path) -> None:
    path = write_oncall(tmp_path, box, acknowledge_within="3s")
    async with a_desk(path) as desk:
        await desk.alerts(FIRING)
        await until(box, lambda: len(box.taken) >= 1)
        done = await asyncio.to_thread(waakvlam, tmp_path, "ack", "--config", path.name, "page-1", "--by", "bram")
        assert done.returncode == 0 and "page-1: taken up by Bram (entered by" in done.stdout, done.stderr
        await wait_for(lambda: desk.paging.health().taken_up == 1)  # type: ignore[union-attr]  # somebody is on call
        again = await asyncio.to_thread(waakvlam, tmp_path, "ack", "--config", path.name, "page-1")
        assert again.returncode == 1 and "taken up by Bram" in again.stderr
        closed = await asyncio.to_thread(waakvlam, tmp_path, "pages", "close", "--config", path.name, "page-1")
        assert closed.returncode == 0
        await until(box, lambda: len(box.taken) >= 2)
        assert "Afgesloten door" in box.taken[-1][1].get_content()
        listed = await asyncio.to_thread(waakvlam, tmp_path, "pages", "list", "--config", path.name, "--format", "json")
        (page,) = json.loads(listed.stdout)["pages"]
        assert page["id"] == "page-1" and page["end"] == "closed" and page["told"] == ["anna"]
        assert 0 <= page["seconds_to_page"] <= page["seconds_to_acknowledge"]
        month = f"{datetime.now(ZoneInfo('Europe/Amsterdam')):%Y-%m}"
        report = await asyncio.to_thread(
            waakvlam, tmp_path, "report", "--config", path.name, "--period", month, "--format", "json"
        )
        (told,) = json.loads(report.stdout)["pages"]
        assert told["id"] == "page-1" and told["seconds_to_acknowledge"] == page["seconds_to_acknowledge"]
        shown = await asyncio.to_thread(waakvlam, tmp_path, "pages", "show", "--config", path.name, "page-1")
        for line in ("start to anna by email", "taken up", "closed by"):
            assert line in shown.stdout


class Refusing:
    """A store that refuses to note anything while it is told to."""

    def __init__(self, store: PageStore) -> None:
        self.store = store
        self.refuses = False

    def pages_known(self, since: int) -> tuple[list[Entry], int]:
        return self.store.pages_known(since)

    def page_entries_after(self, number: int) -> tuple[list[Entry], int]:
        return self.store.page_entries_after(number)

    def advance_pages(
        self, number: int, decide: Callable[[Sequence[Entry]], Sequence[Entry]], *term: int
    ) -> tuple[list[Entry], int]:
        if self.refuses:
            raise StoreError("store x: the disk is full")
        return self.store.advance_pages(number, decide, *term)


async def test_what_cannot_be_stored_is_not_accepted(box: Mailbox, tmp_path: Path) -> None:
    stores: list[Refusing] = []

    def refusing(store: PageStore) -> PageStore:
        stores.append(Refusing(store))
        return stores[0]

    async with a_desk(write_oncall(tmp_path, box, acknowledge_within="1h"), refusing) as desk:
        stores[0].refuses = True
        status, said = await desk.alerts(FIRING)
        assert status == 503 and "could not be stored" in said
        stores[0].refuses = False
        assert (await desk.alerts(FIRING))[0] == 200
        await until(box, lambda: len(box.taken) >= 1)
        stores[0].refuses = True
        status, said = await desk.press(box.link("anna"))
        assert status == 503 and "niet worden vastgelegd" in said
    assert len(box.taken) == 1


def deliveries(health: object) -> dict[tuple[str, str], int]:
    return {what: count for what, count in health.deliveries.items() if count}  # type: ignore[attr-defined]  # a PagingHealth


async def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - it is known to nobody who could tell
            await asyncio.sleep(0.02)


class a_chat:
    """A web server that keeps the JSON it is sent."""

    def __enter__(self) -> tuple[int, list[dict[str, str]]]:
        said: list[dict[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self.server.server_address[1], said

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
