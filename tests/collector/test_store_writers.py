"""Many write at once and in any order, in threads and in processes: the store holds what one writer would have left."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from availability import facts
from availability.facts import Observation
from availability.outcome import Reason, Status
from availability.ports import Batch, Merged
from collector.store import SqlStore
from tests.collector.archives import everything
from tests.collector.stores import Place, Places, Server, opened

STEP = 30_000
HOUR = 3_600_000
NEW_MONTH = 1_793_491_200_000
"""2026-11-01T00:00:00Z"""
CONTENTS = (
    (Status.OK, None, ""),
    (Status.FAILED, Reason.TIMEOUT, ""),
    (Status.FAILED, Reason.BAD_STATUS, "status 503"),
    (Status.NONE, Reason.NO_PERMISSION, ""),
)
Series = tuple[str, str]
Part = tuple[Series, list[Observation]]


def batch(series: Series, some: Iterable[Observation]) -> Batch:
    """With a latency for two of three observations, which depends on the instant alone."""
    runs = facts.encode(some)
    timed = [one.at for one in facts.expand(runs) if one.at // STEP % 3]
    return Batch(*series, runs, [(at, float(at % 977)) for at in timed])


def expected(parts: Sequence[Part]) -> dict[Series, list[tuple[int, int, int, int]]]:
    together: dict[Series, list[Observation]] = {}
    for series, some in parts:
        together.setdefault(series, []).extend(some)
    return {
        series: [(run.first, run.step, run.length, int(run.status)) for run in facts.encode(some)]
        for series, some in together.items()
        if some
    }


def made_up(seed: int, parts: int) -> list[Part]:
    """Parts of one evening at the turn of a month, as several agents might deliver them: late, twice and mixed."""
    chance = random.Random(seed)
    made: list[Part] = []
    for _ in range(parts):
        series = (f"check-{chance.randrange(6)}", f"vantage-{chance.randrange(3)}")
        begin = chance.randrange(-120, 120)
        content = [CONTENTS[chance.randrange(4)] if chance.random() < 0.1 else CONTENTS[0] for _ in range(40)]
        some = [Observation(NEW_MONTH + (begin + n) * STEP, *one) for n, one in enumerate(content)]
        made += [(series, some)] * (1 if chance.random() < 0.8 else 2)
    return made


instants = st.one_of(st.integers(0, 30).map(lambda n: NEW_MONTH + (n - 15) * STEP), st.integers(-HOUR, 10**13))
observations = st.builds(lambda at, content: Observation(at, *content), instants, st.sampled_from(CONTENTS))
names = st.tuples(st.sampled_from("ab"), st.sampled_from(["roermond", "venlo"]))
batches = st.lists(st.tuples(names, st.lists(observations, min_size=1, max_size=20)), min_size=1, max_size=6)


@pytest.fixture(scope="session")
def both(tmp_path_factory: pytest.TempPathFactory, postgresql: Server) -> tuple[Places, Places]:
    folder = tmp_path_factory.mktemp("both")
    return Places("sqlite", folder, None), Places("postgresql", folder, postgresql)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parts=batches, chance=st.randoms(use_true_random=False))
def test_the_same_observations_are_the_same_in_every_store(
    both: tuple[Places, Places], parts: list[Part], chance: random.Random
) -> None:
    """In any order, with repetitions, and split into other batches."""
    held = []
    for places in both:
        arriving = [(series, [one]) for series, some in parts for one in some] if chance.random() < 0.5 else [*parts]
        arriving += chance.sample(arriving, len(arriving) // 2)
        chance.shuffle(arriving)
        with places.fresh() as place, closing(opened(place)) as store:
            while arriving:
                some = [batch(*arriving.pop()) for _ in range(min(len(arriving), chance.randint(1, 5)))]
                store.add(some)
            held.append(everything(store))
            assert store.rows() == expected(parts)
    # Which of two outcomes for one instant came first decides whose latency counts, and it is the same here.
    assert held[0] == held[1]


def told(store: SqlStore, parts: Sequence[Part]) -> None:
    """Facts and latencies are those of all parts."""
    assert store.rows() == expected(parts)
    for check in {series[0] for series, _ in parts}:
        timed = {
            (series, one.at) for series, some in parts for one in some if series[0] == check and one.at // STEP % 3
        }
        span = [(NEW_MONTH - 24 * HOUR, NEW_MONTH + 24 * HOUR)]
        assert store.latencies(check, span).count == len(timed)


@pytest.mark.parametrize("seed", range(3))
def test_threads_with_a_store_each(place: Place, seed: int) -> None:
    parts = made_up(seed, 80)
    start = Barrier(4)
    merged: list[Merged] = []
    failures: list[Exception] = []

    def work(number: int) -> None:
        with closing(opened(place)) as store:
            start.wait()
            try:
                shares = (parts[begin : begin + 8 : 4] for begin in range(number, len(parts), 8))
                merged.extend(store.add([batch(*part) for part in share]) for share in shares)
            except Exception as error:
                failures.append(error)

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with closing(opened(place)) as store:
        arrived = [part for n in range(4) for begin in range(n, len(parts), 8) for part in parts[begin : begin + 8 : 4]]
        told(store, arrived)
        assert sum(one.added for one in merged) == sum(row[2] for rows in store.rows().values() for row in rows)


WORKER = """
import json, sys
from availability.facts import Observation
from availability.outcome import Reason, Status
from collector.store import open_store
from tests.collector.test_store_writers import batch

store = open_store(sys.argv[1], create=False)
print("ready", flush=True)
for line in sys.stdin:
    store.add([
        batch(tuple(series), [Observation(at, Status(s), Reason(r) if r else None, d) for at, s, r, d in some])
        for series, some in json.loads(line)
    ])
    print("done", flush=True)
"""


def test_processes_of_which_one_is_killed(place: Place) -> None:
    """What was taken is there, what was under way is there or not, and the others go on."""
    parts = made_up(7, 60)
    lines = [json.dumps(parts[begin : begin + 4]) + "\n" for begin in range(0, len(parts), 4)]
    command = [sys.executable, "-c", WORKER, place.url]
    root = str(Path(__file__).parents[2])
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for number, line in enumerate(lines):
        worker = workers[number % 3]
        assert worker.stdin is not None
        worker.stdin.write(line)
        worker.stdin.flush()
    workers[0].kill()
    for worker in workers[1:]:
        worker.communicate(timeout=60)
        assert worker.returncode == 0
    workers[0].communicate(timeout=60)
    with closing(opened(place)) as store:
        # As one whose acknowledgement did not come would do, all of it is given again.
        store.add([batch(*part) for part in parts])
        told(store, parts)


def test_many_who_name_the_same_at_once_agree(place: Place) -> None:
    start = Barrier(6)
    failures: list[Exception] = []

    def work(number: int) -> None:
        with closing(opened(place)) as store:
            start.wait()
            try:
                for at in range(5):
                    content = (Status.FAILED, Reason.BAD_STATUS, f"status {at}")
                    some = [(f"check-{n}", f"vantage-{number % 2}") for n in range(5)]
                    store.add([batch(series, [Observation(at * STEP, *content)]) for series in some])
            except Exception as error:
                failures.append(error)

    threads = [Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert place.execute("SELECT count(*), min(id), max(id) FROM series") == [(10, 1, 10)]
    assert place.execute("SELECT count(*), min(id), max(id) FROM outcome") == [(5, 1, 5)]
