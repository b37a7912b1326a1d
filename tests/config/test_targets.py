"""Targets that are read from lists beside the configuration: rows of a CSV, targets of file_sd, ranges of addresses."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from config import csv_table, targets
from config.problems import ConfigError
from config.reader import read
from config.settings import Settings
from config.targets import as_id, rows_of_addresses
from tests.config.standins import PROBES, Icmp

PING = '    checks: [{id: "{id}-ping", probe: icmp, host: "{host}"}]\n'


def reading(folder: Path, for_each: str, rest: str = PING) -> Settings:
    path = folder / "estate.yaml"
    path.write_text(f"version: 1\ncomponents:\n  - for_each: {for_each}\n{rest}")
    return read(path, PROBES)


def hosts(settings: Settings) -> dict[str, str]:
    return {id_: spec.options.host for id_, spec in settings.checks.items() if isinstance(spec.options, Icmp)}


CSV: Mapping[str, tuple[bytes, str, dict[str, str]]] = {
    "a comma between columns": (b"id,host\na,192.0.2.1\nb,192.0.2.2\n", "", {"a": "192.0.2.1", "b": "192.0.2.2"}),
    "a semicolon between columns": (b"id;host\na;192.0.2.1\n", "", {"a": "192.0.2.1"}),
    "a mark of the byte order, and the line ends of Windows": (
        b"\xef\xbb\xbfid,host\r\na,192.0.2.1\r\n",
        "",
        {"a": "192.0.2.1"},
    ),
    "quotes, spaces around cells, blank lines, no end of the last line": (
        b'id,host,place\n\na , 192.0.2.1 ,"Hall, ""left"""',
        "",
        {"a": "192.0.2.1"},
    ),
    "columns that nobody asked for, of any name": (
        b"id,Serial number,host,\na,1,192.0.2.1,x\n",
        "",
        {"a": "192.0.2.1"},
    ),
    "columns that are called otherwise": (
        b"Naam;IP-adres;host\na;192.0.2.1;x\n",
        ", columns: {id: Naam, host: IP-adres}",
        {"a": "192.0.2.1"},
    ),
    "ids that are made from a name": (
        b"name,host,id\nSW Hall (1),192.0.2.1,7\n",
        ", id_from: name",
        {"sw-hall-1": "192.0.2.1"},
    ),
    "hundreds of rows": (
        b"id,host\n" + b"".join(b"c%d,h%d\n" % (n, n) for n in range(300)),
        "",
        {f"c{n}": f"h{n}" for n in range(300)},
    ),
}


@pytest.mark.parametrize("case", CSV)
def test_the_rows_of_a_csv(case: str, tmp_path: Path) -> None:
    data, rest, expected = CSV[case]
    (tmp_path / "list.csv").write_bytes(data)
    found = hosts(reading(tmp_path, f"{{csv: list.csv{rest}}}"))
    assert found == {f"{id_}-ping": host for id_, host in expected.items()}


