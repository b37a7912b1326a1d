"""The trail of maintenance records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make its table, and let SQLite refuse to change or remove a row of it."""
    op.create_table(
        "maintenance",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("entered_by", sa.Text, nullable=False),
        sa.Column("through", sa.Text, nullable=False),
        sa.Column("entered_at", sa.BigInteger, nullable=False),
        sa.Column("category", sa.Text),
        sa.Column("starts", sa.BigInteger),
        sa.Column("ends", sa.BigInteger),
        sa.Column("affects", sa.Text),
        sa.Column("ticket", sa.Text),
        sa.Column("notice", sa.BigInteger),
        sa.UniqueConstraint("record", "action", name="maintenance_key"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER maintenance_no_{action.lower()} BEFORE {action} ON maintenance "
                "BEGIN SELECT RAISE(ABORT, 'the maintenance trail is only ever added to'); END"
            )
