"""Prints the reference of the configuration from the classes that validate it, so that the two cannot differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

from config import mqtt, oncall_values, rules, templates, types, values
from config.grammar import REQUIRED, Key, keys_of, sections_in
from config.models import CheckSection, FileSection, Pace
from config.promises import SpecialDay
from config.settings import SecretRef

_INTRODUCTION = """\
# The configuration

A configuration is one YAML file in UTF-8. `waakvlam check --config FILE` reads it and says what it holds, or all that
is wrong with it, each with its line. This page is generated from the code that reads the file.

- Every scalar is text until its key gives it a type: `23:00` is a time, `no` is a word, `2026-03-18` is a date.
- A key that is not listed here is refused, and so is a key that is given twice.
- Anchors, aliases, merge keys and tags of YAML are refused; `defaults` says once what all checks share.
- Without `organisations` or `sites`, their ids are declared by their use; with the section, it is complete. Without
  `vantages` there is one, `local`. Whatever else is referred to must be there.
- Components, links, services and failover_pairs share one name space; checks have one of their own.
- Many similar components and links are written once, as a template or for a list; [inventory.md](inventory.md) tells
  how. What comes of it is read as if it were written out.

## How values are written
"""

_WRITTEN: tuple[tuple[Any, str, str], ...] = (
    (types.Duration, "duration", "a number with a unit: `500ms`, `30s`, `5m`, `4h`, `2d`"),
    (types.Percentage, "percentage", "with its sign: `98.0%`"),
    (values.Norm, "percentage", ""),
    (types.Flag, "flag", "`true` or `false`"),
    (types.Port, "port", "a number from 1 to 65535"),
    (types.Count, "count", "a whole number from 1 to 100000"),
    (types.Host, "host", "a name or an address: `app.venlo.example`, `192.0.2.10`, `2001:db8::1`"),
    (types.Address, "address", "an address of IPv4 or IPv6: `192.0.2.10`, `2001:db8::1`"),
    (types.Pattern, "pattern", "a regular expression of Python, found anywhere in the text: `^ok$`"),
    (types.Text, "text", "any text that is not empty; in quotes where YAML asks for them"),
    (types.Secret, "secret", "a reference, never the secret: `{env: NAME}` or `{file: PATH}`; read when it is used"),
    (types.FilePath, "path", "a path, relative to the folder of the configuration"),
    (values.Id, "id", "lower case letters, digits and `-`, at most 100: `core-roermond`"),
    (templates.ParameterName, "parameter", "letters, digits, `_` and `-` after a letter, at most 63: `host`"),
    (values.Category, "category", "letters, digits and `_`, at most 64: `customer_request`"),
    (values.Clock, "time", "a time of day: `07:00`; `24:00` only as an end"),
    (values.ClockEnd, "time", ""),
    (values.Days, "days", "`daily`, `workdays`, `weekend` or a list such as `[mon, wed]`"),
    (values.Day, "date", "`2026-03-18`"),
    (
        values.Moment,
        "instant",
        "with its offset: `2026-11-10T23:00:00+01:00`; or a date, for its midnight in `timezone`",
    ),
    (rules.RuleText, "rule", "of RFC 5545, on whole days: `FREQ=MONTHLY;BYDAY=1SU`"),
    (values.Zone, "time zone", "a name of the time zone database: `Europe/Amsterdam`, `UTC`"),
    (values.LimitText, "limit", "clock hours or working time: `4h`, `4 working hours`, `2 working days`"),
    (values.Listen, "host:port", "`127.0.0.1:9770`, `[::1]:9770`"),
    (values.Email, "e-mail address", "`sla@venlo.example`"),
    (values.Priority, "priority", "a number from 1 (highest) to 9"),
    (values.Version, "1", ""),
    (oncall_values.WebUrl, "web address", "`https://waakvlam.example:9770`, without a user or a password"),
    (oncall_values.PublicUrl, "web address", ""),
    (oncall_values.CalendarUrl, "web address or secret", ""),
    (oncall_values.WatchdogUrl, "web address or `{file: PATH}`", ""),
    (oncall_values.LevelNumber, "level", "of escalation: `1`, `2` or `3`"),
    (mqtt.TopicPrefix, "topic", "levels of letters, digits, `_`, `.` and `-`, with `/` between: `waakvlam`"),
    (oncall_values.Who, "ids", "one id, or a list of them: `beheer`, `[noor, beheer]`"),
)

_EXPRESSION = "expression"
_EXPRESSIONS = """\
## Expressions

`up_when` of a service, and of a component or link without checks, is an expression over the ids of components, links
and services. It nests freely and must not lead back to itself, not by way of `behind` either.

| expression | up while |
|---|---|
| `{all: [a, b]}` | every part is up |
| `{any: [a, b]}` | one part is up |
| `{at_least: {count: 2, of: [a, b, c]}}` | that many parts are up |

