"""Everything that was noted of pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.store.migrations.portable import TEXT, only_added

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make its table, and let the database refuse to change or remove a row of it."""
    op.create_table(
        "page_entry",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("page", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
    )
    op.create_index("page_entry_at", "page_entry", ["at"])
    op.create_index("page_entry_kind", "page_entry", ["kind", "page"])
    only_added(op.get_bind(), "page_entry", "the log of pages is only ever added to")
