"""Series, outcomes, facts with their tails, and latencies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("check_id", sa.Text, nullable=False),
        sa.Column("vantage_id", sa.Text, nullable=False),
        sa.UniqueConstraint("check_id", "vantage_id", name="series_key"),
    )
    op.create_table(
        "outcome",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.UniqueConstraint("status", "reason", "detail", name="outcome_key"),
    )
    op.create_table(
        "fact",
        sa.Column("series_id", sa.Integer, sa.ForeignKey("series.id"), primary_key=True, autoincrement=False),
        sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("outcome_id", sa.Integer, sa.ForeignKey("outcome.id"), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tail",
        sa.Column("series_id", sa.Integer, sa.ForeignKey("series.id"), primary_key=True, autoincrement=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("outcome_id", sa.Integer, sa.ForeignKey("outcome.id"), nullable=False),
    )
    op.create_table(
        "latency",
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("series_id", sa.Integer, sa.ForeignKey("series.id"), primary_key=True, autoincrement=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
