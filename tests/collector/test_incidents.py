"""The help desk's export is taken whole or not at all, and the store keeps every version of an incident."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from availability.ports import Registration
from availability.recovery import Registered
from collector.csv_lines import ImportRefused
from collector.incidents import INCIDENTS_LIMIT, read_incidents
from collector.store import SqlStore, StoreError
from config.settings import HelpDesk
from tests.collector.stores import Place, opened

COLUMNS = {
    "id": "Nummer",
    "reported": "Aangemeld",
    "closed": "Gereed",
    "reacted": "In behandeling",
    "service": "Dienst",
    "priority": "Prioriteit",
    "environment": "Omgeving",
    "summary": "Omschrijving",
    "waiting": "Wacht",
}
DESK = HelpDesk(
    columns=COLUMNS,
    waiting_between=(),
    delimiter=";",
    encoding="utf-8",
    timezone="Europe/Amsterdam",
    date_format="%d-%m-%Y %H:%M",
    services={"BRP (burgerzaken)": "brp", "Printer": None},
    priorities={"P1 - kritiek": 1},
    environments={"Productie": "production"},
)
SERVICES = ("brp", "bag")
HEADER = ";".join(COLUMNS.values()) + "\n"
NOW = 1_796_000_000_000
"""29 November 2026."""


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def taken(folder: Path, text: str | bytes, desk: HelpDesk = DESK) -> list[Registered]:
    path = folder / "export.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_incidents(path, desk, SERVICES, NOW)


def refused(folder: Path, text: str | bytes, desk: HelpDesk = DESK) -> list[str]:
    with pytest.raises(ImportRefused) as refusal:
        taken(folder, text, desk)
    return [problem.removeprefix(f"{folder}/") for problem in refusal.value.problems]


def test_a_line_with_everything(tmp_path: Path) -> None:
    line = (
        "M1;05-10-2026 09:05;06-10-2026 16:30;05-10-2026 09:20;BRP (burgerzaken);P1 - kritiek;Productie;"
        '"traag;\n  bij de balie";"05-10-2026 10:00/05-10-2026 11:00; 06-10-2026 09:00/"\n'
    )
    (incident,) = taken(tmp_path, HEADER + line)
    assert incident == Registered(
        id="M1",
        reported_at=ms("2026-10-05T09:05+02:00"),
        service="brp",
        environment="production",
        priority=1,
        summary="traag; bij de balie",
        reacted_at=ms("2026-10-05T09:20+02:00"),
        closed_at=ms("2026-10-06T16:30+02:00"),
        waiting=(
            (ms("2026-10-05T10:00+02:00"), ms("2026-10-05T11:00+02:00")),
            (ms("2026-10-06T09:00+02:00"), None),
        ),
    )


def test_a_line_with_only_what_must_be_there(tmp_path: Path) -> None:
    desk = replace(DESK, columns={"id": "Nr", "reported": "At", "closed": "Done"}, delimiter=",", date_format="")
    text = "\ufeffextra,Nr,At ,Done\n\n,M1,2026-10-05T09:05,\n , , , \n"
    assert taken(tmp_path, text, desk) == [Registered("M1", ms("2026-10-05T09:05+02:00"), reactions_kept=False)]


def test_the_words_that_need_no_mapping(tmp_path: Path) -> None:
    (incident,) = taken(tmp_path, HEADER + "M1;05-10-2026 09:05;;;bag;3;test;;\n")
    assert (incident.service, incident.priority, incident.environment) == ("bag", 3, "test")
    (incident,) = taken(tmp_path, HEADER + "M1;05-10-2026 09:05;;;Printer;;;;\n")
    assert incident.service is None


def test_pairs_of_columns_for_waiting_and_another_encoding(tmp_path: Path) -> None:
    columns = {"id": "Nr", "reported": "At", "closed": "Done", "summary": "Wat"}
    desk = replace(
        DESK, columns=columns, waiting_between=(("F1", "T1"), ("F2", "T2")), delimiter="\t", encoding="windows-1252"
    )
    header = "Nr\tAt\tDone\tWat\tF1\tT1\tF2\tT2\n"
    text = f"{header}M1\t05-10-2026 09:05\t\tcaf\xe9 \u20ac\t06-10-2026 09:00\t06-10-2026 10:00\t\t\n"
    (incident,) = taken(tmp_path, text.encode("windows-1252"), desk)
    assert incident.summary == "café €"
    assert incident.waiting == ((ms("2026-10-06T09:00+02:00"), ms("2026-10-06T10:00+02:00")),)


def test_a_date_with_slashes_leaves_the_slash_in_the_middle(tmp_path: Path) -> None:
    desk = replace(DESK, date_format="%d/%m/%Y %H:%M")
    line = 'M1;05/10/2026 09:05;;;;;;;"06/10/2026 09:00/06/10/2026 10:00;07/10/2026 09:00/"\n'
    (incident,) = taken(tmp_path, HEADER + line, desk)
    assert incident.waiting == (
        (ms("2026-10-06T09:00+02:00"), ms("2026-10-06T10:00+02:00")),
        (ms("2026-10-07T09:00+02:00"), None),
    )


LOCAL = {
    "of an hour that occurs twice a report is the first": ("25-10-2026 02:30", "", "2026-10-25T02:30+02:00", None),
    "and a closing the last": (
        "25-10-2026 02:30",
        "25-10-2026 02:30",
        "2026-10-25T02:30+02:00",
        "2026-10-25T02:30+01:00",
    ),
    "an hour that the clocks skip is the instant of the jump": (
        "29-03-2026 02:30",
        "29-03-2026 02:59",
        "2026-03-29T03:00+02:00",
        "2026-03-29T03:00+02:00",
    ),
}


@pytest.mark.parametrize("case", LOCAL)
def test_local_times_where_the_clocks_change(case: str, tmp_path: Path) -> None:
    reported, closed, reported_at, closed_at = LOCAL[case]
    (incident,) = taken(tmp_path, HEADER + f"M1;{reported};{closed};;;;;;\n")
    assert incident.reported_at == ms(reported_at)
    assert incident.closed_at == (ms(closed_at) if closed_at else None)


ISO = {
    "2026-10-05T09:05": "2026-10-05T09:05+02:00",
    "2026-10-05 09:05:30": "2026-10-05T09:05:30+02:00",
    "2026-10-05T07:05Z": "2026-10-05T07:05Z",
    "2026-10-05T09:05:00.250+02:00": "2026-10-05T09:05:00.250+02:00",
}


@pytest.mark.parametrize("text", ISO)
def test_iso_times(text: str, tmp_path: Path) -> None:
    (incident,) = taken(tmp_path, HEADER + f"M1;{text};;;;;;;\n", replace(DESK, date_format=""))
    assert incident.reported_at == ms(ISO[text])


def test_the_same_line_twice_is_one_incident_and_another_one_of_that_number_is_wrong(tmp_path: Path) -> None:
    line = "M1;05-10-2026 09:05;;;;;;;\n"
    assert len(taken(tmp_path, HEADER + line + line)) == 1
    assert refused(tmp_path, HEADER + line + line + "M1;05-10-2026 09:06;;;;;;;\n") == [
        "export.csv:4: incident 'M1' stands on line 2 otherwise"
    ]


BAD = {
    ";05-10-2026 09:05;;;;;;;": "Nummer is empty; every incident has a number",
    "M\x1b1;05-10-2026 09:05;;;;;;;": "Nummer 'M\\x1b1' is no number of an incident: at most 100 characters that print",
    "M1;;;;;;;;": "Aangemeld is empty; an incident was reported at some time",
    "M1;5 okt 2026;;;;;;;": "Aangemeld '5 okt 2026' is not a time; write it as 05-10-2026 09:05, or correct "
    "`recovery.incidents.date_format`",
    "M1;31-02-2026 09:05;;;;;;;": "Aangemeld '31-02-2026 09:05' is not a time; write it as 05-10-2026 09:05, "
    "or correct `recovery.incidents.date_format`",
    "M1;05-10-1969 09:05;;;;;;;": "Aangemeld '05-10-1969 09:05' lies outside the years 1970 to 9998",
    "M1;05-10-2027 09:05;;;;;;;": "Aangemeld '05-10-2027 09:05' is in the future",
    "M1;05-10-2026 09:05;04-10-2026 09:05;;;;;;": "Gereed '04-10-2026 09:05' is before it was reported",
    "M1;05-10-2026 09:05;;05-10-2026 09:04;;;;;": "In behandeling '05-10-2026 09:04' is before it was reported",
    "M1;05-10-2026 09:05;;;BRP;;;;": "service 'BRP' is no service and no word under "
    "`recovery.incidents.services`; add it there, with `none` if it is about none",
    "M1;05-10-2026 09:05;;;brpp;;;;": "service 'brpp' is no service and no word under "
    "`recovery.incidents.services`; add it there, with `none` if it is about none; did you mean brp?",
    "M1;05-10-2026 09:05;;;;P1;;;": "priority 'P1' is no number from 1 to 9 and no word under "
    "`recovery.incidents.priorities`; did you mean 1?",
    "M1;05-10-2026 09:05;;;;;live;;": "environment 'live' is no environment and no word under "
    "`recovery.incidents.environments`",
    "M1;05-10-2026 09:05;;;;;;;ja": "Wacht 'ja' is no period; write start/end, several with ; between them",
    "M1;05-10-2026 09:05;;;;;;;/06-10-2026 09:05": "waiting until '06-10-2026 09:05' has no beginning",
    "M1;05-10-2026 09:05;;;;;;;06-10-2026 09:05/06-10-2026 09:00": "waiting from '06-10-2026 09:05' ends before "
    "that, at '06-10-2026 09:00'",
    "M1;05-10-2026 09:05": "there are 2 fields where the first line names 9",
    '"M1;05-10-2026 09:05': "unexpected end of data; is a quote not closed?",
}


@pytest.mark.parametrize("line", BAD)
def test_a_bad_line_is_named_and_nothing_is_taken(line: str, tmp_path: Path) -> None:
    good = "M0;05-10-2026 09:05;;;;;;;\n"
    assert refused(tmp_path, f"{HEADER}{good}{line}\n") == [f"export.csv:3: {BAD[line]}"]


def test_every_bad_line_is_named_up_to_twenty(tmp_path: Path) -> None:
    problems = refused(tmp_path, HEADER + "M1;x;;;;;;;\n" * 1000)
    assert len(problems) == 21
    assert problems[-1] == "export.csv: and 980 more"


HEADERS = {
    "": "the file is empty; the first line names the columns",
    "Nummer;Aangemeld\n": "the column 'Gereed' is missing, which `recovery.incidents.columns.closed` names",
    HEADER.replace(
        ";", ","
    ): "the column 'Nummer' is missing, which `recovery.incidents.columns.id` names; there is one "
    "column only: is `recovery.incidents.delimiter` right?",
    HEADER.replace(
        "Gereed", "Gereedd"
    ): "the column 'Gereed' is missing, which `recovery.incidents.columns.closed` names; did you mean Gereedd?",
    "Gereed;" + HEADER: "the column 'Gereed' is there twice; give one of them another name",
}


@pytest.mark.parametrize("header", HEADERS)
def test_a_first_line_that_is_wrong(header: str, tmp_path: Path) -> None:
    assert refused(tmp_path, header) == [f"export.csv:1: {HEADERS[header]}"]


def test_a_file_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    text = (HEADER + "M1;05-10-2026 09:05;;;;;;caf\xe9;\n").encode("windows-1252")
    assert refused(tmp_path, text) == [
        "export.csv:2: this is not utf-8; save the file so, or correct `recovery.incidents.encoding`"
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"missing\.csv: cannot be read \(No such file or directory\)"):
        read_incidents(tmp_path / "missing.csv", DESK, SERVICES, NOW)


def test_a_file_without_end_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert INCIDENTS_LIMIT >= 100_000
    monkeypatch.setattr("collector.incidents.INCIDENTS_LIMIT", 3)
    lines = [f"M{number};05-10-2026 09:05;;;;;;;\n" for number in range(9)]
    assert refused(tmp_path, HEADER + "".join(lines)) == [
        "export.csv:5: there are more than 3 incidents; import the file in parts"
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300), st.text(max_size=200).map(lambda text: (HEADER + text).encode("utf-8", "replace"))
    )
)
def test_whatever_the_file_holds_it_is_read_or_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            taken(Path(folder), data)
        except ImportRefused as refusal:
            assert refusal.problems


# The store.


@pytest.fixture
def store(place: Place) -> Iterator[SqlStore]:
    store = opened(place)
    yield store
    store.close()


ONE = Registered("M1", 1000, "brp", "production", 1, "caf\u00e9 '; --", 2000, 3000, ((1500, 1600), (1700, None)))
OTHER = Registered("M2", 500, reactions_kept=False)


def test_what_was_registered_comes_back(store: SqlStore) -> None:
    assert store.incidents() == []
    assert store.register([ONE, OTHER], "bob", 7) == Registration(2, 0, 0)
    assert store.incidents() == [ONE, OTHER]


def test_the_same_again_changes_nothing_and_another_content_is_a_new_version(store: SqlStore, place: Place) -> None:
    store.register([ONE, OTHER], "bob", 7)
    assert store.register([OTHER, ONE, ONE], "ann", 8) == Registration(0, 0, 3)
    closed = replace(ONE, closed_at=4000)
    assert store.register([closed, OTHER], "ann", 9) == Registration(0, 1, 1)
    assert store.incidents() == [closed, OTHER]
    assert store.register([ONE], "bob", 10) == Registration(0, 1, 0)
    assert store.incidents() == [ONE, OTHER]
    rows = place.execute("SELECT number, incident, imported_at, imported_by FROM incident ORDER BY number")
    assert rows == [(1, "M1", 7, "bob"), (2, "M2", 7, "bob"), (3, "M1", 9, "ann"), (4, "M1", 10, "bob")]


def test_two_writers_lose_nothing(store: SqlStore, place: Place) -> None:
    second = opened(place)
    store.register([ONE], "bob", 7)
    second.register([OTHER], "ann", 8)
    store.register([replace(ONE, priority=2)], "bob", 9)
    assert second.incidents() == [replace(ONE, priority=2), OTHER]
    second.close()


def test_what_a_newer_version_registered_is_refused_with_a_sentence(store: SqlStore, place: Place) -> None:
    store.register([ONE], "bob", 7)
    place.execute("INSERT INTO incident VALUES (2, 'M9', '{\"version\": 2}', 1, 'x')")
    with pytest.raises(StoreError, match=r"row 2 of the incidents \('M9'\) is of a newer version of waakvlam"):
        store.incidents()
    assert store.register([Registered("M9", 1)], "bob", 8) == Registration(0, 1, 0)
    assert [each.id for each in store.incidents()] == ["M1", "M9"]
