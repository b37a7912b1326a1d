"""A desk that pages: real store, real HTTP, real mail, without the rest of a collector."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from availability.paging_ports import PageStore
from collector.clock import Clock
from collector.probes import OPTIONS
from collector.store import open_store
from config.reader import read
from config.settings import Settings
from exporters.face_pages import page_routes
from exporters.http_face import serve
from tests.exporters.conftest import make_source
from tests.exporters.mailbox import Mailbox
from tests.waakvlam.commands import write_estate
from waakvlam.paging import Paging

TOKEN = "the-token-of-the-webhook"
SECRETS = {"HOOK": TOKEN, "LINKS": "a-secret-that-nobody-can-guess-at-all"}
STARTED = "2026-11-22T21:50:00.123456789Z"


def write_oncall(folder: Path, box: Mailbox, *, port: int = 9, listen: int = 0, **changes: object) -> Path:
    """An estate with two levels and a participant; everybody has mail that goes to `box`."""
    (folder / "smtp").write_text(f"smtp://127.0.0.1:{box.port}/?from=pager@example.org\n")
    for name, secret in SECRETS.items():
        (folder / name).write_text(secret)
    people = [{"id": name, "name": name.title(), "email": f"{name}@example.org"} for name in ("anna", "bram")]
    oncall: dict[str, object] = {
        "people": people,
        "levels": {1: ["anna"], 2: ["bram"]},
        "acknowledge_within": "1s",
        "mail": {"url": {"file": "smtp"}},
        "webhook": {"token": {"file": "HOOK"}},
        "links": {"url": "https://pager.example.org", "secret": {"file": "LINKS"}},
        **changes,
    }
    organisations = [
        {"id": "weert", "name": "Weert", "contact": {"email": "contact@weert.example"}},
        {"id": "venlo", "name": "Venlo"},
    ]
    return write_estate(folder, port, listen, oncall=oncall, organisations=organisations)


def webhook(*states: tuple[str, str], group: str = "night", priority: int = 3, **more: object) -> bytes:
    """What Alertmanager sends, with alerts as (fingerprint, status)."""
    alerts = [
        {
            "status": status,
            "fingerprint": fingerprint,
            "startsAt": STARTED,
            "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-11-22T22:50:00Z",
            "labels": {"alertname": "Down", "priority": str(priority), "id": "app", "services": "brp", "site": "none"},
            "annotations": {"summary_nl": f"{fingerprint} is weg"},
            "generatorURL": "http://prometheus.example/",
        }
        for fingerprint, status in states
    ]
    said = {"version": "4", "groupKey": group, "status": "firing", "receiver": "x", "truncatedAlerts": 0}
    return json.dumps({**said, "alerts": alerts, **more}).encode()


@dataclass
class Desk:
    """What the tests talk to."""

    paging: Paging
    session: aiohttp.ClientSession
    base: str

    async def alerts(self, body: bytes, token: str | None = TOKEN) -> tuple[int, str]:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with self.session.post(f"{self.base}/api/v1/alerts", data=body, headers=headers) as answer:
            return answer.status, await answer.text()

    async def follow(self, link: str) -> tuple[int, str]:
        async with self.session.get(f"{self.base}{link}") as answer:
            return answer.status, await answer.text()

    async def press(self, link: str) -> tuple[int, str]:
        async with self.session.post(f"{self.base}{link}") as answer:
            return answer.status, await answer.text()


def settings_of(path: Path) -> Settings:
    return read(path, OPTIONS)


@asynccontextmanager
async def a_desk(path: Path, wrap: Callable[[PageStore], PageStore] = lambda store: store) -> AsyncIterator[Desk]:
    """It runs while the block does, on the store of the configuration at `path`."""
    settings = settings_of(path)
    store = open_store(settings.store_url, create=True)
    paging = Paging(wrap(store), lambda: settings, lambda: settings.oncall, "local", Clock().now_ms)
    face = serve(make_source(), "127.0.0.1", 0, further=page_routes(paging), public_name=lambda: paging.public_host)
    try:
        async with face as (host, port), aiohttp.ClientSession() as session:
            running = asyncio.create_task(paging.run())
            try:
                yield Desk(paging, session, f"http://{host}:{port}")
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
    finally:
        store.close()


async def until(box: Mailbox, condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for what comes into a mailbox without holding up the loop."""
    await asyncio.to_thread(box.wait, condition, seconds)
