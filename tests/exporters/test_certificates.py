"""The register of certificates as a table on eighty columns, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from availability.certificates import Certificate, Registered
from exporters.certificates import CertificateList, certificate_csv, certificate_json, certificate_table
from exporters.harmless import HARMLESS
from tests.exporters.conftest import HOUR, NOON, ZONE

GOLDEN = Path(__file__).parent / "golden"
DAY = 24 * HOUR
FOR_EVER = 253_402_300_799_000


def registered(end: int, place: str = "brp.weidebeek.example:443", **changes: object) -> Registered:
    names = ("brp.weidebeek.example", "www.brp.weidebeek.example", "brp")
    certificate = Certificate("ab" * 32, "CN=brp", names, "CN=Proefautoriteit,O=Voorbeeld", "0FA3", NOON - DAY, end)
    one = Registered(
        place, certificate, "trusted", ("brp-cert", "brp-http"), ("noord", "zuid"), NOON - DAY, NOON - 10_000, "current"
    )
    return replace(one, **changes)  # type: ignore[arg-type]  # each by its own name


LISTED = (
    registered(NOON - HOUR, "mail.weidebeek.example:25", trust="expired", checks=("mail-smtp",)),
    registered(NOON + 12 * DAY + HOUR),
    registered(NOON + 90 * DAY, "192.0.2.1:443 as web.example", trust="not_verified", checks=("web-https", "gone")),
    registered(NOON + 91 * DAY, standing="replaced"),
    registered(FOR_EVER, trust="name_mismatch", standing="unwatched", checks=("gone",)),
)
SHOWN = CertificateList(
    LISTED, NOON, ZONE, {"brp-cert": "brp", "brp-http": "brp", "mail-smtp": "mail", "web-https": "web"}
)


def drawn(width: int) -> str:
    text = io.StringIO()
    console = Console(file=text, width=width, no_color=True, highlight=False)
    console.push_render_hook(HARMLESS)
    console.print(certificate_table(SHOWN))
    return "".join(line.rstrip() + "\n" for line in text.getvalue().splitlines())


@pytest.mark.parametrize("width", [80, 200])
def test_a_table_fits(width: int) -> None:
    text = drawn(width)
    assert max(map(len, text.splitlines())) <= width
    assert text == (GOLDEN / f"certificates-{width}.txt").read_text(encoding="utf-8")


LEFT = {
    "a millisecond over a day": (DAY + 1, 1),
    "a millisecond short of a day": (DAY - 1, 0),
    "just ended": (-1, -1),
    "two days ago": (-2 * DAY, -2),
}


@pytest.mark.parametrize("case", LEFT.values(), ids=LEFT)
def test_days_left_are_whole_and_rounded_down(case: tuple[int, int]) -> None:
    left, days = case
    assert SHOWN.days_left(registered(NOON + left)) == days


def test_json_has_everything() -> None:
    document = json.loads(certificate_json(SHOWN))
    assert document["at"] == "2026-10-07T12:00:00+02:00"
    assert document["certificates"][1] == {
        "place": "brp.weidebeek.example:443",
        "days_left": 12,
        "not_after": "2026-10-19T13:00:00+02:00",
        "not_before": "2026-10-06T12:00:00+02:00",
        "subject": "CN=brp",
        "names": ["brp.weidebeek.example", "www.brp.weidebeek.example", "brp"],
        "issuer": "CN=Proefautoriteit,O=Voorbeeld",
        "serial": "0FA3",
        "fingerprint_sha256": "ab" * 32,
        "trust": "trusted",
        "standing": "current",
        "first_seen": "2026-10-06T12:00:00+02:00",
        "last_seen": "2026-10-07T11:59:50+02:00",
        "checks": ["brp-cert", "brp-http"],
        "components": ["brp"],
        "vantages": ["noord", "zuid"],
    }
    # No known end (RFC 5280, 4.1.2.5), which no local time can tell.
    assert document["certificates"][4]["not_after"] == "9999-12-31T23:59:59+00:00"


def test_csv_has_the_keys_of_the_json() -> None:
    rows = list(csv.DictReader(io.StringIO(certificate_csv(SHOWN)), strict=True))
    documents = json.loads(certificate_json(SHOWN))["certificates"]
    assert [list(row) for row in rows] == [list(document) for document in documents]
    assert rows[1]["names"] == "brp.weidebeek.example www.brp.weidebeek.example brp"
    assert [row["days_left"] for row in rows[:2]] == ["-1", "12"]


def test_what_a_certificate_says_runs_nowhere() -> None:
    nasty = Certificate("ab", '=HYPERLINK("x")', ("+1", "b"), "@c\r\n\x1b[2J", "-1", NOON, NOON + DAY)
    shown = replace(SHOWN, certificates=[replace(LISTED[0], certificate=nasty)])
    (row,) = csv.DictReader(io.StringIO(certificate_csv(shown)))
    assert (row["subject"], row["names"], row["serial"]) == ('\'=HYPERLINK("x")', "'+1 b", "'-1")
    assert row["issuer"].startswith("'@c")
    assert "\x1b" not in row["issuer"]
