"""What a store needs of the database beneath it, beyond what SQLAlchemy makes equal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection

from availability.centres import CentreRegister


class Noticed(NamedTuple):
    """What was written by others since a writer wrote last.

    `vantages` are those whose facts changed; None where that may be any. `mark` is what to give the next time.
    """

    vantages: Collection[str] | None
    mark: Any


class Database(Protocol):
    """One database with the tables of a store; any thread may call it."""

    place: str
    """Where it is, for people; never with a password."""
    is_shared: bool
    """Whether other machines can have it as well."""
    errors: tuple[type[Exception], ...]
    """What its driver raises where SQLAlchemy does not stand in between."""

    def explain(self, error: BaseException) -> str:
        """What the database says, in words for the person who has to put it right."""

    def is_passing(self, error: BaseException) -> bool:
        """Whether the same transaction may well succeed when it is simply done again."""

    def reader(self) -> Connection:
        """A connection whose transaction sees one state of the store, whoever writes meanwhile."""

    def writer(self) -> Connection:
        """A connection that is kept for writing."""

    def prepare(self, connection: Connection) -> None:
        """Begin to make or change the tables: nobody else does so, and nobody writes."""

    def claim(self, vantage: str) -> None:
        """From the next writer on, nobody else may collect from `vantage` as long as that writer is connected."""

    def has_moved(self) -> bool:
        """Whether what is to be written to is not what was written to before."""

    def take_turn(self, connection: Connection, vantages: Collection[str] | None, mark: Any) -> Noticed:
        """Begin to write: wait until nobody else does, and say what others wrote since `mark` (None: for the first
        time).

        To be written are facts of `vantages` (none of them: nothing but registers; None: anything at all).
        """

    def note_late(self, connection: Connection, vantages: Collection[str]) -> None:
        """Within a turn: what was written of these vantages was not all the newest of its series."""

    def centres(self) -> CentreRegister | None:
        """Where the centres meet that share this database; None where it is one machine's alone."""

    def lock_names(self, connection: Connection) -> None:
        """From here to the end of the transaction nobody else gives a series or an outcome its number."""

    def make_room(self, connection: Connection, table: str, places: Iterable[int]) -> None:
        """Rows of `table` (`fact`, `latency`) can be added at `places`, the values that lead them in time."""

    def rows_around(
        self, connection: Connection, places: Collection[tuple[int, int]], limit: int
    ) -> Mapping[int, Sequence[Any]]:
        """Of each series and instant the closed runs from the last one that begins before it, at most `limit`, as
        (first, step, length, outcome); none where asking for one series after the other is as fast."""

    def remove_hours(self, connection: Connection, before: int) -> int:
        """Remove the latencies of the hours before `before` (hours since the epoch); how many rows that were."""

    def close(self) -> None:
        """Give all connections back; a later call opens them again."""
