"""Reads a configuration file into settings, or refuses it with everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from availability.estate import Check, Expression
from config.build import Reading, build
from config.checks import CheckReader, checks_that_count
from config.document import Document, load
from config.expansion import expand
from config.expressions import ExpressionReader
from config.models import FileSection, Pace
from config.names import PARTS, Names, entries
from config.oncall_references import check_oncall
from config.problems import ConfigError, Loc, Problem
from config.references import check_references, refuse_circles
from config.sentences import sentences
from config.settings import CheckSpec, Settings
from config.store import store_url
from config.values import is_id, zone
from config.what_if import assuming
from config.written import written


def read(path: Path, probes: Mapping[str, type], what_if: Sequence[str] = ()) -> Settings:
    """What the file says, but for what `what_if` assumes (config/what_if.py); ConfigError where it cannot be used.

    `probes` maps the name of each probe to the frozen dataclass of its options, annotated with config.types. Files of
    targets are read with it; no secret, no certificate and no other file that is referred to is opened, and nothing is
    looked up.
    """
    document = load(path)
    settings = _Reader(document, probes).read()
    if not what_if:
        return settings
    return assuming(settings, document, what_if, lambda: _Reader(document, probes).read())


def read_expanded(path: Path, probes: Mapping[str, type]) -> tuple[Settings, str]:
    """What the file says, and the same written out: without templates and lists, as YAML. ConfigError as in `read`."""
    document = load(path)
    return _Reader(document, probes).read(), written(document.root)


def read_alone(path: Path, probes: Mapping[str, type]) -> tuple[Settings, bytes]:
    """What the file says, and the text that says the same by itself, to be kept: the file as it is, or written out
    where it takes targets from other files. ConfigError as in `read`."""
    document = load(path)
    reader = _Reader(document, probes)
    settings = reader.read()
    return settings, written(document.root).encode() if reader.expanded.files else document.data


def read_kept(path: Path, data: bytes, probes: Mapping[str, type]) -> Settings:
    """What a file that was at `path` and held `data` says; it need not be there any more. ConfigError as in `read`,
    also where it is no text that stands by itself."""
    return _Reader(Document(path, data), probes, may_read=False).read()


class _Reader:
    """The reading of one file: the steps share its tree, its problems and what was read so far."""

    def __init__(self, document: Document, probes: Mapping[str, type], *, may_read: bool = True) -> None:
        self._document = document
        self._probes = probes
        self._problems: list[Problem] = [document.problem(*fault) for fault in document.faults]
        self.expanded = expand(document, may_read=may_read)
        self._problems += self.expanded.problems
        self._repeats: dict[tuple[int, str], list[int]] = {}
        """By line and message, of what was written once for many: the problem that was told, and how often it is."""
        self._root: dict[str, Any] = document.root if isinstance(document.root, dict) else {}
        self._folder = document.path.absolute().parent
        self._context = {"folder": self._folder, "zone": _zone_of(self._root)}
        self._expressions = ExpressionReader(self._add)
        self._up_when: dict[str, Expression] = {}
        self._checks: dict[str, tuple[CheckSpec, Check]] = {}

    def read(self) -> Settings:
        if not isinstance(self._document.root, dict):
            empty = self._document.root == ""
            self._add(
                (), "is empty: start with `version: 1`" if empty else "must be a mapping that starts `version: 1`"
            )
            raise ConfigError(self._problems)
        file = self._sections()
        names = Names(self._root, self._document.line, self._add)
        self._parts(names)
        self._services()
        check_oncall(self._root, self._context, self._document.line, self._add)
        if not self.expanded.problems:  # what could not be made is missed by who refers to it
            check_references(self._root, names, self._expressions.refs, self._add)
            refuse_circles(self._root, names, self._expressions.refs, self._add)
        url = self._store()
        if self._problems or file is None:
            raise ConfigError(self._all_problems())
        reading = Reading(self._document.path, self._document.digest, file, url, self._up_when, self._checks)
        return replace(build(reading), expansions=tuple(self.expanded.made))

    def _add(self, loc: Loc, message: str) -> None:
        """Tell a problem; one of what was written once for many is told of the first of them."""
        shared = self._document.place(loc).shared
        if shared is not None:
            told = self._repeats.setdefault((shared, message), [len(self._problems), 0])
            told[1] += 1
            if told[1] > 1:
                return
        self._problems.append(self._document.problem(loc, message))

    def _all_problems(self) -> list[Problem]:
        for number, times in self._repeats.values():
            if times > 1:
                problem = self._problems[number]
                uses = "use" if times == 2 else "uses"
                message = f"{problem.message}, and so in {times - 1} more {uses}"
                self._problems[number] = replace(problem, message=message)
        return self._problems

    def _sections(self) -> FileSection | None:
        """All sections in one go: the keys, their types, and what keys of one entry say of each other."""
        try:
            return FileSection.model_validate(self._root, context=self._context)
        except ValidationError as error:
            for loc, sentence in sentences(error, self._root, FileSection):
                self._add(loc, sentence)
            return None

    def _parts(self, names: Names) -> None:
        """The checks and expressions of components and links."""
        probing = tuple(name for name in names.known("vantages") if name not in names.retired)
        if not probing and names.has_section("vantages") and self._root["vantages"]:
            self._add(("vantages",), "are all retired: name one that still probes")
        reader = CheckReader(self._probes, self._defaults(), probing, self._context, self._add)
        for section in PARTS:
            for loc, entry in entries(self._root, section):
                self._part(loc, entry, reader)

    def _part(self, loc: Loc, entry: dict[str, Any], reader: CheckReader) -> None:
        name = entry.get("id")
        owner = name if isinstance(name, str) and is_id(name) else ""
        up_when, checks = entry.get("up_when"), entry.get("checks")
        if checks is None:
            if up_when is None:
                self._add(loc, "has neither checks nor an up_when over other ids: give one of them")
            else:
                self._keep(owner, self._expressions.over_ids(up_when, (*loc, "up_when"), owner))
            return
        if not isinstance(checks, list):
            return
        for number, raw in enumerate(checks):
            if check := reader.read(raw, (*loc, "checks", number), owner):
                self._checks[check[0].id] = check
        counting = checks_that_count(checks)
        if not checks:
            self._add((*loc, "checks"), "is empty: give at least one check, or an up_when over other ids instead")
        elif all(isinstance(check, dict) and check.get("counts") == "false" for check in checks):
            self._add((*loc, "checks"), "has no check that counts: leave out `counts: false` at one, or add one")
        elif counting:
            self._keep(owner, self._expressions.over_checks(up_when, (*loc, "up_when"), counting))

    def _services(self) -> None:
        for loc, entry in entries(self._root, "services"):
            name = entry.get("id")
            owner = name if isinstance(name, str) and is_id(name) else ""
            if "up_when" in entry:
                self._keep(owner, self._expressions.over_ids(entry["up_when"], (*loc, "up_when"), owner))

    def _keep(self, owner: str, expression: Expression | None) -> None:
        if expression is not None:
            self._up_when[owner] = expression

    def _defaults(self) -> Pace:
        """What checks inherit; nothing where the section is wrong, which is told elsewhere."""
        try:
            return Pace.model_validate(self._root.get("defaults", {}))
        except ValidationError:
            return Pace.model_validate({})

    def _store(self) -> str:
        text = self._root.get("store", FileSection.model_fields["store"].default)
        try:
            return store_url(text, self._folder) if isinstance(text, str) else ""
        except ValueError as error:
            self._add(("store",), str(error))
            return ""


def _zone_of(root: dict[str, Any]) -> ZoneInfo:
    """The time zone of the file; the default where it is wrong, which is told elsewhere."""
    try:
        return zone(root["timezone"])
    except (KeyError, ValueError):
        default: ZoneInfo = FileSection.model_fields["timezone"].default
        return default
