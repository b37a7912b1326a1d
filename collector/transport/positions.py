"""How far the batches of an outbox have come in: what is missing, and what came twice."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

Span = tuple[int, int]
_AHEAD_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Position:
    """Of one outbox (`start`): everything up to `through` came in or never will, and so did `ahead` beyond it.

    `missing` are sequences that the agent no longer holds and that never came, `repeated` those that came again.
    Facts are a set: nothing is left out because of a position, it only tells.
    """

    through: int = 0
    ahead: tuple[Span, ...] = ()
    missing: int = 0
    repeated: int = 0

    @property
    def hole(self) -> int:
        """Sequences that are still to come although later ones have."""
        if not self.ahead:
            return 0
        return self.ahead[-1][1] - self.through - sum(last - first + 1 for first, last in self.ahead)

    def taken(self, sequence: int, oldest: int) -> Position:
        """After a batch that says that its agent still holds everything from `oldest` on."""
        position = self._settled(oldest - 1) if oldest - 1 > self.through else self
        if sequence <= position.through or any(first <= sequence <= last for first, last in position.ahead):
            return replace(position, repeated=position.repeated + 1)
        spans = list(position.ahead)
        index = bisect_left(spans, (sequence, sequence))
        first = last = sequence
        if index < len(spans) and spans[index][0] == sequence + 1:
            last = spans.pop(index)[1]
        if index and spans[index - 1][1] == sequence - 1:
            first = spans.pop(index - 1)[0]
            index -= 1
        spans.insert(index, (first, last))
        through = position.through
        if spans[0][0] == through + 1:
            through = spans.pop(0)[1]
        # With more holes than any window makes, the far ones are forgotten: they would count as repeated or missing.
        return replace(position, through=through, ahead=tuple(spans[:_AHEAD_LIMIT]))

    def _settled(self, through: int) -> Position:
        """The agent holds nothing up to `through` any more: what has not come of it is missing for good."""
        came = sum(min(last, through) - first + 1 for first, last in self.ahead if first <= through)
        missing = through - self.through - came
        ahead = [(max(first, through + 1), last) for first, last in self.ahead if last > through]
        if ahead and ahead[0][0] == through + 1:
            through = ahead.pop(0)[1]
        return replace(self, through=through, ahead=tuple(ahead), missing=self.missing + missing)
