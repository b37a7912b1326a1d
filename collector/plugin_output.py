"""Reads what a monitoring plugin prints: its line for people, and its performance data
(Monitoring Plugins Development Guidelines, "Plugin Output for Nagios" and "Performance data")."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from availability.outcome import DETAIL_LIMIT, Measure

MOST_MEASURES = 20
"""Performance data of one look that are kept: each is a series of metrics."""
_LONGEST_LABEL = 64
_LONGEST_UNIT = 16
_LONGEST_VALUE = 40
_MASK = "***"

_SPACE = re.compile(r"\s|$")
_VALUE = re.compile(r"([-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d{1,3})?)(.*)", re.ASCII | re.DOTALL)
_UNITS: dict[str, tuple[str, float, float]] = {
    "": ("", 1, 1),
    "s": ("seconds", 1, 1),
    "ms": ("seconds", 1, 1e3),
    "us": ("seconds", 1, 1e6),
    "µs": ("seconds", 1, 1e6),
    "μs": ("seconds", 1, 1e6),
    "ns": ("seconds", 1, 1e9),
    "%": ("ratio", 1, 100),
    "c": ("count", 1, 1),
    "b": ("bytes", 1, 1),
    **{f"{letter}{end}": ("bytes", 1024.0**power, 1) for power, letter in enumerate("kmgtp", 1) for end in ("b", "ib")},
}
"""Unit to its base unit, what to multiply with and what to divide by. Bytes in any case of letters; the plugins mean
powers of 1024 by KB and MB."""

_VARYING = re.compile(
    r"(?<![\w.,:/+-])(?!(?:100|0)\s?%)"  # no part of a word, an address, a version; and all or nothing stays
    r"[-+]?(?:\d+[.,]\d+(?!\.?\w)|\d+(?:[.,]\d+)?(?=\s?(?:%|(?:[mnuµμ]?s|[kKMGTP]?i?B|bytes?|(?:milli)?seconds?|secs?|"
    r"minutes?|mins?|hours?)\b)))",
    re.ASCII,
)
"""A number with a fraction or a unit: a measurement, which is another at the next look."""


def first_line(output: bytes, secrets: Iterable[str] = ()) -> str:
    """The line for people, without performance data and without `secrets`; empty where there is none.

    It is fit to be the detail of an outcome: on one line, without control characters, not longer than that can be, and
    the same as long as only measurements differ, of which performance data tell the figures.
    """
    line = _decoded(output, secrets).lstrip("\r\n").partition("\n")[0].partition("|")[0]
    return _stable(line)


def last_line(errors: bytes, secrets: Iterable[str] = ()) -> str:
    """The last line that is not empty, in the same way: in a traceback, the one that says what went wrong."""
    lines = [line for line in _decoded(errors, secrets).splitlines() if line.strip()]
    return _stable(lines[-1]) if lines else ""


def performance_data(output: bytes, secrets: Iterable[str] = ()) -> tuple[Measure, ...]:
    """The figures in base units, each label once, at most `MOST_MEASURES`; what is malformed or unknown is left out.

    They stand behind the first `|` of the first line, and behind the next one, which is in a later line, to the end.
    """
    first, _, rest = _decoded(output, secrets).lstrip("\r\n").partition("\n")
    text = f"{first.partition('|')[2]}\n{rest.partition('|')[2]}"
    measures: dict[str, Measure] = {}
    for label, written in _items(text):
        measure = _measure(label, written)
        if measure is not None:
            measures.setdefault(measure.label, measure)
        if len(measures) == MOST_MEASURES:
            break
    return tuple(measures.values())


def _items(text: str) -> Iterator[tuple[str, str]]:
    """(label, what is written behind its =); a quote within a quoted label is doubled."""
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        begin = place
        if text[place] == "'":
            place += 1
            while (place := text.find("'", place)) >= 0 and text.startswith("''", place):
                place += 2
            if place < 0:
                return
            label = text[begin + 1 : place].replace("''", "'")
            place += 1
        found = _SPACE.search(text, place)
        end = found.start() if found else len(text)
        if text[begin] == "'":
            if text.startswith("=", place):
                yield label, text[place + 1 : end]
        else:
            label, equals, written = text[begin:end].partition("=")
            if equals:
                yield label, written
        place = end


def _measure(label: str, written: str) -> Measure | None:
    match = _VALUE.fullmatch(written.partition(";")[0])
    cleaned = _one_line(label)[:_LONGEST_LABEL]
    if match is None or not cleaned or len(match[1]) > _LONGEST_VALUE:
        return None
    value, unit = float(match[1].replace(",", ".")), match[2]
    base, times, parts = _UNITS.get(unit) or _UNITS.get(unit.lower(), ("", 0.0, 1))
    if not times:
        base, times = _one_line(unit)[:_LONGEST_UNIT], 1.0
    value = value * times / parts
    return Measure(cleaned, value, base) if math.isfinite(value) else None


def _decoded(output: bytes, secrets: Iterable[str]) -> str:
    text = output.decode(errors="replace")
    # The longest first: one may be a part of another.
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, _MASK)
    return text


def _stable(line: str) -> str:
    return _VARYING.sub("#", _one_line(line))[:DETAIL_LIMIT].rstrip()


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in " ".join(text.split()))
