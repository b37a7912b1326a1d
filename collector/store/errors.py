"""What can go wrong with a store, in words for the person who has to put it right."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

_EXPLANATIONS = (
    ("SQLITE_FULL", "the disk is full; nothing of this was stored: make room and try again"),
    ("SQLITE_BUSY", "another process is writing to it; try again when that is done"),
    ("SQLITE_LOCKED", "another process is writing to it; try again when that is done"),
    ("SQLITE_READONLY", "it may not be written to: check the permissions of the file and its folder"),
    ("SQLITE_PERM", "it may not be opened: check the permissions of the file and its folder"),
    ("SQLITE_CANTOPEN", "it cannot be opened: check the permissions of the file and its folder"),
    ("SQLITE_NOTADB", "it is damaged: its content is not that of a database; put a backup in its place"),
    ("SQLITE_CORRUPT", "it is damaged; put a backup in its place, or save what can be saved with sqlite3's .recover"),
    ("SQLITE_IOERR", "the disk refused to read or write it; nothing of this was stored: check the disk and its room"),
)


class StoreError(Exception):
    """A store that cannot be opened, read or written; the text says which, why, and what would help."""


class NothingRecorded(StoreError):
    """There is no store yet, and none was to be made."""


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn what the database says about the store at `place` into a StoreError."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(f"store {place}: {_explanation(getattr(error, 'orig', None) or error)}") from error
    except sqlite3.Error as error:
        raise StoreError(f"store {place}: {_explanation(error)}") from error


def _explanation(error: BaseException) -> str:
    name = getattr(error, "sqlite_errorname", "")
    for prefix, text in _EXPLANATIONS:
        if name.startswith(prefix):
            return f"{text} ({error})"
    return str(error)
