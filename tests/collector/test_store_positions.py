"""The positions of agents are noted with the facts, in every store, whoever of several workers took a batch."""

from __future__ import annotations

from contextlib import closing
from threading import Thread

from availability.outcome import Status
from availability.ports import Batch, Merged, Run
from tests.collector.stores import Place, opened

T0 = 1_793_491_200_000
OUTBOX = ("venlo-agent", 7)


def batch(slot: int) -> Batch:
    return Batch("web", "venlo", [Run(T0 + slot * 30_000, 0, 1, Status.OK, None, "")])


def test_two_workers_share_the_batches_of_one_agent(place: Place) -> None:
    """Together they come to the end, whoever came first."""
    failures: list[Exception] = []

    def work(first: int) -> None:
        with closing(opened(place)) as store:
            try:
                for sequence in range(first, 41, 2):
                    store.ingest([batch(sequence)], {OUTBOX: [(sequence, 1)]}, T0)
            except Exception as error:
                failures.append(error)

    threads = [Thread(target=work, args=(first,)) for first in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with closing(opened(place)) as store:
        merged, positions = store.ingest([batch(1)], {OUTBOX: [(1, 1)]}, T0)
        assert merged == Merged(0, 1, 0)
        assert (positions[OUTBOX].through, positions[OUTBOX].ahead, positions[OUTBOX].repeated) == (40, (), 1)
        assert store.rows() == {("web", "venlo"): [(T0 + 30_000, 30_000, 40, 1)]}


def test_batches_without_facts_are_noted_too(place: Place) -> None:
    """Also by two at once, who wait for each other's row and not for each other's facts."""

    def work(first: int) -> None:
        with closing(opened(place)) as store:
            for sequence in range(first, 21, 2):
                some = [batch(sequence)] if first == 1 else []
                store.ingest(some, {OUTBOX: [(sequence, 1)]}, T0)

    threads = [Thread(target=work, args=(first,)) for first in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(opened(place)) as store:
        _, positions = store.ingest([], {OUTBOX: [(20, 1)]}, T0)
        assert (positions[OUTBOX].through, positions[OUTBOX].repeated) == (20, 1)
