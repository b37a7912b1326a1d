"""Everything that was noted of pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make its table, and let SQLite refuse to change or remove a row of it."""
    op.create_table(
        "page_entry",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("page", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("page_entry_at", "page_entry", ["at"])
    op.create_index("page_entry_kind", "page_entry", ["kind", "page"])
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER page_entry_no_{action.lower()} BEFORE {action} ON page_entry "
                "BEGIN SELECT RAISE(ABORT, 'the log of pages is only ever added to'); END"
            )
