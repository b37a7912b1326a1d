"""Closing months, holding them against what is known now and proving them later, by the commands as users type them."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import re
import shutil
import sqlite3
import subprocess
import zlib
from collections.abc import Callable
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
from tests.waakvlam.commands import COMMAND, waakvlam, write_estate
from waakvlam.closing import View, closed_within, evaluations, head
from waakvlam.verifying import first_difference

ME = pwd.getpwuid(os.getuid()).pw_name
SEPTEMBER, OCTOBER, NOVEMBER = "2025-09", "2025-10", "2025-11"
DIGEST = re.compile(r"^  digest +([0-9a-f]{64})$", re.MULTILINE)
HEADER = "at,check,vantage,ok,latency_ms,detail\n"
NOON = ("--from", "2025-10-05T12:00:00+02:00", "--to", "2025-10-05T12:30:00+02:00")
NOON_WORK = ("--category", "customer_request", *NOON, "--affects", "app", "--reason", "a restore")


def day(month: int, number: int, down_hour: int, offset: str = "+02:00") -> str:
    """Ten watched hours of one day of 2025, one of them down."""
    return "".join(
        f"2025-{month:02d}-{number:02d}T{hour:02d}:{minute:02d}:00{offset},{check},local,"
        f"{'false' if hour == down_hour and check == 'app-tcp' else 'true'},3.5,\n"
        for hour in range(8, 18)
        for minute in range(60)
        for check in ("app-tcp", "line-tcp")
    )


FACTS = HEADER + day(9, 10, 9) + day(10, 5, 12) + day(10, 20, 8) + day(11, 7, 15, "+01:00")

AGREEMENT: dict[str, Any] = {
    "id": "norm",
    "norm": "98.0%",
    "window": {"days": "daily", "from": "08:00", "to": "18:00"},
    "excluded": ["customer_request"],
}


def estate(folder: Path, norm: str = "98.0%", opens: str = "08:00", **more: object) -> None:
    agreement = {**AGREEMENT, "norm": norm, "window": {**AGREEMENT["window"], "from": opens}, **more}
    part = {"probe": "tcp", "host": "127.0.0.1", "port": 9}
    write_estate(
        folder,
        9,
        8099,
        defaults={"interval": "1m", "timeout": "5s", "fall": 2, "rise": 2},
        components=[{"id": "app", "checks": [{"id": "app-tcp", **part}]}],
        links=[{"id": "line", "checks": [{"id": "line-tcp", **part}]}],
        agreements=[agreement],
        services=[
            {
                "id": "brp",
                "agreement": "norm",
                "up_when": {"all": ["app"]},
                "participants": [{"id": "weert", "needs": ["line"]}, "venlo"],
            }
        ],
    )


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = waakvlam(folder, *arguments, env={"SUDO_USER": ""})
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def close(folder: Path, period: str, *options: str) -> str:
    """The digest under which it was closed."""
    code, said, wrong = run(folder, "close", "-c", "estate.yaml", "--period", period, *options)
    assert (code, wrong) == (0, "")
    found = DIGEST.search(said)
    assert found
    return found[1]


def refused(folder: Path, period: str, *options: str) -> str:
    code, said, wrong = run(folder, "close", "-c", "estate.yaml", "--period", period, *options)
    assert (code, said) == (2, "")
    return wrong


def verify(folder: Path, *options: str) -> tuple[int, str]:
    code, said, wrong = run(folder, "verify", "-c", "estate.yaml", *options)
    assert wrong == ""
    return code, said


def diff(folder: Path, period: str = OCTOBER) -> tuple[int, Any]:
    code, said, wrong = run(folder, "diff", "-c", "estate.yaml", "--period", period, "--format", "json")
    assert wrong == ""
    return code, json.loads(said)


def add_facts(folder: Path, lines: str) -> None:
    (folder / "more.csv").write_text(HEADER + lines)
    assert run(folder, "import", "observations", "more.csv", "-c", "estate.yaml")[0] == 0


def add_work(folder: Path, id_: str, *arguments: str) -> None:
    done = run(folder, "maintenance", "add", "-c", "estate.yaml", "--id", id_, *(arguments or NOON_WORK))
    assert (done[0], done[2]) == (0, "")


def edit(folder: Path, *statements: str) -> None:
    """Change rows with the database's own means, as somebody may who can write the file."""
    connection = sqlite3.connect(folder / "facts.db")
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        assert connection.execute(statement).rowcount
    connection.commit()
    connection.close()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three months of facts, and a record of maintenance before any of them was closed."""
    folder = tmp_path_factory.mktemp("recorded")
    estate(folder)
    (folder / "facts.csv").write_text(FACTS)
    assert waakvlam(folder, "import", "observations", "facts.csv", "-c", "estate.yaml").returncode == 0
    window = ("--from", "2025-10-20T08:00:00+02:00", "--to", "2025-10-20T08:10:00+02:00")
    add_work(folder, "early", "--category", "customer_request", *window, "--affects", "app", "--reason", "agreed")
    return folder


@pytest.fixture(scope="module")
def closed(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with September and October closed."""
    folder = Path(shutil.copytree(recorded, tmp_path_factory.mktemp("closed") / "estate"))
    digests = [close(folder, SEPTEMBER), close(folder, OCTOBER)]
    (folder / "digests.json").write_text(json.dumps(digests))
    return folder


