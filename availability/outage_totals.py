"""Outages over several months: each once, with what all those months have of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from availability.report import Outage, Report
from availability.spans import Span


class OutageTotal(NamedTuple):
    """An outage of a service; its times by class are those of all the periods together."""

    service: str
    outage: Outage


class TooManyError(Exception):
    """There are more than somebody wants to read at once."""


class OutageTotals:
    """The outages that share an instant with `span`, out of the reports of periods that follow each other, all as known
    at one instant."""

    def __init__(self, span: Span, most: int) -> None:
        self._start, self._end = span
        self._most = most
        self._found: dict[tuple[int, str], Outage] = {}

    def add(self, report: Report) -> None:
        """Take in what one period has. TooManyError where that makes more than `most`."""
        for service in report.services:
            for outage in service.outages:
                if outage.start >= self._end or (outage.end is not None and outage.end <= self._start):
                    continue
                key = (outage.start, service.id)
                before = self._found.get(key)
                self._found[key] = outage if before is None else _together(before, outage)
                if len(self._found) > self._most:
                    raise TooManyError

    def listed(self) -> Sequence[OutageTotal]:
        """All there are, in order of start, then of service."""
        return [OutageTotal(service, outage) for (_, service), outage in sorted(self._found.items())]


def _together(one: Outage, other: Outage) -> Outage:
    return other._replace(
        down_ms=one.down_ms + other.down_ms,
        excluded_ms=one.excluded_ms + other.excluded_ms,
        unknown_ms=one.unknown_ms + other.unknown_ms,
    )
