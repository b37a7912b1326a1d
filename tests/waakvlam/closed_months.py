"""An estate with three months of facts, and the commands that close, verify and compare its months."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import re
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.waakvlam.commands import waakvlam, write_estate

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


def record_three_months(folder: Path) -> None:
    """Three months of facts, and a record of maintenance before any of them was closed."""
    estate(folder)
    (folder / "facts.csv").write_text(FACTS)
    assert waakvlam(folder, "import", "observations", "facts.csv", "-c", "estate.yaml").returncode == 0
    window = ("--from", "2025-10-20T08:00:00+02:00", "--to", "2025-10-20T08:10:00+02:00")
    add_work(folder, "early", "--category", "customer_request", *window, "--affects", "app", "--reason", "agreed")


def close_two_months(folder: Path) -> None:
    """September and October, and a note of their digests."""
    digests = [close(folder, SEPTEMBER), close(folder, OCTOBER)]
    (folder / "digests.json").write_text(json.dumps(digests))


def digests(folder: Path) -> list[str]:
    return [str(one) for one in json.loads((folder / "digests.json").read_text())]


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


def all_up(document: dict[str, Any]) -> None:
    for spans in document["spans"]:
        spans[2] = [[start, end, "up"] for start, end, _ in spans[2]]
