"""A worker that writes batches as agents send them, into the store it is told: what is measured of writing."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator

from availability.outcome import Reason, Status
from availability.ports import Batch, Run
from collector.store import open_store

OBSERVATIONS = 200
"""In a batch: one look at each of as many checks."""
_STEP = 30_000
_BEGIN = 1_793_491_200_000
_OK, _FAILED = (Status.OK, None, ""), (Status.FAILED, Reason.TIMEOUT, "no answer in time")


def main() -> None:
    """Lines of JSON: what to write; answers how long that took, on the clock and of the processor."""
    for line in sys.stdin:
        asked = json.loads(line)
        store = open_store(asked["url"], create=True)
        made = batches(asked["vantage"], asked["timed"], asked["first"], asked["step"])
        store.add(next(made))
        work = [[batch for _ in range(asked["group"]) for batch in next(made)] for _ in range(asked["turns"])]
        begun, used = time.perf_counter(), time.process_time()
        for some in work:
            store.add(some)
        took = {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - used}
        store.close()
        sys.stdout.write(json.dumps(took) + "\n")
        sys.stdout.flush()


def batches(vantage: str, timed: bool, slot: int, step: int) -> Iterator[list[Batch]]:
    """What an agent sends every thirty seconds, every one of `step` from `slot` on; one look in two hundred fails."""
    chance = random.Random(vantage)
    while True:
        at = _BEGIN + slot * _STEP
        yield [
            Batch(
                f"check-{number}",
                vantage,
                [Run(at, 0, 1, *(_FAILED if chance.random() < 1 / 200 else _OK))],
                [(at, chance.lognormvariate(2.5, 0.4))] if timed else [],
            )
            for number in range(OBSERVATIONS)
        ]
        slot += step


if __name__ == "__main__":
    main()
