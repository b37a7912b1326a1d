"""Puts what several messages hold into the store, in one transaction, and says what came of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from availability import facts
from availability.ports import Batch, Merged, Run
from collector.store.ingest import OutboxKey
from collector.transport.fields import ProtocolError
from collector.transport.messages import FactsMessage
from collector.transport.positions import Position
from collector.transport.rows import unpack_rows


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
    for message in sorted(messages, key=_order):
        try:
            batches = unpack_rows(message.rows, message.vantage)
            last = max(batch.runs[-1].last for batch in batches)
            if last > latest:
                text = f"holds what was observed {(last - now) / 1000:.1f} s from now, in the future"
                raise ProtocolError(text, "future")
        except ProtocolError as error:
            result.refused.append((message, error))
        else:
            result.stored.append(message)
            key = (message.agent, message.start)
            result.observations[key] += sum(run.length for batch in batches for run in batch.runs)
            result.batches.extend(batches)
    if result.stored and store is not None:
        came: dict[OutboxKey, list[tuple[int, int]]] = {}
        for message in result.stored:
            came.setdefault((message.agent, message.start), []).append((message.sequence, message.oldest))
        _, result.positions = store.ingest(joined(result.batches), came, now)
    return result


def _order(message: FactsMessage) -> tuple[str, int, int]:
    return message.agent, message.start, message.sequence


def joined(batches: Iterable[Batch]) -> list[Batch]:
    """The same facts with those of one series in one batch, as far as they follow on each other in time."""
    whole: list[Batch] = []
    open_: dict[tuple[str, str], tuple[list[Run], list[tuple[int, float]]]] = {}
    for batch in batches:
        key = (batch.check, batch.vantage)
        held = open_.get(key)
        if held is not None and held[0][-1].last < batch.runs[0].first:
            for run in batch.runs:
                facts.append(held[0], run)
            held[1].extend(batch.latencies)
        else:
            held = (list(batch.runs), list(batch.latencies))
            open_[key] = held
            whole.append(Batch(batch.check, batch.vantage, *held))
    return whole
