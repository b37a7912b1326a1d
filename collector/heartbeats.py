"""Keeps the last reports that jobs made of themselves: admits them by their token, stores them, and tells the probe."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from availability.heartbeats import HeartbeatReport, stage
from availability.ports import Admission, HeartbeatStanding, HeartbeatStore, LastPair
from collector.probes.heartbeat import HeartbeatOptions
from collector.store.errors import StoreError
from config.settings import CheckSpec, SecretRef

_PAUSE_S = 5.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Job:
    """One check that waits for reports; instants in epoch milliseconds. `known` is whether the store was asked."""

    options: HeartbeatOptions
    token: SecretRef | None
    since: int
    known: bool = False
    good: HeartbeatReport | None = None
    last: HeartbeatReport | None = None


class Heartbeats:
    """Fulfils `availability.ports.HeartbeatInbox`, and `LastReports` for the probe.

    `first_looks` says since when a check has been looked at (epoch milliseconds), where it was before this process.
    """

    def __init__(
        self, store: HeartbeatStore, vantage: str, now_ms: Callable[[], int], first_looks: Mapping[str, int]
    ) -> None:
        self.vantage = vantage
        self.now_ms = now_ms
        self._store = store
        self._first_looks = dict(first_looks)
        self._jobs: dict[str, _Job] = {}
        self._number = 0
        self._numbered = False
        self._store_complaint = ""
        self._token_complaints: set[str] = set()

    def replace(self, checks: Iterable[CheckSpec], token: SecretRef | None) -> None:
        """Wait for the reports of the heartbeats among `checks`; `token` is for those without one of their own."""
        now = self.now_ms()
        jobs = {}
        for spec in checks:
            if isinstance(spec.options, HeartbeatOptions):
                since = self._first_looks.setdefault(spec.id, now)
                jobs[spec.id] = job = _Job(spec.options, spec.options.token or token, since)
                if before := self._jobs.get(spec.id):
                    job.known, job.good, job.last = before.known, before.good, before.last
        self._jobs = jobs
        self._token_complaints.clear()
        self._take_in(self._asked(self._unknown()))

    # What the probe asks.

    def last_good(self, check: str) -> HeartbeatReport | None:
        """The good report with the latest instant; None where there is none."""
        return self._jobs[check].good if check in self._jobs else None

    def last(self, check: str) -> HeartbeatReport | None:
        """The report with the latest instant, good or not."""
        return self._jobs[check].last if check in self._jobs else None

    def waiting_since(self, check: str) -> int:
        """Since when the check is looked at; where its reports could not be read yet, since now."""
        job = self._jobs.get(check)
        return job.since if job is not None and job.known else self.now_ms()

    def accepts(self, check: str) -> bool:
        """Whether a report can come in at all."""
        return check in self._jobs and self._jobs[check].token is not None

    # What comes in.

    async def admit(self, check: str, token: bytes) -> Admission:
        """Whether `token` opens `check`; every token there is is compared, in a time that tells nothing of any."""
        given = hashlib.sha256(token).digest()
        digests = await asyncio.to_thread(self._digests, {job.token for job in self._jobs.values()})
        opened = {reference for reference, digest in digests.items() if hmac.compare_digest(given, digest)}
        job = self._jobs.get(check)
        if job is None:
            return "unknown check" if opened else "wrong token"
        return "admitted" if job.token in opened else "wrong token"

    async def take(self, report: HeartbeatReport) -> HeartbeatStanding | None:
        """Store the report of a check that was admitted; None where the store refused it."""
        try:
            await asyncio.to_thread(self._store.report, [report])
        except StoreError as error:
            self._complain(f"a report of {report.check} could not be stored, and was refused: {error}")
            return None
        self._store_complaint = ""
        self._note(report)
        return self._standing(report.check)

    async def follow(self, pause: float = _PAUSE_S) -> None:
        """Take up what others write into the same store (another vantage, an archive), every `pause` seconds until
        cancelled."""
        while True:
            await asyncio.sleep(pause)
            if not self._jobs:
                continue
            self._take_in(await asyncio.to_thread(self._asked, self._unknown()))

    def _unknown(self) -> list[str]:
        return [check for check, job in self._jobs.items() if not job.known]

    def _asked(self, unknown: list[str]) -> tuple[Mapping[str, LastPair], list[HeartbeatReport]]:
        """Of the store, the last reports of jobs that are `unknown`, and what was added since it was asked last;
        nothing where it cannot be read now."""
        try:
            # First where it ends: what is added meanwhile may come twice, which does no harm.
            if not self._numbered:
                self._number, self._numbered = self._store.last_report_number(), True
            found = self._store.last_reports(unknown) if unknown else {}
            new, self._number = self._store.reports_after(self._number)
        except StoreError as error:
            self._complain(f"cannot read the reports of jobs: {error}")
            return {}, []
        return found, new

    def _take_in(self, asked: tuple[Mapping[str, LastPair], list[HeartbeatReport]]) -> None:
        found, new = asked
        for check, pair in found.items():
            if check in self._jobs:
                self._jobs[check].known = True
                new = [*(report for report in pair if report is not None), *new]
        for report in new:
            self._note(report)

    def _digests(self, references: Iterable[SecretRef | None]) -> dict[SecretRef, bytes]:
        """The digest of every token that can be had now."""
        digests = {}
        for reference in references:
            if reference is not None:
                try:
                    digests[reference] = hashlib.sha256(reference.reveal().encode(errors="surrogateescape")).digest()
                except LookupError as error:
                    if str(error) not in self._token_complaints:
                        self._token_complaints.add(str(error))
                        _log.error("reports of jobs: %s", error)
        return digests

    def _note(self, report: HeartbeatReport) -> None:
        job = self._jobs.get(report.check)
        if job is None:
            return
        if job.last is None or (report.at, report.good) >= (job.last.at, job.last.good):
            job.last = report
        if report.good and (job.good is None or report.at >= job.good.at):
            job.good = report

    def _standing(self, check: str) -> HeartbeatStanding:
        job = self._jobs.get(check)
        if job is None:  # the configuration was read again meanwhile
            return HeartbeatStanding("awaited", None, None)
        within, grace = job.options.within, job.options.grace or 0
        good = job.good.at if job.good else None
        where = stage(good, job.since, within, grace, self.now_ms())
        return HeartbeatStanding(
            where, None if good is None else good + within, None if good is None else good + within + grace
        )

    def _complain(self, text: str) -> None:
        """Log what is wrong with the store once, and again only after a report was stored in between."""
        if text != self._store_complaint:
            self._store_complaint = text
            _log.error("%s", text)
