"""Numbers series and outcomes: each once, for all who write, and never another number afterwards."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from availability.outcome import Reason, Status
from collector.store import schema
from collector.store.database import Database
from collector.store.errors import StoreError
from collector.store.statements import Many

Key = tuple[str, str]
"""A check and a vantage."""
Content = tuple[Status, Reason | None, str]
"""What an outcome says, without its instant and latency."""

_ADD_SERIES = Many("insert", schema.series, ("id", "check_id", "vantage_id"))
_ADD_OUTCOME = Many("insert", schema.outcome, ("id", "status", "reason", "detail"))


class Names:
    """What is numbered already, as far as it was read, within transactions that somebody else begins and ends."""

    def __init__(self, connection: Connection, database: Database) -> None:
        self._connection = connection
        self._database = database
        self._current = False
        self.series: dict[Key, int] = {}
        self.outcomes: dict[Content, int] = {}
        self.contents: dict[int, Content] = Outcomes()

    def expect_more(self) -> None:
        """Others may have numbered something meanwhile."""
        self._current = False

    def give(self, series: Collection[Key], contents: Collection[Content]) -> set[int]:
        """See to it that each of these has a number; the numbers of the series that are new."""
        if not self._current:
            self._read()
        if self.series.keys() >= set(series) and self.outcomes.keys() >= set(contents):
            return set()
        self._database.lock_names(self._connection)
        self._read()
        new = sorted(set(series) - self.series.keys())
        last = max(self.series.values(), default=0)
        self.series.update((key, number) for number, key in enumerate(new, last + 1))
        _ADD_SERIES(self._connection, ((self.series[key], *key) for key in new))
        last = max(self.contents, default=0)
        unseen = dict.fromkeys(content for content in contents if content not in self.outcomes)
        for number, content in enumerate(unseen, last + 1):
            self.outcomes[content], self.contents[number] = number, content
        _ADD_OUTCOME(
            self._connection,
            ((self.outcomes[one], int(one[0]), one[1] or "", one[2]) for one in unseen),
        )
        return {self.series[key] for key in new}

    def _read(self) -> None:
        """What was numbered since the last time."""
        table = schema.series
        last = max(self.series.values(), default=0)
        for key, check, vantage in self._connection.execute(select(table).where(table.c.id > last)):
            self.series[check, vantage] = key
        found = load_outcomes(self._connection, max(self.contents, default=0))
        self.contents.update(found)
        self.outcomes.update((content, key) for key, content in found.items())
        self._current = True


class Outcomes(dict[int, Content]):
    """Outcomes by number; StoreError where one is asked for that facts refer to and that is not there."""

    def __missing__(self, key: int) -> Content:
        raise StoreError(
            f"the store is damaged: its facts refer to outcome {key}, which is gone; put a backup in place"
        )


def load_outcomes(connection: Connection, after: int = 0) -> dict[int, Content]:
    """Every outcome that was ever seen, by its number, from those behind `after`; StoreError where a newer version saw
    some that this one cannot."""
    table = schema.outcome
    found = connection.execute(select(table).where(table.c.id > after)).all()
    try:
        return Outcomes(
            (key, (Status(status), Reason(reason) if reason else None, detail)) for key, status, reason, detail in found
        )
    except ValueError as error:
        raise StoreError(f"the store holds an outcome of a newer version of waakvlam ({error}); use that one") from None
