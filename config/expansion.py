"""Expands templates and lists: what was written once becomes the many entries that the reader reads.

It works on the document tree, before anything is validated, and keeps for every entry where it comes from. What is made
is validated as if it were written out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from config.document import SIZE_LIMIT, Document
from config.names import PARTS, entries
from config.placeholders import Budget, Shape, TooLargeError
from config.problems import ConfigError, Loc, Problem, remedy, shown
from config.sentences import sentences
from config.settings import Expansion
from config.targets import Row, Rows, TargetFiles, rows_of_addresses, rows_of_file
from config.templates import EXPANDED_KEYS, ForEachSection, TemplateSection, UseSection
from config.uses import Template, Use
from config.values import is_id

_TEMPLATES = TypeAdapter(list[TemplateSection])
_BODIES = {"components": "component", "links": "link"}
_TOO_LARGE = f"expands to more than {SIZE_LIMIT // 1024 // 1024} MiB: no configuration needs that"


@dataclass(slots=True)
class Expanded:
    """What came of it. What `problems` are about is left out of the tree; `files` were read."""

    problems: list[Problem] = field(default_factory=list)
    made: list[Expansion] = field(default_factory=list)
    files: TargetFiles | None = None


def expand(document: Document, *, may_read: bool) -> Expanded:
    """Expand what `document` uses of templates and lists, in the document itself.

    `may_read` says whether files of targets can be read. The digest of the document then holds theirs too.
    """
    root = document.root
    if not isinstance(root, dict) or not _has_uses(root):
        return Expanded()
    return _Expansion(document, TargetFiles(document.path) if may_read else None).expanded()


def _has_uses(root: Mapping[str, Any]) -> bool:
    if "templates" in root:
        return True
    return any(not entry.keys().isdisjoint(EXPANDED_KEYS) for section in PARTS for _, entry in entries(root, section))


class _Expansion:
    """One expansion: the steps share the document, its templates and what was found wrong."""

    def __init__(self, document: Document, files: TargetFiles | None) -> None:
        self._document = document
        self._files = files
        self._done = Expanded(files=files)
        self._budget = Budget(SIZE_LIMIT)
        self._plain: Counter[tuple[str, str]] = Counter()
        """By section and template: its uses one by one."""

    def expanded(self) -> Expanded:
        document, root = self._document, self._document.root
        templates = self._templates(root)
        try:
            for section in PARTS:
                if isinstance(root.get(section), list):
                    self._section(section, templates)
        except TooLargeError:
            self._add((section,), _TOO_LARGE)
            raise ConfigError(self._done.problems) from None
        if "templates" in root:
            document.take_out(("templates",))
        for (section, template), count in self._plain.items():
            self._done.made.append(Expansion(section, template, "", 0, count))
        if self._files:
            document.digest = self._files.digest(document.data)
        return self._done

    def _add(self, loc: Loc, message: str) -> None:
        self._done.problems.append(self._document.problem(loc, message))

    # Templates.

    def _templates(self, root: Mapping[str, Any]) -> dict[str, Template]:
        if "templates" not in root:
            return {}
        self._validate(_TEMPLATES.validate_python, root["templates"], ("templates",), TemplateSection)
        found: dict[str, Template] = {}
        first: dict[str, Loc] = {}
        for loc, entry in entries(root, "templates"):
            name = entry.get("id")
            if not is_id(name):
                continue
            if name in found:
                taken = f"{shown(name)} is taken by a template on line {self._document.line(first[name])}"
                self._add((*loc, "id"), f"{taken}: give this one another id")
                continue
            first[name] = (*loc, "id")
            found[name] = self._template(name, loc, entry)
        return found

    def _template(self, name: str, loc: Loc, entry: Mapping[str, Any]) -> Template:
        """The template; without a body, and so never expanded, where something is wrong with it."""
        section = "links" if "link" in entry else "components"
        try:
            valid = TemplateSection.model_validate(entry)
        except ValidationError:
            return Template(name, section, frozenset(), {}, None)  # told already
        told = len(self._done.problems)
        names = [parameter.name for parameter in valid.parameters]
        for number, parameter in enumerate(names):
            if parameter in names[:number]:
                self._add((*loc, "parameters", number), f"{shown(parameter)} stands in this list twice: name it once")
        place: Loc = (*loc, _BODIES[section])
        body = entry[_BODIES[section]]
        for key in body:
            if key == "id":
                self._add((*place, key), "is given by each use: leave it out")
            elif key in EXPANDED_KEYS:
                self._add((*place, key), "cannot stand in a template: no template is made of another or of a list")
        shape = Shape(self._document, place, {*names, "id"}, self._add, self._budget, sign=-1)
        for number, parameter in enumerate(names):
            if parameter not in shape.names:
                message = (
                    f'{shown(parameter)} is used nowhere in the template: write "{{{parameter}}}" where it belongs'
                )
                self._add((*loc, "parameters", number), message)
        defaults = {parameter.name: parameter.default for parameter in valid.parameters if _has_default(parameter)}
        good = len(self._done.problems) == told
        return Template(name, section, frozenset(names), defaults, shape if good else None)

    def _validate(self, validate: Callable[[Any], object], value: Any, loc: Loc, cls: type) -> bool:
        """Whether `value` at `loc` is what `cls` describes; what is wrong is told."""
        try:
            validate(value)
        except ValidationError as error:
            for place, sentence in sentences(error, value, cls):
                self._add((*loc, *place), sentence)
            return False
        return True

    # The entries of a section.

    def _section(self, section: str, templates: Mapping[str, Template]) -> None:
        document = self._document
        written: list[Any] = document.root[section]
        lines = document.lines_of(written)
        made: list[Any] = []
        places: list[int] = []
        for number, entry in enumerate(written):
            if not isinstance(entry, dict) or entry.keys().isdisjoint(EXPANDED_KEYS):
                made.append(entry)
                places.append(lines[number])
                continue
            for one, line in self._entry(section, number, entry, templates):
                made.append(one)
                places.append(line)
        document.adopt(made, places)
        document.root[section] = made

    def _entry(
        self, section: str, number: int, entry: dict[str, Any], templates: Mapping[str, Template]
    ) -> Iterator[tuple[dict[str, Any], int]]:
        loc: Loc = (section, number)
        keys = {key: entry[key] for key in EXPANDED_KEYS if key in entry and key != "for_each"}
        good = self._validate(UseSection.model_validate, keys, loc, UseSection)
        if "for_each" in entry and not self._is_list((*loc, "for_each"), entry["for_each"]):
            return
        if not good:
            return
        template = self._used(loc, entry, section, templates)
        if "for_each" in entry and "addresses" in entry:
            self._add((*loc, "addresses"), "and for_each both say what to make: keep one of the two")
            return
        if "with" in entry and "use" not in entry:
            self._add((*loc, "with"), "gives the parameters of a template: name that one by `use`")
            return
        if "use" in entry and (template is None or template.body is None):
            return
        rows = self._rows(loc, entry)
        if rows is None:
            return
        use = Use(self._document, self._done.problems, loc, template, self._budget)
        yield from use.made(rows)
        self._count(section, template, entry, use.count)

    def _is_list(self, loc: Loc, value: Any) -> bool:
        """Whether `value` is what `for_each` can be; what is wrong is told."""
        if isinstance(value, dict):
            return self._validate(ForEachSection.model_validate, value, loc, ForEachSection)
        wrong = (
            [number for number, row in enumerate(value) if not isinstance(row, dict)] if isinstance(value, list) else []
        )
        for number in wrong:
            self._add((*loc, number), "must be a mapping of parameters, such as {id: sw-1, host: 192.0.2.1}")
        if not isinstance(value, list):
            self._add(loc, "must be a list of mappings, {csv: FILE} or {file_sd: FILE}")
        return isinstance(value, list) and not wrong

    def _used(
        self, loc: Loc, entry: Mapping[str, Any], section: str, templates: Mapping[str, Template]
    ) -> Template | None:
        name = entry.get("use")
        if name is None:
            return None
        template = templates.get(name)
        if template is None:
            self._add(
                (*loc, "use"), f"there is no template {shown(name)}: {remedy(name, list(templates), 'templates')}"
            )
        elif template.section != section:
            self._add((*loc, "use"), f"{shown(name)} is a template of {template.section}: only those of {section} fit")
            return None
        return template

    def _rows(self, loc: Loc, entry: Mapping[str, Any]) -> Rows | None:
        """The rows of which an entry each is made, one without parameters for a plain use; None (and a problem)."""
        key = next((key for key in ("for_each", "addresses") if key in entry), None)
        if key is None:
            return Rows([Row({}, "")], frozenset())
        value, place = entry[key], (*loc, key)
        try:
            if key == "addresses":
                return rows_of_addresses([value] if isinstance(value, str) else value)
            if isinstance(value, list):
                return self._written(place, value)
            section = ForEachSection.model_validate(value)
            place = (*place, "csv" if section.csv else "file_sd")
            if self._files is None:
                raise ValueError("is another file: what was kept of a configuration stands alone")
            return rows_of_file(section, self._files)
        except ConfigError as error:
            self._done.problems += error.problems
        except ValueError as error:
            about = self._document.at(place)
            self._add(place, f"{shown(about)} {error}" if key == "for_each" and isinstance(about, str) else str(error))
        return None

    def _written(self, loc: Loc, listed: list[Any]) -> Rows:
        if not listed:
            raise ValueError("is empty: give at least one entry")
        lines = self._document.lines_of(listed)
        rows = [Row(values, f"line {line}", None, line) for values, line in zip(listed, lines, strict=True)]
        return Rows(rows, frozenset(name for row in rows for name in row.values))

    def _count(self, section: str, template: Template | None, entry: Mapping[str, Any], count: int) -> None:
        name = template.id if template else ""
        if "for_each" in entry or "addresses" in entry:
            line = self._document.lines_of(entry)[0]
            self._done.made.append(Expansion(section, name, _source(entry), line, count))
        else:
            self._plain[section, name] += count


def _source(entry: Mapping[str, Any]) -> str:
    """What the entries were made of, for people."""
    if "addresses" in entry:
        given = entry["addresses"]
        return f"addresses {given if isinstance(given, str) else ', '.join(given)}"
    value = entry["for_each"]
    return "a list" if isinstance(value, list) else str(value.get("csv") or value.get("file_sd"))


def _has_default(parameter: BaseModel) -> bool:
    return "default" in parameter.model_fields_set
