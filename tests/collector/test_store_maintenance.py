"""The trail of maintenance in the store: added to, never changed, and made in stores of the version before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import collector.store
from availability.trail import Entry, Work
from collector.store import SqlStore, StoreError, open_store
from collector.store.schema import REVISION
from collector.store.sqlite import make_file
from tests.collector.stores import Place, opened

WORK = Work("customer_request", 1_000, 2_000, ("app", "line"), "CHG-1", 500)
ADDED = Entry("work-1", "add", "anna", 3_000, "a restore", "", WORK)
APPROVED = Entry("work-1", "approve", "root", 4_000, "", "piet")
WITHDRAWN = Entry("work-1", "withdraw", "anna", 5_000, "a mistake")


@pytest.fixture
def store(place: Place) -> Iterator[SqlStore]:
    store = opened(place)
    yield store
    store.close()


def enter(store: SqlStore, *entries: Entry) -> None:
    for entry in entries:
        store.enter(lambda _, entry=entry: entry)  # type: ignore[misc]  # the default binds it


def test_what_was_entered_is_read_back_in_that_order(store: SqlStore, place: Place) -> None:
    assert store.trail() == []
    enter(store, ADDED, APPROVED, WITHDRAWN)
    store.close()
    again = opened(place)
    assert again.trail() == [ADDED, APPROVED, WITHDRAWN]
    again.close()


def test_who_decides_sees_all_that_was_entered_before(store: SqlStore) -> None:
    enter(store, ADDED)
    told: list[Sequence[Entry]] = []

    def decide(trail: Sequence[Entry]) -> Entry:
        told.append(trail)
        return APPROVED

    assert store.enter(decide) == APPROVED
    assert told == [[ADDED]]


def test_what_is_refused_leaves_the_trail_as_it_was(store: SqlStore) -> None:
    enter(store, ADDED)

    def decide(trail: Sequence[Entry]) -> Entry:
        raise LookupError("no")

    with pytest.raises(LookupError):
        store.enter(decide)
    assert store.trail() == [ADDED]
    enter(store, WITHDRAWN)


def test_the_same_cannot_be_entered_twice(store: SqlStore) -> None:
    enter(store, ADDED)
    with pytest.raises(StoreError):
        enter(store, ADDED)
    assert store.trail() == [ADDED]


@pytest.mark.parametrize("statement", ["UPDATE maintenance SET entered_by = 'piet'", "DELETE FROM maintenance"])
def test_the_database_itself_refuses_to_change_the_trail(store: SqlStore, place: Place, statement: str) -> None:
    enter(store, ADDED)
    with pytest.raises(place.refused, match="only ever added to"):
        place.execute(statement)
    assert store.trail() == [ADDED]


def test_an_entry_of_a_newer_version_is_not_guessed_at(store: SqlStore) -> None:
    enter(store, Entry("work-1", "postpone", "anna", 1))  # type: ignore[arg-type]  # a later version knows it
    with pytest.raises(StoreError, match="of a newer version of waakvlam \\('postpone'\\)"):
        store.trail()


def store_of_the_first_version(path: Path) -> None:
    """One observation in the tables of the first migration."""
    make_file(path)
    config = Config()
    config.set_main_option("script_location", str(Path(collector.store.__file__).parent / "migrations"))
    with create_engine(f"sqlite:///{path}").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO series VALUES (1, 'web', 'local')")
        connection.exec_driver_sql("INSERT INTO outcome VALUES (1, 1, '', '')")
        connection.exec_driver_sql("INSERT INTO tail VALUES (1, 60000, 30000, 3, 1)")


def test_a_store_of_the_first_version_keeps_its_facts_and_gets_a_trail(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    store_of_the_first_version(path)
    store = open_store(f"sqlite:///{path}", create=False)
    assert store.rows() == {("web", "local"): [(60_000, 30_000, 3, 1)]}
    assert store.trail() == []
    enter(store, ADDED)
    assert store.trail() == [ADDED]
    store.close()
    assert sqlite3.connect(path).execute("SELECT version_num FROM alembic_version").fetchone() == (REVISION,)
