"""The trail of maintenance records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.store.migrations.portable import TEXT, only_added

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make its table, and let the database refuse to change or remove a row of it."""
    op.create_table(
        "maintenance",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("entered_by", TEXT, nullable=False),
        sa.Column("through", TEXT, nullable=False),
        sa.Column("entered_at", sa.BigInteger, nullable=False),
        sa.Column("category", TEXT),
        sa.Column("starts", sa.BigInteger),
        sa.Column("ends", sa.BigInteger),
        sa.Column("affects", TEXT),
        sa.Column("ticket", TEXT),
        sa.Column("notice", sa.BigInteger),
        sa.UniqueConstraint("record", "action", name="maintenance_key"),
    )
    only_added(op.get_bind(), "maintenance", "the maintenance trail is only ever added to")
