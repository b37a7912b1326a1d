"""What jobs reported of themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make its table, and let SQLite refuse to change or remove a row of it."""
    op.create_table(
        "heartbeat",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("check_id", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("good", sa.SmallInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("vantage_id", sa.Text, nullable=False),
        sa.Column("started", sa.BigInteger),
        sa.Column("duration_ms", sa.BigInteger),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("oldest_copy", sa.BigInteger),
        sa.Column("copies", sa.BigInteger),
        sa.Column("detail", sa.Text, nullable=False),
        sa.UniqueConstraint("check_id", "at", "good", name="heartbeat_key"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER heartbeat_no_{action.lower()} BEFORE {action} ON heartbeat "
                "BEGIN SELECT RAISE(ABORT, 'what jobs reported is only ever added to'); END"
            )
