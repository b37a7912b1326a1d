"""Commands load what they need: most of the time of a small report is the loading of modules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from collector.store import open_store

HEAVY = """
    aiohttp aiomqtt aiosmtplib aioimaplib alembic apprise asyncssh cryptography dns fpdf gufo holidays icalendar
    jsonschema msgpack ntplib openpyxl pandas polars psycopg pyarrow pyasn1 pysnmp recurring_ical_events
    sqlalchemy.dialects.postgresql uvloop xlsxwriter collector.engine collector.probes.ldap collector.probes.snmp
    waakvlam.collecting waakvlam.commands.run waakvlam.paging
"""
CONFIGURATION = """\
version: 1
timezone: Europe/Amsterdam
store: sqlite:///facts.db
components:
  - {id: web, checks: [{id: ping, probe: icmp, host: 192.0.2.10}]}
agreements:
  - {id: office, norm: 98%, window: {days: workdays, from: "08:00", to: "18:00"}}
services:
  - {id: site, agreement: office, up_when: {all: [web]}}
"""
COMMANDS = {
    "help": "--help",
    "the help of a command": "report --help",
    "a check of the configuration": "check --config estate.yaml",
    "a report for people": "report --config estate.yaml --period 2026-10",
    "a report for programs": "report --config estate.yaml --period 2026-10 --format json",
}
PROGRAM = f"""\
import sys
from waakvlam.cli import main
try:
    main()
except SystemExit as ended:
    loaded = [name for name in {HEAVY!r}.split() if name in sys.modules]
    sys.exit(f"loaded {{loaded}}" if loaded else ended.code)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("loading")
    (made / "estate.yaml").write_text(CONFIGURATION)
    open_store(f"sqlite:///{made / 'facts.db'}", create=True).close()
    return made


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=list(COMMANDS))
def test_a_command_loads_nothing_heavy_that_it_does_not_use(folder: Path, arguments: str) -> None:
    command = [sys.executable, "-c", PROGRAM, *arguments.split()]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
