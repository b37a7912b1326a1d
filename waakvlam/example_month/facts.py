"""The observations that two vantages would have made of the story: the same at every run."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from zlib import crc32

from availability.estate import Part
from availability.facts import append
from availability.outcome import Reason, Status
from availability.ports import Batch, Run
from availability.spans import Span
from config.settings import CheckSpec, Settings
from waakvlam.example_month import story

SEED = 20261001
_TIMED_EVERY = 6
"""Of the looks of a timed check, one in so many has a latency: enough for a mean and a percentile."""
_DAY_MS = 86_400_000

Answer = tuple[Status, Reason | None, str]
_OK: Answer = (Status.OK, None, "")
_BLIP: Answer = (Status.FAILED, Reason.TIMEOUT, "no answer in time")
_BEYOND_THE_RING: Answer = (Status.FAILED, Reason.TIMEOUT, "no answer in time")
_NOT_PERMITTED: Answer = (Status.NONE, Reason.NO_PERMISSION, "not permitted")


def batches(settings: Settings) -> Iterator[Batch]:
    """The facts of every check from every vantage that makes it."""
    whole = (story.BEGIN_MS, story.END_MS)
    for spec in settings.checks.values():
        part = settings.estate.parts[spec.part]
        for vantage in spec.vantages:
            chance = random.Random(f"{SEED} {spec.id} {vantage}")  # noqa: S311 - a story, not a secret
            runs = _runs(spec, part, vantage, settings, whole, chance)
            yield Batch(spec.id, vantage, runs, list(_latencies(spec, runs, chance)))


def _runs(
    spec: CheckSpec, part: Part, vantage: str, settings: Settings, whole: Span, chance: random.Random
) -> list[Run]:
    """What was seen, slot by slot, as runs; the slots of a check lie where its name puts them, as the schedule does."""
    begin, end = whole
    step = spec.interval_ms
    first = begin + crc32(spec.id.encode()) % step
    changes = _changes(spec, part, vantage, settings)
    blips = _blips(first, step, whole, chance)
    spans = [whole, *(span for span, _ in changes), *blips]
    edges = sorted({edge for span in spans for edge in span if begin <= edge <= end})
    runs: list[Run] = []
    for start, following in pairwise(edges):
        answer = _answer(start, changes, blips)
        slot = first + -(-(start - first) // step) * step
        length = -(-(following - slot) // step)
        if answer is not None and length > 0:
            append(runs, Run(slot, step if length > 1 else 0, length, *answer))
    return runs


def _changes(spec: CheckSpec, part: Part, vantage: str, settings: Settings) -> list[tuple[Span, Answer | None]]:
    """When the answer is another than ok, the strongest reason first; None: nobody looked."""
    changes: list[tuple[Span, Answer | None]] = [(span, None) for span in story.SILENT.get(vantage, ())]
    changes += [(span, _NOT_PERMITTED) for span in story.UNWATCHED.get(spec.id, ())]
    changes += [(down.span, (Status.FAILED, down.reason, down.detail)) for down in story.DOWN if down.part == part.id]
    elsewhere = part.site is not None and settings.estate.vantages[vantage].site != part.site
    if elsewhere and "ring" in part.behind:
        changes += [(down.span, _BEYOND_THE_RING) for down in story.DOWN if down.part == "ring"]
    return changes


def _blips(first: int, step: int, whole: Span, chance: random.Random) -> list[Span]:
    """Single looks that fail."""
    months = (whole[1] - whole[0]) // (30 * _DAY_MS)
    slots = (whole[1] - first) // step
    chosen = chance.sample(range(slots), min(slots, story.BLIPS_PER_MONTH * months))
    return [(first + slot * step, first + slot * step + 1) for slot in chosen]


def _answer(instant: int, changes: Sequence[tuple[Span, Answer | None]], blips: Sequence[Span]) -> Answer | None:
    for (start, end), answer in changes:
        if start <= instant < end:
            return answer
    return _BLIP if any(start <= instant < end for start, end in blips) else _OK


def _latencies(spec: CheckSpec, runs: Sequence[Run], chance: random.Random) -> Iterator[tuple[int, float]]:
    """Some of the looks that were answered, slower around noon."""
    typical = story.LATENCY_MS.get(spec.id)
    if typical is None:
        return
    for run in runs:
        if run.status is Status.OK:
            for index in range(0, run.length, _TIMED_EVERY):
                at = run.first + run.step * index
                noon = 1 - abs(at % _DAY_MS / _DAY_MS - 0.46) * 2
                yield at, typical * (0.8 + 0.5 * noon) * chance.lognormvariate(0, 0.25)
