"""The sections and keys of a configuration by which many components or links are written once."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from config.section import Section, wrong
from config.types import Text
from config.values import Id

ROWS_LIMIT = 100_000
"""Entries that one list, one range or one file can be expanded to at most."""

_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")


def is_parameter(text: Any) -> bool:
    """Whether the text can name a parameter."""
    return isinstance(text, str) and _PARAMETER.fullmatch(text) is not None


def _parameter_name(text: Any) -> str:
    if not is_parameter(text):
        raise ValueError("is no name of a parameter: write letters, digits, _ and - after a letter, such as host")
    return str(text)


ParameterName = Annotated[str, BeforeValidator(_parameter_name)]
"""Letters, digits, `_` and `-` after a letter."""


class ParameterSection(Section):
    """What a use of a template gives for it."""

    name: ParameterName = Field(description="what stands in braces where its value belongs: `{host}`")
    default: Any = Field(
        None, description="its value where a use gives none: a text, a list or a mapping, taken as it is written"
    )

    @model_validator(mode="after")
    def _not_the_id(self) -> Self:
        if self.name == "id":
            raise wrong("name", "is `id`, which every use has without saying: leave it out")
        return self


def _parameter(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class TemplateSection(Section):
    """A component or link that is written once, with parameters, and used many times."""

    id: Id = Field(description="what `use` calls it")
    parameters: list[Annotated[ParameterSection, BeforeValidator(_parameter)]] = Field(
        [], description="what a use gives: names, or {name, default}; `{id}` is the id of the use and always there"
    )
    component: dict[str, Any] | None = Field(
        None, description="the keys of a component without its id; `{host}` in a text takes the parameter `host`"
    )
    link: dict[str, Any] | None = Field(None, description="the keys of a link, where it is a template of links")

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if (self.component is None) == (self.link is None):
            raise wrong("component", "or `link` is what a template is made of: give one of the two")
        return self


class ForEachSection(Section):
    """A file with a row or target for each entry; its columns or labels are parameters."""

    csv: Text | None = Field(
        None,
        description="a file of rows, in UTF-8, with a header and `,` or `;` between columns; an empty cell is none",
    )
    file_sd: Text | None = Field(None, description="a file of targets as Prometheus reads it (file_sd), JSON or YAML")
    columns: dict[ParameterName, Text] = Field(
        {}, description="parameters to the columns of the CSV that hold them, where those are called otherwise"
    )
    id_from: ParameterName | None = Field(
        None,
        description="the parameter that ids are made from: in lower case, with `-` for whatever an id cannot hold",
        json_schema_extra={"otherwise": "`id`; without that, the target"},
    )

    @model_validator(mode="after")
    def _one_file(self) -> Self:
        if (self.csv is None) == (self.file_sd is None):
            raise wrong("csv", "or `file_sd` names the file: give one of the two")
        if self.columns and self.csv is None:
            raise wrong("columns", "are those of a CSV: targets of `file_sd` have labels")
        return self


class UseSection(Section):
    """How an entry is made of a template, and many of a list."""

    use: Id | None = Field(None, description="the template it is made of; its own keys win")
    with_: dict[str, Any] | None = Field(None, alias="with", description="the parameters of the template")
    for_each: ForEachSection | list[dict[str, Any]] | None = Field(
        None, description="one entry for each of a list of parameters, written here or read from a file"
    )
    addresses: Text | list[Text] | None = Field(
        None,
        description="one entry for each address of `192.0.2.1-192.0.2.50` or `192.0.2.0/24`, with the parameters `n` "
        "(from 1) and `host`",
    )


EXPANDED_KEYS = ("use", "with", "for_each", "addresses")
"""The keys of a use, which are gone once it is expanded."""
