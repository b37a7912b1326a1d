"""What is opened as a store: ours and of this version, or a message that says what to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import collector.store
from availability.outcome import Status
from availability.ports import Batch, Run
from collector.store import StoreError, open_store
from collector.store.schema import REVISION, metadata

OK = Run(0, 0, 1, Status.OK, None, "")


def database(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def foreign(path: Path) -> None:
    database(path, "CREATE TABLE customers (name TEXT)")


def marked_as_another(path: Path) -> None:
    database(path, "PRAGMA application_id = 1234", "CREATE TABLE fact (id INTEGER)")


def text(path: Path) -> None:
    path.write_text("at,check,vantage,ok\n" * 20)


def newer(path: Path) -> None:
    open_store(url(path), create=True).close()
    database(path, "UPDATE alembic_version SET version_num = '9001'")


def torn(path: Path) -> None:
    open_store(url(path), create=True).close()
    path.write_bytes(path.read_bytes()[:5000])


def scribbled_on(path: Path) -> None:
    open_store(url(path), create=True).close()
    content = bytearray(path.read_bytes())
    content[100:4096] = os.urandom(3996)
    path.write_bytes(content)


def folder(path: Path) -> None:
    path.mkdir()


REFUSED = {
    "somebody else's database": (
        foreign,
        "store {}: this is a SQLite database, but not waakvlam's; give `store` another path, or move that file away",
    ),
    "a database that says whose it is": (
        marked_as_another,
        "store {}: this is a SQLite database, but not waakvlam's; give `store` another path, or move that file away",
    ),
    "a text file": (text, "store {}: this is not a database; give `store` another path, or move that file away"),
    "a folder": (folder, "store {}: it cannot be read (Is a directory)"),
    "a newer version's store": (
        newer,
        "store {}: a newer version of waakvlam made it (its tables are 9001, this version knows "
        f"{REVISION}); use that version, or a backup from before it",
    ),
    "a store that lost its end": (torn, "store {}: it is damaged"),
    "a store with another's bytes in it": (scribbled_on, "store {}: it is damaged"),
}


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("sentence", REFUSED)
def test_refused_and_left_as_it_was(sentence: str, create: bool, tmp_path: Path) -> None:
    make, message = REFUSED[sentence]
    path = tmp_path / "facts.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError) as caught:
        open_store(url(path), create=create)
    assert str(caught.value).startswith(message.format(path))
    assert (path.read_bytes() if path.is_file() else None) == before


REMEDY = "write sqlite:///path/to/waakvlam.db or postgresql://user@host/database"
URLS = {
    "another database": ("mysql://host/facts", f"store mysql://host/facts: no store can be kept there; {REMEDY}"),
    "a driver of its own": (
        "sqlite+aiosqlite:///facts.db",
        f"store sqlite+aiosqlite:///facts.db: no store can be kept there; {REMEDY}",
    ),
    "another driver, and a password": (
        "postgresql+asyncpg://user:secret@host/facts",
        f"store postgresql+asyncpg://user:***@host/facts: no store can be kept there; {REMEDY}",
    ),
    "memory": ("sqlite://", f"store sqlite://: no store can be kept there; {REMEDY}"),
    "memory by name": ("sqlite:///:memory:", f"store sqlite:///:memory:: it names no file; {REMEDY}"),
    "no name": ("sqlite:///", f"store sqlite:///: it names no file; {REMEDY}"),
    "a path": ("facts.db", f"store 'facts.db': not a URL; {REMEDY}"),
}


@pytest.mark.parametrize("sentence", URLS)
def test_url_refused(sentence: str) -> None:
    given, message = URLS[sentence]
    with pytest.raises(StoreError) as caught:
        open_store(given, create=True)
    assert str(caught.value) == message


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "facts.db"
    with pytest.raises(StoreError) as caught:
        open_store(url(path), create=True)
    assert str(caught.value) == (
        f"store {path}: the folder {tmp_path / 'nowhere'} does not exist; create it or correct `store`"
    )


@pytest.mark.parametrize("empty_file", [True, False])
def test_without_create_a_store_that_is_not_there_has_recorded_nothing(empty_file: bool, tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    if empty_file:
        path.touch()
    with pytest.raises(StoreError) as caught:
        open_store(url(path), create=False)
    assert str(caught.value) == (
        f"store {path}: nothing was recorded yet; start `waakvlam run` or import observations first"
    )
    assert path.exists() == empty_file


@pytest.mark.parametrize("name", ["facts.db", "a b%20c?#é.db"])
def test_a_new_store_is_marked_ours_and_writes_ahead(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.touch()
    store = open_store(url(path), create=True)
    store.add([Batch("web", "local", [OK])])
    store.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == [name]
    assert path.read_bytes()[68:72] == b"wvlm"
    assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert sqlite3.connect(path).execute("SELECT version_num FROM alembic_version").fetchone() == (REVISION,)


def test_a_creation_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    database(path, "PRAGMA application_id = 2004249709")
    store = open_store(url(path), create=False)
    assert store.add([Batch("web", "local", [OK])]).added == 1
    store.close()


def test_many_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    failures: list[Exception] = []
    start = threading.Barrier(4)

    def work(number: int) -> None:
        start.wait()
        try:
            store = open_store(url(tmp_path / "facts.db"), create=True)
            store.add([Batch("web", f"v{number}", [OK])])
            store.close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    store = open_store(url(tmp_path / "facts.db"), create=False)
    assert len(store.rows()) == 4
    store.close()


def test_migrations_lead_to_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    open_store(url(path), create=True).close()
    with create_engine(url(path)).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    made = set(sqlite3.connect(path).execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
    direct = create_engine(url(tmp_path / "direct.db"))
    metadata.create_all(direct)
    expected = set(
        sqlite3.connect(tmp_path / "direct.db").execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    )
    assert {each for each in made if each[0] != "alembic_version"} == expected


def test_the_last_migration_is_the_one_the_code_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(collector.store.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_opening_what_is_up_to_date_does_not_load_the_migrations(tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    open_store(url(path), create=True).close()
    program = (
        "import sys; from collector.store import open_store; "
        f"open_store({url(path)!r}, create=False).rows(); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


WITHOUT_RIGHTS = """
import os, sys
import alembic.command
from collector.store import StoreError, open_store
from availability.outcome import Status
from availability.ports import Batch, Run
if os.geteuid() == 0:  # root may write anything
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    store = open_store(sys.argv[1], create=True)
    store.add([Batch("web", "local", [Run(1, 0, 1, Status.OK, None, "")])])
