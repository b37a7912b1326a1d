"""Certificates as they were seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collector.store.migrations.portable import TEXT

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEPT = (
    "check_id", "vantage_id", "place", "fingerprint", "trust", "subject", "names", "issuer", "serial", "not_before",
    "not_after",
)  # fmt: skip
_REFUSED = "what was seen of certificates is only ever added to"


def upgrade() -> None:
    """Make their table, and let the database refuse to remove a row of it or to make its time shorter."""
    op.create_table(
        "certificate",
        sa.Column("check_id", TEXT, primary_key=True),
        sa.Column("vantage_id", TEXT, primary_key=True),
        sa.Column("place", TEXT, primary_key=True),
        sa.Column("fingerprint", TEXT, primary_key=True),
        sa.Column("trust", TEXT, primary_key=True),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("names", TEXT, nullable=False),
        sa.Column("issuer", TEXT, nullable=False),
        sa.Column("serial", TEXT, nullable=False),
        sa.Column("not_before", sa.BigInteger, nullable=False),
        sa.Column("not_after", sa.BigInteger, nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
    )
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in _KEPT)
        refused = f"EXECUTE FUNCTION refuse_to_change('{_REFUSED}')"
        op.execute(
            "CREATE TRIGGER certificate_only_widens BEFORE UPDATE ON certificate FOR EACH ROW "
            f"WHEN (NEW.first_seen > OLD.first_seen OR NEW.last_seen < OLD.last_seen OR {changed}) {refused}"
        )
        op.execute(
            "CREATE TRIGGER certificate_no_delete BEFORE DELETE OR TRUNCATE ON certificate "
            f"FOR EACH STATEMENT {refused}"
        )
    else:
        changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _KEPT)
        refused = f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        op.execute(
            "CREATE TRIGGER certificate_only_widens BEFORE UPDATE ON certificate "
            f"WHEN NEW.first_seen > OLD.first_seen OR NEW.last_seen < OLD.last_seen OR {changed} {refused}"
        )
        op.execute(f"CREATE TRIGGER certificate_no_delete BEFORE DELETE ON certificate {refused}")
