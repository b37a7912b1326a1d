"""Reads and extends the chain of closed months, within a transaction that somebody else begins and ends."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, type_coerce
from sqlalchemy.types import NullType

from collector.store.schema import closing

DOCUMENT_LIMIT = 512 * 1024 * 1024
"""Bytes of a document at most, so that a few that were made up cannot fill the memory."""


class Link(NamedTuple):
    """One closed month as it is stored: nothing of it is certain before it was verified."""

    number: int
    period: str
    digest: str
    packed: bytes


def read_links(connection: Connection) -> list[Link]:
    """Every closed month, in the order of closing."""
    table = closing
    # As they are in the file: somebody may have put there what is of another type.
    columns = [type_coerce(column, NullType()) for column in (table.c.period, table.c.digest, table.c.document)]
    found = connection.execute(select(table.c.number, *columns).order_by(table.c.number))
    return [
        Link(number, str(period), str(digest), document if isinstance(document, bytes) else b"")
        for number, period, digest, document in found
    ]


def pack(document: bytes) -> bytes:
    """The document as it is stored; ValueError where it is too large to be read again."""
    if len(document) > DOCUMENT_LIMIT:
        raise ValueError(f"it is larger than {DOCUMENT_LIMIT // 1024 // 1024} MiB")
    return zlib.compress(document)


def append_link(connection: Connection, links: int, period: str, digest: str, packed: bytes) -> Link:
    """Put a month behind the `links` that there are."""
    link = Link(links + 1, period, digest, packed)
    connection.execute(
        insert(closing).values(number=link.number, period=link.period, digest=link.digest, document=link.packed)
    )
    return link


def unpack(link: Link) -> bytes:
    """The document of a closed month; ValueError where it cannot be unpacked."""
    unpacking = zlib.decompressobj()
    try:
        document = unpacking.decompress(link.packed, DOCUMENT_LIMIT)
    except zlib.error as error:
        raise ValueError(f"it cannot be unpacked: {error}") from None
    if not unpacking.eof or unpacking.unused_data:
        raise ValueError("it cannot be unpacked: it does not end where its content does")
    return document
