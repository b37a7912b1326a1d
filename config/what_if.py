"""Assumes a configuration otherwise than it is (`PATH=VALUE`), for a report that changes nothing.

A path goes through the configuration as it was written, with ids for the entries of its lists; a value is YAML as the
configuration has it. What comes of it is read and judged by the same reader, with the same sentences.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_origin

from config.document import Document
from config.grammar import keys_at, keys_of
from config.models import CheckSection, FileSection
from config.names import PARTS, entries
from config.problems import ConfigError, Loc, Problem, remedy, shown
from config.settings import EnteredOtherwise, Settings
from config.values import is_id

NUMBER_LIMIT = 100
"""Assumptions of one report at most."""
LENGTH_LIMIT = 10_000
"""Characters of one at most."""

_EXAMPLE = "write PATH=VALUE, such as agreements.standard.norm=99.0%"
_NOT_JUDGED = "is not judged: no figure of a report depends on it"
_SECTIONS_NOT_JUDGED = frozenset(
    {"version", "store", "spool", "listen", "retention", "organisations", "sites", "cmdb", "oncall"}
)
_KEYS_NOT_JUDGED = frozenset({"name", "kind", "runbook", "asset", "reason", "ticket", "between", "retired"})
_JUDGED_OF_A_CHECK = frozenset({"interval", "fall", "rise", "stale_after", "vantages_agree", "counts"})


@dataclass(frozen=True, slots=True)
class Assumption:
    """One `PATH=VALUE`, with the value as the reader of YAML gives it."""

    path: str
    value: Any

    @property
    def steps(self) -> list[str]:
        return self.path.split(".")

    @property
    def takes_out(self) -> bool:
        """Whether it assumes that what stands there is not there; `none` is a value of its own of one key."""
        return bool(self.value == "none" and self.steps[-1] != "approval")


class _RefusedError(Exception):
    """An assumption that cannot be made; the text says why."""


def parse(texts: Sequence[str]) -> list[Assumption]:
    """The assumptions that were written; ConfigError with all that is wrong with them."""
    if len(texts) > NUMBER_LIMIT:
        raise ConfigError([problem("", f"is given {len(texts)} times: at most {NUMBER_LIMIT} are read")])
    found: dict[str, Assumption] = {}
    problems: list[Problem] = []
    for text in texts:
        path, equals, value = text.partition("=")
        path = path.strip()
        try:
            if len(text) > LENGTH_LIMIT:
                raise _RefusedError(f"is longer than {LENGTH_LIMIT} characters")
            if not equals or not all(path.split(".")):
                raise _RefusedError(f"has no {'value' if path and not equals else 'path'}: {_EXAMPLE}")
            if path in found:
                raise _RefusedError("is assumed twice: give it once")
            found[path] = Assumption(path, _yaml(value))
        except _RefusedError as error:
            problems.append(problem(path, str(error)))
    if problems:
        raise ConfigError(problems)
    return list(found.values())


def problem(path: str, message: str) -> Problem:
    """What is wrong with the assumption at `path`."""
    told = path if path.isprintable() and len(path) <= 200 else shown(path)
    return Problem(f"--what-if {told}".strip(), None, "", message)


def assuming(
    settings: Settings, document: Document, texts: Sequence[str], read_again: Callable[[], Settings]
) -> Settings:
    """`settings` as they would be with what `texts` assume.

    `document` is the tree that they were read from; it is changed, and `read_again` reads it. ConfigError names each
    assumption that is wrong, or that changes nothing.
    """
    whole = parse(texts)
    entered, in_file = _of_the_trail(whole, document), []
    problems: list[Problem] = []
    placed: list[tuple[str, str]] = []
    told = {one.path for one in entered}
    for assumption in whole:
        if assumption.path in told:
            continue
        in_file.append(assumption)
        try:
            placed.append((assumption.path, _put(document, assumption, settings)))
        except _RefusedError as error:
            problems.append(problem(assumption.path, str(error)))
    if problems:
        raise ConfigError(problems)
    otherwise = settings
    if in_file:
        try:
            otherwise = read_again()
        except ConfigError as error:
            raise ConfigError(_retold(one, placed) for one in error.problems) from None
        if _judged(otherwise) == _judged(settings):
            raise ConfigError([problem(_all(placed), "changes nothing: it is so already, or it is not judged")])
    digest = hashlib.sha256("\n".join((settings.digest, *texts)).encode(errors="surrogateescape")).hexdigest()
    return replace(otherwise, digest=digest, what_if=tuple(texts), entered_otherwise=tuple(entered))


def _yaml(value: str) -> Any:
    try:
        document = Document(Path("--what-if"), value.encode(errors="surrogateescape"))
    except ConfigError as error:
        raise _RefusedError(error.problems[0].message) from None
    for _, message, _ in document.faults:
        raise _RefusedError(message)
    return document.root


def _of_the_trail(assumptions: Sequence[Assumption], document: Document) -> list[EnteredOtherwise]:
    """Those about records of maintenance that are not in the file."""
    configured = {entry.get("id") for _, entry in entries(document.root, "maintenance")}
    found = []
    for assumption in assumptions:
        steps, value = assumption.steps, assumption.value
        if steps[0] != "maintenance" or len(steps) < 2:
            continue
        if len(steps) == 2 and value == "none" and steps[1] not in configured:
            found.append(EnteredOtherwise(assumption.path, steps[1], None))
        elif len(steps) == 3 and steps[2] == "approved":
            if steps[1] in configured:
                raise ConfigError([problem(assumption.path, "stands in the configuration: it needs no approval")])
            if value not in ("true", "false"):
                raise ConfigError([problem(assumption.path, "must be true or false")])
            found.append(EnteredOtherwise(assumption.path, steps[1], value == "true"))
    return found


def _put(document: Document, assumption: Assumption, settings: Settings) -> str:
    """Change the tree as assumed; the dotted path of what was changed. _RefusedError where that cannot be."""
    steps = assumption.steps
    loc: Loc = ()
    if steps[0] == "checks" and len(steps) > 1:
        loc, steps = _place_of_check(document, steps[1]), steps[2:]
    elif steps[0] == "checks":
        raise _RefusedError("names no check: write checks.ID.KEY=VALUE, such as checks.app-http.fall=5")
    elif steps[0] == "templates":
        raise _RefusedError("is a template: assume it of what was made of it, such as checks.sw-1-ping.fall=5")
    elif steps[0] not in keys_of(FileSection):
        sections = [*keys_of(FileSection), "checks"]
        raise _RefusedError(f"there is no section {shown(steps[0])}: {remedy(steps[0], sections, 'sections')}")
    _refuse_unjudged(assumption, settings)
    for step in steps[: -1 if steps else 0]:
        loc = _into(document, loc, step)
    if steps:
        loc = _last(document, loc, steps[-1], assumption)
    elif loc:
        _refuse_same(document.at(loc), assumption)
    if assumption.takes_out:
        gone = document.dotted(loc)
        document.take_out(loc)
        return gone
    document.put(loc, _entry(loc, assumption))
    return document.dotted(loc)


def _refuse_unjudged(assumption: Assumption, settings: Settings) -> None:
    steps = assumption.steps
    if steps[-1] == "id":
        raise _RefusedError("is an id: it only names a thing, and nothing can be assumed of it")
    if steps[0] in _SECTIONS_NOT_JUDGED or (len(steps) > 2 and steps[2] in _KEYS_NOT_JUDGED):
        raise _RefusedError(_NOT_JUDGED)
    if steps[0] == "defaults" and len(steps) == 2:
        _refuse_probing(steps[1], ())
    if "checks" in steps[:3:2] and (inside := steps[steps.index("checks") + 1 :])[1:]:
        spec = settings.checks.get(inside[0])
        options = [field.name for field in dataclasses.fields(spec.options)] if spec else []  # type: ignore[arg-type]  # options are dataclasses
        _refuse_probing(inside[1], options)


def _refuse_probing(key: str, options: Sequence[str]) -> None:
    """What says how a check looks decides nothing about what it saw."""
    if key not in _JUDGED_OF_A_CHECK and key in (*keys_of(CheckSection), *options):
        raise _RefusedError("is not judged: it says how a check looks, and what was seen stays what it is")


def _place_of_check(document: Document, name: str) -> Loc:
    known = []
    for section in PARTS:
        for loc, entry in entries(document.root, section):
            for number, check in enumerate(entry.get("checks") or ()):
                if check["id"] == name:
                    return (*loc, "checks", number)
                known.append(check["id"])
    raise _RefusedError(f"there is no check {shown(name)}: {remedy(name, known, 'checks')}")


def _into(document: Document, loc: Loc, step: str) -> Loc:
    """The place of `step` at `loc`, made where the configuration left it to its default."""
    node = document.at(loc)
    if isinstance(node, list):
        index = _index(node, step)
        if index is None:
            raise _RefusedError(_no_entry(document, loc, step))
        if isinstance(node[index], str):  # a participant that was given by its id alone
            document.put((*loc, index), {"id": step})
        return (*loc, index)
    if not isinstance(node, dict):
        raise _RefusedError(f"leads into {shown(str(node))}, which has nothing inside it")
    if step not in node:
        key = keys_at(FileSection, loc).get(step)
        document.put((*loc, step), [] if key and _takes_a_list(key.hint) else {})
    return (*loc, step)


def _last(document: Document, loc: Loc, step: str, assumption: Assumption) -> Loc:
    """The place that is assumed otherwise: one that is there, or one that can be added."""
    node = document.at(loc)
    if isinstance(node, list):
        index = _index(node, step)
        if index is None:
            if not isinstance(assumption.value, dict) or not is_id(step):
                raise _RefusedError(_no_entry(document, loc, step))
            return (*loc, len(node))
        _refuse_same(node[index], assumption)
        return (*loc, index)
    if not isinstance(node, dict):
        raise _RefusedError(f"leads into {shown(str(node))}, which has nothing inside it")
    if step in node:
        _refuse_same(node[step], assumption)
    elif assumption.takes_out:
        raise _RefusedError(f"is not there, so that nothing can be taken out: {remedy(step, list(node), 'keys there')}")
    return (*loc, step)


def _entry(loc: Loc, assumption: Assumption) -> Any:
    """The value as it stands in the tree: an entry of a list has its id."""
    value, name = assumption.value, assumption.steps[-1]
    if not isinstance(value, dict) or not isinstance(loc[-1], int):
        return value
    if value.get("id", name) != name:
        raise _RefusedError(f"has another id in it, {shown(str(value['id']))}: leave that out")
    return {**value, "id": name}


def _refuse_same(there: Any, assumption: Assumption) -> None:
    value = assumption.value
    if isinstance(there, dict) and isinstance(value, dict) and "id" in there:
        value = {**value, "id": there["id"]}
    if there == value:
        raise _RefusedError("is so already: this changes nothing")


def _index(node: list[Any], step: str) -> int | None:
    names = [entry.get("id") if isinstance(entry, dict) else entry for entry in node]
    return names.index(step) if step in names else None


def _no_entry(document: Document, loc: Loc, step: str) -> str:
    node = document.at(loc)
    names = [entry.get("id") if isinstance(entry, dict) else entry for entry in node]
    known = [name for name in names if isinstance(name, str)]
    if loc == ("maintenance",):
        return (
            f"there is no record {shown(step)} in the configuration: {remedy(step, known, 'records')} "
            "(of one that was entered by command only `none` and `approved` can be assumed)"
        )
    if known and all(isinstance(entry, dict) for entry in node):
        return f"there is no {shown(step)} in {document.dotted(loc)}: {remedy(step, known, 'ids')}"
    return f"there is no {shown(step)} in this list: {remedy(step, known, 'entries')} (or give the list whole)"


def _takes_a_list(hint: Any) -> bool:
    return get_origin(hint) is list or any(_takes_a_list(inner) for inner in get_args(hint))


def _retold(wrong: Problem, placed: Sequence[tuple[str, str]]) -> Problem:
    """A problem of the configuration as assumed, told of the assumption that it comes from."""
    for path, dotted in placed:
        if _is_within(wrong.path, dotted):
            return problem(path + wrong.path[len(dotted) :], wrong.message)
        if _is_within(dotted, wrong.path):
            return problem(wrong.path, wrong.message)
    return problem(_all(placed), f"leaves this wrong: {wrong}")


def _all(placed: Sequence[tuple[str, str]]) -> str:
    return ", ".join(path for path, _ in placed)


def _is_within(path: str, around: str) -> bool:
    return bool(around) and (path == around or path.startswith((f"{around}.", f"{around}[")))


def _judged(settings: Settings) -> tuple[object, ...]:
    """What figures and verdicts follow from, without what only people read."""
    estate = settings.estate
    parts = [replace(one, name="", kind="", runbook=None, between=()) for one in estate.parts.values()]
    services = [replace(one, name="") for one in estate.services.values()]
    records = [replace(one, reason="", ticket="") for one in estate.maintenance]
    pairs = [replace(one, name="") for one in estate.pairs]
    rest = replace(estate, parts={}, services={}, maintenance=(), pairs=())
    return rest, parts, services, records, pairs, settings.recovery
