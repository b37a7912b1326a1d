"""The commands on a store in PostgreSQL: the same answers as from a file, and nothing lost while it is away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from availability import facts
from collector.store import open_store
from tests.collector.stores import Server, server
from tests.waakvlam.commands import a_server, collector, get, metric, stop, waakvlam, wait_until, write_estate
from waakvlam.example_month.making import make

AS_OF = ("--as-of", "2026-11-22T12:00:00+01:00")
ASKED = {
    "a month": ("report", "--period", "2026-10", *AS_OF, "--format", "json"),
    "the month with its chain": ("report", "--period", "2026-10", *AS_OF, "--service", "brp", "--chain"),
    "why": ("explain", "brp", "--at", "2026-10-14T10:00:00+02:00"),
    "failovers": ("failover", "list"),
    "backups": ("backups", "log", "--from", "2026-10-16", "--to", "2026-10-21"),
    "maintenance": ("maintenance", "list"),
    "a closed month": ("verify",),
}


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    with server() as running:
        yield running


@pytest.fixture(scope="module")
def both(postgresql: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The made-up months in a file, with one of them closed, and on a server by way of an archive."""
    in_file = tmp_path_factory.mktemp("in-file")
    make(in_file)
    run(in_file, "import", "incidents", "incidents.csv")
    run(in_file, "close", "--period", "2026-09", "--despite-pending")
    run(in_file, "export", "--output", "archive")
    on_server = tmp_path_factory.mktemp("on-server")
    shutil.copytree(in_file, on_server, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.db*", "archive"))
    configuration = on_server / "estate.yaml"
    text = configuration.read_text()
    line = next(line for line in text.splitlines() if line.startswith("store:"))
    configuration.write_text(text.replace(line, f"store: {postgresql.url(postgresql.new())}"))
    run(on_server, "import", "export", str(in_file / "archive"))
    return in_file, on_server


def run(folder: Path, *arguments: str) -> str:
    done = waakvlam(folder, *arguments, "--config", "estate.yaml")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("sentence", ASKED)
def test_the_same_answer(both: tuple[Path, Path], sentence: str) -> None:
    in_file, on_server = (waakvlam(folder, *ASKED[sentence], "--config", "estate.yaml") for folder in both)
    assert in_file.stdout
    assert (in_file.returncode, in_file.stdout, in_file.stderr) == (
        on_server.returncode,
        on_server.stdout,
        on_server.stderr,
    )


def test_the_same_archive(both: tuple[Path, Path]) -> None:
    _, on_server = both
    run(on_server, "export", "--output", "archive")
    tables = sorted(path.name for path in (both[0] / "archive").glob("*.csv"))
    assert tables
    for name in tables:
        assert (on_server / "archive" / name).read_bytes() == (both[0] / "archive" / name).read_bytes(), name


def test_a_collector_goes_on_while_the_database_is_away(postgresql: Server, tmp_path: Path) -> None:
    url = postgresql.url(postgresql.new())
    with a_server() as target:
        path = write_estate(tmp_path, target.getsockname()[1], store=url)
        with collector(path) as process:
            second = waakvlam(tmp_path, "run", "--config", "estate.yaml")
            assert second.returncode == 2
            assert "a collector already probes from local into this store: stop that one first" in second.stderr
            wait_until(lambda: metric(path, "waakvlam_component_state", 'state="up"') == 1)
            postgresql.stop()
            wait_until(lambda: "Facts are not being stored" in get(path, "/-/ready")[1])
            wait_until(lambda: (metric(path, "waakvlam_store_pending_observations") or 0) > 20)
            assert metric(path, "waakvlam_component_state", 'state="up"') == 1
            assert (tmp_path / "waakvlam-spool" / "local.spool").exists()
            postgresql.start()
            wait_until(lambda: get(path, "/-/ready")[0] == 200)
            code, _, log = stop(process)
    assert code == 0, log
    assert "facts cannot be stored, and are kept in" in log
    assert "facts are stored again" in log
    with closing(open_store(url, create=False)) as store:
        instants = [one.at for one in facts.expand(store.runs("app-tcp", "local"))]
    # The server was away for some seconds; a machine that is busy may miss a look, and never as many as that.
    assert max(later - earlier for earlier, later in pairwise(instants)) < 2000
    assert instants[-1] - instants[0] > 4000


def test_without_the_database_a_command_says_so_and_ends(tmp_path: Path) -> None:
    path = write_estate(tmp_path, 9, store=f"postgresql://keeper@/facts?host={tmp_path}")
    for command in (("run",), ("status",), ("report", "--period", "2026-10")):
        done = waakvlam(tmp_path, *command, "--config", path.name)
        assert done.returncode == 2
        assert done.stderr.startswith(f"store postgresql://keeper@/facts?host={tmp_path}: nobody answers there")
        assert len(done.stderr.splitlines()) == 1
