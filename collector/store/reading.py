"""Reads facts and latencies back, within a transaction that somebody else begins and ends."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence, Set
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, tuple_

from availability.ports import LatencySummary, Row, Run
from availability.spans import Span, clip
from collector.store import schema
from collector.store.naming import Key, load_outcomes
from collector.store.sketch import HOUR_MS, SLOT_MS, SLOTS_PER_HOUR, Sketch, quarters, unpack
from collector.store.statements import repeated

_LATEST = (1 << 63) - 1
"""The last instant a database can hold."""
_HOURS_PER_QUERY = 500
_FEW_SERIES = 50
"""So many are looked up, and not found among all."""


def read_series(
    connection: Connection, until: int | None, since: int | None, keys: Container[Key] | None
) -> Iterator[tuple[Key, list[Row]]]:
    """One series after the other, those in `keys` where that is given: its rows in order of time, without those that
    start after `until` or end before `since`."""
    earliest, latest = _bounds(since, until)
    wanted, asked = select(schema.series), _ENDS
    if isinstance(keys, Set) and len(keys) <= _FEW_SERIES:
        wanted = wanted.where(tuple_(schema.series.c.check_id, schema.series.c.vantage_id).in_(list(keys)))
        asked = asked.where(schema.tail.c.series_id.in_(wanted.with_only_columns(schema.series.c.id)))
    ends = {key: (first, step, length, status) for key, first, step, length, status in connection.execute(asked)}
    fetch = repeated(connection, _facts_of_series(schema.outcome.c.status))
    for key, check, vantage in connection.execute(wanted).all():
        if keys is not None and (check, vantage) not in keys:
            continue
        rows = fetch({"series": key, "since": earliest, "until": latest})
        if key in ends and ends[key][0] <= latest:
            rows.append(ends[key])
        _drop_before(rows, earliest)
        if rows:
            yield (check, vantage), rows


def read_extents(connection: Connection) -> dict[Key, Span]:
    """The first and the last instant of every series at which there is an observation."""
    series, tail = schema.series, schema.tail
    asked = select(series.c.check_id, series.c.vantage_id, _FIRST, tail.c.first, tail.c.step, tail.c.length)
    return {
        (check, vantage): (first if earliest is None else earliest, first + step * (length - 1))
        for check, vantage, earliest, first, step, length in connection.execute(
            asked.join(tail, tail.c.series_id == series.c.id)
        )
    }


def read_runs(connection: Connection, check: str, vantage: str, since: int | None) -> list[Run]:
    """The rows of one series with their reasons, from those that end at or after `since`."""
    earliest, latest = _bounds(since, None)
    series, tail = schema.series, schema.tail
    key = connection.execute(
        select(series.c.id).where(series.c.check_id == check, series.c.vantage_id == vantage)
    ).scalar()
    if key is None:
        return []
    fetch = repeated(connection, _facts_of_series(schema.outcome.c.id))
    rows = fetch({"series": key, "since": earliest, "until": latest})
    rows.extend(
        connection.execute(
            select(tail.c.first, tail.c.step, tail.c.length, tail.c.outcome_id).where(tail.c.series_id == key)
        )
    )
    _drop_before(rows, earliest)
    contents = load_outcomes(connection)
    return [Run(first, step, length, *contents[outcome]) for first, step, length, outcome in rows]


def read_tails(connection: Connection, vantages: Collection[str]) -> list[tuple[Key, Run]]:
    """The last row of every series of `vantages`, with its reason."""
    series, tail = schema.series, schema.tail
    asked = select(series.c.check_id, series.c.vantage_id, tail.c.first, tail.c.step, tail.c.length, tail.c.outcome_id)
    asked = asked.join(tail, tail.c.series_id == series.c.id).where(series.c.vantage_id.in_(list(vantages)))
    found = connection.execute(asked).all()
    contents = load_outcomes(connection)
    return [
        ((check, vantage), Run(first, step, length, *contents[outcome]))
        for check, vantage, first, step, length, outcome in found
    ]


def read_latencies(connection: Connection, check: str, spans: Sequence[Span]) -> LatencySummary:
    """What all vantages measured of a check in the quarters of an hour whose middle lies within `spans`."""
    table, series = schema.latency, schema.series
    total = Sketch()
    keys = connection.execute(select(series.c.id).where(series.c.check_id == check)).scalars().all()
    # Two queries: SQLite finds one of them through the index, but both together by reading everything.
    earliest = connection.execute(select(func.min(table.c.hour))).scalar()
    latest = connection.execute(select(func.max(table.c.hour))).scalar()
    if not keys or earliest is None or latest is None:
        return total.summary()
    slots = _slots(clip(spans, earliest * HOUR_MS, (latest + 1) * HOUR_MS))
    hours = iter(sorted({slot // SLOTS_PER_HOUR for slot in slots}))
    while some := list(islice(hours, _HOURS_PER_QUERY)):
        for hour, packed in connection.execute(
            select(table.c.hour, table.c.packed).where(table.c.hour.in_(some), table.c.series_id.in_(keys))
        ):
            for quarter, sketch in quarters(packed):
                if hour * SLOTS_PER_HOUR + quarter in slots:
                    total.merge(unpack(sketch))
    return total.summary()


_FIRST = (
    select(schema.fact.c.first)
    .where(schema.fact.c.series_id == schema.series.c.id)
    .order_by(schema.fact.c.first)
    .limit(1)
    .scalar_subquery()
)
"""The instant at which the closed runs of a series begin, if it has any; found through the index."""

_ENDS = select(
    schema.tail.c.series_id, schema.tail.c.first, schema.tail.c.step, schema.tail.c.length, schema.outcome.c.status
).join(schema.outcome)


def _facts_of_series(answer: Any) -> Select[Any]:
    """The closed runs of `series` that start up to `until`, from the last one that starts up to `since`."""
    table, earlier = schema.fact, schema.fact.alias()
    of_series: Any = bindparam("series")
    begin = select(func.max(earlier.c.first)).where(
        earlier.c.series_id == of_series, earlier.c.first <= bindparam("since")
    )
    return (
        select(table.c.first, table.c.step, table.c.length, answer)
        .join(schema.outcome)
        .where(
            table.c.series_id == of_series,
            table.c.first >= func.coalesce(begin.scalar_subquery(), bindparam("since")),
            table.c.first <= bindparam("until"),
        )
        .order_by(table.c.first)
    )


def _bounds(since: int | None, until: int | None) -> tuple[int, int]:
    return (-_LATEST if since is None else since), (_LATEST if until is None else until)


def _drop_before(rows: list[Any], earliest: int) -> None:
    """Remove what ended before `earliest` from the front."""
    while rows and rows[0][0] + rows[0][1] * (rows[0][2] - 1) < earliest:
        del rows[0]


def _slots(spans: Sequence[Span]) -> set[int]:
    """The quarters of an hour, counted from the epoch, whose middle lies within `spans`."""
    half = SLOT_MS // 2
    return {slot for start, end in spans for slot in range(-((half - start) // SLOT_MS), -((half - end) // SLOT_MS))}
