"""A store whose file is taken away or replaced under a running collector: nothing is written to where nobody reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from availability.outcome import Status
from availability.ports import Batch, Run
from collector.store import SqlStore, StoreError, open_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "facts.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    store = open_store(f"sqlite:///{path}", create=True)
    add(store, 1000)
    yield store
    store.close()


def add(store: SqlStore, at: int) -> None:
    store.add([Batch("web", "local", [Run(at, 0, 1, Status.OK, None, "")])])


def test_a_file_that_is_gone_takes_nothing_until_it_is_back(store: SqlStore, path: Path) -> None:
    aside = path.with_name("aside.db")
    path.rename(aside)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"facts\.db: the file is gone; put it back"):
            add(store, 2000)
    aside.rename(path)
    add(store, 2000)
    assert store.rows() == {("web", "local"): [(1000, 1000, 2, 1)]}


def test_a_store_put_in_its_place_is_gone_on_with(store: SqlStore, path: Path) -> None:
    path.unlink()
    other = open_store(f"sqlite:///{path}", create=True)
    before = store.writes_elsewhere
    add(store, 2000)
    assert store.rows() == other.rows() == {("web", "local"): [(2000, 0, 1, 1)]}
    assert store.writes_elsewhere > before
    other.close()


def test_somebody_elses_file_in_its_place_is_left_alone(store: SqlStore, path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("create table recipes (name text)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not waakvlam's"):
        add(store, 2000)
    assert path.read_bytes() == before
