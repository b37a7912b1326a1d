"""What was measured, what it was to be, and the tables in which both are told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure that has a target: at most `target`, better still at most `aim`."""

    name: str
    measured: float
    unit: str
    target: float
    aim: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the target was reached, and by how much not."""
        if self.aim is not None and self.measured <= self.aim:
            return "reached, and the aim"
        if self.measured <= self.target:
            return "reached"
        return f"missed by {self.measured / self.target - 1:.0%}" if self.target else "missed"


def summary(figures: Sequence[Figure]) -> list[str]:
    """The table of all figures with a target, as lines of Markdown."""
    rows = [
        (
            figure.name,
            "" if figure.aim is None else f"≤ {amount(figure.aim, figure.unit)}",
            f"≤ {amount(figure.target, figure.unit)}",
            amount(figure.measured, figure.unit),
            figure.verdict,
            figure.note,
        )
        for figure in figures
    ]
    return table(("figure", "aim", "target", "measured", "", "note"), rows)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table that can be read as it is."""
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    return [line(heads), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(line, rows)]


def amount(value: float, unit: str) -> str:
    """A number with three digits that say something, and its unit."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    text = f"{value:,.{digits}f}"
    return f"{text}{unit}" if unit in ("%", "×") else f"{text} {unit}".rstrip()


def spread(values: Sequence[float], unit: str) -> str:
    """The median of several rounds, with the lowest and the highest."""
    return f"{amount(median(values), unit)} ({amount(min(values), '')}-{amount(max(values), '')})"


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
