"""Figures and verdicts as JSON: what every judged thing in a report has (FIGURES of docs/commands.md)."""

from __future__ import annotations

from fractions import Fraction

from availability.report import Figures, Judged
from exporters.figures import seconds

Document = dict[str, object]


def number(ratio: Fraction | None) -> float | None:
    """The float nearest to an exact ratio; None stays None."""
    return None if ratio is None else float(ratio)


def judged_document(judged: Judged) -> Document:
    """Figures and verdict; `parts` only where the period holds several of the agreement's."""
    document: Document = {**figures_document(judged.figures), "verdict": judged.verdict}
    if judged.parts is not None:
        document["parts"] = [
            {"label": part.label, **figures_document(part.figures), "verdict": part.verdict} for part in judged.parts
        ]
    return document


def figures_document(figures: Figures) -> Document:
    """FIGURES of docs/commands.md: what every judged thing has."""
    return {
        "agreed_seconds": seconds(figures.agreed_ms),
        "up_seconds": seconds(figures.up_ms),
        "down_seconds": seconds(figures.down_ms),
        "unknown_seconds": seconds(figures.unknown_ms),
        "excluded_seconds": seconds(figures.excluded_ms),
        "availability": number(figures.availability),
        "availability_low": number(figures.availability_low),
        "availability_high": number(figures.availability_high),
        "coverage": number(figures.coverage),
        "budget_seconds": seconds(figures.budget_ms),
        "budget_left_seconds": seconds(figures.budget_left_ms),
        "unconfirmed_failed_seconds": seconds(figures.unconfirmed_failed_ms),
    }
