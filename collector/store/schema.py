"""The tables of a store, as they are after the last migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, MetaData, SmallInteger, Table, Text
from sqlalchemy import UniqueConstraint as Unique

REVISION = "0001"
"""The last migration. Revisions are numbers of four digits, so that a later one sorts last."""

metadata = MetaData()

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("check_id", Text, nullable=False),
    Column("vantage_id", Text, nullable=False),
    Unique("check_id", "vantage_id", name="series_key"),
)
"""One check from one vantage."""

outcome = Table(
    "outcome",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("status", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Unique("status", "reason", "detail", name="outcome_key"),
)
"""Every outcome that was ever seen; an empty `reason` where it was ok."""

fact = Table(
    "fact",
    metadata,
    Column("series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("step", BigInteger, nullable=False),
    Column("length", Integer, nullable=False),
    Column("outcome_id", Integer, ForeignKey("outcome.id"), nullable=False),
    sqlite_with_rowid=False,
)
"""The closed runs of a series. Runs of one series never interleave."""

tail = Table(
    "tail",
    metadata,
    Column("series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("length", Integer, nullable=False),
    Column("outcome_id", Integer, ForeignKey("outcome.id"), nullable=False),
)
"""The last run of every series that has any, apart from the closed ones: a flush that advances thousands of ends
rewrites the few pages of this small table instead of as many pages of the large one."""

latency = Table(
    "latency",
    metadata,
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("packed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Sketches of the latencies of a series in one hour (hours since the epoch), by quarters. The hour leads the key, so
that a flush writes and an expiry removes neighbouring pages."""
