"""A closed month: what is frozen of it, as the one text over which its digest is taken (docs/closing.md).

Every closing names the digest of the one before, so that the months form a chain.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from availability.class_spans import ClassSpan, SubjectKey
from availability.fact_digests import FactsDigest, canonical
from availability.trail import Entry

METHOD = "1"
"""How time is judged. It must be raised with every change after which some facts are judged otherwise."""

FORMAT = 1
"""Of the frozen document; goes up when an older reader would misread it."""

_LATEST = 253_370_764_800_000
"""The last year that dates have."""
_LABEL = re.compile(r"[1-9]\d{3}-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class TrailPrefix:
    """The entries of the maintenance trail that there were."""

    entries: int
    digest: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """Everything that is frozen of a month; instants in epoch milliseconds."""

    period: str
    timezone: str
    start: int
    end: int
    as_of: int
    closed_at: int
    account: str
    """Whose process closed it."""
    through: str
    """Who that is as sudo tells it; empty otherwise."""
    method: str
    software: str
    configuration: str
    """The text of the configuration, as it was read."""
    configuration_digest: str
    trail: TrailPrefix
    facts: FactsDigest
    report: Mapping[str, Any]
    """As `report --format json` tells it."""
    spans: Mapping[SubjectKey, tuple[ClassSpan, ...]]
    previous: str | None
    """The digest of the closing before; None for the first."""


class UnreadableError(Exception):
    """A document that is no closed month, or one of a newer version; the text says which."""


def encode(frozen: Frozen) -> bytes:
    """The document of a closed month: canonical JSON in UTF-8."""
    facts = frozen.facts
    return canonical(
        {
            "format": FORMAT,
            "method": frozen.method,
            "software": frozen.software,
            "period": {
                "label": frozen.period,
                "timezone": frozen.timezone,
                "start": frozen.start,
                "end": frozen.end,
            },
            "as_of": frozen.as_of,
            "closed_at": frozen.closed_at,
            "closed_by": {"account": frozen.account, "through": frozen.through},
            "configuration": {"digest": frozen.configuration_digest, "text": frozen.configuration},
            "trail": {"entries": frozen.trail.entries, "digest": frozen.trail.digest},
            "facts": {
                "start": facts.start,
                "end": facts.end,
                "digest": facts.digest,
                "observations": facts.observations,
                "series": facts.series,
            },
            "report": frozen.report,
            "spans": [[*key, spans] for key, spans in sorted(frozen.spans.items(), key=_by_subject)],
            "previous": frozen.previous,
        }
    )


def decode(document: bytes) -> Frozen:
    """What `encode` made the document of; UnreadableError where it cannot be."""
    try:
        read = json.loads(document)
        if read["format"] != FORMAT:
            raise UnreadableError(f"its format is {read['format']!r}, and this version of waakvlam knows {FORMAT}")
        period, closed_by, configuration = read["period"], read["closed_by"], read["configuration"]
        facts, trail = read["facts"], read["trail"]
        return Frozen(
            period=_month(period["label"]),
            timezone=_text(period["timezone"]),
            start=_number(period["start"]),
            end=_number(period["end"]),
            as_of=_number(read["as_of"]),
            closed_at=_number(read["closed_at"]),
            account=_text(closed_by["account"]),
            through=_text(closed_by["through"]),
            method=_text(read["method"]),
            software=_text(read["software"]),
            configuration=_text(configuration["text"]),
            configuration_digest=_text(configuration["digest"]),
            trail=TrailPrefix(_number(trail["entries"]), _text(trail["digest"])),
            facts=FactsDigest(
                _number(facts["start"]),
                _number(facts["end"]),
                _text(facts["digest"]),
                tuple((_text(check), _text(vantage), _text(digest)) for check, vantage, digest in facts["series"]),
                _number(facts["observations"]),
            ),
            report=_report(read["report"]),
            spans={
                (_text(service), None if participant is None else _text(participant)): _spans(spans)
                for service, participant, spans in read["spans"]
            },
            previous=None if read["previous"] is None else _text(read["previous"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UnreadableError(f"it is no document of a closed month ({type(error).__name__}: {error})") from None


def digest_of(document: bytes) -> str:
    """What chains a closed month to the next: SHA-256 over its document, which holds the digest before."""
    return hashlib.sha256(document).hexdigest()


def trail_digest(entries: Iterable[Entry]) -> str:
    """SHA-256 over all that `entries` say, in their order."""
    digest = hashlib.sha256()
    for entry in entries:
        work = entry.work
        about = work and [work.category, work.start_ms, work.end_ms, work.affects, work.ticket, work.notice_ms]
        row = [entry.record, entry.action, entry.entered_by, entry.through, entry.entered_at, entry.reason, about]
        digest.update(canonical(row) + b"\n")
    return digest.hexdigest()


def month_after(label: str) -> str:
    """The label of the calendar month after `label`."""
    year, month = map(int, label.split("-"))
    return f"{year + month // 12}-{month % 12 + 1:02d}"


def _by_subject(item: tuple[SubjectKey, object]) -> tuple[str, str]:
    (service, participant), _ = item
    return service, participant or ""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no whole number")
    if not 0 <= value <= _LATEST:
        raise ValueError(f"{value} is no instant")
    return value


def _month(value: Any) -> str:
    if not _LABEL.fullmatch(_text(value)):
        raise ValueError(f"{value!r} is no month")
    return str(value)


def _report(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("the report is no object")
    for service in value["services"]:
        for judged in (service, *service["participants"]):
            _text(judged["id"])
            if not judged.keys() >= {"verdict", "availability"}:
                raise ValueError(f"the report on {judged['id']!r} has no verdict or no availability")
    return value


def _spans(value: Any) -> tuple[ClassSpan, ...]:
    return tuple((_number(start), _number(end), _text(name)) for start, end, name in value)
