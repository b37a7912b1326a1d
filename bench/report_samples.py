"""The availability of a month over its samples, in pandas and in polars, beside ours over facts: the same figures.

What all compute, per target: milliseconds up, down and unknown within the agreed hours. A run of at least two successes
makes it up and one of at least three failures down, from its first sample; shorter runs change nothing; a sample that
could not look, or a gap, makes it unknown. What pandas and polars leave out: several vantages, what is behind what,
parts in services, outages with their causes, exclusions, unconfirmed failures, verdicts, and windows whose edges lie
between two samples. They get the samples as sorted columns in memory; we read facts from a store.

Each is measured in two ways: sample by sample, every step a column over all samples, as one writes it; and with the
samples first made into runs, as one writes it who has thought about it for a day, and which is half of what we do.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]  # it comes without types
import polars as pl

from availability.evaluation import Evaluation
from availability.judge import judge_evaluation, observe
from availability.outcome import Status
from availability.periods import Period, parse_period
from availability.ports import Row
from availability.report import Report
from availability.windows import agreed_spans
from config.settings import Settings
from waakvlam.horizon import evaluation_for
from waakvlam.setup import load_settings, load_store

_RISE, _FALL, _STALE_MS = 2, 3, 90_000
_UP, _DOWN, _UNKNOWN = 1, 2, 0
_STATES = {"up": _UP, "down": _DOWN, "unknown": _UNKNOWN}
_OK, _NONE = int(Status.OK), int(Status.NONE)

Shares = dict[str, tuple[int, int, int]]
"""Target to milliseconds up, down and unknown."""
Columns = dict[str, Any]


def main() -> None:
    """Measure on the estate that standard input names, and tell the seconds of every way."""
    path, label, rounds = json.loads(sys.stdin.readline())
    settings = load_settings(Path(path))
    period = parse_period(label, settings.estate.timezone)
    now = time.time_ns() // 1_000_000
    store = load_store(settings, create=False)
    facts = dict(store.series(until=now))
    samples = _samples(facts)
    frame = pd.DataFrame({**samples, "target": pd.Categorical.from_codes(samples["target"], _names(facts))})
    table = pl.DataFrame({"at": samples["at"], "status": samples["status"]}).with_columns(
        pl.Series("target", frame["target"].to_numpy(), dtype=pl.Categorical)
    )
    edges, sums = _agreed(settings, period)

    def from_store() -> Report:
        return judge_evaluation(evaluation_for(store, settings.estate, period, now), period, now)

    def from_memory() -> Report:
        evaluation = Evaluation(settings.estate, observe(settings.estate, facts, now))
        return judge_evaluation(evaluation, period, now)

    ways: dict[str, Callable[[], Any]] = {
        "ours, from the store": from_store,
        "ours, facts in memory": from_memory,
        "pandas": lambda: _pandas_by_sample(frame, settings, period),
        "polars": lambda: _polars_by_sample(table, settings, period),
        "pandas by runs": lambda: _pandas_by_run(frame, edges, sums, period),
        "polars by runs": lambda: _polars_by_run(table, edges, sums, period),
    }
    seconds, results = {}, {}
    for name, way in ways.items():
        took = []
        for _ in range(rounds):
            begun = time.perf_counter()
            results[name] = way()
            took.append(time.perf_counter() - begun)
        seconds[name] = median(took)
    store.close()
    expected = _shares(results["ours, from the store"])
    agree = all((_shares(one) if isinstance(one, Report) else one) == expected for one in results.values())
    told = {"targets": len(facts), "samples": len(frame), "agree": agree, "seconds": seconds}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _names(facts: dict[tuple[str, str], list[Row]]) -> list[str]:
    return [check for check, _ in facts]


def _samples(facts: dict[tuple[str, str], list[Row]]) -> Columns:
    """Every observation of every target: its number, instant and outcome, by target and instant."""
    targets, instants, outcomes = [], [], []
    for number, rows in enumerate(facts.values()):
        for first, step, length, status in rows:
            instants.append(first + step * np.arange(length, dtype=np.int64))
            targets.append(np.full(length, number, dtype=np.int32))
            outcomes.append(np.full(length, int(status), dtype=np.int8))
    return {"target": np.concatenate(targets), "at": np.concatenate(instants), "status": np.concatenate(outcomes)}


def _agreed(settings: Settings, period: Period) -> tuple[Any, Any]:
    """The edges of the agreed hours, and the agreed time before each."""
    (agreement,) = settings.estate.agreements.values()
    spans = agreed_spans(agreement, settings.estate.calendar, period.start, period.end)
    edges = np.array([instant for span in spans for instant in span], dtype=np.int64)
    lengths = np.diff(edges, prepend=edges[0])
    lengths[::2] = 0  # between two windows
    return edges, np.cumsum(lengths)


def _before(instants: Any, edges: Any, sums: Any) -> Any:
    """Agreed milliseconds before each instant; exact, since a month is far below what a double holds."""
    return np.interp(instants, edges, sums).round().astype(np.int64)


def _pandas_by_sample(frame: pd.DataFrame, settings: Settings, period: Period) -> Shares:
    """Runs by shifting and summing, states filled forward over all samples, time by local hour, shares grouped."""
    start, end = _hours(settings)
    by_target = frame.groupby("target", observed=True)
    ok, none = frame["status"].eq(_OK), frame["status"].eq(_NONE)
    broken = ~by_target["at"].diff().le(_STALE_MS)
    run = (broken | frame["status"].ne(by_target["status"].shift())).cumsum()
    length = run.groupby(run).transform("size")
    state = pd.Series(np.nan, frame.index)
    state[none] = _UNKNOWN
    state[ok & length.ge(_RISE)] = _UP
    state[~ok & ~none & length.ge(_FALL)] = _DOWN
    state = state.groupby((broken | none).cumsum()).ffill().fillna(_UNKNOWN).astype("int8")
    covered = (by_target["at"].shift(-1).fillna(period.end) - frame["at"]).clip(upper=_STALE_MS)
    hour = pd.to_datetime(frame["at"], unit="ms", utc=True).dt.tz_convert(settings.estate.timezone).dt.hour
    agreed = hour.ge(start) & hour.lt(end)
    told = pd.DataFrame({"target": frame["target"], "state": state, "covered": covered})[agreed]
    shares = told.pivot_table("covered", "target", "state", "sum", fill_value=0, observed=True)
    shares = shares.reindex(columns=[_UP, _DOWN, _UNKNOWN], fill_value=0).astype(np.int64)
    return {str(name): (up, down, unknown) for name, up, down, unknown in shares.itertuples()}


def _polars_by_sample(table: pl.DataFrame, settings: Settings, period: Period) -> Shares:
    """The same in one lazy query, which polars spreads over the cores."""
    start, end = _hours(settings)
    at, status = pl.col("at"), pl.col("status")
    local = pl.from_epoch(at, time_unit="ms").dt.replace_time_zone("UTC").dt.convert_time_zone(settings.estate.timezone)
    shares = (
        table.lazy()
        .with_columns(broken=((at - at.shift()).over("target") <= _STALE_MS).not_().fill_null(True))
        .with_columns(run=(pl.col("broken") | (status != status.shift()).over("target").fill_null(True)).cum_sum())
        .with_columns(length=pl.len().over("run"), stretch=(pl.col("broken") | (status == _NONE)).cum_sum())
        .with_columns(
            state=pl.when(status == _NONE)
            .then(_UNKNOWN)
            .when((status == _OK) & (pl.col("length") >= _RISE))
            .then(_UP)
            .when((status != _OK) & (pl.col("length") >= _FALL))
            .then(_DOWN)
        )
        .with_columns(state=pl.col("state").forward_fill().over("stretch").fill_null(_UNKNOWN))
        .with_columns(
            covered=(at.shift(-1).over("target").fill_null(period.end) - at).clip(upper_bound=_STALE_MS),
            hour=local.dt.hour(),
        )
        .filter((pl.col("hour") >= start) & (pl.col("hour") < end))
        .group_by("target")
        .agg(pl.col("covered").filter(pl.col("state") == state).sum().alias(name) for name, state in _STATES.items())
        .collect()
    )
    return {name: (up, down, unknown) for name, up, down, unknown in shares.iter_rows()}


def _hours(settings: Settings) -> tuple[int, int]:
    """The local hours between which service is agreed, every day."""
    (agreement,) = settings.estate.agreements.values()
    return agreement.window.slot.start // 60, agreement.window.slot.end // 60


def _pandas_by_run(frame: pd.DataFrame, edges: Any, sums: Any, period: Period) -> Shares:
    """One row per run from a few comparisons of neighbours; everything after that is small."""
    same = frame["target"].cat.codes.eq(frame["target"].cat.codes.shift())
    gap = frame["at"].diff().gt(_STALE_MS)
    new = ~same | gap | frame["status"].ne(frame["status"].shift())
    last = new.shift(-1, fill_value=True)
    runs = frame[new].reset_index(drop=True)
    runs["last"] = frame.loc[last, "at"].to_numpy()
    runs["length"] = np.diff(np.flatnonzero(new), append=len(frame))
    following = runs["at"].shift(-1).where(runs["target"].eq(runs["target"].shift(-1)), period.end)
    runs["end"] = np.minimum(following, runs["last"] + _STALE_MS).astype(np.int64)
    runs["stretch"] = (~same | gap)[new].to_numpy().cumsum() + runs["status"].eq(_NONE).cumsum()
    confirmed = np.select(
        [
            runs["status"].eq(_NONE),
            runs["status"].eq(_OK) & runs["length"].ge(_RISE),
            runs["status"].ne(_OK) & runs["length"].ge(_FALL),
        ],
        [_UNKNOWN, _UP, _DOWN],
        default=np.nan,
    )
    runs["state"] = pd.Series(confirmed).groupby(runs["stretch"]).ffill().fillna(_UNKNOWN).astype(int)
    runs["agreed"] = _before(runs["end"], edges, sums) - _before(runs["at"], edges, sums)
    shares = runs.pivot_table("agreed", "target", "state", "sum", fill_value=0, observed=True)
    shares = shares.reindex(columns=[_UP, _DOWN, _UNKNOWN], fill_value=0).astype(np.int64)
    whole = int(sums[-1])
    return {str(name): (up, down, whole - up - down) for name, up, down, _ in shares.itertuples()}


def _polars_by_run(table: pl.DataFrame, edges: Any, sums: Any, period: Period) -> Shares:
    """The same in one lazy query."""
    same = pl.col("target").eq_missing(pl.col("target").shift())
    gap = (pl.col("at") - pl.col("at").shift()) > _STALE_MS
    following = pl.col("at").shift(-1).over("target").fill_null(period.end)
    runs = (
        table.lazy()
        .with_columns(broken=(~same | gap).fill_null(True))
        .with_columns(run=(pl.col("broken") | (pl.col("status") != pl.col("status").shift())).fill_null(True).cum_sum())
        .group_by("run", maintain_order=True)
        .agg(
            pl.col("target").first(),
            pl.col("at").first(),
            pl.col("at").last().alias("last"),
            pl.col("status").first(),
            pl.col("broken").first(),
            pl.len().alias("length"),
        )
        .with_columns(
            end=pl.min_horizontal(following, pl.col("last") + _STALE_MS),
            stretch=(pl.col("broken") | (pl.col("status") == _NONE)).cum_sum(),
            state=pl.when(pl.col("status") == _NONE)
            .then(_UNKNOWN)
            .when((pl.col("status") == _OK) & (pl.col("length") >= _RISE))
            .then(_UP)
            .when((pl.col("status") != _OK) & (pl.col("length") >= _FALL))
            .then(_DOWN),
        )
        .with_columns(state=pl.col("state").forward_fill().over("stretch").fill_null(_UNKNOWN))
        .collect()
    )
    agreed = _before(runs["end"].to_numpy(), edges, sums) - _before(runs["at"].to_numpy(), edges, sums)
    shares = (
        runs.with_columns(agreed=pl.Series(agreed))
        .group_by("target")
        .agg(
            up=pl.col("agreed").filter(pl.col("state") == _UP).sum(),
            down=pl.col("agreed").filter(pl.col("state") == _DOWN).sum(),
        )
    )
    whole = int(sums[-1])
    return {name: (up, down, whole - up - down) for name, up, down in shares.iter_rows()}


def _shares(report: Report) -> Shares:
    """Of services that rest on one check each, by that check."""
    return {
        service.id.replace("service-", "icmp-"): (
            service.judged.figures.up_ms,
            service.judged.figures.down_ms,
            service.judged.figures.unknown_ms,
        )
        for service in report.services
    }


if __name__ == "__main__":
    main()
