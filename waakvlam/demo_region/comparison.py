"""Holds what waakvlam stored and says to the journal of what truly was.

An observation may say neither ok nor failed where the opposite was so all around it; a state may be neither up nor down
where the journal says otherwise, or where nobody watched; and what somebody watched is not unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from availability.estate import Check, Estate, Part
from availability.evaluation import Evaluation
from availability.judge import Facts, observe
from availability.outcome import Status
from availability.spans import Span, intersect, subtract, union
from availability.states import DOWN, STATE_NAMES, UNKNOWN, UP
from waakvlam.demo_region.journal import Change
from waakvlam.demo_region.places import LINES, PATHS, SERVERS

EARLY_MS = 100
"""Before its slot no look begins; clocks are read to the millisecond."""
LOST_MS = 5_000
"""What an agent or a centre that is killed had not written yet: its flush, and a busy machine."""
_LINES = {line.name: line for line in LINES}
_SITES = {server.name: server.site for server in SERVERS}
_VANTAGE = "vantage {}"


@dataclass(frozen=True, slots=True)
class Allowed:
    """How late a look may end after its slot, and how long a state is believed past the last look (milliseconds)."""

    late: int
    stale_after: int


class Comparison:
    """What the facts of `estate` say, next to `changes`, from `begin` to `end` (epoch milliseconds)."""

    def __init__(
        self, estate: Estate, facts: Facts, changes: Sequence[Change], begin: int, end: int, allowed: Allowed
    ) -> None:
        self.evaluation = Evaluation(estate, observe(estate, facts, end))
        self._estate = estate
        self.facts = facts
        self._changes = changes
        self.begin, self._end = begin, end
        self._allowed = allowed

    def differences(self) -> list[str]:
        """Whatever does not agree, as sentences."""
        found: list[str] = []
        for part in self.leaves():
            for check in part.checks:
                for (id_, vantage), rows in self.facts.items():
                    if id_ == check.id:
                        found += self._contradicted(part, check, vantage, rows)
            found += self._misjudged(part)
        return found

    def leaves(self) -> list[Part]:
        """Components and links with checks of their own."""
        return [part for part in self._estate.parts.values() if part.checks]

    def watched(self, part: Part) -> list[Span]:
        """When those who stand beside a part (at both ends of a line) watched it for certain."""
        ends = _LINES[part.id].ends if part.id in _LINES else (_SITES[part.id],)
        spans = [(self.begin, self._end)]
        for site in ends:
            own = self._spans([_VANTAGE.format(site)], True, before=self._allowed.late, after=LOST_MS)
            spans = intersect(spans, own)
        return spans

    # One observation.

    def _contradicted(
        self, part: Part, check: Check, vantage: str, rows: Iterable[tuple[int, int, int, int]]
    ) -> Iterator[str]:
        names = [part.id, *_ways(part, vantage)]
        calm = self._calm(names, EARLY_MS, self._allowed.late)
        for first, step, count, status in rows:
            for number in range(count):
                at = first + number * step
                if status == Status.NONE or not self.begin <= at < self._end or not _within(at, calm):
                    continue
                answers = self._reached(part, vantage, at)
                if answers != (status == Status.OK):
                    was = "answered" if answers else "did not answer"
                    yield f"{check.id} from {vantage} at {at} is {Status(status).name}, but it {was} all the time"

    def _reached(self, part: Part, vantage: str, at: int) -> bool:
        if not self._is_up(part.id, at):
            return False
        if part.id in _LINES or _SITES[part.id] == vantage:
            return True
        ways = PATHS[frozenset({_SITES[part.id], vantage})]
        return any(all(self._is_up(line, at) for line in way) for way in ways)

    # A state.

    def _misjudged(self, part: Part) -> Iterator[str]:
        timeline = self.evaluation.states[part.id]
        margin = self._allowed.late
        believed = self._believed(part)
        for truth, lie in ((True, DOWN), (False, UP)):
            spans = subtract(self._spans([part.id], truth, before=margin, after=margin), believed)
            yield from self._told(part, lie, intersect(timeline.spans(lie, until=self._end), spans), "it was otherwise")
        unknown = timeline.spans_within(self.begin, self._end, UNKNOWN)
        yield from self._told(part, UNKNOWN, intersect(unknown, self.watched(part)), "somebody watched")
        nobody = self._unwatched(part)
        for state in (UP, DOWN):
            spans = intersect(timeline.spans(state, until=self._end), nobody)
            yield from self._told(part, state, spans, "nobody watched")

    def _told(self, part: Part, state: int, spans: Iterable[Span], why: str) -> Iterator[str]:
        for start, end in spans:
            yield f"{part.id} is {STATE_NAMES[state]} from {start} for {end - start} ms, but {why}"

    def _believed(self, part: Part) -> list[Span]:
        """When the last written word of somebody who went away is still believed (docs/semantics.md, section 2)."""
        after = self._allowed.stale_after + self._allowed.late
        away = [_VANTAGE.format(vantage) for vantage in self._vantages(part)]
        went = [change for change in self._changes if change.name in away and not change.is_up]
        return union((change.begun - LOST_MS, change.done + after) for change in went)

    def _vantages(self, part: Part) -> set[str]:
        return {vantage for check in part.checks for id_, vantage in self.facts if id_ == check.id}

    def _unwatched(self, part: Part) -> list[Span]:
        """When nobody who ever looks at it was there, and what was seen before is no longer believed."""
        after = self._allowed.stale_after + self._allowed.late
        spans = [(self.begin, self._end)]
        for vantage in self._vantages(part):
            spans = intersect(spans, self._spans([_VANTAGE.format(vantage)], False, before=after, after=EARLY_MS))
        return spans

    # The journal.

    def _spans(self, names: Sequence[str], is_up: bool, *, before: int, after: int) -> list[Span]:
        """When one was so, without `before` at the beginning and `after` at the end of each such time."""
        found = []
        for start, stop in self._between(names):
            if all(self._is_up(name, start) == is_up for name in names):
                found.append((start + before, stop - after if stop < self._end else stop))
        return union((max(start, self.begin), stop) for start, stop in found)

    def _calm(self, names: Sequence[str], before: int, after: int) -> list[Span]:
        """When nothing changed from `before` until `after`."""
        return union((start + before, stop - after) for start, stop in self._between(names))

    def _between(self, names: Sequence[str]) -> Iterator[Span]:
        """From the end of every change of `names` to the begin of the next."""
        own = [change for change in self._changes if change.name in names and change.begun < self._end]
        ends = [*own, Change("", False, self._end, self._end)]
        for this, following in pairwise(ends):
            yield this.done, following.begun

    def _is_up(self, name: str, at: int) -> bool:
        is_up = False
        for change in self._changes:
            if change.name == name and change.done <= at:
                is_up = change.is_up
        return is_up


def _ways(part: Part, vantage: str) -> list[str]:
    """The lines that a look at `part` may take."""
    if part.id in _LINES or _SITES[part.id] == vantage:
        return []
    return sorted({line for way in PATHS[frozenset({_SITES[part.id], vantage})] for line in way})


def _within(at: int, spans: Sequence[Span]) -> bool:
    return any(start <= at < end for start, end in spans)


def down_spans(changes: Sequence[Change], name: str, end: int) -> list[Span]:
    """When `name` was down according to the journal: from the begin of the change to the end of the next."""
    own = [change for change in changes if change.name == name]
    ends = [*(change.done for change in own[1:]), end]
    return union((change.begun, stop) for change, stop in zip(own, ends, strict=False) if not change.is_up)
