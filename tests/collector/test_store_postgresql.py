"""What is particular to PostgreSQL: parts by month, who holds up whom, whose schema it is, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from threading import Barrier, Thread

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url

from availability.outcome import Reason, Status
from availability.ports import Batch, Run
from collector.store import NothingRecorded, SqlStore, StoreError, open_store
from collector.store.postgresql import PostgresqlDatabase
from collector.store.schema import REVISION, metadata
from tests.collector.stores import OnServer, Places, Server

HOUR = 3_600_000
WEB = ("web", "venlo")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def one(instant: int, status: Status = Status.OK, latency: float | None = None) -> Batch:
    reason = None if status is Status.OK else Reason.TIMEOUT
    timed = [] if latency is None else [(instant, latency)]
    return Batch(*WEB, [Run(instant, 0, 1, status, reason, "")], timed)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, postgresql: Server) -> Places:
    return Places("postgresql", tmp_path_factory.mktemp("none"), postgresql)


@pytest.fixture
def place(servers: Places) -> Iterator[OnServer]:
    with servers.fresh() as place:
        assert isinstance(place, OnServer)
        yield place


@pytest.fixture
def store(place: OnServer) -> Iterator[SqlStore]:
    with closing(open_store(place.url, create=False)) as store:
        yield store


@pytest.fixture
def empty(postgresql: Server) -> Iterator[str]:
    """A database without anything in it."""
    name = postgresql.new()
    yield name
    postgresql.execute(f"DROP DATABASE {name} WITH (FORCE)")


def parts_of(place: OnServer, table: str) -> list[str]:
    return sorted(
        name for (name,) in place.execute(f"SELECT inhrelid::regclass::text FROM pg_inherits "
                                          f"WHERE inhparent = '{table}'::regclass")
    )  # fmt: skip


def test_facts_are_divided_by_the_month_they_begin_in(store: SqlStore, place: OnServer) -> None:
    last = at("2026-10-31T23:59:30")
    store.add([Batch(*WEB, [Run(last - 30_000, 30_000, 4, Status.OK, None, "")], [(last, 1.0), (last + 30_000, 1.0)])])
    store.add([one(last + 90_000, Status.FAILED), one(last + 120_000), one(at("1999-01-01"), Status.FAILED)])
    store.add([one(at("2199-01-01"), Status.FAILED), one(at("2200-01-01"))])
    rows = store.rows()[WEB]
    assert [row[:3] for row in rows][1] == (last - 30_000, 30_000, 4)
    assert parts_of(place, "fact") == ["fact_2026_10", "fact_2026_11", "fact_early", "fact_late"]
    assert parts_of(place, "latency") == ["latency_2026_10", "latency_2026_11"]
    assert place.execute("SELECT count(*) FROM fact_2026_10") == [(1,)]
    assert store.rows(since=last, until=last + 90_000)[WEB] == rows[1:3]


def test_months_that_expired_are_dropped_whole(store: SqlStore, place: OnServer) -> None:
    for month in range(1, 5):
        store.add([one(at(f"2026-{month:02}-0{day}T12:00:00"), latency=5.0) for day in (1, 2, 3)])
    assert store.expire_latencies(at("2026-03-02T00:00:00")) == 7
    assert parts_of(place, "latency") == ["latency_2026_03", "latency_2026_04"]
    assert store.latencies("web", [(0, at("2027-01-01"))]).count == 5


def test_what_comes_late_makes_a_dropped_month_again(store: SqlStore, place: OnServer) -> None:
    """Also for a writer that saw it before, and remembers its last hour."""
    noon = at("2026-01-01T12:00:00")
    store.add([one(noon, latency=5.0)])
    with closing(open_store(place.url, create=False)) as other:
        assert other.expire_latencies(at("2026-02-01T00:00:00")) == 1
    store.add([one(noon + 30_000, latency=7.0)])
    assert store.latencies("web", [(0, at("2027-01-01"))]).mean_ms == 7.0


def test_who_reads_holds_up_no_writer_and_keeps_what_it_saw(store: SqlStore, place: OnServer) -> None:
    """Not even one who begins a new month."""
    store.add([one(at("2026-10-31T12:00:00"), latency=5.0)])
    with store.holdings() as seen:
        before = [list(seen.runs(*WEB)), list(seen.latencies())]
        store.add([one(at("2026-11-01T12:00:00"), Status.FAILED, latency=5.0), one(at("2026-11-01T13:00:00"))])
        assert [list(seen.runs(*WEB)), list(seen.latencies())] == before
    assert len(store.rows()[WEB]) == 3
    assert parts_of(place, "fact") == ["fact_2026_10", "fact_2026_11"]


def test_what_is_being_read_is_not_removed(place: OnServer, store: SqlStore) -> None:
    store.add([one(at("2026-01-02T12:00:00"), latency=5.0)])
    with store.holdings() as seen:
        assert len(list(seen.latencies())) == 1
        with pytest.raises(StoreError, match="reading what is to be removed; try again"):
            store.expire_latencies(at("2026-03-01T00:00:00"))
        assert len(list(seen.latencies())) == 1
    assert store.expire_latencies(at("2026-03-01T00:00:00")) == 1


def test_a_connection_that_was_lost_meanwhile_is_not_noticed(store: SqlStore, place: OnServer) -> None:
    store.add([one(at("2026-10-01T12:00:00"))])
    assert store.rows()
    place.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                  "AND pid <> pg_backend_pid()")  # fmt: skip
    assert store.add([one(at("2026-10-01T12:00:30"))]).added == 1
    assert store.rows()[WEB] == [(at("2026-10-01T12:00:00"), 30_000, 2, 1)]


def test_a_connection_that_is_lost_while_writing_leaves_nothing(store: SqlStore, place: OnServer) -> None:
    store.add([one(at("2026-10-01T12:00:00"))])
    with pytest.raises(StoreError, match="ended the connection"), store.restoring() as it:
        it.add([one(at("2026-10-01T12:00:30"))])
        place.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                      "AND pid <> pg_backend_pid()")  # fmt: skip
        it.add([one(at("2026-10-01T12:01:00"))])
    assert store.rows()[WEB] == [(at("2026-10-01T12:00:00"), 0, 1, 1)]
    assert store.add([one(at("2026-10-01T12:00:30"))]).added == 1


def test_an_older_backup_put_in_its_place_is_noticed(store: SqlStore, place: OnServer) -> None:
    """Numbers of series that a writer remembers may be gone, or be those of others."""
    store.add([one(at("2026-10-01T12:00:00"))])
    store.add([Batch("new", "venlo", [Run(at("2026-10-01T12:00:00"), 0, 1, Status.OK, None, "")])])
    place.execute("SET session_replication_role TO replica; DELETE FROM tail WHERE series_id = 2; "
                  "DELETE FROM series WHERE id = 2; UPDATE turn SET version = 1")  # fmt: skip
    store.add([Batch("new", "venlo", [Run(at("2026-10-01T12:00:30"), 0, 1, Status.OK, None, "")])])
    assert store.rows()["new", "venlo"] == [(at("2026-10-01T12:00:30"), 0, 1, 1)]


def test_one_collector_for_each_vantage(place: OnServer, store: SqlStore) -> None:
    store.claim("venlo")
    taken = "a collector already probes from venlo into this store: stop that one"
    with closing(open_store(place.url, create=False)) as other, pytest.raises(StoreError, match=taken):
        other.claim("venlo")
    with closing(open_store(place.url, create=False)) as other:
        other.claim("roermond")
        assert other.add([one(at("2026-10-01T12:00:00"))]).added == 1
    store.close()
    with closing(open_store(place.url, create=False)) as other:
        other.claim("venlo")


def test_many_may_open_a_new_store_at_once(postgresql: Server, empty: str) -> None:
    start, failures = Barrier(4), []

    def work(number: int) -> None:
        start.wait()
        try:
            with closing(open_store(postgresql.url(empty), create=True)) as store:
                store.add([Batch("web", f"v{number}", [Run(0, 0, 1, Status.OK, None, "")])])
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with closing(open_store(postgresql.url(empty), create=False)) as store:
        assert len(store.rows()) == 4


def test_migrations_lead_to_the_tables_that_the_code_uses(place: OnServer) -> None:
    def ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
        """Without what only PostgreSQL has, and what it does not: parts, turns, and references of divided tables."""
        return kind != "foreign_key_constraint" and not re.match(r"turn$|(fact|latency)_", name or "")

    engine = create_engine(make_url(place.url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.exec_driver_sql("SET search_path TO waakvlam")
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    kinds = dict(place.execute("SELECT relname, relkind FROM pg_class WHERE relname IN ('fact', 'latency')"))
    assert kinds == {"fact": "p", "latency": "p"}


def test_a_user_who_may_do_nothing_else_can_keep_facts(postgresql: Server, empty: str) -> None:
    postgresql.execute("DROP ROLE IF EXISTS modest")
    postgresql.execute("CREATE ROLE modest LOGIN")
    url = postgresql.url(empty).replace("keeper@", "modest@")
    with pytest.raises(StoreError, match=r"the user has not the right to do this: see docs/postgresql\.md"):
        open_store(url, create=True)
    postgresql.execute("CREATE SCHEMA waakvlam AUTHORIZATION modest", empty)
    with closing(open_store(url, create=True)) as store:
        assert store.add([one(at("2026-10-01T12:00:00"), latency=1.0)]).added == 1
        assert store.expire_latencies(at("2027-01-01")) == 1


def foreign(server: Server, database: str) -> str:
    server.execute("CREATE SCHEMA waakvlam; CREATE TABLE waakvlam.customers (name text)", database)
    return server.url(database)


def newer(server: Server, database: str) -> str:
    open_store(server.url(database), create=True).close()
    server.execute("UPDATE waakvlam.alembic_version SET version_num = '9001'", database)
    return server.url(database)


def read_only(server: Server, database: str) -> str:
    server.execute(f"ALTER DATABASE {database} SET default_transaction_read_only TO on")
    return server.url(database)


def unknown_user(server: Server, database: str) -> str:
    return server.url(database).replace("keeper@", "nobody_here@")


def unwanted_user(server: Server, database: str) -> str:
    return server.url(database).replace("keeper@", "unwanted@")


def wrong_password(server: Server, database: str) -> str:
    server.execute("DROP ROLE IF EXISTS asked")
    server.execute("CREATE ROLE asked LOGIN PASSWORD 'right-password'")
    return server.url(database).replace("keeper@", "asked:wrong-password@")


def no_password(server: Server, database: str) -> str:
    wrong_password(server, database)
    return server.url(database).replace("keeper@", "asked@")


def other_letters(server: Server, database: str) -> str:
    server.execute("DROP DATABASE IF EXISTS letters")
    server.execute("CREATE DATABASE letters TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    return server.url("letters")


REFUSED: dict[str, tuple[Callable[[Server, str], str], str]] = {
    "somebody else's schema": (
        foreign,
        "its schema waakvlam holds tables of somebody else (customers); give `store` another database",
    ),
    "a newer version's store": (
        newer,
        f"a newer version of waakvlam made it (its tables are 9001, this version knows {REVISION}); use that version",
    ),
    "a server that only reads": (read_only, "the server only reads, as a standby does: name the one that writes"),
    "no database": (lambda server, _: server.url("nowhere"), "the server has no database of that name: create it"),
    "no user": (unknown_user, "the server has no user of that name: create it"),
    "a user who is not let in": (unwanted_user, "the server lets this user in from here by no rule"),
    "a wrong password": (wrong_password, "the server refused the user or its password; see PGPASSWORD and ~/.pgpass"),
    "no password": (no_password, "the server asks for a password: give it by PGPASSWORD or ~/.pgpass"),
    "letters that not every text has": (other_letters, "its encoding is LATIN1, in which not every text can be kept"),
    "no server": (
        lambda server, _: f"postgresql://keeper@/facts?host={server.place}/nowhere",
        "nobody answers there: is the server running?",
    ),
    "a port where nobody listens": (
        lambda *_: "postgresql://keeper@127.0.0.1:1/facts",
        "nobody answers there: is the server running?",
    ),
    "a name that there is not": (
        lambda *_: "postgresql://keeper@db.invalid/facts",
        "the name of the server is not known",
    ),
    "a parameter that there is not": (
        lambda server, name: f"{server.url(name)}&sslmod=require",
        "the URL holds what is no parameter of a connection",
    ),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_refused(sentence: str, postgresql: Server, empty: str) -> None:
    prepare, message = REFUSED[sentence]
    url = prepare(postgresql, empty)
    with pytest.raises(StoreError) as caught:
        open_store(url, create=True)
    said = str(caught.value)
    assert said.startswith(f"store postgresql://{url.partition('://')[2].partition('@')[0].partition(':')[0]}"), said
    assert message in said
    assert "wrong-password" not in said
    assert "\n" not in said


def test_without_create_nothing_is_made(postgresql: Server, empty: str) -> None:
    with pytest.raises(NothingRecorded, match="nothing was recorded yet; start `waakvlam run`"):
        open_store(postgresql.url(empty), create=False)
    assert postgresql.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'waakvlam'", empty) == []


def test_a_server_that_is_too_old_is_told(postgresql: Server, empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.store.postgresql.OLDEST", 990000)
    with pytest.raises(StoreError, match=r"the server is PostgreSQL \d+, and at least 99 is needed"):
        PostgresqlDatabase(make_url(postgresql.url(empty))).inspect(create=True)


def test_a_password_is_taken_from_the_environment(
    postgresql: Server, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = no_password(postgresql, empty)
    postgresql.execute("CREATE SCHEMA waakvlam AUTHORIZATION asked", empty)
    monkeypatch.setenv("PGPASSWORD", "right-password")
    with closing(open_store(url, create=True)) as store:
        assert "right-password" not in store.place
        assert store.rows() == {}


def test_what_the_server_refuses_is_told(store: SqlStore, place: OnServer) -> None:
    store.add([one(at("2026-10-01T12:00:00"))])
    place.execute("DROP TABLE tail")
    with pytest.raises(StoreError, match="a table of it is gone: put a backup in place"):
        store.rows()


def test_texts_sort_by_their_code_points(place: OnServer) -> None:
    """So that registers are read in the same order as from a file."""
    with psycopg.connect(place.url) as connection:
        kinds = connection.execute(
            "SELECT DISTINCT collation_name FROM information_schema.columns "
            "WHERE table_schema = 'waakvlam' AND data_type = 'text'"
        ).fetchall()
    assert kinds == [("C",)]
