"""The register of certificates for people, programs and spreadsheets (ICT NML DVO 2018, 4.7.4)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rich.text import Text

from availability.certificates import Registered
from availability.edges import from_ms
from exporters.cells import neutral
from exporters.fitted import Fitted
from exporters.json_figures import Document
from exporters.table_text import SHADES

_DAY_MS = 86_400_000
_SOON_DAYS = 30
_NAMED = 2
_LATEST_MS = 253_402_300_799_000 - _DAY_MS
"""The end of the year 9999 (RFC 5280, 4.1.2.5: no known end), less what a time zone may add."""
_WORDS = {"not_verified": "not verified", "name_mismatch": "wrong name"}


@dataclass(frozen=True, slots=True)
class CertificateList:
    """What of the register is shown, as it was at `now` (epoch milliseconds); `parts` has the component or link of each
    check that there is."""

    certificates: Sequence[Registered]
    now: int
    timezone: str
    parts: Mapping[str, str]

    def days_left(self, one: Registered) -> int:
        """Whole days until it ends, rounded down; below zero where it has ended."""
        return one.left_ms(self.now) // _DAY_MS

    def components(self, one: Registered) -> list[str]:
        """The components and links that its checks look at."""
        return list(dict.fromkeys(self.parts[check] for check in one.checks if check in self.parts))


def certificate_table(shown: CertificateList) -> Fitted:
    """A row per certificate and place; on a narrow terminal what matters less is left out."""
    columns = ("Where", "Ends", "Days left", "Names", "Issuer", "Serial", "Last seen", "Checks", "Trust")
    table = Fitted(columns, frozenset({"Days left"}), ("Serial", "Issuer", "Checks", "Last seen", "Names"))
    zone = ZoneInfo(shown.timezone)
    for one in shown.certificates:
        days = shown.days_left(one)
        tone = SHADES["bad"] if days < 0 else SHADES["risk"] if days < _SOON_DAYS else ""
        current = one.standing == "current"
        trust = _WORDS.get(one.trust, one.trust)
        table.add(
            one.place,
            f"{_local(one.certificate.not_after_ms, zone):%Y-%m-%d}",
            Text("ended" if days < 0 else str(days), tone if current else ""),
            _names(one),
            one.certificate.issuer,
            one.certificate.serial,
            f"{_local(one.last, zone):%Y-%m-%d %H:%M}",
            ", ".join(one.checks),
            Text(
                trust if current else f"{one.standing}, {trust}",
                "" if one.trust == "trusted" or not current else SHADES["risk"],
            ),
        )
    return table


def certificate_json(shown: CertificateList) -> str:
    """An object with `at` and `certificates`; instants are ISO 8601 with an offset."""
    document = {
        "at": iso(shown.now, shown.timezone),
        "certificates": [_document(shown, one) for one in shown.certificates],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def certificate_csv(shown: CertificateList) -> str:
    """The keys of the JSON as header; lists are separated by blanks, and nothing runs as a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    documents = [_document(shown, one) for one in shown.certificates]
    writer.writerow(_KEYS)
    for document in documents:
        writer.writerow([_cell(document[key]) for key in _KEYS])
    return text.getvalue()


_KEYS = (
    "place", "days_left", "not_after", "not_before", "subject", "names", "issuer", "serial", "fingerprint_sha256",
    "trust", "standing", "first_seen", "last_seen", "checks", "components", "vantages",
)  # fmt: skip


def _document(shown: CertificateList, one: Registered) -> Document:
    timezone, content = shown.timezone, one.certificate
    return {
        "place": one.place,
        "days_left": shown.days_left(one),
        "not_after": iso(content.not_after_ms, timezone),
        "not_before": iso(content.not_before_ms, timezone),
        "subject": content.subject,
        "names": content.names,
        "issuer": content.issuer,
        "serial": content.serial,
        "fingerprint_sha256": content.fingerprint,
        "trust": one.trust,
        "standing": one.standing,
        "first_seen": iso(one.first, timezone),
        "last_seen": iso(one.last, timezone),
        "checks": one.checks,
        "components": shown.components(one),
        "vantages": one.vantages,
    }


def _cell(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    texts = value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    return neutral(" ".join(map(str, texts)))


def _names(one: Registered) -> str:
    names = one.certificate.names or (one.certificate.subject,)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _local(instant: int, zone: ZoneInfo) -> datetime:
    return from_ms(min(instant, _LATEST_MS), zone)


def iso(instant: int, timezone: str) -> str:
    """ISO 8601 in local time; what lies behind the calendar of any time zone in UTC."""
    if instant > _LATEST_MS:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant)).isoformat()
    return from_ms(instant, ZoneInfo(timezone)).isoformat(timespec="milliseconds" if instant % 1000 else "seconds")
