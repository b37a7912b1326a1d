"""From imported observations to the list of failover events and the account of one, by the command itself."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.waakvlam.commands import waakvlam, write_estate

HEADER = "at,check,vantage,ok,latency_ms,detail\n"
AS_OF = ("--as-of", "2026-11-22T12:00:00+01:00")
ME = pwd.getpwuid(os.getuid()).pw_name

TEST_MET = "brp-uitwijk@20261012T0800Z"
REAL_MISSED = "brp-uitwijk@20261014T0800Z"
UNKNOWN = "brp-uitwijk@20261016T0800Z"
LASTING = "brp-uitwijk@20261018T0800Z"
ALL = [TEST_MET, REAL_MISSED, UNKNOWN, LASTING]


def minutes(day: int, picture: Iterable[str]) -> Iterator[tuple[datetime, str]]:
    """From 07:55 UTC of a day in October, a mark per minute."""
    start = datetime(2026, 10, day, 7, 55, tzinfo=UTC)
    for number, mark in enumerate(picture):
        yield start + timedelta(minutes=number), mark


def observations() -> str:
    """Four mornings. `o` ok, `x` failed, `.` nobody looked; the standby is always up, both places see the same."""
    days = {
        # 72 minutes without the function, then the other side delivers it.
        12: ("ooooo" + "x" * 100 + "o" * 20, "ooooo" + "x" * 72 + "o" * 48),
        # Five hours, of which four were agreed.
        14: ("ooooo" + "x" * 320 + "o" * 20, "ooooo" + "x" * 300 + "o" * 40),
        # Three hours seen down, then two hours in which nobody looked.
        16: ("ooooo" + "x" * 320 + "o" * 20, "ooooo" + "x" * 180 + "." * 120 + "o" * 40),
        # It lasts where the observations end.
        18: ("ooooo" + "x" * 60, "ooooo" + "x" * 60),
    }
    lines = [HEADER]
    for day, (primary, function) in days.items():
        pictures = {"primary-tcp": primary, "standby-tcp": "o" * len(primary), "function-tcp": function}
        for check, picture in pictures.items():
            for at, mark in minutes(day, picture):
                if mark != ".":
                    ok, why = ("true", "") if mark == "o" else ("false", "no route to the rack")
                    lines += [f"{at.isoformat()},{check},{vantage},{ok},,{why}\n" for vantage in ("noord", "zuid")]
    return "".join(lines)


def write(folder: Path, **changes: object) -> None:
    def part(id_: str, name: str, **more: object) -> dict[str, object]:
        check = {"id": f"{id_}-tcp", "probe": "tcp", "host": "127.0.0.1", "port": 9}
        return {"id": id_, "name": name, "owner": "voorbeeld", "checks": [check], **more}

    sections: dict[str, object] = {
        "defaults": {"interval": "1m", "timeout": "5s", "fall": 2, "rise": 2},
        "organisations": [
            {"id": "voorbeeld", "name": "Voorbeeld ICT"},
            {"id": "veendam", "name": "Gemeente Veenhuizerdam"},
            {"id": "weide", "name": "Gemeente Weidebeek"},
        ],
        "sites": [{"id": "dc-noord", "name": "Datacenter Noord"}, {"id": "dc-zuid", "name": "Datacenter Zuid"}],
        "vantages": [{"id": "noord", "site": "dc-noord"}, {"id": "zuid", "site": "dc-zuid"}],
        "components": [
            part("primary", "BRP Noord", site="dc-noord"),
            part("standby", "BRP Zuid", site="dc-zuid"),
            part("function", "BRP aan de balie"),
            part("other", "Iets anders"),
        ],
        "failover_pairs": [
            {
                "id": "brp-uitwijk",
                "name": "Uitwijk BRP",
                "primary": "primary",
                "standby": "standby",
                "function": "function",
                "within": "4h",
                "test_every": "366d",
            },
            {"id": "leeg", "primary": "other", "standby": "standby", "within": "4h"},
        ],
        "services": [
            {
                "id": "brp",
                "name": "Basisregistratie Personen",
                "agreement": "norm",
                "up_when": {"all": ["function"]},
                "participants": ["veendam", "weide"],
            },
            {"id": "rest", "agreement": "norm", "up_when": {"all": ["other"]}},
        ],
        "maintenance": [],
    }
    write_estate(folder, 9, **{**sections, **changes})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four events, the first announced as a test by command, four days after it."""
    folder = tmp_path_factory.mktemp("pairs")
    write(folder)
    (folder / "facts.csv").write_text(observations())
    done = waakvlam(folder, "import", "observations", "facts.csv", "-c", "estate.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    times = ("--from", "2026-10-12T09:30:00+02:00", "--to", "2026-10-12T14:00:00+02:00")
    why = ("--reason", "jaarlijkse uitwijktest", "--ticket", "CHG-7", "--notice", "2026-10-01T09:00:00+02:00")
    record = ("--id", "test-2026", "--category", "failover_test", "--affects", "brp-uitwijk", *times, *why)
    done = waakvlam(folder, "maintenance", "add", "-c", "estate.yaml", *record, env={"SUDO_USER": ""})
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "estate"))


