"""What there is now in flat rows: parts as they stand, and the registers of certificates and backups (docs/api.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from availability.estate import Estate
from availability.ports import PartState
from availability.states import STATE_NAMES
from exporters.figures import seconds as told_seconds
from exporters.history_rows import Columns, instants, maybe_twice, twice
from exporters.json_figures import Document
from exporters.local_time import LocalTime
from exporters.openapi import flag, or_none, seconds, text, whole
from exporters.status_json import kind_of, name_of

if TYPE_CHECKING:
    from exporters.backups import BackupLog
    from exporters.certificates import CertificateList

PARTS: Columns = {
    "id": text("Its id."),
    "type": text("What it is.", "component", "link", "service"),
    "name": text("What people call it; empty where it has only its id."),
    "kind": text("Its kind, as configured; empty for a service."),
    "site": or_none(text("Where it is.")),
    "owner": or_none(text("Whose it is.")),
    "between": text("The sites at both ends of a link, with a comma."),
    "state": text("How it stands.", "up", "down", "unknown"),
    **maybe_twice("since", "Since when; null where it was never otherwise"),
    "reason": text("Why, in a word; empty where it is up."),
    "detail": text("Why, in more words."),
    "degraded": flag("Whether it is up and worse than it should be."),
    **maybe_twice("degraded_since", "Since when it is degraded"),
    "degraded_reason": or_none(text("Why it is degraded, in a word.")),
    "degraded_detail": or_none(text("Why it is degraded, in more words.")),
    "redundancy_left": or_none(whole("How many more of what it consists of may fail.")),
    "redundancy_full": or_none(whole("How many of what it consists of may fail with all of it up.")),
    "under_maintenance": flag("Whether recorded maintenance affects it now."),
}
CERTIFICATES: Columns = {
    "place": text("Where it was shown: host and port, and the name that was asked for where that is another."),
    "days_left": whole("Whole days until it ends, below zero where it has ended."),
    **twice("not_after", "When it ends"),
    **twice("not_before", "From when it is valid"),
    "subject": text("Whose it is."),
    "names": text("The names that it is for, with commas."),
    "issuer": text("Who signed it."),
    "serial": text("Its serial number, hexadecimal."),
    "fingerprint_sha256": text("The SHA-256 of it, hexadecimal."),
    "trust": text("What the last look made of it.", "trusted", "not_verified", "untrusted", "expired", "name_mismatch"),
    "standing": text("Whether it is in use.", "current", "replaced", "unwatched"),
    **twice("first_seen", "When it was seen first"),
    **twice("last_seen", "When it was seen last"),
    "checks": text("The checks that saw it, with commas."),
    "components": text("The components and links that those look at, with commas."),
    "vantages": text("From where it was seen, with commas."),
}
BACKUPS: Columns = {
    "day": text("The local day, such as 2026-10-07."),
    "job": text("The check that the job reports to."),
    "component": text("The component of that check."),
    "name": text("What people call it; empty where it has only its id."),
    "owner": or_none(text("Whose it is.")),
    "status": text("What came of it.", "done", "late", "failed", "missing", "unwatched"),
    **maybe_twice("at", "When the last report of the day was from"),
    "late_seconds": or_none(seconds("By how much it was late")),
    "duration_seconds": or_none(seconds("How long the job took")),
    "size_bytes": or_none(whole("How much it wrote, in bytes.")),
    "detail": text("What else the job told."),
}


def part_rows(
    states: Iterable[PartState], estate: Estate, maintenance: Mapping[str, bool], zone: LocalTime
) -> Iterator[Document]:
    """A row per component, link and service."""
    for state in states:
        part, worse, spare = estate.parts.get(state.id), state.degraded, state.redundancy
        yield {
            "id": state.id,
            "type": kind_of(state.id, estate),
            "name": name_of(state.id, estate),
            "kind": part.kind if part else "",
            "site": part.site if part else None,
            "owner": part.owner if part else None,
            "between": ", ".join(part.between) if part and part.between else "",
            "state": STATE_NAMES[state.state],
            **instants("since", state.since, zone),
            "reason": state.reason,
            "detail": state.detail,
            "degraded": worse is not None,
            **instants("degraded_since", worse.since if worse else None, zone),
            "degraded_reason": worse.reason if worse else None,
            "degraded_detail": worse.detail if worse else None,
            "redundancy_left": spare.left if spare else None,
            "redundancy_full": spare.full if spare else None,
            "under_maintenance": maintenance.get(state.id, False),
        }


def certificate_rows(shown: CertificateList) -> Iterator[Document]:
    """A row per certificate and place."""
    from exporters.certificates import iso

    for one in shown.certificates:
        content = one.certificate
        edges = {
            "not_after": content.not_after_ms,
            "not_before": content.not_before_ms,
            "first_seen": one.first,
            "last_seen": one.last,
        }
        told: Document = {}
        for key, at in edges.items():
            told |= {key: iso(at, shown.timezone), f"{key}_ms": at}
        yield {
            "place": one.place,
            "days_left": shown.days_left(one),
            "subject": content.subject,
            "names": ", ".join(content.names),
            "issuer": content.issuer,
            "serial": content.serial,
            "fingerprint_sha256": content.fingerprint,
            "trust": one.trust,
            "standing": one.standing,
            "checks": ", ".join(one.checks),
            "components": ", ".join(shown.components(one)),
            "vantages": ", ".join(one.vantages),
            **told,
        }


def backup_rows(shown: BackupLog, zone: LocalTime) -> Iterator[Document]:
    """A row per job and day, with the last report of that day."""
    for log in shown.jobs:
        for each in log.days:
            last = max(each.reports, key=lambda report: report.at, default=None)
            yield {
                "day": each.day.isoformat(),
                "job": log.job.check,
                "component": log.job.part,
                "name": log.job.name,
                "owner": log.job.owner or None,
                "status": each.status,
                **instants("at", last.at if last else None, zone),
                "late_seconds": None if each.late_ms is None else told_seconds(each.late_ms),
                "duration_seconds": None if last is None or last.took_ms is None else told_seconds(last.took_ms),
                "size_bytes": last.size_bytes if last else None,
                "detail": last.detail if last else "",
            }
