"""Puts what several messages hold into the store, in one transaction, and says what came of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from availability.ports import Batch, Merged
from collector.store.gathering import Gathering
from collector.store.ingest import OutboxKey
from collector.transport.fields import ProtocolError
from collector.transport.messages import FactsMessage
from collector.transport.positions import Position
from collector.transport.rows import unpack_columns


class IngestStore(Protocol):
    """The part of a store that takes what agents send (`collector.store`: `SqlStore`)."""

    def ingest(
        self, batches: Sequence[Batch], came: dict[OutboxKey, list[tuple[int, int]]], at: int
    ) -> tuple[Merged, dict[OutboxKey, Position]]:
        """Merge the facts and note the batches, in one transaction."""


@dataclass(slots=True)
class Result:
    """What came of some messages: the batches in those that were stored, where their outboxes are now, and the
    others with what is wrong with them."""

    stored: list[FactsMessage] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    refused: list[tuple[FactsMessage, ProtocolError]] = field(default_factory=list)
    observations: Counter[OutboxKey] = field(default_factory=Counter)
    positions: dict[OutboxKey, Position] = field(default_factory=dict)


def store_messages(store: IngestStore | None, messages: Iterable[FactsMessage], now: int, latest: int) -> Result:
    """Store what `messages` hold, in one transaction; it runs in a thread. What is not well made, or observed after
    `latest` (epoch milliseconds), is left out. Without a store nothing is stored.

    StoreError where the store refuses, and then nothing was stored.
    """
    result = Result()
    series: dict[tuple[str, str], Gathering] = {}
    came: dict[OutboxKey, list[tuple[int, int]]] = {}
    for message in sorted(messages, key=_order):
        try:
            columns = unpack_columns(message.rows)
            if columns.last > latest:
                text = f"holds what was observed {(columns.last - now) / 1000:.1f} s from now, in the future"
                raise ProtocolError(text, "future")
        except ProtocolError as error:
            result.refused.append((message, error))
        else:
            key = (message.agent, message.start)
            result.stored.append(message)
            result.observations[key] += columns.observations
            came.setdefault(key, []).append((message.sequence, message.oldest))
            columns.gather(message.vantage, series)
    result.batches = [gathering.batch() for gathering in series.values()]
    if result.stored and store is not None:
        _, result.positions = store.ingest(result.batches, came, now)
    return result


def _order(message: FactsMessage) -> tuple[str, int, int]:
    return message.agent, message.start, message.sequence
