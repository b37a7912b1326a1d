"""Which centre leads: meets the others at the store every few seconds, and stops leading by its own clock in time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from availability.centres import HEARD_MS, LEASE_MS, CentreRegister, CentresNow, Met, stood
from availability.outcome import Outcome, Reason, failed, ok
from availability.splits import CONTACT_EVERY_MS
from collector.store.errors import StoreError

_PATIENCE_S = 0.8
"""What is not answered by then is noted as no contact; the answer is still taken when it comes."""
_MARGIN_MS = 2_000
"""So much before the end of the lead, by the clock of the database, its holder stops: clocks do not run alike."""
_LEAVING_S = 0.7

_log = logging.getLogger(__name__)

OnContact = Callable[[int, Outcome], None]
"""Takes whether the store was reached, at a slot (epoch milliseconds)."""
OnMet = Callable[[Met], None]


class Leading(Protocol):
    """Whether this process leads."""

    def term(self) -> int | None:
        """The term in which it leads at this moment; None where it does not lead, 0 where nobody else can."""

    def state(self) -> CentresNow:
        """How the centres stand, as this one knows."""


class Alone:
    """Leads: there is no other centre on a store of one machine."""

    def __init__(self, name: str, since: int) -> None:
        self._now = CentresNow(name, leads=True, leader=name, since=since)

    def term(self) -> int | None:
        return 0

    def state(self) -> CentresNow:
        return self._now


class Leadership:
    """The part of the centre `name` in the meetings at `register`. `about` gives its version and its configuration."""

    def __init__(
        self,
        register: CentreRegister,
        name: str,
        about: Callable[[], tuple[str, str]],
        now_ms: Callable[[], int],
        on_contact: OnContact,
        on_met: OnMet,
    ) -> None:
        self._register = register
        self._name = name
        self._about = about
        self._now_ms = now_ms
        self._on_contact = on_contact
        self._on_met = on_met
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="centres")
        self._asking: asyncio.Task[Outcome] | None = None
        self._led = 0
        self._leads_until = 0.0
        self._met: Met | None = None
        self._met_at = 0.0
        self._changes = 0
        self._contact = ok()
        self._silent: set[str] = set()

    def term(self) -> int | None:
        return self._led if self._led and time.monotonic() < self._leads_until else None

    def state(self) -> CentresNow:
        if self._met is None:
            return CentresNow(self._name, leads=False, leader="", since=None, contact=self._has_contact)
        age = (time.monotonic() - self._met_at) * 1000
        found = stood(self._met, self._about()[1], self._name, age)
        if found.leads and self.term() is None:
            found = replace(found, leads=False, leader="", since=None)
        return replace(found, changes=self._changes, contact=self._has_contact)

    async def run(self) -> None:
        """Meet the others until cancelled."""
        while True:
            now = self._now_ms()
            slot = now // CONTACT_EVERY_MS * CONTACT_EVERY_MS
            self._note(slot, await self._meet())
            await asyncio.sleep((slot + CONTACT_EVERY_MS - self._now_ms()) / 1000)

    async def leave(self) -> None:
        """Lead no more, and tell the others so where that takes no time; for when the process ends."""
        term, self._led, self._leads_until = self.term(), 0, 0.0
        if term is not None and self._has_contact:
            leaving = asyncio.get_running_loop().run_in_executor(self._executor, self._register.leave, self._name, term)
            with suppress(TimeoutError, StoreError):
                await asyncio.wait_for(leaving, _LEAVING_S)
        self._executor.shutdown(wait=False)

    @property
    def _has_contact(self) -> bool:
        return self._contact.reason is None

    async def _meet(self) -> Outcome:
        """Whether the store was reached. One that hangs is asked nothing more until it has answered."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(), name="meeting the other centres")
        await asyncio.wait({self._asking}, timeout=_PATIENCE_S)
        return self._asking.result() if self._asking.done() else failed(Reason.TIMEOUT, "the store does not answer")

    async def _ask(self) -> Outcome:
        begun, term = time.monotonic(), self._led
        work = self._register.meet
        try:
            met = await asyncio.get_running_loop().run_in_executor(
                self._executor, work, self._name, term, self._about()
            )
        except StoreError as error:
            _log.debug("the other centres cannot be met: %s", error)
            return failed(Reason.UNREACHABLE, "the store cannot be reached")
        self._take(met, begun)
        return ok((time.monotonic() - begun) * 1000)

    def _take(self, met: Met, begun: float) -> None:
        before, self._met, self._met_at = self._met, met, begun
        # It was renewed or taken just now, and so by this process, or it is that of an earlier one of the same name.
        if met.lead.holder == self._name and met.lead.until == met.at + LEASE_MS:
            self._led = met.lead.term
            # From before it was asked: the lead lasts at least so long, whatever the answer took.
            self._leads_until = begun + (LEASE_MS - _MARGIN_MS) / 1000
        else:
            self._leads_until = 0.0
        if before is None or before.lead.term != met.lead.term:
            self._changes += before is not None
            _log.info("%s leads, in term %d", "this centre" if self.term() else met.lead.holder, met.lead.term)
        self._tell_silence(met)
        self._on_met(met)

    def _tell_silence(self, met: Met) -> None:
        silent = {name for name, one in met.centres.items() if met.at - one.heard_at >= HEARD_MS}
        for name in sorted(silent - self._silent):
            _log.warning("centre %s is not heard any more", name)
        for name in sorted(self._silent - silent):
            _log.info("centre %s is heard again", name)
        self._silent = silent

    def _note(self, slot: int, contact: Outcome) -> None:
        if contact.reason is not None and self._has_contact:
            _log.warning("no contact with the store: %s", contact.detail)
        elif contact.reason is None and not self._has_contact:
            _log.info("contact with the store again")
        self._contact = contact
        self._on_contact(slot, contact)
