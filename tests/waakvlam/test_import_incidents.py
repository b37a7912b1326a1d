"""`waakvlam import incidents`: the help desk's export into the store, by command."""

from __future__ import annotations

import getpass
import sqlite3
from importlib.resources import files
from pathlib import Path

from tests.waakvlam.commands import waakvlam, write_estate
from waakvlam.example_month.estate import estate_text

RECOVERY = {
    "priorities": {"1": {"recovery": "4 working hours"}},
    "incidents": {
        "columns": {"id": "Nummer", "reported": "Aangemeld", "closed": "Gereed", "service": "Dienst"},
        "delimiter": ";",
        "date_format": "%d-%m-%Y %H:%M",
        "services": {"Burgerzaken": "brp"},
    },
}
HEADER = "Nummer;Dienst;Aangemeld;Gereed\n"
LINES = "M1;Burgerzaken;05-10-2026 09:05;05-10-2026 10:00\nM2;brp;06-10-2026 09:05;\n"


def estate(folder: Path, recovery: object = RECOVERY) -> None:
    write_estate(folder, 9, recovery=recovery)


def test_new_changed_and_known_incidents_are_counted(tmp_path: Path) -> None:
    estate(tmp_path)
    file = tmp_path / "october.csv"
    for text, told in (
        (HEADER + LINES, "2 incidents: 2 new, 0 changed, 0 already known"),
        (HEADER + LINES, "2 incidents: 0 new, 0 changed, 2 already known"),
        (
            HEADER + LINES[:-1] + "07-10-2026 09:00\nM3;;07-10-2026 09:05;\n",
            "3 incidents: 1 new, 1 changed, 1 already known",
        ),
    ):
        file.write_text(text)
        done = waakvlam(tmp_path, "import", "incidents", "october.csv", "--config", "estate.yaml")
        assert (done.returncode, done.stdout, done.stderr) == (0, f"october.csv: {told}\n", "")
    by = sqlite3.connect(tmp_path / "facts.db").execute("SELECT DISTINCT imported_by FROM incident").fetchall()
    assert len(by) == 1
    assert str(by[0][0]).startswith(getpass.getuser())


def test_of_a_file_with_a_bad_line_nothing_is_taken(tmp_path: Path) -> None:
    estate(tmp_path)
    (tmp_path / "october.csv").write_text(HEADER + LINES + "M3;Burgerzakn;06-10-2026 09:05;\n")
    done = waakvlam(tmp_path, "import", "incidents", "october.csv", "--config", "estate.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "october.csv:4: service 'Burgerzakn' is no service and no word under `recovery.incidents.services`; add it "
        "there, with `none` if it is about none; did you mean Burgerzaken?\n"
    )
    assert not (tmp_path / "facts.db").exists()


def test_without_a_word_on_the_export_it_says_what_is_missing(tmp_path: Path) -> None:
    estate(tmp_path, {"priorities": {"1": {"recovery": "4h"}}})
    (tmp_path / "october.csv").write_text(HEADER + LINES)
    done = waakvlam(tmp_path, "import", "incidents", "october.csv", "--config", "estate.yaml")
    assert done.returncode == 2
    assert done.stderr.startswith("estate.yaml: recovery.incidents is missing: say there what the columns")


def test_the_file_of_the_made_up_example_is_taken(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(estate_text(), encoding="utf-8")
    (tmp_path / "incidents.csv").write_bytes((files("waakvlam.example_month") / "incidents.csv").read_bytes())
    done = waakvlam(tmp_path, "import", "incidents", "incidents.csv", "--config", "estate.yaml")
    assert (done.returncode, done.stdout) == (0, "incidents.csv: 6 incidents: 6 new, 0 changed, 0 already known\n")
