"""The chain of closed months in the store: added to in one transaction, never changed, and read as it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator, Sequence
from threading import Thread

import pytest

from availability.outcome import Status
from availability.ports import Batch, Run
from collector.store import SqlStore, StoreError
from collector.store.closings import Link, pack, unpack
from tests.collector.stores import Place, opened

DOCUMENT = '{"month":"één"}'.encode() * 50


@pytest.fixture
def store(place: Place) -> Iterator[SqlStore]:
    store = opened(place)
    yield store
    store.close()


def close(store: SqlStore, period: str, document: bytes = DOCUMENT) -> Link:
    return store.close_month(lambda _: (period, f"digest of {period}", pack(document)))


def test_months_are_read_back_in_the_order_of_closing(store: SqlStore, place: Place) -> None:
    assert store.closings() == []
    links = [close(store, "2026-10"), close(store, "2026-11", b"")]
    store.close()
    again = opened(place)
    assert again.closings() == links
    again.close()
    assert [(link.number, link.period, link.digest) for link in links] == [
        (1, "2026-10", "digest of 2026-10"),
        (2, "2026-11", "digest of 2026-11"),
    ]
    assert [unpack(link) for link in links] == [DOCUMENT, b""]
    assert len(links[0].packed) < len(DOCUMENT) / 5


def test_who_decides_sees_all_that_was_closed_before(store: SqlStore) -> None:
    first = close(store, "2026-10")
    told: list[Sequence[Link]] = []

    def decide(links: Sequence[Link]) -> tuple[str, str, bytes]:
        told.append(links)
        return "2026-11", "digest", pack(b"")

    store.close_month(decide)
    assert told == [[first]]


def test_what_is_refused_leaves_the_chain_as_it_was(store: SqlStore) -> None:
    def decide(links: Sequence[Link]) -> tuple[str, str, bytes]:
        raise LookupError("no")

    with pytest.raises(LookupError):
        store.close_month(decide)
    assert store.closings() == []
    close(store, "2026-10")


def test_the_same_month_cannot_be_closed_twice(store: SqlStore) -> None:
    first = close(store, "2026-10")
    with pytest.raises(StoreError):
        close(store, "2026-10")
    assert store.closings() == [first]


def test_of_many_who_close_at_one_moment_each_sees_those_before(place: Place) -> None:
    stores = [opened(place) for _ in range(4)]
    seen: list[int] = []

    def decide(links: Sequence[Link]) -> tuple[str, str, bytes]:
        seen.append(len(links))
        return f"2026-{len(links) + 1:02d}", "digest", pack(DOCUMENT)

    threads = [Thread(target=one.close_month, args=(decide,)) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [0, 1, 2, 3]
    assert [link.period for link in stores[0].closings()] == ["2026-01", "2026-02", "2026-03", "2026-04"]
    for one in stores:
        one.close()


@pytest.mark.parametrize("statement", ["UPDATE closing SET digest = 'x'", "DELETE FROM closing"])
def test_the_database_itself_refuses_to_change_a_closed_month(store: SqlStore, place: Place, statement: str) -> None:
    close(store, "2026-10")
    store.close()
    with pytest.raises(place.refused, match="closed months are only ever added to"):
        place.execute(statement)


@pytest.mark.parametrize(
    "packed", [b"", b"no zlib", zlib.compress(DOCUMENT)[:-4], zlib.compress(DOCUMENT) + b"more"], ids=str
)
def test_a_document_that_is_damaged_is_told(packed: bytes) -> None:
    with pytest.raises(ValueError, match="it cannot be unpacked"):
        unpack(Link(1, "2026-10", "digest", packed))


def test_what_somebody_put_there_of_another_type_is_read_without_a_fall(store: SqlStore, place: Place) -> None:
    if place.kind != "sqlite":
        pytest.skip("there every column has its type")
    close(store, "2026-10")
    store.close()
    place.execute("DROP TRIGGER closing_no_update")
    place.execute("UPDATE closing SET period = x'00ff', digest = x'01', document = 'text'")
    (link,) = store.closings()
    assert (link.number, link.period, link.digest, link.packed) == (1, "b'\\x00\\xff'", "b'\\x01'", b"")


KILLED = """
import os, signal, sys
from collector.store import open_store

store = open_store(sys.argv[1], create=False)

def decide(links):
    os.kill(os.getpid(), signal.SIGKILL)

store.close_month(decide)
"""


def test_a_closing_that_is_killed_leaves_nothing(store: SqlStore, place: Place) -> None:
    close(store, "2026-10")
    killed = subprocess.run([sys.executable, "-c", KILLED, place.url], check=False, env=os.environ)
    assert killed.returncode == -signal.SIGKILL
    assert [link.period for link in store.closings()] == ["2026-10"]
    close(store, "2026-11")


def test_facts_that_refer_to_an_outcome_that_is_gone_are_told(store: SqlStore, place: Place) -> None:

    store.add([Batch("web", "venlo", [Run(0, 30_000, 5, Status.OK, None, "")])])
    store.close()
    if place.kind == "postgresql":
        with pytest.raises(place.refused, match="facts refer to every outcome"):
            place.execute("DELETE FROM outcome")
        place.execute("ALTER TABLE tail DROP CONSTRAINT tail_outcome_id_fkey")
        place.execute("ALTER TABLE outcome DISABLE TRIGGER ALL")
    place.execute("DELETE FROM outcome")
    with store.holdings() as held, pytest.raises(StoreError, match="outcome 1, which is gone"):
        list(held.runs("web", "venlo"))