@pytest.fixture
def folder(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "estate"))


@pytest.fixture
def months(closed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(closed, tmp_path / "closed"))


def digests(folder: Path) -> list[str]:
    return [str(one) for one in json.loads((folder / "digests.json").read_text())]


# close


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


# verify


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


def rebuilt(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Change the document of the last month and give it the digest it has then: a link that holds by itself."""

    def apply(folder: Path) -> None:
        connection = sqlite3.connect(folder / "facts.db")
        (packed,) = connection.execute("SELECT document FROM closing WHERE number = 2").fetchone()
        document = json.loads(zlib.decompress(packed))
        change(document)
        text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        connection.execute("DROP TRIGGER IF EXISTS closing_no_update")
        changed = (hashlib.sha256(text).hexdigest(), zlib.compress(text))
        connection.execute("UPDATE closing SET digest = ?, document = ? WHERE number = 2", changed)
        connection.commit()
        connection.close()

    return apply


def sql(*statements: str) -> Callable[[Path], None]:
    return lambda folder: edit(folder, *statements)


def _met(document: dict[str, Any]) -> None:
    document["report"]["services"][0]["verdict"] = "met"


def _up(document: dict[str, Any]) -> None:
    for spans in document["spans"]:
        spans[2] = [[start, end, "up"] for start, end, _ in spans[2]]


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
    "the stretches, with their digest": (rebuilt(_up), "stretch of service brp"),
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


# diff


def test_nothing_moved(months: Path) -> None:
    code, found = diff(months)
    assert (code, found["moved"], found["restated"], found["late_facts"]) == (0, [], [], [])
    code, said, _ = run(months, "diff", "-c", "estate.yaml", "--period", OCTOBER)
    assert (code, said.splitlines()[-1]) == (0, "Nothing of it would be told otherwise now.")


def test_diff_of_a_month_that_was_not_closed(months: Path, folder: Path) -> None:
    asked = ("diff", "-c", "estate.yaml", "--period", NOVEMBER)
    assert run(months, *asked) == (2, "", "--period: 2025-11 was not closed: closed are 2025-09 to 2025-10\n")
    assert run(folder, *asked) == (2, "", "--period: 2025-11 was not closed: none was closed yet\n")


def test_a_stretch_that_moved_by_a_later_record_names_that_record(months: Path) -> None:
    add_work(months, "restore")
    code, found = diff(months)
    assert code == 1
    own, participant = found["moved"]
    assert (own["participant"], participant["participant"]) == (None, "weert")
    because = own.pop("because")
    assert own == {
        "service": "brp",
        "participant": None,
        "from": "2025-10-05T12:00:00+02:00",
        "to": "2025-10-05T12:30:00+02:00",
        "seconds": 1800.0,
        "closed_as": "down",
        "now": "excluded",
    }
    (cause,) = because
    assert (cause["kind"], cause["record"], cause["category"]) == ("entry", "restore", "customer_request")
    assert (cause["action"], cause["who"], cause["reason"]) == ("add", ME, "a restore")
    assert [one["participant"] for one in found["restated"]] == [None, "weert"]
    table = run(months, "diff", "-c", "estate.yaml", "--period", OCTOBER)[1]
    assert "brp and for weert" in table
    assert f"restore (customer_request) added by {ME} on 20" in " ".join(table.split())


def test_of_two_later_records_each_is_named_for_what_it_moved_and_both_where_they_overlap(months: Path) -> None:
    add_work(months, "first")
    more = ("--from", "2025-10-05T12:20:00+02:00", "--to", "2025-10-05T12:40:00+02:00", "--affects", "app")
    add_work(months, "second", "--category", "customer_request", *more, "--reason", "another")
    elsewhere = ("--from", "2025-09-10T09:00:00+02:00", "--to", "2025-09-10T09:10:00+02:00", "--affects", "app")
    add_work(months, "third", "--category", "customer_request", *elsewhere, "--reason", "in September")
    found = diff(months)[1]["moved"]
    told = [
        (one["from"][11:16], one["to"][11:16], [cause["record"] for cause in one["because"]])
        for one in found
        if one["participant"] is None
    ]
    assert told == [
        ("12:00", "12:20", ["first"]),
        ("12:20", "12:30", ["first", "second"]),
        ("12:30", "12:40", ["second"]),
    ]
    assert [one["because"][0]["record"] for one in diff(months, SEPTEMBER)[1]["moved"]] == ["third", "third"]


def test_a_later_withdrawal_is_a_cause_too(months: Path) -> None:
    withdrawn = run(months, "maintenance", "withdraw", "-c", "estate.yaml", "early", "--reason", "never agreed")
    assert withdrawn[0] == 0
    moved = diff(months)[1]["moved"][0]
    assert (moved["from"], moved["to"]) == ("2025-10-20T08:00:00+02:00", "2025-10-20T08:10:00+02:00")
    assert (moved["closed_as"], moved["now"]) == ("excluded", "down")
    (cause,) = moved["because"]
    assert (cause["action"], cause["record"], cause["reason"]) == ("withdraw", "early", "never agreed")


def test_a_record_that_was_added_and_withdrawn_since_moves_nothing(months: Path) -> None:
    add_work(months, "restore")
    assert run(months, "maintenance", "withdraw", "-c", "estate.yaml", "restore", "--reason", "no")[0] == 0
    assert diff(months)[0] == 0


def test_a_stretch_that_moved_by_a_later_fact_names_the_series(months: Path) -> None:
    late = "".join(f"2025-10-05T18:0{minute}:00.5+02:00,app-tcp,local,false,,\n" for minute in range(3))
    early = "2025-10-05T07:59:00.250+02:00,app-tcp,local,true,,\n"
    add_facts(months, early + late)
    code, found = diff(months)
    assert code == 0
    assert found["late_facts"] == [{"check": "app-tcp", "vantage": "local"}]
    again = "".join(f"2025-10-05T17:59:{second}.25+02:00,app-tcp,local,false,,\n" for second in (20, 40))
    add_facts(months, again)
    code, found = diff(months)
    assert code == 1
    assert [(one["from"], one["to"], one["closed_as"], one["now"]) for one in found["moved"][:1]] == [
        ("2025-10-05T17:59:20.250+02:00", "2025-10-05T18:00:00+02:00", "up", "down")
    ]
    assert found["moved"][0]["because"] == [{"kind": "late_facts"}]


def test_what_moved_by_the_configuration_names_what_was_configured_otherwise(months: Path) -> None:
    estate(months, opens="12:30")
    code, found = diff(months)
    assert code == 1
    assert found["configured_otherwise"] == ["agreement norm: window"]
    down = [one for one in found["moved"] if one["closed_as"] == "down" and one["participant"] is None]
    assert [(one["from"], one["to"], one["now"]) for one in down] == [
        ("2025-10-05T12:00:00+02:00", "2025-10-05T12:30:00+02:00", None),
        ("2025-10-20T08:10:00+02:00", "2025-10-20T09:00:00+02:00", None),
    ]
    assert {cause["kind"] for one in found["moved"] for cause in one["because"]} == {"configuration"}


def test_a_verdict_that_is_another_without_any_stretch_that_moved_is_told(months: Path) -> None:
    estate(months, norm="1.0%")
    code, found = diff(months)
    assert (code, found["moved"]) == (1, [])
    assert found["configured_otherwise"] == ["agreement norm: norm"]
    (one, other) = found["restated"]
    assert (one["closed"]["verdict"], one["now"]["verdict"], other["participant"]) == ("undetermined", "met", "weert")
    assert one["closed"]["availability"] == one["now"]["availability"]


def test_causes_of_every_kind_at_once_are_told_apart(months: Path) -> None:
    add_work(months, "restore")
    add_facts(months, "".join(f"2025-10-05T09:10:{s}.5+02:00,app-tcp,local,false,,\n" for s in (10, 20, 30)))
    estate(months, opens="08:30")
    found = [one for one in diff(months)[1]["moved"] if one["participant"] is None]
    told = {(one["from"][8:19], one["closed_as"], one["now"]): [c["kind"] for c in one["because"]] for one in found}
    assert told["05T09:10:10", "up", "down"] == ["late_facts"]
    assert told["05T12:00:00", "down", "excluded"] == ["entry"]
    assert told["20T08:10:00", "down", None] == ["configuration"]


def test_diff_where_the_configuration_of_then_cannot_be_read_any_more(months: Path) -> None:
    def outdate(document: dict[str, Any]) -> None:
        text = document["configuration"]["text"].replace("probe: tcp", "probe: telegraph")
        document["configuration"] = {"text": text, "digest": hashlib.sha256(text.encode()).hexdigest()}

    rebuilt(outdate)(months)
    add_work(months, "restore")
    code, found = diff(months)
    assert code == 1
    assert "telegraph" in found["configuration_unread"]
    assert [one["because"][0]["record"] for one in found["moved"]] == ["restore", "restore"]


def test_what_nothing_later_explains_is_not_blamed_on_anybody(months: Path) -> None:
    rebuilt(_up)(months)
    code, found = diff(months)
    assert code == 1
    assert {cause["kind"] for one in found["moved"] for cause in one["because"]} == {"unexplained"}


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
    with store.holdings() as held:
        (evaluation,), _ = evaluations(held, [View(estate, as_of)])
    report: Report = judge_evaluation(evaluation, parse_period(label, estate.timezone), as_of)
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