With checks, `up_when` is `all`, `any` or `{at_least: 2}` over those checks that count.
"""


def reference(probes: Mapping[str, type]) -> str:
    """The whole page, in Markdown; `probes` as the reader takes them."""
    lines = [_INTRODUCTION, "| value | how it is written |", "|---|---|"]
    lines += [f"| {name} | {how} |" for _, name, how in _WRITTEN if how]
    lines += ["", "## The file", "", *_table(FileSection)]
    seen: set[Any] = set()
    for key in keys_of(FileSection).values():
        for section in sections_in(key.hint):
            lines += _section(section, key.name, "##", seen)
    lines += [_EXPRESSIONS, "## Probes", ""]
    lines += ["The keys of a probe stand at the check, beside the keys that every check has.", ""]
    for name, options in probes.items():
        lines += _section(options, f"probe: {name}", "###", seen)
    return "\n".join(lines).rstrip() + "\n"


def _section(cls: Any, title: str, level: str, seen: set[Any]) -> Iterator[str]:
    """What the class is for, its keys, and the same for the sections inside it that were not yet `seen`."""
    if cls in seen:
        return
    seen.add(cls)
    yield from (f"{level} {title}", "", _sentence(cls), "")
    yield from _table(cls)
    if cls is CheckSection:
        yield f"The keys {_listed(keys_of(Pace))} are inherited from `defaults` where a check does not have them."
        yield ""
    for key in keys_of(cls).values():
        for nested in [CheckSection] if key.name == "checks" else sections_in(key.hint):
            yield from _section(nested, f"{title}: {key.name}", "####", seen)


def _listed(names: Mapping[str, Key]) -> str:
    words = [f"`{name}`" for name in names]
    return ", ".join(words[:-1]) + f" and {words[-1]}"


def _sentence(cls: Any) -> str:
    return " ".join((cls.__doc__ or "").split("\n\n")[0].split())


def _table(cls: Any) -> Iterator[str]:
    yield "| key | value | without it | meaning |"
    yield "|---|---|---|---|"
    for key in sorted(keys_of(cls).values(), key=lambda key: key.default is not REQUIRED):
        cells = (f"`{key.name}`", _type_of(key), _default_of(key), _capital(key.help))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""


def _capital(text: str) -> str:
    sentence = text.strip().removesuffix(".")
    return sentence[:1].upper() + sentence[1:] + "."


def _type_of(key: Key) -> str:
    if key.name == "up_when":
        return _EXPRESSION
    if key.name == "checks":
        return "list of mappings"
    return _named(key.hint)


def _named(hint: Any) -> str:
    """What a type is called on this page."""
    if hint == SpecialDay:
        return "`closed` or {from, to}"
    if get_origin(hint) is Annotated:
        for known, name, _ in _WRITTEN:
            if hint.__metadata__[0] == known.__metadata__[0]:
                return name
        return _named(get_args(hint)[0])
    if sections_in(hint) == [hint]:
        return "mapping"
    arguments = [argument for argument in get_args(hint) if argument not in (type(None), ...)]
    if get_origin(hint) is Literal:
        return " | ".join(f"`{choice}`" for choice in arguments)
    if get_origin(hint) in (dict, Mapping, _ABSTRACT_MAPPING):
        if arguments[1] is Any:
            return "mapping"
        return f"mapping of {_named(arguments[0])} to {_named(arguments[1])}"
    if get_origin(hint) in (list, tuple, frozenset, set):
        entry = _named(arguments[0])
        return "list of mappings" if entry == "mapping" else f"list of {entry}"
    if arguments:
        return " or ".join(dict.fromkeys(map(_named, arguments)))
    return _BASES.get(hint, "text")


_ABSTRACT_MAPPING = get_origin(Mapping[str, str])
_BASES: dict[Any, str] = {
    Any: "any value",
    int: "number",
    float: "number",
    Fraction: "number",
    bool: "flag",
    SecretRef: "secret",
}
_DEFAULTS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda value: str(value).lower()),
    (Fraction, lambda value: f"{float(value * 100):g}%"),
    (ZoneInfo, lambda value: str(value.key)),
    (Path, str),
    (re.Pattern, lambda value: str(value.pattern)),
)


def _default_of(key: Key) -> str:
    """The default as a user would write it."""
    value = key.default
    if key.otherwise:
        return key.otherwise
    if value is REQUIRED:
        return "required"
    if value is None or value == "" or (isinstance(value, list | dict | tuple) and not value):
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and "duration" in _type_of(key):
        return f"`{types.span(value)}`"
    if key.name == "listen":
        return f"`{value[0]}:{value[1]}`"
    if isinstance(value, frozenset):
        return "`daily`"
    if isinstance(value, tuple | list):
        return f"`[{', '.join(map(str, value))}]`"
    shown = next((show(value) for kind, show in _DEFAULTS if isinstance(value, kind)), str(value))
    return f"`{shown}`"


def main() -> None:
    """Print the page without the probes, which the front door adds."""
    print(reference({}), end="")  # noqa: T201 - printing is what this command is for


if __name__ == "__main__":
    main()
