"""The section of a configuration that says how the help desk's export of incidents reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from config.problems import shown
from config.section import Section, wrong
from config.settings import HelpDesk
from config.types import Text
from config.values import Id, Priority, Zone

WORDS_LIMIT = 10_000
PAIRS_LIMIT = 20
NO_SERVICE = "none"
"""What a word stands for that is about nothing in the configuration."""

_DIRECTIVE = re.compile(r"%(.?)")
_DIRECTIVES = frozenset("dmYyHMSfz%")
_SAMPLES = (datetime(2026, 11, 22, 13, 45, tzinfo=UTC), datetime(1999, 2, 3, 4, 5, tzinfo=UTC))


def _date_format(text: Any) -> str:
    """A format that reads back what it writes, to the minute, whatever the language of the machine."""
    if not isinstance(text, str) or not text:
        raise ValueError("must be a format such as %d-%m-%Y %H:%M, or iso")
    if text == "iso":
        return ""
    for letter in _DIRECTIVE.findall(text):
        if letter not in _DIRECTIVES:
            raise ValueError(f"knows no %{letter}: use %d, %m, %Y or %y, %H, %M, %S, %f and %z")
    if ";" in text:
        raise ValueError("cannot hold a semicolon, which stands between periods of waiting")
    try:
        exact = all(datetime.strptime(at.strftime(text), text).replace(tzinfo=UTC) == at for at in _SAMPLES)
    except (ValueError, re.error):
        exact = False
    if not exact:
        raise ValueError("does not say the day and the minute exactly once: write one such as %d-%m-%Y %H:%M")
    return text


def _delimiter(text: Any) -> Any:
    if text in (",", ";", "tab"):
        return text
    raise ValueError('must be ",", ";" or tab')


DateFormat = Annotated[str, BeforeValidator(_date_format)]


class WaitingSection(Section):
    """A pair of columns between which an incident waited for the customer."""

    from_: Text = Field(alias="from", description="the column that holds when it began")
    to: Text = Field(description="the column that holds when it ended; empty while it lasts")


class IncidentColumnsSection(Section):
    """What the columns of the export are called, as its first line has them."""

    id: Text = Field(description="the number of the incident")
    reported: Text = Field(description="when it was reported")
    closed: Text = Field(description="when it was solved; empty while it is not")
    reacted: Text | None = Field(
        None, description="when somebody took it up; without this column nothing is said of reaction times"
    )
    service: Text | None = Field(None, description="the service it is about; may be empty")
    priority: Text | None = Field(
        None, description="its priority; empty, or without this column, it is that of the service"
    )
    environment: Text | None = Field(
        None, description="its environment; empty, or without this column, it is that of the service"
    )
    summary: Text | None = Field(None, description="what it is about, in a line")
    waiting: Text | None = Field(
        None, description="when it waited for the customer, as `start/end;start/end`, the last end empty while it does"
    )
    waiting_between: list[WaitingSection] = Field(
        [], max_length=PAIRS_LIMIT, description="the same, as pairs of columns"
    )

    @model_validator(mode="after")
    def _each_column_once(self) -> Self:
        seen: dict[str, str] = {}
        for key, name in self._named():
            if name in seen:
                raise wrong(key, f"names the column {shown(name)}, as {seen[name]} does: each column says one thing")
            seen[name] = key
        return self

    def single(self) -> Iterator[tuple[str, str]]:
        """The keys that are a column of their own, with its name."""
        for key in type(self).model_fields:
            value = getattr(self, key)
            if isinstance(value, str):
                yield key, value.strip()

    def _named(self) -> Iterator[tuple[str, str]]:
        yield from self.single()
        for pair in self.waiting_between:
            yield "waiting_between", pair.from_.strip()
            yield "waiting_between", pair.to.strip()


class IncidentsSection(Section):
    """How the help desk's export of incidents reads, for `waakvlam import incidents`."""

    columns: IncidentColumnsSection = Field(description="which column holds what")
    delimiter: Annotated[Literal[",", ";", "tab"], BeforeValidator(_delimiter)] = Field(
        ",", description="what stands between the columns"
    )
    encoding: Literal["utf-8", "windows-1252"] = Field("utf-8", description="how letters are written in the file")
    timezone: Zone | None = Field(
        None, description="of times without an offset", json_schema_extra={"otherwise": "that of the file"}
    )
    date_format: DateFormat = Field(
        "", description="how times are written, in the letters of strptime", json_schema_extra={"otherwise": "`iso`"}
    )
    services: dict[Text, Id] = Field(
        {},
        max_length=WORDS_LIMIT,
        description="its words for services; `none` for what is about none of them; an id needs none",
    )
    priorities: dict[Text, Priority] = Field(
        {}, max_length=WORDS_LIMIT, description="its words for priorities; a number needs none"
    )
    environments: dict[Text, Literal["production", "acceptance", "test"]] = Field(
        {}, max_length=WORDS_LIMIT, description="its words for environments; production, acceptance and test need none"
    )

    def settings(self, timezone: str) -> HelpDesk:
        """As the reader of the file takes it; `timezone` is that of the configuration."""
        return HelpDesk(
            columns=dict(self.columns.single()),
            waiting_between=tuple((pair.from_.strip(), pair.to.strip()) for pair in self.columns.waiting_between),
            delimiter="\t" if self.delimiter == "tab" else self.delimiter,
            encoding=self.encoding,
            timezone=self.timezone.key if self.timezone else timezone,
            date_format=self.date_format,
            services={word.strip(): None if id_ == NO_SERVICE else id_ for word, id_ in self.services.items()},
            priorities={word.strip(): number for word, number in self.priorities.items()},
            environments={word.strip(): name for word, name in self.environments.items()},
        )
