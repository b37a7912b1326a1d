"""Lists of which a configuration makes an entry each: written in it, ranges of addresses, and files beside it."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.csv_table import FileProblems, read_csv
from config.document import SIZE_LIMIT, Document
from config.problems import Loc, remedy, shown
from config.templates import ROWS_LIMIT, ForEachSection, is_parameter

_NOT_OF_AN_ID = re.compile(r"[^a-z0-9]+")
_PORTS = {"http": "80", "https": "443", "ldap": "389", "ldaps": "636"}


@dataclass(frozen=True, slots=True)
class Row:
    """The parameters of one entry. `file` and `line` are where they stand, `place` what people know them by."""

    values: Mapping[str, Any]
    place: str
    file: Path | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """What an entry each is made of. `names` are the parameters there are, also those that no row gives a value."""

    rows: Sequence[Row]
    names: frozenset[str]


class TargetFiles:
    """The files beside a configuration that it takes targets from, each read once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = path.absolute().parent
        self._left = SIZE_LIMIT
        self._read: dict[str, bytes] = {}

    def shown(self, name: str) -> Path:
        """The path as messages name it: as the configuration was named."""
        return self._path.parent / name

    def read(self, name: str) -> bytes:
        """What the file holds; ValueError with a sentence where it cannot be had."""
        if name not in self._read:
            self._read[name] = self._open(name)
            self._left -= len(self._read[name])
        return self._read[name]

    def _open(self, name: str) -> bytes:
        if "\0" in name:
            raise ValueError("is no path")
        path = self._folder / name
        try:
            if path.exists() and not path.is_file():
                raise ValueError("is no plain file")
            with path.open("rb") as file:
                data = file.read(self._left + 1)
        except OSError as error:
            raise ValueError(f"cannot be read: {error.strerror}") from None
        if len(data) > self._left:
            limit = SIZE_LIMIT // 1024 // 1024
            raise ValueError(f"makes the lists of targets larger than {limit} MiB: no configuration needs that")
        return data

    def digest(self, data: bytes) -> str:
        """SHA-256 of a configuration that holds `data`, with the files that were read."""
        digest = hashlib.sha256(data)
        for name, content in self._read.items():
            digest.update(f"\n{name}\n".encode(errors="surrogateescape") + hashlib.sha256(content).digest())
        return digest.hexdigest()

    def __bool__(self) -> bool:
        """Whether any was read."""
        return bool(self._read)


def as_id(text: str) -> str:
    """What an id can be made of a text: lower case, `-` for whatever an id cannot hold; at most 100 characters."""
    return _NOT_OF_AN_ID.sub("-", text.lower()).strip("-")[:100].rstrip("-")


def rows_of_addresses(ranges: Sequence[str]) -> Rows:
    """A row with `n` (from 1) and `host` for every address; ValueError with a sentence where they are none.

    Of a network of IPv4 its own address and the broadcast address are left out.
    """
    rows: list[Row] = []
    seen: set[str] = set()
    for text in ranges:
        for address in _addresses(text):
            host = str(address)
            if host in seen:
                raise ValueError(f"{shown(text)} holds {host} once more: name every address once")
            if len(rows) == ROWS_LIMIT:
                raise ValueError(f"are more than {ROWS_LIMIT} addresses: no list here needs that")
            seen.add(host)
            rows.append(Row({"n": str(len(rows) + 1), "host": host}, host))
    return Rows(rows, frozenset({"n", "host"}))


def _addresses(text: str) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    first, dash, last = (piece.strip() for piece in text.partition("-"))
    if not dash:
        yield from _network(text)
        return
    try:
        start, end = ipaddress.ip_address(first), ipaddress.ip_address(last)
    except ValueError:
        raise ValueError(_no_range(text)) from None
    if "%" in text or type(start) is not type(end):
        raise ValueError(_no_range(text))
    if int(end) < int(start):
        raise ValueError(f"{shown(text)} ends before it begins: write the lower address first")
    for number in range(int(start), int(end) + 1):
        yield type(start)(number)


def _network(text: str) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(_no_range(text)) from None
    if "/" in text and str(network.network_address) != str(ipaddress.ip_address(text.partition("/")[0])):
        raise ValueError(f"{shown(text)} does not begin where its network does: write {network}")
    yield from network.hosts()


def _no_range(text: str) -> str:
    return f"{shown(text)} is no range of addresses: write 192.0.2.1-192.0.2.50 or 192.0.2.0/24"


def rows_of_file(section: ForEachSection, files: TargetFiles) -> Rows:
    """The rows of the file that `section` names; ValueError with a sentence where it cannot be had, ConfigError with
    what is wrong in it."""
    name = section.csv or section.file_sd or ""
    data, path = files.read(name), files.shown(name)
    return _of_csv(section, path, data) if section.csv else _of_file_sd(section, path, data)


