"""The log of pages: read back as it was noted, decided by one at a time, and only ever added to, on every store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from availability.paging import (
    Acknowledged,
    Alert,
    Begun,
    Cleared,
    Dropped,
    Ended,
    Entry,
    Failed,
    Heard,
    Notice,
    Opened,
    Sent,
)
from collector.store import SqlStore, StoreError
from tests.collector.stores import Place, opened

ALERT = Alert(
    "f",
    5,
    "Down",
    1,
    "critical",
    "dc",
    "app",
    "application",
    "ict",
    ("brp", "mail"),
    {"nl": "Weg: ü \x00 \ud800"},
    {"": "'; DROP TABLE page_entry; --"},
    "https://wiki.example",
)
EVERY_KIND = [
    Opened("night", (ALERT,), 3),
    Heard("day", ("f",)),
    Notice(1, "start", "anna", 1, "duty", 0),
    Begun(1, "sms", "here"),
    Failed(1, "sms", "no", arrived=True),
    Begun(1, "email", "here"),
    Sent(1, "email"),
    Dropped(2, "why", lost=True),
    Acknowledged("Anna", "link", "anna"),
    Cleared("night", ("f",), resolved=True),
    Ended("closed", "bram"),
]


@pytest.fixture
def store(place: Place) -> Iterator[SqlStore]:
    store = opened(place)
    yield store
    store.close()


def add(store: SqlStore, *entries: Entry) -> int:
    return store.advance_pages(store.pages_known(0)[1], lambda _: entries)[1]


def test_everything_is_read_back_as_it_was_noted(store: SqlStore) -> None:
    entries = [Entry("page-1", number, event) for number, event in enumerate(EVERY_KIND, 1)]
    assert add(store, *entries) == len(entries)
    assert store.pages_known(0) == (entries, len(entries))
    assert store.page_entries_after(3) == (entries[3:], len(entries))
    assert store.page_entries_after(len(entries)) == ([], len(entries))


def test_of_pages_that_are_over_only_the_recent_ones_are_known(store: SqlStore) -> None:
    old = [Entry("page-1", 10, Opened("g", (ALERT,))), Entry("page-1", 20, Ended("resolved"))]
    lasting = [Entry("page-3", 30, Opened("g", (ALERT,)))]
    late = [Entry("page-4", 40, Opened("g", (ALERT,))), Entry("page-4", 900, Ended("resolved"))]
    add(store, *old, *lasting, *late)
    assert store.pages_known(500) == ([*lasting, *late], 5)
    assert store.pages_known(20)[0] == [*old, *lasting, *late]


def test_who_decides_sees_what_others_noted_and_its_refusal_notes_nothing(store: SqlStore) -> None:
    first, second = Entry("page-1", 1, Opened("g", (ALERT,))), Entry("page-1", 2, Sent(1, "email"))
    add(store, first)
    seen: list[Sequence[Entry]] = []

    def decide(others: Sequence[Entry]) -> Sequence[Entry]:
        seen.append(others)
        return [second]

    assert store.advance_pages(0, decide) == ([first, second], 2)
    assert seen == [[first]]

    def refuse(_: Sequence[Entry]) -> Sequence[Entry]:
        raise ValueError("not now")

    with pytest.raises(ValueError, match="not now"):
        store.advance_pages(2, refuse)
    assert store.pages_known(0) == ([first, second], 2)


def test_of_many_that_decide_at_once_each_sees_all_that_came_before(store: SqlStore, place: Place) -> None:
    others = [opened(place) for _ in range(3)]
    counted: list[int] = []

    def note(one: SqlStore) -> None:
        for _ in range(5):
            _, last = one.advance_pages(0, lambda before: [Entry("page-1", len(before) + 1, Sent(1, "x"))])
            counted.append(last)

    with ThreadPoolExecutor() as pool:
        list(pool.map(note, others))
    for one in others:
        one.close()
    assert sorted(counted) == list(range(1, 16))
    assert [entry.at for entry in store.pages_known(0)[0]] == list(range(1, 16))


@pytest.mark.parametrize("statement", ["UPDATE page_entry SET at = 0", "DELETE FROM page_entry"])
def test_the_database_itself_refuses_to_change_the_log(store: SqlStore, place: Place, statement: str) -> None:
    add(store, Entry("page-1", 1, Opened("g", (ALERT,))))
    with pytest.raises(place.refused, match="only ever added to"):
        place.execute(statement)


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [("prophesied", "{}", "newer version"), ("sent", "[]", "was changed"), ("sent", "{", "was changed")],
)
def test_what_cannot_be_read_is_said_so(store: SqlStore, place: Place, kind: str, content: str, said: str) -> None:
    place.execute(
        f"INSERT INTO page_entry (number, page, at, kind, content) VALUES (1, 'page-1', 1, '{kind}', '{content}')"
    )
    with pytest.raises(StoreError, match=said):
        store.pages_known(0)
