"""What can go wrong with a store, in words for the person who has to put it right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError


class StoreError(Exception):
    """A store that cannot be opened, read or written; the text says which, why, and what would help."""


class NothingRecorded(StoreError):
    """There is no store yet, and none was to be made."""


class Passing(StoreError):
    """What may well succeed when it is simply done again: others were in the way."""


class Superseded(StoreError):
    """Who led until now wants to act, and another one leads."""


class Explaining(Protocol):
    """The part of a database that says what went wrong (`collector.store.database`)."""

    place: str
    errors: tuple[type[Exception], ...]

    def explain(self, error: BaseException) -> str:
        """The error in words."""

    def is_passing(self, error: BaseException) -> bool:
        """Whether the same may well succeed when it is done again."""


@contextmanager
def explained(database: Explaining) -> Iterator[None]:
    """Turn what the database says about the store into a StoreError."""
    refusals: tuple[type[Exception], ...] = (SQLAlchemyError, *database.errors)
    try:
        yield
    except refusals as error:
        cause = getattr(error, "orig", None) or error
        kind = Passing if database.is_passing(cause) else StoreError
        raise kind(f"store {database.place}: {database.explain(cause)}") from error