except StoreError as error:
    print(error)
"""


def open_the_way(path: Path) -> None:
    """Let somebody without rights reach a folder of ours, which several that are ours alone may lie above."""
    for each in (path, *path.parents):
        mode = each.stat().st_mode
        if mode & 0o005 != 0o005 and each.stat().st_uid == os.geteuid():
            each.chmod(mode | 0o055)


def as_somebody_without_rights(store: str) -> str:
    """What is said to a user who owns nothing here and wants to store something."""
    program = [sys.executable, "-c", WITHOUT_RIGHTS, store]
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout


def test_a_file_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    store = open_store(url(path), create=True)
    store.add([Batch("web", "local", [OK])])
    store.close()
    open_the_way(tmp_path)
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        output = as_somebody_without_rights(url(path))
    finally:
        tmp_path.chmod(0o755)
    assert "check the permissions of the file and its folder" in output
    assert output.startswith(f"store {path}: it ")
    path.chmod(0o644)
    store = open_store(url(path), create=False)
    assert store.rows() == {("web", "local"): [(0, 0, 1, 1)]}
    store.close()


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    open_the_way(tmp_path)
    tmp_path.chmod(0o555)
    try:
        output = as_somebody_without_rights(url(tmp_path / "facts.db"))
    finally:
        tmp_path.chmod(0o755)
    assert output.startswith(f"store {tmp_path / 'facts.db'}: it cannot be opened: check the permissions")
