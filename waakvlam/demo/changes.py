"""Notices what changed between two snapshots, and says it in one line per kind of change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from availability.outcome import Reason, Status
from availability.ports import CheckState, PartState
from availability.states import UNKNOWN, UP
from waakvlam.demo.wording import LOOKS, clock, in_doubt, why

Source = Literal["servers", "seen", "note"]
"""servers: what was done to them; seen: what the collector made of it; note: what the demo says of itself."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """Something that happened at an instant (epoch milliseconds)."""

    at: int
    source: Source
    text: str

    def plain(self, zone: ZoneInfo) -> str:
        """The line as it is printed in a pipe."""
        return f"{clock(self.at, zone)} {self.source}: {self.text}"


class Watcher:
    """Remembers how everything was. `unjudged` are the checks that are watched without making a state."""

    def __init__(self, unjudged: Collection[str] = ()) -> None:
        self._unjudged = unjudged
        self._before: Mapping[str, PartState] = {}
        self._signalled: dict[str, Reason | None] = {}
        self._seen: set[str] = set()
        self._greeted = False

    def changes(self, parts: Sequence[PartState], checks: Sequence[CheckState]) -> list[str]:
        """What changed since the last call; equal changes share a line."""
        now = {part.id: part for part in parts}
        groups: dict[tuple[str, str], list[str]] = {}
        for part in parts:
            if said := self._change(part):
                groups.setdefault(said, []).append(part.id)
        self._before = now
        self._seen |= {part.id for part in parts if part.state != UNKNOWN}
        lines = [f"{', '.join(ids)} {word}{reason}" for (word, reason), ids in groups.items()]
        lines += filter(None, (self._signal(check, now) for check in checks if check.check in self._unjudged))
        if not self._greeted and parts and self._seen == now.keys():
            self._greeted = True
            lines.append(f"all {len(now)} components, links and services have been looked at")
        return lines

    def _change(self, part: PartState) -> tuple[str, str] | None:
        before = self._before.get(part.id)
        if before is None or (part.state == UP and part.id not in self._seen):
            return None
        if before.state != part.state:
            word = LOOKS[part.state].word
            said = why(part).removeprefix(f"{word}: ")
            return word, f" ({said})" if said and part.state != UP else ""
        if in_doubt(before) and part.state == UP and not part.reason:
            return "answers again", f" after a blip ({before.reason}): too short to be an outage"
        return None

    def _signal(self, check: CheckState, parts: Mapping[str, PartState]) -> str | None:
        """A check that is not judged and fails although its part works; told once, until it gives another answer."""
        part, outcome = parts.get(check.part), check.outcome
        if part is None or part.state != UP or part.reason or outcome is None or outcome.status == Status.NONE:
            return None
        if check.at is not None and part.since is not None and check.at < part.since:
            return None  # a look from when the part did not work
        if outcome.reason == self._signalled.get(check.check):
            return None
        self._signalled[check.check] = outcome.reason
        if outcome.reason is None:
            return f"{check.check} is right again"
        return f"{check.check}, watched but not judged: {outcome.reason}: {outcome.detail}"
