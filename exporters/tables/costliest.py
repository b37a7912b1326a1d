"""Which of very many things matter most, found without making any of them."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest
from itertools import chain

from availability.account import Unwatched
from availability.outages import Outages
from availability.report import Outage
from availability.unwatched import UnwatchedStretches


def downs(outages: Sequence[Outage]) -> Sequence[int]:
    """What each of them took of agreed time."""
    return outages.down_ms if isinstance(outages, Outages) else [one.down_ms for one in outages]


def unknowns(stretches: Sequence[Unwatched]) -> Sequence[int]:
    """The agreed time in each of them."""
    return stretches.unknown_ms if isinstance(stretches, UnwatchedStretches) else [one.unknown_ms for one in stretches]


def costliest(groups: Sequence[Sequence[int]], most: int) -> list[tuple[int, int]]:
    """The numbers (group, within it) of the `most` largest of the numbers in `groups`, in the order in which they
    stand there; of equal ones the first."""
    largest = nlargest(most, chain.from_iterable(groups))
    if not largest:
        return []
    least = largest[-1]
    room = largest.count(least)
    found: list[tuple[int, int]] = []
    for number, group in enumerate(groups):
        for at, cost in enumerate(group):
            if cost > least:
                found.append((number, at))
            elif cost == least and room:
                found.append((number, at))
                room -= 1
    return found
