"""The colours of states and verdicts: the report's four tones, told apart also by who sees colours otherwise.

Each pair differs enough (CIE 1976, at least 20) for normal sight and under simulated protanopia, deuteranopia and
tritanopia (Machado, Oliveira and Fernandes, 2009), and each has a contrast of 3 to 1 on a dark panel; a test computes
both. What a colour says stands beside it as a symbol and a word, so that none is needed to understand it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exporters.tables.tones import Tone

COLOURS: Mapping[Tone, str] = {"good": "#1FA67A", "risk": "#F0B323", "bad": "#D0202A", "unknown": "#66666E"}
"""As the workbook fills its cells, but dark enough for a screen; unknown is grey and never green."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a number or a word of a query stands for: a word with a symbol before it, and its tone."""

    text: str
    tone: Tone


STATES: Mapping[str, Meaning] = {
    "0": Meaning("▼ down", "bad"),
    "1": Meaning("▲ up", "good"),
    "2": Meaning("? unknown", "unknown"),
    "3": Meaning("? unknown", "unknown"),
    "5": Meaning("◆ degraded", "risk"),
}
"""A state as one number (dashboards/promql.py). 3 is told where two collectors disagree."""

SITES: Mapping[str, Meaning] = {
    "0": Meaning("▼ all down", "bad"),
    "1": Meaning("▲ all up", "good"),
    "2": Meaning("? unknown", "unknown"),
    "5": Meaning("◆ partly down", "risk"),
    "6": Meaning("? partly unknown", "unknown"),
}

PAIRS: Mapping[str, Meaning] = {
    "0": Meaning("▼ unprotected", "bad"),
    "1": Meaning("▲ protected", "good"),
    "2": Meaning("? unknown", "unknown"),
    "3": Meaning("► failover runs", "risk"),
}

VERDICTS: Mapping[str, Meaning] = {
    "0": Meaning("✖ missed", "bad"),
    "1": Meaning("✔ met", "good"),
    "2": Meaning("… pending", "unknown"),
    "3": Meaning("± undetermined", "unknown"),
    "4": Meaning("? no data", "unknown"),
}
"""A verdict as one number; what is pending has none yet, and its margin says how it stands."""

LOOKS: Mapping[str, Meaning] = {"0": Meaning("▼ failed", "bad"), "1": Meaning("▲ ok", "good")}
"""What came of one look."""

YES_NO_BAD: Mapping[str, Meaning] = {"0": Meaning("✖ no", "bad"), "1": Meaning("✔ yes", "good")}
"""Of what should be so."""

PRESENCES: Mapping[str, Meaning] = {
    "0": Meaning("▼ gone", "bad"),
    "1": Meaning("▲ here", "good"),
    "2": Meaning("… stopped", "unknown"),
    "3": Meaning("? never heard", "unknown"),
}
"""Whether an agent is there, as one number."""
