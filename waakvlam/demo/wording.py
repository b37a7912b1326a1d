"""How states, reasons and times are put into words and colours for people who watch the demo."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from availability.edges import from_ms
from availability.ports import PartState
from availability.standing import NO_DATA, PART_DOWN, PART_UNKNOWN, UNREACHABLE
from availability.states import DOWN, UNKNOWN, UP


class Look(NamedTuple):
    """How a state is shown: told apart by symbol and word also where there is no colour."""

    symbol: str
    word: str
    colour: str
    rank: int
    """What is wrong first."""

    def __str__(self) -> str:
        return f"{self.symbol} {self.word}"


LOOKS = {
    DOWN: Look("▲", "down", "bold red", 0),
    UNKNOWN: Look("○", "unknown", "bright_black", 2),
    UP: Look("●", "up", "green", 3),
}
PENDING = Look("◐", "pending", "yellow", 1)
"""Up, but the last look failed: not confirmed yet, or a blip."""

BY_RANK = sorted((*LOOKS.values(), PENDING), key=lambda look: look.rank)


def look_of(part: PartState) -> Look:
    """How a part is shown."""
    return PENDING if in_doubt(part) else LOOKS[part.state]


def in_doubt(part: PartState) -> bool:
    """Whether a part is up although its last look failed."""
    return part.state == UP and bool(part.reason)


def why(part: PartState) -> str:
    """The reason and its detail in a few words; empty for what is simply up."""
    match part.reason:
        case "":
            return "answers again, not confirmed yet" if part.state == DOWN else ""
        case reason if reason == PART_DOWN:
            return f"down: {part.detail}"
        case reason if reason == PART_UNKNOWN:
            return f"unknown: {part.detail}"
        case reason if reason == UNREACHABLE:
            return f"unreachable, {part.detail}"
        case reason if reason == NO_DATA:
            return "no data"
    # The detail opens with the check; the part stands beside it already.
    _, _, detail = part.detail.partition(": ")
    return f"{part.reason}: {detail}" if detail else part.reason


def clock(instant: int | None, zone: ZoneInfo) -> str:
    """An instant (epoch milliseconds) as local time of day."""
    return "" if instant is None else f"{from_ms(instant, zone):%H:%M:%S}"


def stopwatch(milliseconds: float) -> str:
    """A length of time as 0:07, 12:30 or 4:00:00, whole seconds."""
    minutes, seconds = divmod(int(milliseconds // 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
