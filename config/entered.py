"""Reads a maintenance record as it is given to a command, with the types that the configuration has for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationError

from availability.estate import Estate
from availability.trail import Work
from config.problems import remedy, shown
from config.section import Section
from config.sentences import sentences
from config.values import Category, Id, Moment

LINE_LIMIT = 1000


class EntryRefused(Exception):
    """What was given cannot be entered; the text is a sentence on each thing that is wrong with it."""


@dataclass(frozen=True, slots=True)
class Given:
    """What was given, found right. `id` is None where it was left to us."""

    id: str | None
    reason: str
    work: Work


def line(text: Any) -> str:
    """A reason or a ticket: one line that can be printed. ValueError otherwise."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError("must be a text that is not empty")
    if not text.isprintable():
        raise ValueError("must be one line without control characters")
    if len(text) > LINE_LIMIT:
        raise ValueError(f"is longer than {LINE_LIMIT} characters")
    return text.strip()


Line = Annotated[str, BeforeValidator(line)]


class _Words(Section):
    """The options of `maintenance add`."""

    id: Id | None = None
    category: Category
    from_: Moment = Field(alias="from")
    to: Moment
    affects: list[Id]
    reason: Line
    ticket: Line | None = None
    notice: Moment | None = None


def read_entered(words: Mapping[str, Any], estate: Estate, now: int) -> Given:
    """The record that `words` (by the names of the options) describe; EntryRefused with all that is wrong.

    A date alone is its midnight in the time zone of the configuration, as it is there. `now` in epoch milliseconds.
    """
    given = {key: value for key, value in words.items() if value is not None}
    try:
        read = _Words.model_validate(given, context={"zone": ZoneInfo(estate.timezone)})
    except ValidationError as error:
        wrong = [f"--{loc[0]}: {sentence}" for loc, sentence in sentences(error, given, _Words)]
        raise EntryRefused("\n".join(wrong)) from None
    wrong = [*_unknown(read.affects, estate)]
    if read.to <= read.from_:
        wrong.append("--to: must be after --from")
    if read.notice is not None and read.notice > now:
        wrong.append("--notice: lies in the future: give when the work was announced, or leave it out")
    if wrong:
        raise EntryRefused("\n".join(wrong))
    work = Work(read.category, read.from_, read.to, tuple(dict.fromkeys(read.affects)), read.ticket or "", read.notice)
    return Given(read.id, read.reason, work)


def _unknown(affects: list[str], estate: Estate) -> list[str]:
    known = [*estate.parts, *estate.services, *(pair.id for pair in estate.pairs)]
    return [
        f"--affects: there is no component, link, service or failover pair {shown(id_)}: {remedy(id_, known, 'ids')}"
        for id_ in affects
        if id_ not in known
    ]
