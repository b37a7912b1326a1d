"""Takes an archive that `waakvlam export` wrote into the store: all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from availability import archive
from availability.archive import Closed, LatencyQuarter, Noted, Registered, Table
from availability.certificates import Certificate, Shown, Sighting
from availability.heartbeats import HeartbeatReport
from availability.outcome import DETAIL_LIMIT, Reason, Status
from availability.ports import Batch, Merged, Run
from availability.trail import Action, Entry, Work
from collector.archive_folder import ArchiveFolder, ArchiveRefused, OnProgress
from collector.archive_tables import LATEST_MS, BadValue, Row, TableReader, shown
from collector.store import SqlStore
from collector.store.archive import Continued, Restoring

_RUNS_AT_ONCE = 50_000
_RUNS_OF_A_BATCH = 10_000
_PROGRESS_EVERY = 10_000
_STATUS = {word: Status(number) for number, word in enumerate(archive.OUTCOMES)}
_REASONS: frozenset[str] = frozenset(Reason)


@dataclass(frozen=True, slots=True)
class Restored:
    """What an archive brought: observations (new, known, in conflict), quarters of an hour of latencies (new or
    grown, known), entries of what is only ever added to, reports of jobs, and sightings of
    certificates (new or longer, known)."""

    observations: Merged
    quarters_added: int
    quarters_known: int
    trail: Continued
    incidents: Continued
    closings: Continued
    heartbeats: Continued
    certificates: Continued
    pages: Continued
    series: frozenset[tuple[str, str]]
    """(check, vantage) of everything in it."""


def restore(folder: ArchiveFolder, store: SqlStore, on_progress: OnProgress) -> Restored:
    """Merge the facts of an archive, what jobs reported and what was seen of certificates into `store`, and continue
    its trail, incidents and closed months; in one transaction. ArchiveRefused or StoreError where something is wrong,
    and then nothing was taken.

    Taking the same again changes nothing. Memory does not grow with the archive.
    """
    reading = _Reading(folder, on_progress)
    try:
        with store.restoring() as restoring:
            trail = restoring.continue_trail(reading.trail())
            incidents = restoring.continue_incidents(reading.incidents())
            closings = restoring.continue_closings(reading.closings())
            heartbeats = restoring.add_reports(reading.heartbeats())
            certificates = restoring.add_sightings(reading.certificates())
            pages = restoring.continue_pages(reading.pages())
            observations = _observations(reading, restoring)
            added, known = restoring.add_latencies(reading.latencies())
    except BadValue as bad:
        raise ArchiveRefused(f"{reading.place}: {bad}") from None
    return Restored(
        *(observations, added, known, trail, incidents, closings, heartbeats, certificates, pages),
        frozenset(reading.series),
    )


def _observations(reading: _Reading, restoring: Restoring) -> Merged:
    added = known = conflicts = 0
    for batches in reading.batches():
        merged = restoring.add(batches)
        added += merged.added
        known += merged.known
        conflicts += merged.conflicts
    return Merged(added, known, conflicts)


class _Reading:
    """The tables of an archive as plain values."""

    def __init__(self, folder: ArchiveFolder, on_progress: OnProgress) -> None:
        self._folder = folder
        self._on_progress = on_progress
        self._reader: TableReader | None = None
        self.series: set[tuple[str, str]] = set()

    @property
    def place(self) -> str:
        """Where the row at hand is: what is found wrong with it is told with that."""
        return "" if self._reader is None else self._reader.place

    def batches(self) -> Iterator[list[Batch]]:
        """Observations, a bounded number of runs at a time, in whatever order the table has them."""
        batches: list[Batch] = []
        runs: list[Run] = []
        gathered = 0
        series: tuple[str, str] | None = None
        contents: dict[Row, tuple[Status, Reason | None, str]] = {}
        for check, vantage, first, step, count, *content in self._rows(archive.OBSERVATIONS):
            key = tuple(content)
            if key not in contents:
                contents[key] = _content(*key)
            run = _run(first, step, count, contents[key])
            if series != (check, vantage) or len(runs) >= _RUNS_OF_A_BATCH or run.first <= runs[-1].last:
                series, runs = (check, vantage), []
                self.series.add(series)
                if gathered >= _RUNS_AT_ONCE:
                    yield batches
                    batches, gathered = [], 0
                batches.append(Batch(check, vantage, runs))
            runs.append(run)
            gathered += 1
        if batches:
            yield batches

    def latencies(self) -> Iterator[LatencyQuarter]:
        for check, vantage, start, count, sum_us, buckets in self._rows(archive.LATENCIES):
            if start % archive.LATENCY_SLOT_MS:
                raise BadValue("start must be the beginning of a quarter of an hour")
            self.series.add((check, vantage))
            yield LatencyQuarter(check, vantage, start, count, sum_us, _buckets(buckets, count))

    def trail(self) -> Iterator[Entry]:
        for row in self._numbered(archive.MAINTENANCE):
            record, action, entered_at, entered_by, through, reason, *about = row
            work = _work(*about) if action == "add" else None
            if action != "add" and any(value is not None for value in about):
                raise BadValue("only an addition says what the work is")
            yield Entry(record, cast(Action, action), entered_by, entered_at, reason or "", through or "", work)

    def incidents(self) -> Iterator[Registered]:
        for number, (incident, content, *imported) in enumerate(self._numbered(archive.INCIDENTS), 1):
            if not isinstance(_json(content), dict):
                raise BadValue("content must be a JSON object")
            yield Registered(number, incident, content, *imported)

    def closings(self) -> Iterator[Closed]:
        for number, (period, digest, name) in enumerate(self._numbered(archive.CLOSINGS), 1):
            document = self._folder.content(name)
            if name != f"{archive.CLOSINGS_FOLDER}/{period}.json" or document is None:
                raise BadValue(
                    f"file {shown(name)} is not listed in {archive.DESCRIPTOR} as the file of {shown(period)}"
                )
            yield Closed(number, period, digest, document)

    def heartbeats(self) -> Iterator[HeartbeatReport]:
        # An archive that was made before stores kept them has no such table, and nothing is missing from it.
        if not self._folder.lists(archive.HEARTBEATS):
            return
        for check, at, outcome, received_at, vantage, *rest in self._rows(archive.HEARTBEATS):
            started, duration_ms, size_bytes, oldest_copy, copies, detail = rest
            if detail is not None and len(detail) > DETAIL_LIMIT:
                raise BadValue(f"detail has {len(detail)} characters; {DETAIL_LIMIT} is the most there can be")
            figures = (started, duration_ms, size_bytes, oldest_copy, copies)
            yield HeartbeatReport(check, at, outcome == "ok", received_at, vantage, *figures, detail or "")

    def certificates(self) -> Iterator[Sighting]:
        if not self._folder.lists(archive.CERTIFICATES):
            return
        for check, vantage, place, fingerprint, trust, *content, first, last in self._rows(archive.CERTIFICATES):
            if first > last:
                raise BadValue("first_seen must not be after last_seen")
            shown = Shown(place, _certificate(fingerprint, *content), trust)
            yield Sighting(check, vantage, shown, first, last)

    def pages(self) -> Iterator[Noted]:
        if not self._folder.lists(archive.PAGES):
            return
        for number, (page, at, kind, content) in enumerate(self._numbered(archive.PAGES), 1):
            if not isinstance(_json(content), dict):
                raise BadValue("content must be a JSON object")
            yield Noted(number, page, at, kind, content)

    def _numbered(self, table: Table) -> Iterator[Row]:
        """The rows without their number, which must count from 1."""
        for number, row in enumerate(self._rows(table), 1):
            if row[0] != number:
                raise BadValue(f"number must be {number}")
            yield row[1:]

    def _rows(self, table: Table) -> Iterator[Row]:
        self._reader = TableReader(self._folder, table)
        total = self._folder.rows.get(table.name)
        for number, row in enumerate(self._reader.rows(), 1):
            yield row
            if number % _PROGRESS_EVERY == 0:
                self._on_progress(table.name, number, total)


def _certificate(
    fingerprint: str,
    subject: str | None,
    names: str,
    issuer: str | None,
    serial: str,
    not_before: int,
    not_after: int,
) -> Certificate:
    listed = _json(names)
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise BadValue("names must be a JSON list of names")
    return Certificate(fingerprint, subject or "", tuple(listed), issuer or "", serial, not_before, not_after)


def _content(outcome: str, reason: str | None, detail: str | None) -> tuple[Status, Reason | None, str]:
    """What an outcome says; BadValue where this version does not know it."""
    status = _STATUS[outcome]
    if (status is Status.OK) != (reason is None):
        raise BadValue("reason must be empty exactly where the outcome is ok")
    if reason is not None and reason not in _REASONS:
        raise BadValue(f"reason {shown(reason)} is none that this version of waakvlam knows")
    if detail is not None and len(detail) > DETAIL_LIMIT:
        raise BadValue(f"detail has {len(detail)} characters; {DETAIL_LIMIT} is the most there can be")
    return status, None if reason is None else Reason(reason), detail or ""


def _run(first: int, step: int, count: int, content: tuple[Status, Reason | None, str]) -> Run:
    if (step == 0) != (count == 1):
        raise BadValue("step_ms must be 0 exactly where count is 1")
    if first + step * (count - 1) >= LATEST_MS:
        raise BadValue("the last observation is beyond the year 9999")
    return Run(first, step, count, *content)


def _buckets(text: str, count: int) -> tuple[tuple[int, int], ...]:
    """(bucket, how many) in order; BadValue where it is not what is written."""
    try:
        buckets = tuple((int(bucket), int(number)) for bucket, _, number in (p.partition(":") for p in text.split(" ")))
    except ValueError:
        raise BadValue(f"buckets {shown(text)} must be written as bucket:count, separated by blanks") from None
    numbers = [bucket for bucket, _ in buckets]
    if numbers != sorted(set(numbers)) or numbers[0] < 0 or numbers[-1] > archive.LAST_BUCKET:
        raise BadValue(f"buckets must be numbers from 0 to {archive.LAST_BUCKET}, each once, in order")
    if any(number < 1 for _, number in buckets) or sum(number for _, number in buckets) != count:
        raise BadValue("the counts in buckets must be 1 or more and add up to count")
    return buckets


def _work(category: Any, starts: Any, ends: Any, affects: Any, ticket: Any, notice: Any) -> Work:
    """What an addition is about."""
    if None in (category, starts, ends, affects):
        raise BadValue("an addition must have category, starts, ends and affects")
    if starts >= ends:
        raise BadValue("starts must be before ends")
    ids = _json(affects)
    if not isinstance(ids, list) or not all(isinstance(id_, str) for id_ in ids):
        raise BadValue("affects must be a JSON list of ids")
    return Work(category, starts, ends, tuple(ids), ticket or "", notice)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadValue(f"{shown(text)} is no JSON") from None
