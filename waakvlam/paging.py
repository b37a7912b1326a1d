"""Pages people: takes alerts in, decides who is told what, sends it, and takes acknowledgements up."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from availability.paging import (
    Acknowledged,
    Dropped,
    Ended,
    Entry,
    Event,
    Failed,
    Notice,
    Opened,
    Page,
    Pages,
    Sent,
    fold,
)
from availability.paging_intake import take
from availability.paging_ports import Acknowledgement, Link, Notification, PageStore
from availability.paging_sending import LEASE_MS, Ready, begun, pending, ready
from availability.paging_steps import acknowledge, step
from collector.store import StoreError
from collector.store.errors import Superseded
from config.oncall_settings import OnCall
from config.secret_refs import SecretRef
from config.settings import Settings
from exporters.paging.links import address, is_genuine, sign
from exporters.paging.message import Message, Telling, write
from exporters.paging.outcome import Outcome
from exporters.paging.sending import Way, send
from exporters.source import PagingHealth
from waakvlam.on_duty import OnDuty, names_of
from waakvlam.page_log import PageLog

_EVERY_S = 1.0
_AT_ONCE = 8
"""Messages that are on their way at the same time."""
_ENDING_S = 1.5
"""What is on its way when the collector stops gets so long to arrive."""
_NOTING_S = 2.0
"""Between attempts to note what came of a message, while the store refuses."""

_log = logging.getLogger(__name__)


class Paging:
    """Fulfils `availability.paging_ports.PageDesk`. `sender` names this collector among those with the same store."""

    def __init__(
        self,
        store: PageStore,
        settings: Callable[[], Settings],
        oncall: Callable[[], OnCall | None],
        sender: str,
        now_ms: Callable[[], int],
        term: Callable[[], int | None] = lambda: 0,
    ) -> None:
        """`term` is the term in which this collector leads, 0 where nobody else can: only who leads decides what time
        asks for, and sends. Alerts and acknowledgements are taken by all."""
        self._term = term
        self._settings = settings
        self._oncall = oncall
        self._sender = sender
        self._now_ms = now_ms
        self._log = PageLog(store, now_ms)
        self._on_duty: tuple[Settings, OnCall, OnDuty] | None = None
        self._under_way: set[tuple[str, int]] = set()
        self._sending: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._store_complaint = ""
        self._complaints: set[str] = set()
        self._deliveries: Counter[tuple[str, str]] = Counter()

    async def run(self) -> None:
        """Decide and send until cancelled; what is on its way then gets a moment to arrive, and to be noted."""
        try:
            while True:
                await self._turn()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_EVERY_S):
                        await self._woken.wait()
                self._woken.clear()
        finally:
            if self._sending:
                await asyncio.wait(self._sending, timeout=_ENDING_S)
            for task in self._sending:
                task.cancel()

    def health(self) -> PagingHealth | None:
        """How paging does; None where nobody is on call."""
        if self._oncall() is None:
            return None
        pages = self._log.pages
        waiting = [page.opened_at for page in pages.values() if page.ended is None and page.acknowledged is None]
        return PagingHealth(
            pending=pending(pages),
            unacknowledged=len(waiting),
            oldest_ms=max(0, self._now_ms() - min(waiting)) if waiting else 0,
            taken_up=sum(page.ended is None and page.acknowledged is not None for page in pages.values()),
            deliveries={**dict.fromkeys(_counted(self._oncall()), 0), **self._deliveries},
        )

    # What comes in.

    @property
    def public_host(self) -> str:
        oncall = self._oncall()
        return oncall.links.url.partition("://")[2].partition("/")[0] if oncall and oncall.links else ""

    async def admits(self, token: bytes) -> bool:
        oncall = self._oncall()
        reference = oncall.webhook_token if oncall else None
        secret = await asyncio.to_thread(self._revealed, reference)
        given, right = hashlib.sha256(token).digest(), hashlib.sha256(secret or b"").digest()
        return hmac.compare_digest(given, right) and secret is not None

    async def take(self, notification: Notification) -> bool:
        duty, now = self._duty(), self._now_ms()
        if duty is None:
            return False
        if notification.omitted:
            _log.warning("alertmanager left %d alerts out of a notification (max_alerts)", notification.omitted)
        try:
            noted = await self._log.advance(lambda pages, number: take(pages, notification, now, duty, number))
        except StoreError as error:
            self._store_failed(f"alerts could not be stored, and were refused: {error}")
            return False
        self._store_complaint = ""
        self._say(noted)
        self._woken.set()
        return True

    def telling(self, person: str) -> Telling:
        """How to write to somebody on call; in the language of all of them where there is no such person."""
        settings, oncall = self._settings(), self._oncall()
        if oncall is None:
            return Telling("nl", settings.estate.timezone, {})
        language = oncall.people[person].language if person in oncall.people else oncall.language
        return Telling(language, settings.estate.timezone, names_of(settings, oncall))

    async def look_at(self, link: Link) -> tuple[Acknowledgement, Page | None]:
        with suppress(StoreError):
            await self._log.refresh()
        return await asyncio.to_thread(self._judged, link, self._oncall(), self._log.pages)

    async def acknowledge(self, link: Link) -> tuple[Acknowledgement, Page | None]:
        answer, page = await self.look_at(link)
        oncall = self._oncall()
        if answer != "taken" or page is None or oncall is None:
            return answer, page
        person = oncall.people.get(link.person)
        by = Acknowledged(person.name if person else link.person, "link", link.person)
        id_, now = page.id, self._now_ms()
        try:
            noted = await self._log.advance(lambda pages, _: acknowledge(pages[id_], now, by))
        except StoreError as error:
            self._store_failed(f"an acknowledgement could not be stored: {error}")
            return "unstored", page
        self._say(noted)
        page = self._log.pages[id_]
        if page.acknowledged != by or page.acknowledged_at != now:
            return ("over" if page.acknowledged is None else "already"), page
        return "taken", page

    def _judged(self, link: Link, oncall: OnCall | None, pages: Pages) -> tuple[Acknowledgement, Page | None]:
        page = pages.get(link.page)
        secret = self._revealed(oncall.links.secret if oncall and oncall.links else None)
        if page is None or secret is None:
            return "unknown", None
        if not is_genuine(secret, page, link):
            return "refused", None
        if page.ended is not None:
            return "over", page
        if page.acknowledged is not None:
            return "already", page
        return ("expired" if self._now_ms() > link.until * 1000 else "taken"), page

    # What goes out.

    async def _turn(self) -> None:
        """Decide what time asks for, and begin to send what is due."""
        duty, now, term = self._duty(), self._now_ms(), self._term()
        if duty is None:
            return
        if term is None:
            await self._follow()
            return
        left_alone_ms = 0 if term else LEASE_MS
        found: list[Ready] = []

        def decide(pages: Pages, _: int) -> list[Entry]:
            steps = step(pages, now, duty)
            under_way = frozenset(self._under_way)
            todo = ready(fold(pages, steps), now, duty.channels, self._sender, under_way, left_alone_ms)
            room = max(0, _AT_ONCE - len(self._under_way))
            found[:] = [one for one in todo if isinstance(one, Ready)][:room]
            return [*steps, *begun([*found, *(one for one in todo if isinstance(one, Entry))], now, self._sender)]

        try:
            noted = await self._log.advance(decide, term)
        except Superseded:
            return  # the next meeting of the centres tells who leads
        except StoreError as error:
            self._store_failed(f"pages cannot be followed: {error}")
            return
        self._store_complaint = ""
        self._say(noted)
        for one in found:
            self._under_way.add((one.page.id, one.notice.number))
            task = asyncio.create_task(self._deliver(one, duty, term), name=f"page {one.page.id}")
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _follow(self) -> None:
        """Take up what who leads notes, for whoever asks here."""
        try:
            self._say(await self._log.refresh())
        except StoreError as error:
            self._store_failed(f"pages cannot be followed: {error}")
        else:
            self._store_complaint = ""

    async def _deliver(self, one: Ready, duty: OnDuty, term: int) -> None:
        """Send one notice and note what came of it; it is not sent again before that was noted.

        What came of it is told whoever leads by then: that it was sent stays true.
        """
        number = one.notice.number
        if self._term() != term:  # since it was noted that it is begun: who leads now sends it, as a repeat
            self._under_way.discard((one.page.id, number))
            return
        outcome = await self._sent(one, duty)
        event: Event = Sent(number, one.channel)
        if not outcome.is_sent:
            event = Failed(number, one.channel, outcome.reason, outcome.arrived)
            _log.warning("%s to %s by %s failed: %s", one.page.id, one.notice.to, one.channel, outcome.reason)
        self._deliveries[one.channel, "sent" if outcome.is_sent else "failed"] += 1
        entry = Entry(one.page.id, self._now_ms(), event)
        while True:
            try:
                await self._log.advance(lambda pages, _: [entry])
                break
            except StoreError as error:
                self._store_failed(f"what was sent cannot be noted: {error}")
                await asyncio.sleep(_NOTING_S)
        self._under_way.discard((one.page.id, number))
        self._woken.set()

    async def _sent(self, one: Ready, duty: OnDuty) -> Outcome:
        try:
            message, way = await asyncio.to_thread(self._written, one, self._oncall(), duty)
        except LookupError as error:
            return Outcome(str(error))
        return await send(message, way, self._now_ms())

    def _written(self, one: Ready, oncall: OnCall | None, duty: OnDuty) -> tuple[Message, Way]:
        """The message, and by which way it goes; LookupError where a secret cannot be had."""
        settings, channel = self._settings(), duty.channel(one.notice, one.channel)
        reference = None if oncall is None or channel is None else channel.url or oncall.mail
        if oncall is None or channel is None or reference is None:
            raise LookupError("the channel is gone from the configuration")
        url = reference.reveal()
        page = self._log.pages[one.page.id]
        link, until = "", None
        if oncall.links and one.notice.audience == "duty":
            made = sign(oncall.links.secret.reveal().encode(), page, one.notice.to, self._now_ms())
            link, until = address(oncall.links.url, made), made.until * 1000
        zone = settings.estate.timezone
        telling = Telling(duty.language(one.notice), zone, names_of(settings, oncall), link, until)
        return write(page, one.notice, telling, repeated=one.repeated), Way(url, channel.email or "")

    # The little it needs besides.

    def _duty(self) -> OnDuty | None:
        """Who is on duty by the configuration as it is now; None where nobody is on call."""
        settings, oncall = self._settings(), self._oncall()
        if oncall is None:
            return None
        if self._on_duty is None or self._on_duty[0] is not settings or self._on_duty[1] is not oncall:
            self._on_duty = settings, oncall, OnDuty(settings, oncall)
            self._complaints.clear()
        return self._on_duty[2]

    def _revealed(self, reference: SecretRef | None) -> bytes | None:
        if reference is None:
            return None
        try:
            return reference.reveal().encode(errors="surrogateescape")
        except LookupError as error:
            self._complain(f"paging: {error}")
            return None

    def _say(self, noted: Sequence[Entry]) -> None:
        """Log what begins, is taken up and ends; and what will never arrive."""
        for entry in noted:
            text, serious = _told(entry, self._log.pages)
            if serious:
                _log.error("%s", text)
            elif text:
                _log.info("%s", text)

    def _store_failed(self, text: str) -> None:
        """Log what the store refused once, until it took something again."""
        if text != self._store_complaint:
            self._store_complaint = text
            _log.error("%s", text)

    def _complain(self, text: str) -> None:
        """Log what is wrong with the configuration once, until there is another."""
        if text not in self._complaints:
            self._complaints.add(text)
            _log.error("%s", text)


def _counted(oncall: OnCall | None) -> list[tuple[str, str]]:
    """Every channel that is configured with every outcome: what begins to be counted later looks like no change."""
    people = oncall.people.values() if oncall else ()
    names = {channel.name for person in people for channel in person.channels}
    return [(name, outcome) for name in sorted(names) for outcome in ("sent", "failed")]


def _told(entry: Entry, pages: Pages) -> tuple[str, bool]:
    """A line for the log, empty where it is no news, and whether somebody should worry."""
    match entry.event:
        case Opened(alerts=alerts):
            names = ", ".join(alert.name for alert in alerts[:5])
            nobody = entry.page in pages and not pages[entry.page].told("duty")
            return f"{entry.page} begins: {names}" + (", and there is nobody to tell" if nobody else ""), nobody
        case Notice(kind=kind, to=to) if kind != "end":
            return f"{entry.page}: {to} is to be told ({kind})", False
        case Acknowledged(by=by):
            return f"{entry.page} is taken up by {by}", False
        case Ended(why=why):
            return f"{entry.page} is over ({why})", False
        case Dropped(notice=number, reason=reason, lost=True):
            return f"{entry.page}: notice {number} will not arrive: {reason}", True
    return "", False
