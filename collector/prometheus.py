"""Samples of an existing Prometheus into the store, page by page: what came is kept, and facts are a set."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from availability.outcome import Reason, Status
from availability.ports import Batch, Merged
from collector.prometheus_api import BadQuery, PrometheusApi, PrometheusError, Series, TooMuch, printable
from collector.store.gathering import Content, Gathering

FIRST_PAGE_MS = 3_600_000
_WIDEST_MS = 86_400_000
_NARROWEST_MS = 1000
_FEW_SAMPLES = 50_000
"""Below this many samples the next page is twice as wide."""
_STEPS_OF_A_PAGE = 10_000
"""A Prometheus refuses more than 11,000 steps at once."""
_LONGEST_S = 86_400.0
_LISTED = 10

_OK: Content = (Status.OK, None, "")
_FAILED: Content = (Status.FAILED, Reason.FAILED, "")
_NEITHER: Content = (Status.NONE, Reason.COULD_NOT_LOOK, "the sample is neither 1 nor 0")
_CONTENTS = {"1": _OK, "0": _FAILED}

Key = tuple[str, str]
"""Check and vantage."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to import: samples of `query` from `start` (included) to `end` (not included), epoch milliseconds.

    The value of `check_label` is the id of a check; that of `vantage_label` the id of a vantage, or `vantage` is it
    for all. `latency_query` gives seconds at the same instants. `step` (milliseconds) is how far the values of an
    expression that is no plain selector are worked out apart.
    """

    query: str
    check_label: str
    start: int
    end: int
    vantage: str = ""
    vantage_label: str | None = None
    latency_query: str | None = None
    step: int | None = None
    ignore_unknown: bool = False


@dataclass(slots=True)
class Progress:
    """How far an import came: everything before `reached` (epoch milliseconds) is in the store; None: nothing is.

    Of `samples`, `timed` with a latency, `added` were new, `known` there already and `conflicts` met another outcome.
    `unknown` are the label values that were left out; `stepped` tells that values were worked out, not scraped.
    """

    reached: int | None = None
    samples: int = 0
    timed: int = 0
    added: int = 0
    known: int = 0
    conflicts: int = 0
    unknown: set[str] = field(default_factory=set)
    stepped: bool = False


class PrometheusImport:
    """Takes what is wanted out of `api`; `add` merges a page into a store, in one transaction.

    `checks` and `vantages` are the ids that may occur.
    """

    def __init__(
        self,
        api: PrometheusApi,
        add: Callable[[Collection[Batch]], Merged],
        checks: Collection[str],
        vantages: Collection[str],
        wanted: Wanted,
    ) -> None:
        self.progress = Progress()
        self._api = api
        self._add = add
        self._checks = checks
        self._vantages = vantages
        self._wanted = wanted

    async def run(self, on_page: Callable[[Progress], None] = lambda _: None) -> None:
        """Import; `on_page` is told after each page, which is kept.

        PrometheusError or StoreError where it cannot go on; `progress` then tells how far it came, and running it
        again, over all of it or from `progress.reached`, completes it.
        """
        wanted, progress = self._wanted, self.progress
        progress.stepped = not await self._is_plain()
        self._refuse_if_unknown()
        step = wanted.step if progress.stepped and wanted.step else 1
        at = -(-wanted.start // step) * step
        width = _pages(FIRST_PAGE_MS, step)
        while at < wanted.end:
            end = min(at + width, wanted.end)
            try:
                outcomes = await self._samples(wanted.query, at, end, step)
                latency = wanted.latency_query
                latencies = await self._samples(latency, at, end, step) if latency else []
            except TooMuch as error:
                if width <= max(step, _NARROWEST_MS):
                    raise PrometheusError(f"{error}, even for one instant: narrow the query") from error
                width = _pages(width // 2, step)
                continue
            self._take(outcomes, latencies, at, end)
            at = progress.reached = end
            on_page(progress)
            if sum(len(one.samples) for one in (*outcomes, *latencies)) < _FEW_SAMPLES:
                width = _pages(width * 2, step)
        if not progress.samples and not progress.unknown:
            progress.reached = None
            raise PrometheusError(f"nothing came of {printable(wanted.query)!r} in this time: is it the right query?")

    async def _is_plain(self) -> bool:
        """Whether samples can be had as they were scraped; PrometheusError where they cannot be had at all."""
        wanted = self._wanted
        plain = True
        for option, query in (("--query", wanted.query), ("--latency-query", wanted.latency_query)):
            if query is None:
                continue
            try:
                found = await self._api.series(query, wanted.start, wanted.end)
            except TooMuch:
                continue  # a plain selector of very many series: the pages will tell
            except BadQuery:
                await self._worked_out(option, query)
                plain = False
                continue
            if option == "--query":
                self._look_at(found)
        return plain

    async def _worked_out(self, option: str, query: str) -> None:
        """Hold an expression that is no plain selector against what can be done with it."""
        try:
            kind = await self._api.kind(query, self._wanted.end)
        except BadQuery as error:
            raise PrometheusError(f"{option}: Prometheus does not understand it: {error}") from error
        if kind == "matrix":
            raise PrometheusError(f"{option}: leave out the range in brackets; --from and --to say it")
        if kind != "vector":
            raise PrometheusError(f"{option}: it gives a {printable(kind)}, where series with labels are needed")
        if self._wanted.step is None:
            raise PrometheusError(
                f'{option}: this is no plain selector such as probe_success{{job="web"}}, so there are no samples as '
                "they were scraped; with --step (such as 30s) it is worked out so far apart"
            )

    def _look_at(self, found: Sequence[Mapping[str, str]]) -> None:
        """Refuse the labels that can be told to be wrong before any sample is read."""
        query = self._wanted.query
        if not found:
            raise PrometheusError(f"no series of {printable(query)!r} has samples in this time: is it the right query?")
        for labels in found:
            self._key(labels)

    def _key(self, labels: Mapping[str, str]) -> Key | None:
        """The check and vantage of a series; None, and noted, where one of them is not in the configuration."""
        wanted = self._wanted
        check = _label(labels, wanted.check_label, "--check-label")
        vantage = wanted.vantage
        if wanted.vantage_label is not None:
            vantage = _label(labels, wanted.vantage_label, "--vantage-label")
        unknown = [
            f"{what} {printable(value)!r}"
            for what, value, known in (("check", check, self._checks), ("vantage", vantage, self._vantages))
            if value not in known
        ]
        self.progress.unknown.update(unknown)
        return None if unknown else (check, vantage)

    def _refuse_if_unknown(self) -> None:
        unknown = sorted(self.progress.unknown)
        if unknown and not self._wanted.ignore_unknown:
            more = f" and {len(unknown) - _LISTED} more" if len(unknown) > _LISTED else ""
            raise PrometheusError(
                f"not in the configuration: {', '.join(unknown[:_LISTED])}{more}; narrow --query, or leave them out "
                "with --ignore-unknown"
            )

    async def _samples(self, query: str, start: int, end: int, step: int) -> list[Series]:
        """The samples from `start` (included) to `end` (not included), with perhaps one before."""
        if self.progress.stepped:
            return await self._api.stepped(query, start, end - 1, step)
        return await self._api.raw(query, start - 1, end - 1)

    def _take(self, outcomes: list[Series], latencies: list[Series], start: int, end: int) -> None:
        """Merge one page: all of it or nothing."""
        page: dict[Key, Gathering] = {}
        found = [(key, one) for one in outcomes if (key := self._key(one.labels)) is not None]
        self._refuse_if_unknown()
        _refuse_if_mingled(found, "--query")
        timed = self._timed(latencies)
        for (check, vantage), one in found:
            gathering = page.setdefault((check, vantage), Gathering(check, vantage))
            durations = timed.get((check, vantage), {})
            for at, value in _instants(one):
                if start <= at < end:
                    content = _CONTENTS.get(value) or _content(value)
                    gathering.add(at, content, durations.get(at) if content is not _NEITHER else None)
                    self.progress.samples += 1
        batches = [gathering.batch() for gathering in page.values()]
        merged = self._add(batches) if batches else Merged(0, 0, 0)
        progress = self.progress
        progress.timed += sum(len(batch.latencies) for batch in batches)
        progress.added += merged.added
        progress.known += merged.known + sum(gathering.known for gathering in page.values())
        progress.conflicts += merged.conflicts + sum(gathering.conflicts for gathering in page.values())

    def _timed(self, latencies: list[Series]) -> dict[Key, dict[int, float]]:
        """Milliseconds by instant of every check and vantage that is configured."""
        wanted = self._wanted
        found = []
        for one in latencies:
            check = _label(one.labels, wanted.check_label, "--latency-query with --check-label")
            vantage = wanted.vantage
            if wanted.vantage_label is not None:
                vantage = _label(one.labels, wanted.vantage_label, "--latency-query with --vantage-label")
            if check in self._checks:
                found.append(((check, vantage), one))
        _refuse_if_mingled(found, "--latency-query")
        timed: dict[Key, dict[int, float]] = {}
        for key, one in found:
            of_key = timed.setdefault(key, {})
            for at, value in _instants(one):
                seconds = _number(value)
                if 0 <= seconds <= _LONGEST_S:
                    of_key[at] = seconds * 1000
        return timed


def _pages(width: int, step: int) -> int:
    """The width of a page (milliseconds) near `width`: whole steps, and not more of them than are given at once."""
    widest = min(_WIDEST_MS, _STEPS_OF_A_PAGE * step) if step > 1 else _WIDEST_MS
    width = max(_NARROWEST_MS, min(width, widest))
    return max(step, width // step * step)


def _label(labels: Mapping[str, str], name: str, option: str) -> str:
    value = labels.get(name)
    if value:
        return value
    names = ", ".join(sorted(label for label in labels if label != "__name__")) or "none at all"
    raise PrometheusError(f"{option}: there is a series without the label {name!r}; its labels are {printable(names)}")


def _instants(one: Series) -> Iterable[tuple[int, str]]:
    """The samples as (epoch milliseconds, value); PrometheusError where they are no samples."""
    try:
        for at, value in one.samples:
            if not isinstance(value, str):
                raise TypeError
            yield round(at * 1000), value
    except (TypeError, ValueError, OverflowError):
        raise PrometheusError("the server gives samples that are none") from None


def _number(value: Any) -> float:
    try:
        return float(value)
    except ValueError:
        raise PrometheusError(f"the server gives a value that is no number: {printable(value)!r}") from None


def _content(value: str) -> Content:
    number = _number(value)
    if number == 1:
        return _OK
    return _FAILED if number == 0 else _NEITHER


def _refuse_if_mingled(found: list[tuple[Key, Series]], option: str) -> None:
    """Two series of one check at the same time would come out as one that flaps; one after the other is one."""
    spans: dict[Key, list[tuple[float, float, Mapping[str, str]]]] = {}
    for key, one in found:
        if one.samples:
            instants = [at for at, _ in _instants(Series(one.labels, (one.samples[0], one.samples[-1])))]
            spans.setdefault(key, []).append((instants[0], instants[1], one.labels))
    for (check, vantage), several in spans.items():
        several.sort(key=lambda span: span[:2])
        for (_, end, one_labels), (start, _, other_labels) in pairwise(several):
            if start <= end:
                differing = sorted(dict(set(one_labels.items()) ^ set(other_labels.items())))
                raise PrometheusError(
                    f"{option}: several series at once for check {check} from vantage {vantage}, which differ in "
                    f"{printable(', '.join(differing))}: narrow it to one"
                )
