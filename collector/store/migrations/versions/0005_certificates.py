"""Certificates as they were seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEPT = (
    "check_id", "vantage_id", "place", "fingerprint", "trust", "subject", "names", "issuer", "serial", "not_before",
    "not_after",
)  # fmt: skip


def upgrade() -> None:
    """Make their table, and let SQLite refuse to remove a row of it or to make its time shorter."""
    op.create_table(
        "certificate",
        sa.Column("check_id", sa.Text, primary_key=True),
        sa.Column("vantage_id", sa.Text, primary_key=True),
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, primary_key=True),
        sa.Column("trust", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("names", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("serial", sa.Text, nullable=False),
        sa.Column("not_before", sa.BigInteger, nullable=False),
        sa.Column("not_after", sa.BigInteger, nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _KEPT)
        refused = "BEGIN SELECT RAISE(ABORT, 'what was seen of certificates is only ever added to'); END"
        op.execute(
            "CREATE TRIGGER certificate_only_widens BEFORE UPDATE ON certificate "
            f"WHEN NEW.first_seen > OLD.first_seen OR NEW.last_seen < OLD.last_seen OR {changed} {refused}"
        )
        op.execute(f"CREATE TRIGGER certificate_no_delete BEFORE DELETE ON certificate {refused}")
