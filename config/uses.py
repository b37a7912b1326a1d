"""Makes the entries of one use: a template, an entry's own keys, and the rows that it is made for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.csv_table import FileProblems
from config.document import DEPTH_LIMIT, Document, Origin
from config.placeholders import Budget, Shape, TooDeepError
from config.problems import Loc, Problem, remedy, shown
from config.targets import Row, Rows
from config.templates import EXPANDED_KEYS
from config.values import is_id

_NO_ID = "is no id: write lower case letters, digits and - (at most 100)"
_TOO_DEEP = f"is nested deeper than {DEPTH_LIMIT} levels with what its parameters hold"


@dataclass(frozen=True, slots=True)
class Template:
    """A template of `section`. `body` is None where something is wrong with it, which was told."""

    id: str
    section: str
    parameters: frozenset[str]
    defaults: Mapping[str, Any]
    body: Shape | None


class Use:
    """The entry at `loc` of `document`, of which `made` makes one or many; what is wrong goes to `problems`."""

    def __init__(
        self, document: Document, problems: list[Problem], loc: Loc, template: Template | None, budget: Budget
    ) -> None:
        self._document = document
        self._problems = problems
        self._loc = loc
        self._entry: Mapping[str, Any] = document.at(loc)
        self._template = template
        self._budget = budget
        self._line = document.line(loc)
        self._file_problems: FileProblems | None = None
        self._made: dict[str, Row] = {}
        """Which row an id was made for."""

    @property
    def count(self) -> int:
        """How many entries were made."""
        return len(self._made)

    def made(self, listed: Rows) -> Iterator[tuple[dict[str, Any], int]]:
        """The entry of each row, and the line that stands for it."""
        told = len(self._problems)
        id_, given, own = self._shapes(listed)
        if len(self._problems) > told:
            return
        template = self._template
        defaults = template.defaults if template else {}
        told = len(self._problems)
        for number, row in enumerate(listed.rows):
            if len(self._problems) > told and "addresses" in self._entry:
                return  # what is wrong with one of a range is wrong with all
            name = self._id(id_, row, number)
            if name is None:
                continue
            values = {**defaults, **row.values, "id": name}
            try:
                if given is not None and self._are_there(given, values, row, number):
                    values = {**values, **given.make(values), "id": name}
                if self._are_bound(values, row, number) and self._are_there(own, values, row, number):
                    yield self._joined(values, own, row)
            except TooDeepError:
                self._tell(row, number, "", _TOO_DEEP)
        if self._file_problems is not None:
            self._problems += self._file_problems.all()

    def _shapes(self, listed: Rows) -> tuple[Shape | None, Shape | None, Shape]:
        """What the id, the parameters given by `with`, and the entry's own keys are made from."""
        document, loc, entry = self._document, self._loc, self._entry
        of_rows = listed.names
        declared = self._template.parameters if self._template else frozenset[str]()

        def shape(place: Loc, known: Collection[str], without: Sequence[str] = ()) -> Shape:
            return Shape(document, place, known, self._add, self._budget, without=without)

        id_ = shape((*loc, "id"), of_rows) if isinstance(entry.get("id"), str) else None
        given = shape((*loc, "with"), {*of_rows, "id"}) if "with" in entry else None
        own = shape(loc, {*of_rows, *declared, "id"}, without=("id", *EXPANDED_KEYS))
        for name in entry.get("with", ()):
            if name not in declared:
                whose = f"is no parameter of template {shown(self._template.id)}" if self._template else "is unknown"
                self._add((*loc, "with", name), f"{whose}: {remedy(name, sorted(declared), 'parameters')}")
        if isinstance(entry.get("for_each"), list):
            used = {"id", *declared, *own.names}.union(*(one.names for one in (id_, given) if one))
            self._refuse_unused(listed.rows, used)
        return id_, given, own

    def _refuse_unused(self, rows: Sequence[Row], used: set[str]) -> None:
        """A parameter that was written here and is used nowhere was meant for something."""
        told: set[str] = set()
        for number, row in enumerate(rows):
            for name in row.values:
                if name not in used and name not in told:
                    told.add(name)
                    message = f"is used nowhere: the parameters here are {', '.join(sorted(used))}"
                    self._add((*self._loc, "for_each", number, name), message)

    def _id(self, shape: Shape | None, row: Row, number: int) -> str | None:
        """The id of the entry of `row`; None (and a problem) where it has none of its own."""
        if shape is not None and not self._are_there(shape, row.values, row, number):
            return None
        name = shape.make(row.values) if shape is not None else row.values.get("id")
        if name is None or name == "":
            remedied = "write one with a parameter in it, or give every row its own" if row.place else "give it its own"
            self._tell(row, number, "id", f"is missing: {remedied}")
        elif not is_id(name):
            said = f"{shown(name)} {_NO_ID}" if isinstance(name, str) else _NO_ID
            self._tell(row, number, "id", f"{said}, or have it made by `id_from`" if row.file else said)
        elif name in self._made:
            before = self._made[name]
            where = f"on line {before.line}" if before.line else f"for {before.place}"
            self._tell(row, number, "id", f"{shown(name)} is there already, {where}: let every entry have its own id")
        else:
            self._made[name] = row
            return str(name)
        return None

    def _are_there(self, shape: Shape, values: Mapping[str, Any], row: Row, number: int) -> bool:
        """Whether every parameter that `shape` uses has a value, and a text where it stands in one."""
        if shape.names <= values.keys() and all(isinstance(values[name], str) for name in shape.in_texts):
            return True
        good = True
        for name in sorted(shape.names):
            if name not in values:
                self._tell(row, number, name, "has no value here: give it one")
                good = False
            elif name in shape.in_texts and not isinstance(values[name], str):
                self._tell(row, number, name, f'is no text: it can only stand alone, as in "{{{name}}}"')
                good = False
        return good

    def _are_bound(self, values: Mapping[str, Any], row: Row, number: int) -> bool:
        """Whether every parameter of the template has a value, and a text where it stands in one."""
        template = self._template
        if template is None or template.body is None:
            return True
        missing = sorted(template.parameters - values.keys())
        for name in missing:
            where = "" if row.place else " under `with`"
            message = f"is a parameter of template {shown(template.id)} without a value: give it one{where}"
            self._tell(row, number, name, message)
        return not missing and self._are_there(template.body, values, row, number)

    def _joined(self, values: Mapping[str, Any], own: Shape, row: Row) -> tuple[dict[str, Any], int]:
        """The entry of `row`: the keys of the template, then its own, which win."""
        document, template = self._document, self._template
        line = row.line if row.line and row.file is None else self._line
        made: dict[str, Any] = {"id": values["id"]}
        lines = {"id": line}
        mine = own.make(values)
        if template is not None and template.body is not None:
            body = template.body.make(values)
            made.update(body)
            lines.update(zip(body, document.lines_of(body), strict=True))
            if "checks" in body and "checks" in mine:
                mine["checks"] = self._checks(body["checks"], mine["checks"])
            if isinstance(body.get("asset"), dict) and isinstance(mine.get("asset"), dict):
                mine["asset"] = self._mapping(body["asset"], mine["asset"])
        made.update(mine)
        lines.update(zip(mine, document.lines_of(mine), strict=True))
        origin = Origin(line, template.id if template else "", f"for {row.place}" if row.place else "")
        document.adopt(made, list(lines.values()), origin)
        return made, line

    def _checks(self, theirs: Any, mine: Any) -> Any:
        """The checks of the template, those with the id of an own one with its keys, then the other own ones."""
        if not isinstance(theirs, list) or not isinstance(mine, list):
            return mine
        document = self._document
        made, lines = list(theirs), list(document.lines_of(theirs))
        places = {check.get("id"): number for number, check in enumerate(theirs) if isinstance(check, dict)}
        for check, line in zip(mine, document.lines_of(mine), strict=True):
            place = places.get(check.get("id")) if isinstance(check, dict) else None
            if place is None:
                made.append(check)
                lines.append(line)
            else:
                made[place] = self._mapping(made[place], check)
        document.adopt(made, lines)
        return made

    def _mapping(self, theirs: dict[str, Any], mine: dict[str, Any]) -> dict[str, Any]:
        """The keys of both, of which those of `mine` win."""
        lines = dict(zip(theirs, self._document.lines_of(theirs), strict=True))
        lines.update(zip(mine, self._document.lines_of(mine), strict=True))
        made = {**theirs, **mine}
        self._document.adopt(made, list(lines.values()))
        return made

    def _add(self, loc: Loc, message: str) -> None:
        self._problems.append(self._document.problem(loc, message))

    def _tell(self, row: Row, number: int, name: str, message: str) -> None:
        """Something wrong with a row: where it stands, and where it is used."""
        if row.file is not None:
            self._file_problems = self._file_problems or FileProblems(row.file)
            used = f"{self._document.path}:{self._line}"
            self._file_problems.add(row.line, name, f"{message} (used on {used})")
        elif row.line:
            self._add((*self._loc, "for_each", number, *([name] if name else [])), message)
        elif row.place:
            self._add((*self._loc, *([name] if name == "id" else ["addresses"])), f"{message} (for {row.place})")
        else:
            self._add((*self._loc, *(["id"] if name == "id" else ["with", name] if name else [])), message)
