"""New stores for tests, in a file or on a real PostgreSQL: what holds of one store holds of every store."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from collector.store import SqlStore, open_store
from collector.store.schema import metadata
from tests.collector.daemons import folder, program, running, unprivileged

_USER = "keeper"


class Place(Protocol):
    """Where a store without facts is."""

    kind: str
    url: str
    refused: type[Exception]
    """What the driver raises where the database itself refuses."""

    def execute(self, statement: str) -> list[Any]:
        """What somebody does by hand, and the rows of it."""

    def remove(self) -> None:
        """Make room for others."""


def opened(place: Place) -> SqlStore:
    """The store there; who asks for it closes it."""
    return open_store(place.url, create=False)


@dataclass(frozen=True)
class InFile:
    path: Path
    kind = "sqlite"
    refused = sqlite3.IntegrityError

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def execute(self, statement: str) -> list[Any]:
        with contextlib.closing(sqlite3.connect(self.path)) as connection, connection:
            return connection.execute(statement).fetchall()

    def remove(self) -> None:
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink()


class Server:
    """A PostgreSQL that listens on a socket in a folder, and can be stopped and started."""

    def __init__(self, place: Path, **settings: str) -> None:
        self.place = place
        self._settings = settings
        self._initdb, self._postgres = program("initdb", "postgresql"), program("postgres", "postgresql")
        self._running: contextlib.ExitStack = contextlib.ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self.numbers = itertools.count()

    def make(self) -> None:
        command = [self._initdb, "-D", str(self.place / "data"), "-U", _USER, "-A", "trust", "--no-sync", "-E", "UTF8"]
        # Another order of letters than that of the code points, as most databases have.
        with running(unprivileged(*command, "--locale=C.UTF-8"), lambda: True, self.place / "initdb.log") as made:
            assert made.wait(60) == 0, (self.place / "initdb.log").read_text()
        rules = self.place / "data" / "pg_hba.conf"
        rules.write_text("local all asked scram-sha-256\nlocal all unwanted reject\nlocal all all trust\n")

    def start(self) -> None:
        settings = {"unix_socket_directories": self.place, "listen_addresses": "", "fsync": "off", "port": 5432}
        settings |= {"max_connections": 60, "shared_buffers": "32MB", "synchronous_commit": "off"} | self._settings
        arguments = [argument for key, value in settings.items() for argument in ("-c", f"{key}={value}")]
        command = unprivileged(self._postgres, "-D", str(self.place / "data"), *arguments)
        self._process = self._running.enter_context(running(command, self._answers, self.place / "server.log"))

    def stop(self) -> None:
        """At once, whoever is connected."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait(20)
        self._running.close()

    def url(self, database: str, user: str = _USER) -> str:
        return f"postgresql://{user}@/{database}?host={self.place}"

    def execute(self, statement: str, database: str = "postgres", **options: str) -> list[Any]:
        with psycopg.connect(self.url(database), autocommit=True, **options) as connection:  # type: ignore[arg-type]
            cursor = connection.execute(statement)  # type: ignore[call-overload]  # psycopg wants literals only
            return cursor.fetchall() if cursor.description else []

    def new(self, template: str = "template1") -> str:
        """The name of a new database like `template`."""
        name = f"facts{next(self.numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _answers(self) -> bool:
        try:
            return bool(self.execute("SELECT 1"))
        except psycopg.OperationalError:
            return False


@contextlib.contextmanager
def server(**settings: str) -> Iterator[Server]:
    """A new PostgreSQL while it runs: one that does not wait for the disk, unless `settings` say so."""
    with folder() as place:
        made = Server(place, **settings)
        made.make()
        made.start()
        try:
            yield made
        finally:
            made.stop()


@dataclass
class OnServer:
    server: Server
    database: str
    clean: list[str]
    """Where to put its name once it is empty again: a new database takes longer than most tests."""
    kind = "postgresql"
    refused = psycopg.errors.IntegrityError
    _changed: bool = False

    @property
    def url(self) -> str:
        return self.server.url(self.database)

    def execute(self, statement: str) -> list[Any]:
        self._changed = True
        return self.server.execute(statement, self.database, options="-c search_path=waakvlam")

    def remove(self) -> None:
        if self._changed:
            self.server.execute(f"DROP DATABASE {self.database} WITH (FORCE)")
            return
        self.server.execute(_EMPTY, self.database, options="-c search_path=waakvlam")
        self.clean.append(self.database)


_EMPTY = "SET session_replication_role TO replica; " + "; ".join(
    f"DELETE FROM {name}" for name in (*metadata.tables, "turn")
)
"""As nobody but the owner of the server may: without the triggers that refuse it."""


class Places:
    """Makes new places of one kind: each is a copy of one that was made once, which is faster by far."""

    def __init__(self, kind: str, folder: Path, server: Server | None) -> None:
        self.kind = kind
        self._folder = folder
        self._server = server
        self._numbers = itertools.count()
        self._clean: list[str] = []
        if server is not None:
            self._template = server.new()
            open_store(server.url(self._template), create=True).close()
        else:
            open_store(f"sqlite:///{folder / 'template.db'}", create=True).close()

    @contextlib.contextmanager
    def fresh(self) -> Iterator[Place]:
        """A store without facts, which is gone afterwards."""
        place = self.new()
        try:
            yield place
        finally:
            place.remove()

    def new(self) -> Place:
        """A store without facts."""
        if self._server is not None:
            name = self._clean.pop() if self._clean else self._server.new(self._template)
            return OnServer(self._server, name, self._clean)
        path = self._folder / f"facts{next(self._numbers)}.db"
        return InFile(Path(shutil.copy(self._folder / "template.db", path)))
