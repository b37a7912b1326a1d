"""The page of a failover event: its words in two languages, on terminals, as JSON and on paper."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from availability.account import PairAccount
from availability.edges import from_ms
from availability.estate import FailoverPair, Maintenance
from availability.failover_account import Announced, Doubt, DoubtKind, FailoverAccount, Protection, Touched, Watched
from availability.failover_timeline import Change, Sight
from availability.outcome import Reason
from availability.report import Failover
from availability.states import DOWN, STATE_NAMES, UNKNOWN, UP
from exporters.failover_json import account_json, list_json
from exporters.failover_page import Names, Page, page, summary
from exporters.failover_pdf import failover_pdf, printable
from exporters.failover_screen import Listed, render_list, render_page
from exporters.failover_words import EN, NL, WORDS, Words
from tests.exporters.conftest import HOUR, NOON, ZONE, figures, make_estate

NAMES = Names({"ict-nml": "Voorbeeld ICT", "weert": "Gemeente Weidebeek"}, {"dc-venlo": "Datacenter Zuid"})
MINUTE = 60_000
SHOWN = ("met", "missed", "missed_low", "missed_lasting", "missed_again", "pending", "pending_over", "undetermined")


def make_account(**changes: object) -> FailoverAccount:
    """A test of an hour and a half, met, with everything that an account can hold."""
    pair = FailoverPair("brp-uitwijk", "brp-roermond", "brp-venlo", 4 * HOUR, "brp", "Uitwijk BRP")
    took = HOUR + 12 * MINUTE + 30_000
    event = Failover(pair.id, NOON, NOON + 2 * HOUR, NOON + took, took, took, "taken_over", "met", True)
    record = Maintenance(
        "test-2026",
        "failover_test",
        (pair.id,),
        "de jaarlijkse test",
        NOON - HOUR,
        NOON + 4 * HOUR,
        entered_by="anna",
        entered_at=NOON - 100 * HOUR,
        approved_by="piet",
        approved_at=NOON - 90 * HOUR,
        ticket="CHG-1",
        notice_ms=NOON - 200 * HOUR,
    )
    sights = tuple(Sight("brp-http", vantage, "timeout", "port 443", 70, NOON) for vantage in ("noord", "zuid"))
    account = FailoverAccount(
        name="brp-uitwijk@20261007T1000Z",
        pair=pair,
        event=event,
        as_of=NOON + 24 * HOUR,
        confirmed_at=NOON + MINUTE,
        deadline=NOON + 4 * HOUR,
        interruptions=((NOON, NOON + took),),
        extent=(NOON, NOON + 2 * HOUR),
        records=(Announced(record, (NOON - HOUR, NOON + 4 * HOUR), True),),
        timeline=(
            Change(NOON - 5 * MINUTE, "primary", "brp-roermond", None, UP, (), ("noord",)),
            Change(NOON, "primary", "brp-roermond", UP, DOWN, sights, ("noord", "zuid")),
            Change(NOON, "function", "brp", UP, UNKNOWN, (Sight("c", "", "unreachable", "ring", 0, NOON),), ()),
        ),
        watched=(Watched("primary", "brp-roermond", "brp-http", "noord", 30_000, 10, 230, 1, 60_000),),
        unknown_ms={"primary": 0, "standby": 0, "function": 0},
        touched=(
            Touched(
                "brp",
                "Basisregistratie Personen",
                "standaard",
                figures(HOUR, took),
                (("weert", figures(HOUR, took)), ("asten", figures(0, 2 * HOUR))),
            ),
        ),
        protection=Protection(UP, UP, UNKNOWN, Fraction(99_999, 100_000), None),
        doubts=(Doubt("precision", 30_000), Doubt("one_vantage", ids=("noord",))),
        digest="ab" * 32,
        observations=1234,
    )
    return replace(account, **changes)


def made(account: FailoverAccount, words: Words = EN) -> Page:
    return page(account, make_estate(), NAMES, words, "9.9.9")


def texts(page: Page) -> Iterator[str]:
    """Everything a page says."""
    yield from (page.title, page.subtitle, page.verdict_word, page.evidence)
    for section in page.sections:
        yield section.title
        yield from section.lines
        for fact in section.facts:
            yield from fact
        for row in (section.columns, *section.rows):
            yield from row


def shown(page: Page, width: int = 160) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(render_page(page))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_both_languages_say_the_same_things_with_the_same_places_to_fill_in() -> None:
    def places(words: Words) -> dict[str, list[str]]:
        return {key: sorted(set(re.findall(r"{(\w+)}", text))) for key, text in words.texts.items()}

    assert places(NL) == places(EN)
    assert len(NL.days) == len(EN.days) == 7
    assert len(NL.months) == len(EN.months) == 12


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_there_is_a_word_for_all_that_can_be(words: Words) -> None:
    for kind in DoubtKind.__args__:
        assert f"doubt_{kind}" in words.texts
    for key in (*STATE_NAMES, *(f"{kind}_sentence" for kind in SHOWN)):
        assert key in words.texts
    for reason in Reason:
        assert "_" not in words.reason(reason)
    assert words is EN or all(reason in words.reasons for reason in Reason)


@pytest.mark.parametrize(
    ("milliseconds", "english", "dutch"),
    [
        (0, "0 s", "0 s"),
        (4 * HOUR, "4 h", "4 uur"),
        (HOUR + 12 * MINUTE + 30_000, "1 h 12 min 30 s", "1 uur 12 min 30 s"),
        (250, "0.250 s", "0,250 s"),
        (HOUR + 5, "1 h 0.005 s", "1 uur 0,005 s"),
        (47 * HOUR, "47 h", "47 uur"),
        (49 * HOUR, "2 days 1 h", "2 dagen 1 uur"),
    ],
)
def test_lengths_are_exact_and_short(milliseconds: int, english: str, dutch: str) -> None:
    assert (EN.length(milliseconds), NL.length(milliseconds)) == (english, dutch)


def test_an_instant_on_the_night_the_clocks_go_back_says_which_hour_is_meant() -> None:
    zone = ZoneInfo(ZONE)
    first = 1_792_886_400_000
    assert f"{from_ms(first, zone):%H:%M %Z}" == "02:00 CEST"
    assert NL.moment(first + HOUR, zone) == "zondag 25 oktober 2026 om 02:00:00 CET"
    assert EN.later(first, first + HOUR, zone) == "on Sunday 25 October 2026 at 02:00:00 CET"
    assert EN.later(first, first + MINUTE, zone) == "at 02:01:00"
    assert from_ms(first + HOUR, zone).utcoffset() == timedelta(hours=1)


def verdict_line(account: FailoverAccount, words: Words = EN) -> str:
    return summary(account, make_estate(), words)[1]


def changed(**changes: object) -> FailoverAccount:
    """The account with its event changed; its one interruption is as long as the event says."""
    account = make_account()
    event = replace(account.event, **changes)
    return replace(account, event=event, interruptions=((NOON, NOON + event.interrupted_ms),))


VERDICTS = {
    "met": (changed(), "The function was back after 1 h 12 min 30 s, within the 4 h that were agreed."),
    "missed": (
        changed(verdict="missed", interrupted_ms=5 * HOUR, interrupted_low_ms=5 * HOUR),
        "The function was back only after 5 h, later than the 4 h that were agreed.",
    ),
    "missed with unknown time": (
        changed(verdict="missed", interrupted_ms=6 * HOUR, interrupted_low_ms=5 * HOUR),
        "The function was back only after 6 h; of that it was seen down for 5 h at a stretch, longer than the 4 h that "
        "were agreed.",
    ),
    "missed and lasting": (
        changed(verdict="missed", outcome="interrupted", interrupted_ms=5 * HOUR, interrupted_low_ms=5 * HOUR),
        "On Thursday 8 October 2026 at 12:00:00 CEST the function had been away for 5 h, longer than the 4 h that were "
        "agreed, and was not back yet.",
    ),
    "pending": (
        changed(verdict="pending", outcome="interrupted", interrupted_ms=HOUR, interrupted_low_ms=HOUR),
        "On Thursday 8 October 2026 at 12:00:00 CEST the function had been away for 1 h and was not back yet; the 4 h "
        "that were agreed end on Wednesday 7 October 2026 at 16:00:00 CEST.",
    ),
    "pending past the limit": (
        changed(verdict="pending", outcome="interrupted", interrupted_ms=5 * HOUR, interrupted_low_ms=HOUR),
        "On Thursday 8 October 2026 at 12:00:00 CEST the function was not back. It was seen down for 1 h at a stretch; "
        "with the time that nobody knows about it has been 5 h, more than the 4 h that were agreed.",
    ),
    "undetermined": (
        changed(verdict="undetermined", interrupted_ms=5 * HOUR, interrupted_low_ms=HOUR),
        "Whether the function was back within the 4 h that were agreed cannot be said: it was seen down for 1 h at a "
        "stretch, and 5 h with the time that nobody knows about.",
    ),
    "seamless": (
        changed(outcome="seamless", restored_at=None, interrupted_ms=0, interrupted_low_ms=0),
        "The function was never interrupted; the 4 h that were agreed were not needed.",
    ),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_every_verdict_is_one_plain_sentence(case: str) -> None:
    account, sentence = VERDICTS[case]
    assert verdict_line(account) == sentence
    assert "{" not in verdict_line(account, NL)


def test_missed_once_and_away_again_is_not_told_as_one_interruption() -> None:
    account = changed(verdict="missed", outcome="interrupted", interrupted_ms=5 * HOUR, interrupted_low_ms=5 * HOUR)
    again = replace(account, interruptions=((NOON, NOON + 5 * HOUR), (NOON + 9 * HOUR, NOON + 10 * HOUR)))
    assert verdict_line(again).startswith("The function was seen down for 5 h at a stretch, longer than the 4 h")


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_the_page_holds_what_an_auditor_asks_for(words: Words) -> None:
    said = "\n".join(texts(made(make_account(), words)))
    for part in (
        "Uitwijk BRP (brp-uitwijk)",
        "brp-uitwijk@20261007T1000Z",
        "Voorbeeld ICT",
        "Datacenter Zuid",
        "standaard",
        "CHG-1",
        "anna",
        "piet",
        "de jaarlijkse test",
        "2026-10-07 13:12:30 CEST",
        "Gemeente Weidebeek",
        "ab" * 32,
        "9.9.9",
        "Europe/Amsterdam",
        "1234",
        f"99{words.decimal}99%",
    ):
        assert part in said, part
    assert "{" not in said


def test_one_check_that_several_places_saw_fail_is_told_once() -> None:
    rows = [row for section in made(make_account()).sections for row in section.rows]
    assert any(row[-1] == "brp-http: timeout (port 443), 70× from noord, 70× from zuid" for row in rows)
    assert any(row[-1] == "c: behind ring" for row in rows)


def test_participants_that_had_the_same_share_a_row() -> None:
    rows = [row[:3] for section in made(make_account()).sections for row in section.rows]
    assert ("Basisregistratie Personen", "Gemeente Weidebeek", "1 h 12 min 30 s") in rows
    assert ("", "asten", "2 h") in rows


def test_a_real_event_says_that_no_test_was_announced() -> None:
    account = replace(make_account(), event=replace(make_account().event, test=False), records=())
    said = "\n".join(texts(made(account, NL)))
    assert "Verslag van een uitwijk\n" in said
    assert "voor dat moment was geen test aangekondigd" in said
    assert "Voor het begin van deze gebeurtenis is geen test vastgelegd." in said


@pytest.mark.parametrize("width", [40, 80, 120, 160])
def test_a_terminal_is_never_overrun(width: int) -> None:
    lines = shown(made(make_account()), width)
    assert max(map(len, lines)) <= width
    assert any("met" in line for line in lines)


def test_the_json_holds_the_account_and_only_its_summary_is_in_a_language() -> None:
    account = make_account()
    english, dutch = (json.loads(account_json(account, make_estate(), NAMES, words, "9.9.9")) for words in (EN, NL))
    assert english.pop("summary")[1] == verdict_line(account)
    assert dutch.pop("summary")[1] == verdict_line(account, NL)
    assert (english.pop("language"), dutch.pop("language")) == ("en", "nl")
    assert english == dutch
    assert english["event"]["seconds"] == 4350
    assert english["maintenance"][0]["approved_by"] == "piet"
    assert english["parts"][1]["site_name"] == "Datacenter Zuid"


def test_the_list_shows_what_is_overdue_and_what_was_never_tested() -> None:
    event = make_account().event
    standing = PairAccount("brp-uitwijk", "Uitwijk BRP", 4 * HOUR, event, NOON + HOUR, True)
    never = PairAccount("post", "post", 4 * HOUR, None, None, False)
    pairs = (Listed(standing, (("brp-uitwijk@20261007T1000Z", event),)), Listed(never, ()))
    out = io.StringIO()
    Console(file=out, width=160, color_system=None).print(render_list(pairs, ZONE))
    text = out.getvalue()
    for word in ("brp-uitwijk@20261007T1000Z", "taken over", "met", "test", "overdue", "never", "not asked for"):
        assert word in text, word
    document = json.loads(list_json(pairs, NOON, ZONE))
    assert [pair["overdue"] for pair in document["pairs"]] == [True, False]
    assert document["events"][0]["event"] == "brp-uitwijk@20261007T1000Z"


@pytest.mark.parametrize(
    ("text", "paper"),
    [
        ("Één ë €5 – “zo” 3×", "Één ë €5 – “zo” 3×"),
        ("Łódź, Dvořák, ği", "Lódz, Dvorák, gi"),
        ("e\u0301", "é"),
        ("日本", "??"),
        ("a\x1b[31mb\u202e", "a[31mb"),
    ],
)
def test_letters_that_the_fonts_lack_become_their_nearest(text: str, paper: str) -> None:
    assert printable(text) == paper


def pages(data: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", data))


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_an_account_is_one_page_and_the_same_bytes_every_time(words: Words) -> None:
    first = failover_pdf(made(make_account(), words))
    assert pages(first) == 1
    assert failover_pdf(made(make_account(), words)) == first
    assert b"D:20261008100000Z" in first


def test_a_long_account_goes_on_over_pages() -> None:
    account = make_account()
    assert pages(failover_pdf(made(replace(account, timeline=account.timeline * 60)))) > 2


def test_text_of_strangers_does_not_break_the_paper() -> None:
    account = make_account()
    record = replace(account.records[0].record, reason="x" * 3000 + " {page} 日本 \x00 (\\)")
    odd = replace(account, records=(replace(account.records[0], record=record),))
    assert pages(failover_pdf(made(odd))) >= 1
