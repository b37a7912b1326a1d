"""What the help desk registered, and the months that were closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.store.migrations.portable import TEXT, only_added

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ONLY_ADDED = {
    "incident": "what the help desk registered is only ever added to",
    "closing": "closed months are only ever added to",
}


def upgrade() -> None:
    """Make their tables, and let the database refuse to change or remove a row of them."""
    op.create_table(
        "incident",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("incident", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("imported_at", sa.BigInteger, nullable=False),
        sa.Column("imported_by", TEXT, nullable=False),
    )
    op.create_table(
        "closing",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("period", name="closing_key"),
    )
    for table, message in _ONLY_ADDED.items():
        only_added(op.get_bind(), table, message)
