"""Makes one batch of all those of one series, so that the store is asked once for each series."""

from __future__ import annotations

from collections.abc import Sequence

from availability import facts
from availability.ports import Batch, Merged, Run


class _Joined:
    """Batches of one series as one, as if they came one after the other."""

    __slots__ = ("_latencies", "_runs")

    def __init__(self, batch: Batch) -> None:
        self._runs: list[Run] = list(batch.runs)
        self._latencies = list(facts.within(batch.latencies, batch.runs))

    def add(self, batch: Batch) -> tuple[int, int]:
        """How many observations of `batch` were known here, and how many were in conflict."""
        if batch.runs[0].first > self._runs[-1].last:
            for run in batch.runs:
                facts.append(self._runs, run)
            self._latencies.extend(facts.within(batch.latencies, batch.runs))
            return 0, 0
        union = facts.merge(self._runs, batch.runs)
        self._runs = union.runs
        self._latencies = sorted([*self._latencies, *facts.within(batch.latencies, union.fresh)])
        return union.known, union.conflicts

    def batch(self, check: str, vantage: str) -> Batch:
        return Batch(check, vantage, self._runs, self._latencies)


def joined(batches: Sequence[Batch]) -> tuple[list[Batch], Merged]:
    """`batches`, none of them empty, each series once; and what met its like within them."""
    if len({(batch.check, batch.vantage) for batch in batches}) == len(batches):
        return list(batches), Merged(0, 0, 0)
    found: dict[tuple[str, str], _Joined] = {}
    known = conflicts = 0
    for batch in batches:
        key = (batch.check, batch.vantage)
        if key in found:
            some_known, some_conflicts = found[key].add(batch)
            known += some_known
            conflicts += some_conflicts
        else:
            found[key] = _Joined(batch)
    return [one.batch(*key) for key, one in found.items()], Merged(0, known, conflicts)