def test_an_empty_cell_is_no_value_and_a_default_takes_its_place(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("id,host,packets\na,192.0.2.1,\nb,192.0.2.2,4\n")
    path = tmp_path / "estate.yaml"
    path.write_text(
        "version: 1\ntemplates: [{id: t, parameters: [host, {name: packets, default: '2'}],"
        " component: {checks: [{id: '{id}-ping', probe: icmp, host: '{host}', packets: '{packets}'}]}}]\n"
        "components: [{use: t, for_each: {csv: list.csv}}]\n"
    )
    options = [spec.options for spec in read(path, PROBES).checks.values()]
    assert options == [Icmp(host="192.0.2.1", packets=2), Icmp(host="192.0.2.2", packets=4)]


FILE_SD: Mapping[str, tuple[object, str, dict[str, str]]] = {
    "ids from targets": ([{"targets": ["a.example:9100", "B:1"]}], "", {"a-example-9100": "a.example", "b-1": "b"}),
    "ids from a label": ([{"targets": ["a:1"], "labels": {"name": "SW 1"}}], ", id_from: name", {"sw-1": "a"}),
    "an id as a label": ([{"targets": ["a:1"], "labels": {"id": "sw-1"}}], "", {"sw-1": "a"}),
    "a label that says the host": ([{"targets": ["a:1"], "labels": {"host": "b"}}], "", {"a-1": "b"}),
    "addresses of IPv6": (
        [{"targets": ["[2001:db8::1]:443", "2001:db8::2"]}],
        "",
        {"2001-db8-1-443": "2001:db8::1", "2001-db8-2": "2001:db8::2"},
    ),
    "URLs": ([{"targets": ["https://a.example/x"]}], "", {"https-a-example-x": "a.example"}),
    "labels of no use, and groups without targets": (
        [{"targets": [], "labels": {"job": "x"}}, {"targets": ["a"], "labels": {"__meta_x": "", "1": "y"}}],
        "",
        {"a": "a"},
    ),
}


@pytest.mark.parametrize("case", FILE_SD)
def test_the_targets_of_file_sd(case: str, tmp_path: Path) -> None:
    groups, rest, expected = FILE_SD[case]
    for name, text in (("t.json", json.dumps(groups)), ("t.yaml", json.dumps(groups, indent="\t"))):
        (tmp_path / name).write_text(text)
        found = hosts(reading(tmp_path, f"{{file_sd: {name}{rest}}}"))
        assert found == {f"{id_}-ping": host for id_, host in expected.items()}


@pytest.mark.parametrize(
    ("target", "port"), [("a:22", "22"), ("[2001:db8::1]:22", "22"), ("https://a/", "443"), ("ldaps://a:1636", "1636")]
)
def test_the_port_of_a_target(target: str, port: str, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps([{"targets": [target], "labels": {"id": "a", "site": "hall"}}]))
    text = '    name: "{target} in {site}"\n    checks: [{id: a-tcp, probe: tcp, host: "{host}", port: "{port}"}]\n'
    settings = reading(tmp_path, "{file_sd: t.json}", text)
    assert settings.checks["a-tcp"].options == PROBES["tcp"](
        host=target.rpartition(":")[0].strip("[]") if "/" not in target else "a", port=int(port)
    )
    assert settings.estate.parts["a"].name == f"{target} in hall"
    assert settings.estate.parts["a"].up_when is not None


def test_a_target_without_a_port_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('[{"targets": ["a"]}]')
    with pytest.raises(
        ConfigError, match=r"t\.json:1: port: has no value here: give it one \(used on .*estate\.yaml:3\)"
    ):
        reading(tmp_path, "{file_sd: t.json}", '    checks: [{id: a-tcp, probe: tcp, host: a, port: "{port}"}]\n')


RANGES: Mapping[str, tuple[list[str], list[str]]] = {
    "a range, both ends included": (["192.0.2.9-192.0.2.11"], ["192.0.2.9", "192.0.2.10", "192.0.2.11"]),
    "a range over the edge of a byte": (["192.0.2.255 - 192.0.3.0"], ["192.0.2.255", "192.0.3.0"]),
    "a network, without its own and the broadcast address": (["192.0.2.8/30"], ["192.0.2.9", "192.0.2.10"]),
    "two ends of a line": (["192.0.2.8/31"], ["192.0.2.8", "192.0.2.9"]),
    "IPv6": (["2001:db8::1-2001:db8::2"], ["2001:db8::1", "2001:db8::2"]),
    "several, one address among them": (["192.0.2.1", "192.0.2.5-192.0.2.6"], ["192.0.2.1", "192.0.2.5", "192.0.2.6"]),
}


@pytest.mark.parametrize("case", RANGES)
def test_ranges_of_addresses(case: str) -> None:
    ranges, expected = RANGES[case]
    rows = rows_of_addresses(ranges).rows
    assert [row.values["host"] for row in rows] == expected
    assert [row.values["n"] for row in rows] == [str(n) for n in range(1, len(expected) + 1)]


@pytest.mark.parametrize(
    ("text", "id_"),
    [("SW-Hall 01", "sw-hall-01"), ("192.0.2.1:9100", "192-0-2-1-9100"), ("--", ""), ("é", ""), ("x" * 120, "x" * 100)],
)
def test_ids_that_are_made(text: str, id_: str) -> None:
    assert as_id(text) == id_


def test_the_digest_follows_the_file_of_targets(tmp_path: Path) -> None:
    list_ = tmp_path / "list.csv"
    list_.write_text("id,host\na,192.0.2.1\n")
    before = reading(tmp_path, "{csv: list.csv}")
    assert reading(tmp_path, "{csv: list.csv}").digest == before.digest
    list_.write_text("id,host\na,192.0.2.1\nb,192.0.2.2\n")
    assert reading(tmp_path, "{csv: list.csv}").digest != before.digest


def test_a_file_is_found_beside_the_configuration_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf" / "lists").mkdir(parents=True)
    (tmp_path / "conf" / "lists" / "a.csv").write_text("id,host\na,192.0.2.1\n")
    reading(tmp_path / "conf", "{csv: lists/a.csv}")
    monkeypatch.chdir(tmp_path)
    assert hosts(read(Path("conf/estate.yaml"), PROBES)) == {"a-ping": "192.0.2.1"}
    (tmp_path / "conf" / "lists" / "a.csv").write_text("id,host\na,192.0.2.1\na,192.0.2.2\n")
    with pytest.raises(ConfigError, match=r"^conf/lists/a\.csv:3: id: `a` is there already, on line 2"):
        read(Path("conf/estate.yaml"), PROBES)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "list.csv")
    for name in ("list.csv", "/dev/zero", "."):
        with pytest.raises(ConfigError, match=r"for_each\.csv: .* is no plain file$"):
            reading(tmp_path, f"{{csv: {name}}}")


