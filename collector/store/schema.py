"""The tables of a store, as they are after the last migration."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    event,
)
from sqlalchemy import UniqueConstraint as Unique

REVISION = "0008"
"""The last migration. Revisions are numbers of four digits, so that a later one sorts last."""

metadata = MetaData()
"""How PostgreSQL lays tables out (parts by month, room on a page) stands in the migrations alone: a word of it here
would load its dialect in every command."""

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Sorts by code points, whatever language the database was made for."""

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("check_id", TEXT, nullable=False),
    Column("vantage_id", TEXT, nullable=False),
    Unique("check_id", "vantage_id", name="series_key"),
)
"""One check from one vantage."""

outcome = Table(
    "outcome",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("status", SmallInteger, nullable=False),
    Column("reason", TEXT, nullable=False),
    Column("detail", TEXT, nullable=False),
    Unique("status", "reason", "detail", name="outcome_key"),
)
"""Every outcome that was ever seen; an empty `reason` where it was ok."""

fact = Table(
    "fact",
    metadata,
    Column("series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("step", BigInteger, nullable=False),
    Column("length", Integer, nullable=False),
    Column("outcome_id", Integer, ForeignKey("outcome.id"), nullable=False),
    sqlite_with_rowid=False,
)
"""The closed runs of a series. Runs of one series never interleave."""

tail = Table(
    "tail",
    metadata,
    Column("series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("length", Integer, nullable=False),
    Column("outcome_id", Integer, ForeignKey("outcome.id"), nullable=False),
)
"""The last run of every series that has any, apart from the closed ones: a flush that advances thousands of ends
rewrites the few pages of this small table instead of as many pages of the large one."""

latency = Table(
    "latency",
    metadata,
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("packed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Sketches of the latencies of a series in one hour (hours since the epoch), by quarters. The hour leads the key, so
that a flush writes and an expiry removes neighbouring pages."""

maintenance = Table(
    "maintenance",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("record", TEXT, nullable=False),
    Column("action", TEXT, nullable=False),
    Column("reason", TEXT, nullable=False),
    Column("entered_by", TEXT, nullable=False),
    Column("through", TEXT, nullable=False),
    Column("entered_at", BigInteger, nullable=False),
    Column("category", TEXT),
    Column("starts", BigInteger),
    Column("ends", BigInteger),
    Column("affects", TEXT),
    Column("ticket", TEXT),
    Column("notice", BigInteger),
    Unique("record", "action", name="maintenance_key"),
)
"""The trail of maintenance records, by the order of entering: each is added once, and withdrawn and approved at most
once. What it is about stands at the addition; `affects` is a JSON list. SQLite refuses to change or remove a row."""

incident = Table(
    "incident",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("incident", TEXT, nullable=False),
    Column("content", TEXT, nullable=False),
    Column("imported_at", BigInteger, nullable=False),
    Column("imported_by", TEXT, nullable=False),
)
"""What the help desk registered, by the order of importing. A later row of an incident says how it stands since;
`content` is a JSON object."""

closing = Table(
    "closing",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("period", TEXT, nullable=False),
    Column("digest", TEXT, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Unique("period", name="closing_key"),
)
"""The months that were closed, by the order of closing; `document` is compressed JSON, `digest` what chains them."""

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("check_id", TEXT, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("good", SmallInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("vantage_id", TEXT, nullable=False),
    Column("started", BigInteger),
    Column("duration_ms", BigInteger),
    Column("size_bytes", BigInteger),
    Column("oldest_copy", BigInteger),
    Column("copies", BigInteger),
    Column("detail", TEXT, nullable=False),
    Unique("check_id", "at", "good", name="heartbeat_key"),
)
"""What jobs reported of themselves, by the order of coming in; the same report again is not added. Kept for ever."""

certificate = Table(
    "certificate",
    metadata,
    Column("check_id", TEXT, primary_key=True),
    Column("vantage_id", TEXT, primary_key=True),
    Column("place", TEXT, primary_key=True),
    Column("fingerprint", TEXT, primary_key=True),
    Column("trust", TEXT, primary_key=True),
    Column("subject", TEXT, nullable=False),
    Column("names", TEXT, nullable=False),
    Column("issuer", TEXT, nullable=False),
    Column("serial", TEXT, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
)
"""Certificates as a check saw them from a vantage; `names` is a JSON list. A row is never removed, and the time from
`first_seen` to `last_seen` only ever becomes longer: SQLite refuses anything else."""

page_entry = Table(
    "page_entry",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("page", TEXT, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("content", TEXT, nullable=False),
    Index("page_entry_at", "at"),
    Index("page_entry_kind", "kind", "page"),
)
"""Everything that was noted of pages, by the order of noting; `content` is a JSON object."""

agent_position = Table(
    "agent_position",
    metadata,
    Column("agent", TEXT, primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("through", BigInteger, nullable=False),
    Column("ahead", TEXT, nullable=False),
    Column("missing", BigInteger, nullable=False),
    Column("repeated", BigInteger, nullable=False),
    Column("came_at", BigInteger, nullable=False),
)
"""How far the batches of every outbox of every agent have come in; `ahead` is a JSON list of [first, last]."""

lead = Table(
    "lead",
    metadata,
    Column("subject", TEXT, primary_key=True),
    Column("holder", TEXT, nullable=False),
    Column("term", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""Which centre leads in a subject, where several meet: `term` grows whenever another one begins to."""

centre = Table(
    "centre",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("heard_at", BigInteger, nullable=False),
    Column("version", TEXT, nullable=False),
    Column("config", TEXT, nullable=False),
)
"""What every centre said of itself last, and when."""

_ONLY_ADDED = {
    "maintenance": "the maintenance trail is only ever added to",
    "incident": "what the help desk registered is only ever added to",
    "closing": "closed months are only ever added to",
    "heartbeat": "what jobs reported is only ever added to",
    "page_entry": "the log of pages is only ever added to",
}
"""Tables of which SQLite refuses to change or remove a row, and how it says so."""

for _name, _message in _ONLY_ADDED.items():
    for _action in ("UPDATE", "DELETE"):
        event.listen(
            metadata.tables[_name],
            "after_create",
            DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy has not typed it
                f"CREATE TRIGGER {_name}_no_{_action.lower()} BEFORE {_action} ON {_name} "
                f"BEGIN SELECT RAISE(ABORT, '{_message}'); END"
            ).execute_if(dialect="sqlite"),
        )

_CHANGED = " OR ".join(
    f"NEW.{column.name} IS NOT OLD.{column.name}"
    for column in certificate.columns
    if column.name not in ("first_seen", "last_seen")
)
_REFUSED = "BEGIN SELECT RAISE(ABORT, 'what was seen of certificates is only ever added to'); END"
for _trigger in (
    "certificate_only_widens BEFORE UPDATE ON certificate "
    f"WHEN NEW.first_seen > OLD.first_seen OR NEW.last_seen < OLD.last_seen OR {_CHANGED}",
    "certificate_no_delete BEFORE DELETE ON certificate",
):
    event.listen(
        certificate,
        "after_create",
        DDL(f"CREATE TRIGGER {_trigger} {_REFUSED}").execute_if(dialect="sqlite"),  # type: ignore[no-untyped-call]  # as above
    )