def failover(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return waakvlam(folder, "failover", *arguments, "-c", "estate.yaml")


def listed(folder: Path, *arguments: str) -> Any:
    done = failover(folder, "list", "--format", "json", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def told(folder: Path, event: str, *arguments: str) -> Any:
    done = failover(folder, "report", event, "--format", "json", *(arguments or AS_OF))
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def table(folder: Path, event: str, *arguments: str) -> str:
    done = failover(folder, "report", event, *(arguments or AS_OF))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_list_names_every_event_and_tells_when_a_test_is_due(whole: Path) -> None:
    document = listed(whole, *AS_OF)
    assert [(event["event"], event["test"], event["verdict"], event["outcome"]) for event in document["events"]] == [
        (TEST_MET, True, "met", "taken_over"),
        (REAL_MISSED, False, "missed", "taken_over"),
        (UNKNOWN, False, "undetermined", "taken_over"),
        (LASTING, False, "pending", "interrupted"),
    ]
    assert {event["within_seconds"] for event in document["events"]} == {14_400}
    brp, empty = document["pairs"]
    assert (brp["pair"], brp["last_test_at"], brp["last_test_verdict"]) == (
        "brp-uitwijk",
        "2026-10-12T10:00:00+02:00",
        "met",
    )
    assert (brp["next_test_due_at"], brp["overdue"]) == ("2027-10-13T10:00:00+02:00", False)
    assert (empty["last_test_at"], empty["next_test_due_at"], empty["overdue"]) == (None, None, False)
    assert listed(whole, "--as-of", "2027-10-14T00:00:00+02:00")["pairs"][0]["overdue"]


def test_the_list_is_narrowed_and_names_stay_the_same(whole: Path) -> None:
    some = listed(whole, "--pair", "brp-uitwijk", "--from", "2026-10-14T08:00:00Z", "--to", "2026-10-16T08:00:00Z")
    assert [event["event"] for event in some["events"]] == [REAL_MISSED]
    assert [pair["pair"] for pair in some["pairs"]] == ["brp-uitwijk"]
    assert some["pairs"][0]["last_test_at"] == "2026-10-12T10:00:00+02:00"
    shown = failover(whole, "list", *AS_OF).stdout
    assert all(name in shown for name in ALL)
    assert "2027-10-13 10:00:00 CEST" in shown


@pytest.mark.parametrize(
    ("event", "english", "dutch"),
    [
        (
            TEST_MET,
            "The function was back after 1 h 12 min, within the 4 h that were agreed.",
            "De functie was na 1 uur 12 min terug, binnen de 4 uur die zijn afgesproken.",
        ),
        (
            REAL_MISSED,
            "The function was back only after 5 h, later than the 4 h that were agreed.",
            "De functie was pas na 5 uur terug, later dan de 4 uur die zijn afgesproken.",
        ),
        (
            UNKNOWN,
            "Whether the function was back within the 4 h that were agreed cannot be said: it was seen down",
            "Of de functie binnen de 4 uur terug was die zijn afgesproken, is niet te zeggen: zij is 3 uur 2 min",
        ),
        (
            LASTING,
            "On Sunday 22 November 2026 at 12:00:00 CET the function was not back.",
            "Op zondag 22 november 2026 om 12:00:00 CET was de functie niet terug.",
        ),
    ],
)
def test_the_account_says_in_a_plain_sentence_whether_it_was_met(
    whole: Path, event: str, english: str, dutch: str
) -> None:
    assert english in " ".join(table(whole, event).split())
    assert dutch in " ".join(table(whole, event, *AS_OF, "--language", "nl").split())
    assert any(line.startswith(english) for line in told(whole, event)["summary"])


def test_while_it_lasts_within_the_limit_the_account_says_when_that_ends(whole: Path) -> None:
    early = ("--as-of", "2026-10-18T10:50:00+02:00")
    text = " ".join(table(whole, LASTING, *early).split())
    assert "had been away for 50 min and was not back yet; the 4 h that were agreed end at 14:00:00." in text
    document = told(whole, LASTING, *early)
    assert (document["event"]["verdict"], document["deadline"]) == ("pending", "2026-10-18T14:00:00+02:00")
    assert document["doubts"][0] == {"kind": "lasting", "ids": []}


def test_the_account_of_a_test_tells_who_announced_it_and_that_it_was_entered_late(whole: Path) -> None:
    document = told(whole, TEST_MET)
    (record,) = document["maintenance"]
    assert (record["id"], record["makes_it_a_test"], record["entered_by"], record["ticket"]) == (
        "test-2026",
        True,
        ME,
        "CHG-7",
    )
    assert (record["notice"], record["approved_by"]) == ("2026-10-01T09:00:00+02:00", None)
    assert [doubt["kind"] for doubt in document["doubts"]] == ["precision", "entered_late"]
    text = " ".join(table(whole, TEST_MET).split())
    assert "jaarlijkse uitwijktest; ticket CHG-7; announced 2026-10-01 09:00:00 CEST; entered by" in text


def test_the_account_tells_what_was_seen_from_where(whole: Path) -> None:
    document = told(whole, TEST_MET)
    assert document["confirmed_at"] == "2026-10-12T10:01:00+02:00"
    changes = [(change["at"][11:16], change["role"], change["state"]) for change in document["timeline"]]
    assert changes == [
        ("09:55", "primary", "up"),
        ("09:55", "function", "up"),
        ("09:55", "standby", "up"),
        ("10:00", "primary", "down"),
        ("10:00", "function", "down"),
        ("11:12", "function", "up"),
        ("11:40", "primary", "up"),
    ]
    seen = document["timeline"][4]["seen"]
    assert [(one["vantage"], one["count"], one["detail"]) for one in seen] == [
        ("noord", 72, "no route to the rack"),
        ("zuid", 72, "no route to the rack"),
    ]
    watched = {(one["check"], one["vantage"]): (one["ok"], one["failed"]) for one in document["watched"]}
    assert watched["function-tcp", "noord"] == (28, 72)
    (service,) = document["services"]
    assert (service["service"], service["down_seconds"]) == ("brp", 4320)
    assert [(one["id"], one["down_seconds"]) for one in service["participants"]] == [("veendam", 4320), ("weide", 4320)]
    assert document["protection"]["protected_ratio_before"] == 1
    names = [(part["owner_name"], part["site_name"]) for part in document["parts"]]
    assert names[0] == ("Voorbeeld ICT", "Datacenter Noord")


def test_the_same_facts_give_the_same_digest_and_another_fact_another(folder: Path) -> None:
    before = told(folder, TEST_MET)
    (folder / "again.csv").write_text(HEADER + "2026-10-12T08:00:30+00:00,primary-tcp,noord,false,,late\n")
    waakvlam(folder, "import", "observations", "facts.csv", "-c", "estate.yaml")
    assert told(folder, TEST_MET)["digest"] == before["digest"]
    waakvlam(folder, "import", "observations", "again.csv", "-c", "estate.yaml")
    after = told(folder, TEST_MET)
    assert after["digest"] != before["digest"]
    assert after["observations"] == before["observations"] + 1


def test_an_event_in_the_same_minute_gets_seconds_and_the_short_name_is_refused(folder: Path) -> None:
    lines = [HEADER]
    for second, mark in ((0, "o"), (1, "o"), (5, "x"), (6, "x"), (10, "o"), (11, "o"), (20, "x"), (21, "x"), (30, "o")):
        for check in ("primary-tcp", "standby-tcp", "function-tcp"):
            ok = "true" if mark == "o" or check != "primary-tcp" else "false"
            lines.append(f"2026-10-20T08:00:{second:02d}Z,{check},noord,{ok},,\n")
    lines.append("2026-10-20T08:00:31Z,primary-tcp,noord,true,,\n")
    (folder / "twice.csv").write_text("".join(lines))
    assert waakvlam(folder, "import", "observations", "twice.csv", "-c", "estate.yaml").returncode == 0
    names = [event["event"] for event in listed(folder, "--from", "2026-10-20T00:00:00Z", *AS_OF)["events"]]
    assert names[-2:] == ["brp-uitwijk@20261020T080005Z", "brp-uitwijk@20261020T080020Z"]
    assert told(folder, names[-1])["event"]["started_at"] == "2026-10-20T10:00:20+02:00"
    assert told(folder, "brp-uitwijk@20261012T080000Z")["event"]["event"] == TEST_MET
    done = failover(folder, "report", "brp-uitwijk@20261020T0800Z", *AS_OF)
    assert (done.returncode, done.stderr) == (
        2,
        f"EVENT: several events of brp-uitwijk began in that time: {', '.join(names[-2:])}\n",
    )


def test_a_pdf_needs_a_file_and_is_the_same_every_time(folder: Path) -> None:
    done = failover(folder, "report", TEST_MET, "--format", "pdf")
    assert (done.returncode, done.stderr) == (
        2,
        "--format pdf needs a file to write to: add --output account.pdf\n",
    )
    for name in ("one.pdf", "two.pdf"):
        done = failover(folder, "report", TEST_MET, "--format", "pdf", "--output", name, *AS_OF)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    one = (folder / "one.pdf").read_bytes()
    assert one.startswith(b"%PDF-")
    assert one == (folder / "two.pdf").read_bytes()
    done = failover(folder, "report", TEST_MET, "--format", "pdf", "--output", "en.pdf", "--language", "en", *AS_OF)
    assert (folder / "en.pdf").read_bytes() != one


def test_a_file_gets_what_the_terminal_would_show(folder: Path) -> None:
    for format_ in ("table", "json"):
        shown = failover(folder, "report", TEST_MET, "--format", format_, *AS_OF).stdout
        done = failover(folder, "report", TEST_MET, "--format", format_, "--output", "account", *AS_OF)
        assert (done.returncode, done.stdout) == (0, "")
        assert (folder / "account").read_text() == shown


WRONG = {
    "a name that is none": (
        "brp-uitwijk",
        "EVENT: `brp-uitwijk` is no event: write a pair and when it started in UTC, such as brp-uitwijk@20261012T1403Z",
    ),
    "a day that does not exist": (
        "brp-uitwijk@20261332T0800Z",
        "EVENT: `brp-uitwijk@20261332T0800Z` is no event: 20261332T0800Z is no date and time",
    ),
    "an unknown pair": (
        "brp-uitwjik@20261012T0800Z",
        "EVENT: there is no failover pair `brp-uitwjik`: did you mean `brp-uitwijk`?",
    ),
    "an event that is not there": (
        "brp-uitwijk@20261012T0801Z",
        f"EVENT: no event of brp-uitwijk began in that time; nearest are {TEST_MET}, {REAL_MISSED}, {UNKNOWN}",
    ),
    "an instant before all facts": (
        "brp-uitwijk@20250101T0000Z",
        "EVENT: that is outside the facts there are of brp-uitwijk, from 2026-10-12 09:55:00 CEST to 2026-10-18 "
        f"10:59:00 CEST; nearest are {TEST_MET}, {REAL_MISSED}, {UNKNOWN}",
    ),
    "a pair without an event": (
        "leeg@20261012T0800Z",
        "EVENT: no event of leeg began in that time; it has had no events",
    ),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_cannot_be_accounted_for_is_told_with_the_remedy(whole: Path, sentence: str) -> None:
    event, message = WRONG[sentence]
    done = failover(whole, "report", event, *AS_OF)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message + "\n")


def test_lists_that_cannot_be_are_told_with_the_remedy(whole: Path, tmp_path: Path) -> None:
    done = failover(whole, "list", "--pair", "leg")
    assert (done.returncode, done.stderr) == (2, "--pair: there is no failover pair `leg`: did you mean `leeg`?\n")
    done = failover(whole, "list", "--from", "2026-10-02T00:00:00Z", "--to", "2026-10-01T00:00:00Z")
    assert (done.returncode, done.stderr) == (2, "--to: `2026-10-01T00:00:00Z` is not after --from\n")
    write(tmp_path)
    done = failover(tmp_path, "list")
    assert done.returncode == 2
    assert "nothing was recorded yet" in done.stderr
    write(tmp_path, failover_pairs=[])
    done = failover(tmp_path, "list")
    assert (done.returncode, done.stderr) == (
        2,
        "estate.yaml: no failover pair is configured: describe one under `failover_pairs`\n",
    )
