"""A collector and its rules agree exactly while the rules would be written the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from collector.probes import OPTIONS
from config.reader import read
from config.settings import Settings
from dashboards.rules import Wanted, one_file
from dashboards.rules_fingerprint import fingerprint

ESTATE = Path(__file__).parent / "alerts.yaml"
EXPECTED = "waakvlam_estate_fingerprint"

OTHER_RULES = {
    "a name": ("name: Nachtkopie", "name: Dagkopie"),
    "a kind": ("kind: restore-test", "kind: security"),
    "an owner": ("id: app-noord, site: noord, owner: beheer", "id: app-noord, site: noord, owner: lijnen"),
    "a site": ("id: copier, site: raadhuis", "id: copier, site: noord"),
    "a kind of site": ("kind: Datacenter}", "kind: office}"),
    "what is behind what": ("behind: [ring], checks: [{id: app-zuid", "behind: [line], checks: [{id: app-zuid"),
    "a runbook": ("https://wiki.example/app", "https://wiki.example/other"),
    "an expression": ("up_when: {any: [db-noord, db-zuid]}}", "up_when: {all: [db-noord, db-zuid]}}"),
    "a priority": ("priority: 3", "priority: 2"),
    "a term": ("within: 4h", "within: 3h"),
    "a norm": ("98.0%", "98.5%"),
    "the name of a check": ("id: restore-quarterly", "id: restore-yearly"),
    "how soon a restore test is due": ("within: 92d", "within: 8d"),
    "a name of an organisation": ("Lijnen BV", "Lijnen NV"),
    "the name of a licence": ("what: Kantoorpakket", "what: Kantoor"),
    "a licence that ends": ("what: Vrij pakket}", "what: Vrij pakket, until: 2028-01-01}"),
    "an agent": ("{id: zuid, vantage: zuid}", "{id: andere, vantage: zuid}"),
    "that there is a place outside": ("deadman: {url: {env: DEADMAN_URL}}\n", ""),
    "whether a server shows a certificate": ("http://zuid.example/", "https://zuid.example/"),
}  # fmt: skip
SAME_RULES = {
    "an interval": ("interval: 5m", "interval: 10m"),
    "an address": ("192.0.2.9", "192.0.2.19"),
    "a window": ('from: "07:00"', 'from: "08:00"'),
    "when a licence ends": ("2027-12-31", "2028-12-31"),
    "how a broker is reached": ("host: 127.0.0.1, plaintext", "host: 127.0.0.2, plaintext"),
    "a person on call": ("Noor de Wit", "Noor Bakker"),
    "when a backup is late": ("within: 26h, grace: 2h", "within: 25h, grace: 3h"),
    "a participant that needs nothing": ("participants: [{", "participants: [lijnen, {"),
    "an organisation that owns nothing": ("name: Gemeente}", "name: Stad}"),
}


def with_change(folder: Path, change: tuple[str, str]) -> Settings:
    text = ESTATE.read_text(encoding="utf-8")
    assert change[0] in text
    path = folder / "estate.yaml"
    path.write_text(text.replace(*change), encoding="utf-8")
    return read(path, OPTIONS)


def rules_of(settings: Settings) -> str:
    """The rules but for the fingerprint in them."""
    return "".join(line for line in one_file(settings, Wanted()).splitlines() if EXPECTED not in line)


@pytest.mark.parametrize("what", OTHER_RULES)
def test_other_rules_have_another_fingerprint(what: str, tmp_path: Path) -> None:
    before, after = read(ESTATE, OPTIONS), with_change(tmp_path, OTHER_RULES[what])
    assert rules_of(before) != rules_of(after)
    assert fingerprint(before) != fingerprint(after)


@pytest.mark.parametrize("what", SAME_RULES)
def test_the_same_rules_have_the_same_fingerprint(what: str, tmp_path: Path) -> None:
    before, after = read(ESTATE, OPTIONS), with_change(tmp_path, SAME_RULES[what])
    assert rules_of(before) == rules_of(after)
    assert fingerprint(before) == fingerprint(after)


def test_every_process_finds_the_same() -> None:
    own = fingerprint(read(ESTATE, OPTIONS))
    assert own == float(own), "a metric must hold it exactly"
    program = (
        "import sys, pathlib\nfrom collector.probes import OPTIONS\nfrom config.reader import read\n"
        "from dashboards.rules_fingerprint import fingerprint\n"
        "print(fingerprint(read(pathlib.Path(sys.argv[1]), OPTIONS)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(ESTATE)],
        cwd=ESTATE.parents[2],
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": str(ESTATE.parents[2])},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert int(ran.stdout) == own