def test_lists_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "list.csv").write_text("id,host\n" + "".join(f"c{n},h{n}\n" for n in range(40)))
    (tmp_path / "t.json").write_text(json.dumps([{"targets": [f"h{n}" for n in range(40)]}]))
    assert len(reading(tmp_path, "{csv: list.csv}").checks) == 40
    monkeypatch.setattr(targets, "ROWS_LIMIT", 30)
    with pytest.raises(ConfigError, match=r"list\.csv:32: is more than 30 rows"):
        reading(tmp_path, "{csv: list.csv}")
    with pytest.raises(ConfigError, match=r"t\.json:1: is more than 30 targets"):
        reading(tmp_path, "{file_sd: t.json}")
    monkeypatch.setattr(targets, "SIZE_LIMIT", 100)
    with pytest.raises(ConfigError, match=r"`list\.csv` makes the lists of targets larger than "):
        reading(tmp_path, "{csv: list.csv}")


def test_a_file_full_of_mistakes_is_told_in_part(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("id,host\n" + "".join(f"SW {n},h{n}\n" for n in range(5000)))
    with pytest.raises(ConfigError) as refusal:
        reading(tmp_path, "{csv: list.csv}")
    assert len(refusal.value.problems) == csv_table.PROBLEMS_LISTED + 1
    assert str(refusal.value).splitlines()[0].endswith("list.csv: and 4980 more like these")


def test_a_cell_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"id,host\na,{'x' * 20_000}\n")
    with pytest.raises(ConfigError, match=r"list\.csv:2: has a cell of more than 10000 characters"):
        reading(tmp_path, "{csv: list.csv}")
    (tmp_path / "list.csv").write_text(f'id,host\na,"{"x" * 200_000}\n')
    with pytest.raises(ConfigError, match=r"list\.csv:2: is no CSV: "):
        reading(tmp_path, "{csv: list.csv}")
