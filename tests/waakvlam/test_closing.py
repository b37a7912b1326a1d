"""Closing months, by the command as users type it, and what reports are told of closed ones."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest

from availability.account import Closed, Head
from availability.closing import UnreadableError, decode, encode
from availability.estate import Estate
from availability.judge import judge_evaluation
from availability.periods import parse_period
from availability.report import Report
from availability.trail import with_trail
from collector.probes import OPTIONS
from collector.store import SqlStore, StoreError, open_store
from config.reader import read
from tests.waakvlam.closed_months import (
    DIGEST,
    ME,
    NOVEMBER,
    OCTOBER,
    SEPTEMBER,
    add_work,
    digests,
    edit,
    estate,
    refused,
    run,
    verify,
)
from tests.waakvlam.commands import COMMAND
from waakvlam.closing import View, closed_within, evaluations, head
from waakvlam.verifying import first_difference


@pytest.fixture
def folder(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "estate"))


@pytest.fixture
def months(closed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(closed, tmp_path / "closed"))


def test_closing_says_what_was_frozen_and_its_digest(folder: Path) -> None:
    code, said, wrong = run(folder, "close", "-c", "estate.yaml", "--period", OCTOBER)
    assert (code, wrong) == (0, "")
    lines = said.splitlines()
    assert lines[0].startswith(f"2025-10 is closed, by {ME} on 20")
    assert lines[1].startswith("  services       1 undetermined, as known at 20")
    assert lines[2].startswith("  facts          3600 observations of 2 checks and vantages, from 2025-09-23 00:00:00 ")
    assert lines[3] == "  maintenance    1 entries in the trail"
    assert lines[6] == "  follows        nothing: it is the first"
    assert DIGEST.search(said)


def test_what_was_frozen_is_the_report_of_that_instant_and_the_text_of_the_configuration(months: Path) -> None:
    store = sqlite3.connect(months / "facts.db")
    rows = store.execute("SELECT period, digest, document FROM closing ORDER BY number").fetchall()
    store.close()
    previous = None
    for period, digest, packed in rows:
        document = json.loads(zlib.decompress(packed))
        assert hashlib.sha256(zlib.decompress(packed)).hexdigest() == digest
        assert document["previous"] == previous
        assert document["configuration"]["text"] == (months / "estate.yaml").read_text()
        assert document["closed_by"] == {"account": ME, "through": ""}
        as_of = document["report"]["period"]["as_of"]
        arguments = ("--period", period, "--as-of", as_of, "--format", "json")
        told = json.loads(run(months, "report", "-c", "estate.yaml", *arguments)[1])
        assert document["report"]["services"][0]["verdict"] == "undetermined"
        assert first_difference(document["report"]["services"], told["services"], "services") is None
        previous = digest


@pytest.mark.parametrize(
    ("period", "says"),
    [
        ("2025-Q4", "--period: only calendar months are closed, and 2025-Q4 is a quarter"),
        ("2025", "--period: only calendar months are closed, and 2025 is a year"),
        ("october", "--period: 'october' is no period"),
        ("2190-01", "2190-01 is not settled yet: it can be closed from 2190-02-01 00:04:00 CET on"),
        (SEPTEMBER, "2025-09 was closed already, on "),
        ("2025-12", "2025-10 is the month that was closed last, so only 2025-11 can be closed next"),
        ("2025-08", "2025-10 is the month that was closed last, so only 2025-11 can be closed next"),
    ],
)
def test_a_month_that_cannot_be_closed_is_refused_in_a_sentence(months: Path, period: str, says: str) -> None:
    assert refused(months, period).startswith(says)
    assert verify(months)[0] == 0


def test_nothing_can_be_closed_where_nothing_was_recorded(tmp_path: Path) -> None:
    estate(tmp_path)
    assert "nothing was recorded yet" in refused(tmp_path, OCTOBER)


def test_a_month_with_records_that_wait_is_closed_only_when_that_is_said(folder: Path) -> None:
    estate(folder, corrections={"approval": "required"})
    add_work(folder, "restore")
    said = refused(folder, OCTOBER)
    assert said.startswith("in 2025-10 these records wait for approval:\n")
    assert f"  restore of {ME}, customer_request, under norm\n" in said
    code, said, _ = run(folder, "close", "-c", "estate.yaml", "--period", OCTOBER, "--despite-pending")
    assert code == 0
    assert f"not counted: restore of {ME} waits for approval" in said
    assert verify(folder)[0] == 0


def test_of_two_that_close_at_one_moment_one_wins_and_the_other_is_told(folder: Path) -> None:
    command = [*COMMAND, "close", "-c", "estate.yaml", "--period", OCTOBER]
    both = [
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60) for process in both]
    assert sorted(process.returncode for process in both) == [0, 2]
    (wrong,) = [error for _, error in said if error]
    assert wrong.startswith("2025-10 was closed already, on ")
    assert verify(folder)[0] == 0


def test_a_closing_on_a_chain_that_was_changed_is_refused(months: Path) -> None:
    edit(months, "UPDATE closing SET document = x'00' WHERE number = 2")
    assert "`waakvlam verify` says more" in refused(months, NOVEMBER)


# For the report


@pytest.fixture
def opened(months: Path) -> Any:
    stores: list[SqlStore] = []

    def open_() -> SqlStore:
        stores.append(open_store(f"sqlite:///{months / 'facts.db'}", create=False))
        return stores[-1]

    yield open_
    for store in stores:
        store.close()


def told_of(store: SqlStore, months: Path, label: str, as_of: int) -> tuple[tuple[str, Closed], ...]:
    settings = read(months / "estate.yaml", OPTIONS)
    estate: Estate = with_trail(settings.estate, store.trail())
    period = parse_period(label, estate.timezone)
    with store.holdings() as held:
        (evaluation,), _ = evaluations(held, [View(estate, period, as_of)])
    report: Report = judge_evaluation(evaluation, period, as_of)
    return closed_within(store, evaluation, report)


LATER = 4_000_000_000_000


def test_a_report_is_told_which_of_its_months_were_closed_and_restated(months: Path, opened: Any) -> None:
    september, october = digests(months)
    store = opened()
    for label, within in {
        "2025-09": ["2025-09"],
        "2025-11": [],
        "2025-Q3": ["2025-09"],
        "2025-Q4": ["2025-10"],
        "2025": ["2025-09", "2025-10"],
        "2024": [],
    }.items():
        found = told_of(store, months, label, LATER)
        assert [month for month, _ in found] == within, label
        assert all(closed.restated == () and closed.closed_by == ME for _, closed in found)
    assert [closed.digest for _, closed in told_of(store, months, "2025", LATER)] == [september, october]
    add_work(months, "restore")
    (_, unchanged), (_, restated) = told_of(store, months, "2025", LATER)
    assert unchanged.restated == ()
    own, participant = restated.restated
    assert (own.service, own.participant, participant.participant) == ("brp", None, "weert")
    assert (own.closed_verdict, own.verdict) == ("undetermined", "undetermined")
    assert own.closed_availability is not None
    assert own.availability is not None
    assert own.closed_availability < own.availability


def test_a_month_is_not_closed_in_a_report_as_of_before_that(months: Path, opened: Any) -> None:
    assert told_of(opened(), months, "2025", 1_765_000_000_000) == ()


def test_the_head_is_the_last_month(months: Path, opened: Any) -> None:
    assert head(opened()) == Head(OCTOBER, digests(months)[1])


def test_a_report_over_a_month_that_was_changed_is_a_sentence(months: Path, opened: Any) -> None:
    edit(months, "UPDATE closing SET document = x'00' WHERE number = 2")
    with pytest.raises(StoreError, match="`waakvlam verify` says more"):
        told_of(opened(), months, "2025", LATER)


def test_every_frozen_document_is_the_text_that_it_is_encoded_to(months: Path) -> None:
    connection = sqlite3.connect(months / "facts.db")
    for (packed,) in connection.execute("SELECT document FROM closing").fetchall():
        document = zlib.decompress(packed)
        assert encode(decode(document)) == document
    connection.close()
    with pytest.raises(UnreadableError):
        decode(document[:-1])
