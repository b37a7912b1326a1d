"""What an archive of a store holds, as its writer and its reader agree on it: tables, columns, and plain values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from availability.certificates import TRUSTS, Sighting
from availability.heartbeats import HeartbeatReport
from availability.ports import Run
from availability.trail import Entry

FORMAT = 1
"""Goes up when an older reader would misread what a newer writer wrote."""
DESCRIPTOR = "datapackage.json"
CONFIGURATION = "configuration.yaml"
CLOSINGS_FOLDER = "closings"
FORMATS = ("parquet", "csv")
"""How a table can be written; a reader takes the first that is there."""

LATENCY_SLOT_MS = 900_000
"""Latencies are kept per quarter of an hour."""
LATENCY_GAMMA = (21, 19)
"""Bucket i holds the latencies above gamma to the power i-1 and up to gamma to the power i, in microseconds."""
LAST_BUCKET = 255

Kind = Literal["string", "integer", "datetime", "array", "object"]
"""Types of Table Schema. A datetime is epoch milliseconds in a row, arrays and objects are JSON texts."""

OUTCOMES = ("none", "ok", "failed")
"""In the order of `availability.outcome.Status`."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; a value that is not `required` may be None, which is an empty field in CSV and null in Parquet."""

    name: str
    kind: Kind = "string"
    required: bool = True
    minimum: int | None = None
    words: tuple[str, ...] = ()
    """All the values that occur, where they are a closed list."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of an archive; `key` are the columns that name a row."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]


OBSERVATIONS = Table(
    "observations",
    (
        Column("check"),
        Column("vantage"),
        Column("first", "datetime"),
        Column("step_ms", "integer", minimum=0),
        Column("count", "integer", minimum=1),
        Column("outcome", words=OUTCOMES),
        Column("reason", required=False),
        Column("detail", required=False),
    ),
    ("check", "vantage", "first"),
)
LATENCIES = Table(
    "latencies",
    (
        Column("check"),
        Column("vantage"),
        Column("start", "datetime"),
        Column("count", "integer", minimum=1),
        Column("sum_us", "integer", minimum=0),
        Column("buckets"),
    ),
    ("check", "vantage", "start"),
)
MAINTENANCE = Table(
    "maintenance",
    (
        Column("number", "integer", minimum=1),
        Column("record"),
        Column("action", words=("add", "withdraw", "approve")),
        Column("entered_at", "datetime"),
        Column("entered_by"),
        Column("through", required=False),
        Column("reason", required=False),
        Column("category", required=False),
        Column("starts", "datetime", required=False),
        Column("ends", "datetime", required=False),
        Column("affects", "array", required=False),
        Column("ticket", required=False),
        Column("notice", "datetime", required=False),
    ),
    ("number",),
)
INCIDENTS = Table(
    "incidents",
    (
        Column("number", "integer", minimum=1),
        Column("incident"),
        Column("content", "object"),
        Column("imported_at", "datetime"),
        Column("imported_by"),
    ),
    ("number",),
)
CLOSINGS = Table(
    "closings",
    (Column("number", "integer", minimum=1), Column("period"), Column("digest"), Column("file")),
    ("number",),
)
HEARTBEATS = Table(
    "heartbeats",
    (
        Column("check"),
        Column("at", "datetime"),
        Column("outcome", words=("ok", "failed")),
        Column("received_at", "datetime"),
        Column("vantage"),
        Column("started", "datetime", required=False),
        Column("duration_ms", "integer", required=False, minimum=0),
        Column("size_bytes", "integer", required=False, minimum=0),
        Column("oldest_copy", "datetime", required=False),
        Column("copies", "integer", required=False, minimum=0),
        Column("detail", required=False),
    ),
    ("check", "at", "outcome"),
)
CERTIFICATES = Table(
    "certificates",
    (
        Column("check"),
        Column("vantage"),
        Column("place"),
        Column("fingerprint"),
        Column("trust", words=TRUSTS),
        Column("subject", required=False),
        Column("names", "array"),
        Column("issuer", required=False),
        Column("serial"),
        Column("not_before", "datetime"),
        Column("not_after", "datetime"),
        Column("first_seen", "datetime"),
        Column("last_seen", "datetime"),
    ),
    ("check", "vantage", "place", "fingerprint", "trust"),
)
PAGES = Table(
    "pages",
    (
        Column("number", "integer", minimum=1),
        Column("page"),
        Column("at", "datetime"),
        Column("kind"),
        Column("content", "object"),
    ),
    ("number",),
)
TABLES = (OBSERVATIONS, LATENCIES, MAINTENANCE, INCIDENTS, CLOSINGS, HEARTBEATS, CERTIFICATES, PAGES)


class LatencyQuarter(NamedTuple):
    """The latencies of one check from one vantage in the quarter of an hour that begins at `start`."""

    check: str
    vantage: str
    start: int
    """Epoch milliseconds."""
    counted: int
    sum_us: int
    """Their sum in microseconds, exactly."""
    buckets: tuple[tuple[int, int], ...]
    """(bucket, how many fell in it), in order; together `counted`."""


class Registered(NamedTuple):
    """One row of what the help desk registered; `content` is a JSON object."""

    number: int
    incident: str
    content: str
    imported_at: int
    imported_by: str


class Noted(NamedTuple):
    """One entry of the log of pages; `content` is a JSON object."""

    number: int
    page: str
    at: int
    kind: str
    content: str


class Closed(NamedTuple):
    """One closed month; `document` is its JSON."""

    number: int
    period: str
    digest: str
    document: bytes


class Holdings(Protocol):
    """All that a store holds at one moment. `since` (included) and `until` (not included) cut runs exactly, and take
    the quarters of an hour that begin between them."""

    def series(self) -> Sequence[tuple[str, str]]:
        """(check, vantage) of everything that was ever observed, sorted."""

    def runs(self, check: str, vantage: str, since: int | None = None, until: int | None = None) -> Iterator[Run]:
        """The runs of one of the series, in order of time."""

    def latencies(self, since: int | None = None, until: int | None = None) -> Iterator[LatencyQuarter]:
        """All latencies: by hour, then by series, then by quarter."""

    def trail(self) -> Sequence[Entry]:
        """What was entered about maintenance, in that order."""

    def incidents(self) -> Iterator[Registered]:
        """What the help desk registered, in the order of importing."""

    def closings(self) -> Iterator[Closed]:
        """The closed months, in the order of closing."""

    def heartbeats(self) -> Iterator[HeartbeatReport]:
        """What jobs reported of themselves: by check, then by instant."""

    def certificates(self) -> Iterator[Sighting]:
        """What was seen of certificates: by check, vantage and place."""

    def pages(self) -> Iterator[Noted]:
        """What was noted of pages, in that order."""
