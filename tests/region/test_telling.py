"""What people read while the story is played, and afterwards."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from availability.outcome import Status
from waakvlam.demo_region.comparison import Allowed, Comparison, down_spans
from waakvlam.demo_region.files import Pace, write_config
from waakvlam.demo_region.journal import Change, Journal
from waakvlam.demo_region.telling import Teller, side_by_side
from waakvlam.setup import load_settings

OK, FAILED = int(Status.OK), int(Status.FAILED)


def status(**states: str) -> dict[str, Any]:
    parts = [{"id": id_.replace("_", "-"), "type": "component", "state": state} for id_, state in states.items()]
    return {"parts": [*parts, {"id": "brp", "type": "service", "state": "down"}], "agents": []}


def test_in_a_pipe_it_says_what_is_done_and_what_is_seen_of_it_and_nothing_twice(tmp_path: Path) -> None:
    written = io.StringIO()
    with Teller(Console(file=written, width=60), Journal(tmp_path / "journal")) as teller:
        teller.look(status(brp_venlo="up"))
        teller.step("Everything dies")
        for _ in range(3):
            teller.look(status(brp_venlo="down", wifi_weert="unknown", storage_venlo="down"))
        teller.look(None)
        teller.look(status(brp_venlo="up", wifi_weert="up"))
    assert [line.split("s  ", 1)[1] for line in written.getvalue().splitlines()] == [
        "done   Everything dies",
        "seen   down: brp-venlo, storage-venlo; unknown: wifi-weert",
        "seen   the centre does not answer",
        "seen   everything is up",
    ]


def test_outages_of_journal_and_report_stand_side_by_side(tmp_path: Path) -> None:
    settings = load_settings(write_config(tmp_path, "sqlite:///region.db", Pace(1000, 5000), 0))
    changes = [
        Change("storage-venlo", True, 0, 0),
        Change("storage-venlo", False, 20_000, 20_010),
        Change("storage-venlo", True, 30_000, 30_010),
        Change("wifi-weert", True, 0, 0),
        Change("wifi-weert", False, 50_000, 50_010),
    ]
    facts = {
        ("storage-venlo-tcp", "venlo"): [(0, 1000, 21, OK), (21_000, 1000, 10, FAILED), (31_000, 1000, 29, OK)],
        ("wifi-weert-tcp", "weert"): [(0, 1000, 40, OK)],
    }
    comparison = Comparison(settings.estate, facts, changes, 0, 60_000, Allowed(1500, 5000))
    written = io.StringIO()
    Console(file=written, width=140).print(side_by_side(comparison, changes, 60_000, "UTC"))
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in written.getvalue().splitlines() if line.strip()}
    assert rows["storage-venlo"] == "00:00:20 to 00:00:30, 10.0 s 00:00:21 to 00:00:31, 10.0 s -"
    # It died after its agent had gone silent: the journal knows, nobody else does.
    assert rows["wifi-weert"] == "00:00:50 to 00:01:00, 10.0 s - 00:00:44 to 00:01:00, 16.0 s"


def test_an_outage_lasts_from_the_begin_of_the_change_to_the_end_of_the_next() -> None:
    changes = [
        Change("a", True, 0, 1),
        Change("a", False, 10, 12),
        Change("a", True, 20, 22),
        Change("a", False, 30, 31),
    ]
    assert down_spans(changes, "a", 40) == [(10, 22), (30, 40)]
    assert down_spans(changes, "b", 40) == []
