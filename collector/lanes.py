"""Shares out the sockets that may be open at once, and the programs that may run at once, so that dead targets cannot
use them all up."""

from __future__ import annotations

import resource
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")

_RESERVE = 128
"""Descriptors for the store, the HTTP face, the log and what else is no probe."""
_MOST = 50_000


def socket_limit() -> int:
    """How many sockets probes may hold at once, after the soft limit on descriptors was raised to the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        wanted = hard if hard != resource.RLIM_INFINITY else max(soft, _MOST + _RESERVE)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (OSError, ValueError):
            pass  # the kernel's own maximum may be lower than the hard limit says: what we have is what we use
    return max(2, min(soft - min(_RESERVE, soft // 2), _MOST))


class Lanes(Generic[Item]):
    """`limit` places in two lanes: suspects, whose last look timed out, hold at most half of them.

    A dead target holds its place for a whole time-out, a live one for milliseconds. Who finds no place waits its turn;
    of the heads of both lanes the one who waits longest goes first.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = [0, 0]
        self._waiting: tuple[deque[tuple[int, Item]], deque[tuple[int, Item]]] = (deque(), deque())

    @property
    def used(self) -> int:
        """Places that are taken."""
        return self._used[0] + self._used[1]

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._waiting[0]) + len(self._waiting[1])

    def enter(self, item: Item, suspect: bool, since: int) -> bool:
        """Take a place; False: `item` waits since `since` (any clock, the same for all) until `leave` gives it one."""
        if self._free(suspect) and not self._waiting[suspect]:
            self._used[suspect] += 1
            return True
        self._waiting[suspect].append((since, item))
        return False

    def leave(self, suspect: bool) -> Item | None:
        """Give back the place that was taken as `suspect`; who gets it, if anybody."""
        self._used[suspect] -= 1
        return self.admit()

    def admit(self) -> Item | None:
        """Who gets a place that is free, if anybody waits for one."""
        heads = [
            (self._waiting[lane][0][0], lane) for lane in (False, True) if self._waiting[lane] and self._free(lane)
        ]
        if not heads:
            return None
        lane = min(heads)[1]
        self._used[lane] += 1
        return self._waiting[lane].popleft()[1]

    def forget(self, item: Item) -> None:
        """Let `item` wait no longer."""
        for lane in self._waiting:
            for entry in [entry for entry in lane if entry[1] is item]:
                lane.remove(entry)

    def clear(self) -> list[Item]:
        """Nobody waits any longer; those who did."""
        items = [item for lane in self._waiting for _, item in lane]
        for lane in self._waiting:
            lane.clear()
        return items

    def _free(self, suspect: bool) -> bool:
        return self.used < self.limit and (not suspect or self._used[True] < max(1, self.limit // 2))