def _of_csv(section: ForEachSection, path: Path, data: bytes) -> Rows:
    table = read_csv(path, data, ROWS_LIMIT)
    problems = FileProblems(path)
    for parameter, column in section.columns.items():
        if column not in table.header:
            problems.add(1, "", f"has no column {shown(column)} for `{parameter}`: {_columns(column, table.header)}")
    taken = {column: parameter for parameter, column in section.columns.items()}
    names = [taken.get(column, column if column not in section.columns else "") for column in table.header]
    wanted = section.id_from
    if wanted is not None and wanted not in names:
        problems.add(1, "", f"has no column {shown(wanted)} to make ids from: {_columns(wanted, table.header)}")
    if not table.rows:
        problems.add(None, "", "has no rows below its header: an empty list is taken for a mistake")
    problems.raise_if_any()
    usable = [(index, name) for index, name in enumerate(names) if is_parameter(name)]
    rows = []
    for line, cells in table.rows:
        values = {name: cells[index] for index, name in usable if cells[index]}
        if wanted is not None:
            _make_id(values, wanted)
        rows.append(Row(values, f"{path}:{line}", path, line))
    return Rows(rows, frozenset(name for _, name in usable))


def _columns(name: str, header: Sequence[str]) -> str:
    return remedy(name, [column for column in header if column], "columns")


def _of_file_sd(section: ForEachSection, path: Path, data: bytes) -> Rows:
    """The targets of https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config."""
    document = Document(path, data)
    problems = FileProblems(path)
    for loc, message, line in document.faults:
        problems.add(line, document.dotted(loc), message)
    rows: list[Row] = []
    groups = document.root
    if not isinstance(groups, list):
        problems.add(1, "", "must be a list of groups, such as [{targets: [a.example:9100], labels: {site: hall}}]")
        groups = []
    for number, group in enumerate(groups):
        labels = _labels(group, (number,), document, problems)
        targets = group["targets"] if isinstance(group, dict) and isinstance(group.get("targets"), list) else []
        for index, target in enumerate(targets):
            line = document.line((number, "targets", index))
            if not isinstance(target, str) or not target.strip():
                where = document.dotted((number, "targets", index))
                problems.add(line, where, "must be a target, such as a.example:9100")
            elif len(rows) == ROWS_LIMIT:
                problems.add(line, "", f"is more than {ROWS_LIMIT} targets: no list here needs that")
                problems.raise_if_any()
            else:
                rows.append(Row(_of_target(target.strip(), labels, section), f"{path}:{line}", path, line))
    problems.raise_if_any()
    if not rows:
        problems.add(None, "", "has no targets: an empty list is taken for a mistake")
    problems.raise_if_any()
    return Rows(rows, frozenset({"target", "host", "port"}.union(*(row.values for row in rows))))


def _labels(group: Any, loc: Loc, document: Document, problems: FileProblems) -> dict[str, str]:
    """The labels of a group that say something."""

    def tell(place: Loc, message: str) -> None:
        problems.add(document.line(place), document.dotted(place), message)

    if not isinstance(group, dict):
        tell(loc, "must be a group with the keys targets and labels")
        return {}
    for key in group:
        if key not in ("targets", "labels"):
            tell((*loc, key), "is no key here: the keys are targets and labels")
    if not isinstance(group.get("targets"), list):
        tell((*loc, "targets"), "must be a list of targets")
    labels = group.get("labels", {})
    if not isinstance(labels, dict):
        tell((*loc, "labels"), "must be a mapping of labels")
        return {}
    for name, value in labels.items():
        if not isinstance(value, str):
            tell((*loc, "labels", name), "must be a text")
    return {name: value for name, value in labels.items() if isinstance(value, str) and value and is_parameter(name)}


def _of_target(target: str, labels: Mapping[str, str], section: ForEachSection) -> dict[str, str]:
    """The parameters of a target: the labels, which win, and what can be read from the target itself."""
    host, port = _host_and_port(target)
    values = {"target": target, "host": host, **({"port": port} if port else {}), **labels}
    if section.id_from is not None:
        _make_id(values, section.id_from)
    elif "id" not in values:
        values["id"] = as_id(target)
    return values


def _make_id(values: dict[str, str], wanted: str) -> None:
    text = values.get(wanted, "")
    values.pop("id", None)
    if made := as_id(text):
        values["id"] = made


def _host_and_port(target: str) -> tuple[str, str]:
    """The host and the port (empty where there is none) of `host`, `host:port`, `[address]:port` or a URL."""
    try:
        parts = urlsplit(target if "://" in target else f"//{target}")
        if "://" not in target and target.count(":") > 1 and not target.startswith("["):
            return target, ""  # an address of IPv6 as such
        return parts.hostname or target, str(parts.port or _PORTS.get(parts.scheme, ""))
    except ValueError:
        return target, ""
