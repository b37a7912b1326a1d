"""Series, outcomes, facts with their tails, and latencies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.store.migrations.portable import TEXT, never_removed

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


_TURN = """
CREATE TABLE turn (vantage text COLLATE "C" PRIMARY KEY, version bigint NOT NULL) WITH (fillfactor = 20)
"""
"""For every vantage how often its facts were written, so that a writer sees that others did."""

_REFUSE = """
CREATE FUNCTION refuse_to_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END
$$
"""


def upgrade() -> None:
    """Make the first tables. In PostgreSQL facts and latencies are divided by months, which come into being with the
    first row of each; what they refer to is kept by `tail`, by triggers and by those who write."""
    connection = op.get_bind()
    on_postgresql = connection.dialect.name == "postgresql"

    def reference(column: str) -> list[sa.ForeignKey]:
        return [] if on_postgresql else [sa.ForeignKey(column)]

    op.create_table(
        "series",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("check_id", TEXT, nullable=False),
        sa.Column("vantage_id", TEXT, nullable=False),
        sa.UniqueConstraint("check_id", "vantage_id", name="series_key"),
    )
    op.create_table(
        "outcome",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.UniqueConstraint("status", "reason", "detail", name="outcome_key"),
    )
    op.create_table(
        "fact",
        sa.Column("series_id", sa.Integer, *reference("series.id"), primary_key=True, autoincrement=False),
        sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("outcome_id", sa.Integer, *reference("outcome.id"), nullable=False),
        sqlite_with_rowid=False,
        postgresql_partition_by="RANGE (first)",
    )
    op.create_table(
        "tail",
        sa.Column("series_id", sa.Integer, sa.ForeignKey("series.id"), primary_key=True, autoincrement=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("outcome_id", sa.Integer, sa.ForeignKey("outcome.id"), nullable=False),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "latency",
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("series_id", sa.Integer, *reference("series.id"), primary_key=True, autoincrement=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
        postgresql_partition_by="RANGE (hour)",
    )
    if on_postgresql:
        connection.exec_driver_sql(_TURN)
        connection.exec_driver_sql(_REFUSE)
        never_removed(connection, "series", "facts refer to every series")
        never_removed(connection, "outcome", "facts refer to every outcome")
