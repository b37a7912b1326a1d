"""What jobs reported of themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.store.migrations.portable import TEXT, only_added

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make its table, and let the database refuse to change or remove a row of it."""
    op.create_table(
        "heartbeat",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("check_id", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("good", sa.SmallInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("vantage_id", TEXT, nullable=False),
        sa.Column("started", sa.BigInteger),
        sa.Column("duration_ms", sa.BigInteger),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("oldest_copy", sa.BigInteger),
        sa.Column("copies", sa.BigInteger),
        sa.Column("detail", TEXT, nullable=False),
        sa.UniqueConstraint("check_id", "at", "good", name="heartbeat_key"),
    )
    only_added(op.get_bind(), "heartbeat", "what jobs reported is only ever added to")
