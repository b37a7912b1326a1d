"""Proving later that closed months are as they were closed, by the command as users type it."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.waakvlam.closed_months import (
    ME,
    NOVEMBER,
    OCTOBER,
    add_facts,
    add_work,
    all_up,
    close,
    digests,
    edit,
    estate,
    rebuilt,
    run,
    verify,
)


@pytest.fixture
def folder(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "estate"))


@pytest.fixture
def months(closed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(closed, tmp_path / "closed"))


def test_verify_says_how_many_months_from_when_to_when_and_the_head(months: Path) -> None:
    last = digests(months)[1]
    assert verify(months) == (
        0,
        f"2025-09 to 2025-10 (2 closed months): as closed, in every figure, fact and digest\nhead: 2025-10 {last}\n",
    )


def test_verify_without_a_closed_month(folder: Path) -> None:
    assert verify(folder) == (0, "no month was closed yet\n")
    code, said = verify(folder, "--head", "0" * 64)
    assert code == 1
    assert "is no link of this chain" in said


def test_later_maintenance_and_another_configuration_do_not_change_what_was_closed(months: Path) -> None:
    add_work(months, "restore")
    estate(months, "97.0%", "09:00")
    assert verify(months)[0] == 0
    close(months, NOVEMBER)
    assert verify(months)[1].startswith("2025-09 to 2025-11 (3 closed months): as closed")


@pytest.mark.parametrize("length", [12, 64])
def test_a_head_that_was_printed_is_found_again(months: Path, length: int) -> None:
    september, october = digests(months)
    code, said = verify(months, "--head", september[:length])
    assert code == 0
    assert f"{september[:length]} is 2025-09, closed by {ME} on 20" in said
    assert said.endswith(", and 1 closed since\n")
    assert verify(months, "--head", october[:length].upper())[1].endswith(", the last one\n")


@pytest.mark.parametrize("wrong", ["0123456789a", "xyz" * 10, "a" * 65, ""])
def test_a_head_that_is_no_digest_is_wrong_use(months: Path, wrong: str) -> None:
    code, said, error = run(months, "verify", "-c", "estate.yaml", "--head", wrong)
    assert (code, said) == (2, "")
    assert error.startswith("--head: ")


def test_a_last_closing_that_was_removed_is_found_by_the_head_that_was_printed(months: Path) -> None:
    edit(months, "DELETE FROM closing WHERE number = 2")
    assert verify(months)[0] == 0
    code, said = verify(months, "--head", digests(months)[1])
    assert code == 1
    assert "is no link of this chain" in said


def sql(*statements: str) -> Callable[[Path], None]:
    return lambda folder: edit(folder, *statements)


def _met(document: dict[str, Any]) -> None:
    document["report"]["services"][0]["verdict"] = "met"


def _lax(document: dict[str, Any]) -> None:
    text = document["configuration"]["text"].replace("98.0%", "1.0%")
    document["configuration"] = {"text": text, "digest": hashlib.sha256(text.encode()).hexdigest()}


ONE = "WHERE first = (SELECT min(first) FROM fact WHERE first > 1759000000000)"
"""The first closed run of October."""

CHANGED: dict[str, tuple[Callable[[Path], None], str]] = {
    "the number of a month": (sql("UPDATE closing SET number = 7 WHERE number = 2"), "number of the chain"),
    "the name of a month": (sql("UPDATE closing SET period = '2025-11' WHERE number = 2"), "period of the chain"),
    "the digest of a month": (
        sql("UPDATE closing SET digest = replace(digest, substr(digest, 1, 1), 'x') WHERE number = 1"),
        "digest of the document of the chain",
    ),
    "a digest of another type": (sql("UPDATE closing SET digest = x'00' WHERE number = 1"), "digest of the document"),
    "the document of a month": (sql("UPDATE closing SET document = x'00' WHERE number = 1"), "document of the chain"),
    "a document of another type": (sql("UPDATE closing SET document = 'text' WHERE number = 2"), "document of the"),
    "the document of another month": (
        sql("UPDATE closing SET document = (SELECT document FROM closing WHERE number = 2) WHERE number = 1"),
        "digest of the document of the chain",
    ),
    "the order of the months": (
        sql(
            "UPDATE closing SET number = 3 WHERE number = 1",
            "UPDATE closing SET number = 1 WHERE number = 2",
            "UPDATE closing SET number = 2 WHERE number = 3",
        ),
        "digest of the closing before of the chain",
    ),
    "the first month removed": (sql("DELETE FROM closing WHERE number = 1"), "digest of the closing before"),
    "when a run begins": (sql(f"UPDATE fact SET first = first + 1 {ONE}"), "digest of the facts of"),
    "the step of a run": (sql(f"UPDATE fact SET step = step + 1 {ONE}"), "digest of the facts of"),
    "the length of a run": (sql(f"UPDATE fact SET length = length - 1 {ONE}"), "digest of the facts of"),
    "the outcome of a run": (sql("UPDATE fact SET outcome_id = 3 - outcome_id"), "digest of the facts of app-tcp"),
    "a run removed": (sql(f"DELETE FROM fact {ONE}"), "digest of the facts of"),
    "the run that is added to": (sql("UPDATE tail SET length = 1"), "digest of the facts of"),
    "what an outcome says": (sql("UPDATE outcome SET detail = 'other' WHERE status = 2"), "the facts of app-tcp"),
    "that an outcome failed": (sql("UPDATE outcome SET status = 0 WHERE status = 2"), "the facts of app-tcp"),
    "which check it was": (sql("UPDATE series SET check_id = 'other' WHERE check_id = 'line-tcp'"), "the facts of"),
    "which vantage it was": (sql("UPDATE series SET vantage_id = 'x' WHERE check_id = 'app-tcp'"), "the facts of"),
    "a maintenance entry removed": (sql("DELETE FROM maintenance"), "entries of the maintenance trail"),
    **{
        f"the {column} of a maintenance entry": (
            sql(f"UPDATE maintenance SET {column} = {value}"),
            "digest of the maintenance trail",
        )
        for column, value in {
            "record": "'other'",
            "reason": "'other'",
            "entered_by": "'other'",
            "through": "'other'",
            "entered_at": "entered_at - 1",
            "category": "'other'",
            "starts": "starts - 1",
            "ends": "ends + 1",
            "affects": "'[\"line\"]'",
            "ticket": "'CHG-1'",
            "notice": "1",
        }.items()
    },
    "a verdict, with its digest": (rebuilt(_met), "verdict of report.services.brp"),
    "the stretches, with their digest": (rebuilt(all_up), "stretch of service brp"),
    "the configuration, with its digests": (rebuilt(_lax), "budget_left_seconds of report.services.brp"),
    "the instant it was looked at, with its digest": (
        rebuilt(lambda document: document.update(as_of=document["as_of"] - 1)),
        "end of the facts of the month",
    ),
    "the end of the month, with its digest": (
        rebuilt(lambda document: document["period"].update(end=document["period"]["end"] - 1)),
        "end of the month",
    ),
    "the digest before, with its digest": (
        rebuilt(lambda document: document.update(previous="0" * 64)),
        "digest of the closing before",
    ),
    "the text of the configuration alone, with its digest": (
        rebuilt(lambda document: document["configuration"].update(text="version: 1\n")),
        "digest of the configuration",
    ),
}
"""What somebody changed in the store, to how, and what verify must name."""


@pytest.mark.parametrize("what", CHANGED)
def test_verify_catches_a_change_of(months: Path, what: str) -> None:
    change, named = CHANGED[what]
    change(months)
    code, said = verify(months)
    assert code == 1
    assert "is not as it was closed: " in said
    assert named in said
    assert "  frozen    " in said
    assert "  computed  " in said


@pytest.mark.parametrize("id_", ["app-tcp", "line-tcp"])
def test_verify_names_the_check_and_the_vantage_of_a_fact_that_came_later(months: Path, id_: str) -> None:
    add_facts(months, f"2025-10-05T20:00:00+02:00,{id_},local,true,,\n")
    code, said = verify(months, "--head", digests(months)[1])
    assert code == 1
    assert f"digest of the facts of {id_} from local\n" in said
    assert f"is 2025-10, closed by {ME}" in said


def test_verify_still_holds_chain_and_facts_where_the_configuration_cannot_be_read_any_more(months: Path) -> None:
    def outdate(document: dict[str, Any]) -> None:
        text = document["configuration"]["text"].replace("probe: tcp", "probe: telegraph")
        document["configuration"] = {"text": text, "digest": hashlib.sha256(text.encode()).hexdigest()}

    rebuilt(outdate)(months)
    code, said = verify(months)
    assert code == 1
    assert said.startswith(
        "2025-10: its chain and its facts are as they were frozen, but this version cannot read its configuration, so "
        "its report cannot be recomputed: "
    )
    assert "telegraph" in said
    assert "is not as it was closed" not in said
    add_facts(months, "2025-10-05T20:00:00+02:00,app-tcp,local,true,,\n")
    assert "digest of the facts of app-tcp from local" in verify(months)[1]


def test_a_month_that_was_judged_by_another_method_says_so_where_it_differs(months: Path) -> None:
    rebuilt(lambda document: document.update(method="0"))(months)
    assert verify(months)[0] == 0
    rebuilt(_met)(months)
    assert "it was judged by method 0 (waakvlam 0.1.0), and this version has method 1" in verify(months)[1]


Observed = tuple[int, tuple[str, str | None, str]]


def audited(place: Path, start: int, end: int) -> tuple[str, list[list[str]]]:
    """The digest of the facts as docs/closing.md tells an auditor to work it out, without a word of our own code."""
    names = {0: "none", 1: "ok", 2: "failed"}
    store = sqlite3.connect(place)
    outcomes = {
        key: (names[status], reason or None, detail)
        for key, status, reason, detail in store.execute("SELECT id, status, reason, detail FROM outcome")
    }
    series: dict[tuple[str, str], list[Observed]] = {}
    for table in ("fact", "tail"):
        asked = (
            f"SELECT check_id, vantage_id, first, step, length, outcome_id FROM {table} JOIN series ON id = series_id"
        )
        for check, vantage, first, step, length, outcome in store.execute(asked):
            instants = [first + step * index for index in range(length)]
            kept = [(at, outcomes[outcome]) for at in instants if start <= at <= end]
            series.setdefault((check, vantage), []).extend(kept)
    store.close()

    def text(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    digests = []
    for key in sorted(key for key, observed in series.items() if observed):
        runs: list[list[Any]] = []
        for at, outcome in sorted(series[key]):
            last = runs[-1] if runs else None
            if last and last[3] == outcome and (last[2] == 1 or at - last[4] == last[1]):
                last[1], last[2], last[4] = at - last[4], last[2] + 1, at
            else:
                runs.append([at, 0, 1, outcome, at])
        lines = [text(key), *(f"{first} {step} {length} {text(outcome)}" for first, step, length, outcome, _ in runs)]
        digests.append([*key, hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()])
    return hashlib.sha256(text(digests).encode()).hexdigest(), digests


def test_an_auditor_finds_the_same_digests_by_the_recipe(folder: Path) -> None:
    add_facts(
        folder,
        "2025-10-05T12:30:00.5+02:00,app-tcp,local,false,,geweigerd: één \u2028 \\ teken\n"
        "2025-10-05T12:30:07+02:00,app-tcp,local,,,no_permission\n"
        "2025-10-05T12:31:00.001+02:00,line-tcp,local,false,,timeout\n",
    )
    close(folder, OCTOBER)
    connection = sqlite3.connect(folder / "facts.db")
    (packed,) = connection.execute("SELECT document FROM closing").fetchone()
    rows = connection.execute("SELECT * FROM maintenance ORDER BY number").fetchall()
    columns = [column[1] for column in connection.execute("PRAGMA table_info(maintenance)")]
    connection.close()
    document = json.loads(zlib.decompress(packed))
    frozen = document["facts"]
    digest, series = audited(folder / "facts.db", frozen["start"], frozen["end"])
    assert digest == frozen["digest"]
    assert [[check, vantage, whole[:16]] for check, vantage, whole in series] == frozen["series"]
    text = ""
    for row in (dict(zip(columns, row, strict=True)) for row in rows[: document["trail"]["entries"]]):
        about = [row["category"], row["starts"], row["ends"], json.loads(row["affects"]), row["ticket"], row["notice"]]
        line = [*(row[key] for key in ("record", "action", "entered_by", "through", "entered_at", "reason")), about]
        text += json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
    assert hashlib.sha256(text.encode()).hexdigest() == document["trail"]["digest"]
    configuration = document["configuration"]
    assert hashlib.sha256(configuration["text"].encode()).hexdigest() == configuration["digest"]
