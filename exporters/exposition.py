"""Writes samples as Prometheus and OpenMetrics text: escaping, numbers, heads of families, and a page of families."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exporters.names import FAMILIES, Family

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_PLAIN_BELOW, _PLAIN_DIGITS = 1e6, 6
"""From here on Go writes an exponent where Python does not yet (it does from 1e16 on, after a shorter whole part)."""


class Page:
    """The samples of one scrape, family by family; what is added is encoded in pieces, so that no step is long."""

    def __init__(self) -> None:
        self._pieces: dict[Family, list[bytes]] = {family: [] for family in FAMILIES}

    def add(self, family: Family, lines: Iterable[str]) -> None:
        """Add whole lines of `family`, each with its newline."""
        text = "".join(lines)
        if text:
            self._pieces[family].append(text.encode())

    def chunks(self, openmetrics: bool, more: bytes = b"") -> Iterator[bytes]:
        """The page in one of both formats; `more` is text of other families in the same format. Families without
        a sample are left out."""
        for family, pieces in self._pieces.items():
            if pieces:
                yield head(family, openmetrics)
                yield from pieces
        if more:
            yield more
        if openmetrics:
            yield b"# EOF\n"


def head(family: Family, openmetrics: bool) -> bytes:
    """The HELP and TYPE lines; OpenMetrics names a counter without its `_total` and escapes quotes in its help."""
    name = family.name.removesuffix("_total") if openmetrics and family.type == "counter" else family.name
    text = escape(family.help) if openmetrics else family.help.replace("\\", "\\\\").replace("\n", "\\n")
    return f"# HELP {name} {text}\n# TYPE {name} {family.type}\n".encode()


def escape(value: str) -> str:
    """A label's value as it stands between its quotes."""
    if "\\" in value or '"' in value or "\n" in value:
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return value


def number(value: float) -> str:
    """A finite value as Prometheus itself writes it."""
    text = repr(float(value))
    if value < _PLAIN_BELOW:
        return text
    whole, _, rest = text.partition(".")
    if len(whole) <= _PLAIN_DIGITS:
        return text
    digits = (whole + rest).rstrip("0")
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{mantissa}e+{len(whole) - 1:02d}"


def series(family: Family, *values: str) -> str:
    """The name and labels of one series, with the space before its value; `values` in the order of `family.labels`."""
    labels = ",".join(f'{label}="{escape(value)}"' for label, value in zip(family.labels, values, strict=True))
    return f"{family.name}{{{labels}}} " if labels else f"{family.name} "


def prefers_openmetrics(accept: str) -> bool:
    """Whether an Accept header asks for OpenMetrics 1.0.0 (or any version) at least as much as for plain text."""
    weights = {"application/openmetrics-text": 0.0, "text/plain": 0.0}
    for part in accept.split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        options = dict(pair.split("=", 1) for pair in parameters if "=" in pair)
        wanted = {"application/openmetrics-text": "1.0.0"}.get(kind)
        if kind in weights and (wanted is None or options.get("version", wanted) == wanted):
            weights[kind] = max(weights[kind], _weight(options.get("q", "1")))
    openmetrics = weights["application/openmetrics-text"]
    return openmetrics > 0 and openmetrics >= weights["text/plain"]


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
