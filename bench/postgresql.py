"""Section `postgresql`: how fast facts go into PostgreSQL and a report comes out, beside SQLite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from availability.ports import Batch
from bench import report
from bench.children import Failed, hear, module, running, tell
from bench.figures import Figure, Say, amount, table
from bench.postgresql_writer import OBSERVATIONS
from collector.store import open_store
from tests.collector.stores import Server, server

_LIKE_A_REAL_ONE = {"fsync": "on", "synchronous_commit": "on", "shared_buffers": "128MB"}
_SHAPE = "50 services of 20 components"
_ROUNDS = 3

Row = tuple[str, ...]


def section(say: Say, quick: bool) -> list[Figure]:
    """A real server with its own defaults, on this machine and its disk."""
    turns = 50 if quick else 200
    say(
        f"batches of {OBSERVATIONS} observations, one look at each of as many checks, one in 200 of which fails; "
        "the server waits for its disk at every commit\n"
    )
    with TemporaryDirectory(prefix="bench-") as name, server(**_LIKE_A_REAL_ONE) as postgresql:
        folder = Path(name)
        rows: list[Row] = []
        figures = [*_writing(rows, folder, postgresql, turns), *_side_by_side(rows, folder, postgresql, turns)]
        heads = (
            "into",
            "batches in a transaction",
            "latencies",
            "observations/s",
            "CPU each",
            "transaction",
            "WAL each",
        )
        say("\n".join(table(heads, rows)) + "\n")
        return [*figures, *_reading(say, folder, postgresql)]


def _writing(rows: list[Row], folder: Path, postgresql: Server, turns: int) -> list[Figure]:
    figures = []
    for group in (1, 10):
        for timed in (False, True):
            places: dict[str, Callable[[], str]] = {
                "SQLite": lambda: f"sqlite:///{folder / f'{len(rows)}.db'}",
                "PostgreSQL": lambda: postgresql.url(postgresql.new()),
            }
            for name, place in places.items():
                url = place()
                before = _written(postgresql)
                (took,) = _measured(folder, [(url, "venlo")], group, timed, max(1, turns // group))
                total = OBSERVATIONS * group * max(1, turns // group)
                wal = f"{(_written(postgresql) - before) / total:,.0f} bytes" if name == "PostgreSQL" else ""
                rows.append(_told(name, group, timed, took, total, turns // group, wal))
                if name == "PostgreSQL":
                    what = (
                        f"PostgreSQL, an observation, {group} to a transaction{', with its latency' if timed else ''}"
                    )
                    figures.append(Figure(what, took["seconds"] / total * 1e6, "µs", 10.0))
    return figures


def _side_by_side(rows: list[Row], folder: Path, postgresql: Server, turns: int) -> list[Figure]:
    """Two processes that write at once: of two vantages, and of the same one."""
    group, figures = 10, []
    for vantages in (("venlo", "roermond"), ("venlo", "venlo")):
        url = postgresql.url(postgresql.new())
        open_store(url, create=True).close()
        took = _measured(folder, [(url, vantage) for vantage in vantages], group, True, max(1, turns // group))
        total = OBSERVATIONS * group * max(1, turns // group) * 2
        slowest = {"seconds": max(one["seconds"] for one in took), "cpu": sum(one["cpu"] for one in took)}
        kind = "two vantages" if len(set(vantages)) == 2 else "the same vantage"
        rows.append(_told(f"PostgreSQL, two workers of {kind}", group, True, slowest, total, turns // group, ""))
        figures.append(
            Figure(f"PostgreSQL, two workers of {kind}, an observation", slowest["seconds"] / total * 1e6, "µs", 10.0)
        )
    return figures


def _measured(
    folder: Path, places: Sequence[tuple[str, str]], group: int, timed: bool, turns: int
) -> list[dict[str, float]]:
    """What the workers say, who all began at one moment."""
    with ExitStack() as stack:
        children = [stack.enter_context(running(module("postgresql_writer"), folder)) for _ in places]
        # Of one vantage each gets every other batch, as a broker shares them out.
        shared = len({vantage for _, vantage in places}) < len(places)
        for number, (child, (url, vantage)) in enumerate(zip(children, places, strict=True)):
            asked = {"url": url, "vantage": vantage, "group": group, "timed": timed, "turns": turns}
            tell(child, {**asked, "first": number if shared else 0, "step": len(places) if shared else 1})
        return [hear(child) for child in children]


def _told(name: str, group: int, timed: bool, took: dict[str, float], total: int, turns: int, wal: str) -> Row:
    seconds = took["seconds"]
    return (
        name,
        str(group),
        "yes" if timed else "no",
        f"{total / seconds:,.0f}",
        amount(took["cpu"] / total * 1e6, "µs"),
        amount(seconds / max(1, turns) * 1e3, "ms"),
        wal,
    )


def _written(postgresql: Server) -> int:
    """Bytes that the server has written ahead so far."""
    ((position,),) = postgresql.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
    return int(position)


def _reading(say: Say, folder: Path, postgresql: Server) -> list[Figure]:
    """The report of a month over a thousand checks, the whole process, out of either."""
    path = report.fill(folder, report.SMALL[_SHAPE])
    url = postgresql.url(postgresql.new())
    source, copy = open_store(f"sqlite:///{folder / 'bench.db'}", create=False), open_store(url, create=True)
    with source.holdings() as holdings, copy.restoring() as restoring:
        for check, vantage in holdings.series():
            restoring.add([Batch(check, vantage, list(holdings.runs(check, vantage)))])
    source.close()
    copy.close()
    beside = folder / "on-a-server"
    beside.mkdir()
    other = beside / path.name
    other.write_text(path.read_text().replace("sqlite:///bench.db", url))
    seconds = {}
    for name, configuration in (("SQLite", path), ("PostgreSQL", other)):
        rounds, *_ = report.whole(configuration, report.MONTH, "table", _ROUNDS)
        seconds[name] = median(rounds)
    if not all(seconds.values()):
        raise Failed("a report took no time at all")
    say(
        f"the report of a month over 1,000 checks with 200 changes each: {amount(seconds['SQLite'], 's')} from SQLite, "
        f"{amount(seconds['PostgreSQL'], 's')} from PostgreSQL\n"
    )
    return [
        Figure("report from PostgreSQL, times that from SQLite", seconds["PostgreSQL"] / seconds["SQLite"], "×", 2.0)
    ]
