"""Who leads, which centres there are, and how often facts came late."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.store.migrations.portable import TEXT

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their tables. In PostgreSQL a turn says as well how often something was not the newest of its series."""
    op.create_table(
        "lead",
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("term", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "centre",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("heard_at", sa.BigInteger, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("config", TEXT, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE turn ADD COLUMN late bigint NOT NULL DEFAULT 0")
