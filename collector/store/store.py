"""The store of facts that the rooms use: add, read back, expire; any thread may call it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from availability.centres import CentreRegister
from availability.certificates import Sighting
from availability.heartbeats import HeartbeatReport
from availability.paging import Entry as PageEntry
from availability.ports import Batch, LastPair, LatencySummary, Merged, Registration, Row, Run
from availability.recovery import Registered
from availability.spans import Span
from availability.trail import Entry
from collector.store.archive import Restoring, StoredHoldings
from collector.store.certificates import add_sightings, read_sightings
from collector.store.closings import Link, append_link, read_links
from collector.store.database import Database
from collector.store.errors import Passing, Superseded, explained
from collector.store.heartbeats import add_reports, last_number, last_reports, read_reports, reports_after
from collector.store.incidents import read_incidents, register
from collector.store.ingest import Came, OutboxKey, advance
from collector.store.maintenance import append, read_trail
from collector.store.naming import Key
from collector.store.pages import add_entries, entries_after, entries_of_known, last_page_entry
from collector.store.postgresql_centres import current_term
from collector.store.reading import read_extents, read_latencies, read_runs, read_series, read_tails
from collector.store.sketch import HOUR_MS
from collector.store.writer import Writer
from collector.transport.positions import Position

_ATTEMPTS = 3

T = TypeVar("T")


class SqlStore:
    """Facts and the maintenance trail in a database (`availability.ports`: `FactStore`, `MaintenanceTrail`); made by
    `open_store`.

    Every method raises StoreError where the database refuses, and then nothing was stored.
    """

    def __init__(self, database: Database) -> None:
        self.place = database.place
        """Where it is, for people."""
        self._database = database
        self._lock = Lock()
        self._writer: tuple[Connection, Writer] | None = None
        self._mark: Any = None
        self.writes_elsewhere = 0
        """How often a writer found that somebody else may have written since it wrote last."""

    def close(self) -> None:
        """Give all connections back; waits for a writer. A later call opens them again."""
        with self._lock:
            self._abandon()
        self._database.close()

    def claim(self, vantage: str) -> None:
        """Let nobody else collect from `vantage` into this store; StoreError where somebody does.

        A file says nothing of who uses it: there the caller sees to it.
        """
        self._database.claim(vantage)
        with self._lock:
            self._abandon()
        with self._writing():
            pass

    def add(self, batches: Collection[Batch]) -> Merged:
        """Merge in one transaction: all of it or nothing. ValueError where the runs of a batch are not in order.

        Of two outcomes for one instant the stronger stays (docs/semantics.md, section 1). A latency is counted
        where its instant is new to the store; one that was counted stays counted when a stronger outcome comes.
        """
        return self._merged(batches, lambda _: None)[0]

    def ingest(
        self, batches: Collection[Batch], came: Mapping[OutboxKey, Sequence[Came]], at: int
    ) -> tuple[Merged, dict[OutboxKey, Position]]:
        """Merge what agents sent, and note in the same transaction which of their batches that was and when (epoch
        milliseconds); what that did, and how far their outboxes have come in."""
        return self._merged(batches, lambda connection: advance(connection, came, at))

    def _merged(self, batches: Collection[Batch], note: Callable[[Connection], T]) -> tuple[Merged, T]:
        vantages = {batch.vantage for batch in batches if batch.runs}
        for attempts_left in reversed(range(_ATTEMPTS)):
            try:
                with self._writing(vantages) as (connection, writer):
                    merged = writer.add(batches)
                    if writer.late:
                        self._database.note_late(connection, writer.late)
                    return merged, note(connection)
            except Passing:
                if not attempts_left:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def rows(self, until: int | None = None, since: int | None = None) -> dict[Key, list[Row]]:
        """(check, vantage) to its rows in order of time; those that start after `until` or end before `since` left
        out."""
        return dict(self.series(until, since))

    def series(
        self, until: int | None = None, since: int | None = None, keys: Container[Key] | None = None
    ) -> Iterator[tuple[Key, list[Row]]]:
        """The same one after the other, of one state of the store, so that nobody has to hold all of them at once;
        only those in `keys` where that is given."""
        with self._reading() as connection:
            yield from read_series(connection, until, since, keys)

    def extents(self) -> dict[Key, Span]:
        """(check, vantage) to the first and the last instant at which there is an observation."""
        with self._reading() as connection:
            return read_extents(connection)

    def runs(self, check: str, vantage: str, since: int | None = None) -> list[Run]:
        """The rows of one check from one vantage with their reasons, from those that end at or after `since`."""
        with self._reading() as connection:
            return read_runs(connection, check, vantage, since)

    def tails(self, vantages: Collection[str]) -> list[tuple[Key, Run]]:
        """The last row of every series of `vantages`, with its reason."""
        with self._reading() as connection:
            return read_tails(connection, vantages)

    def latencies(self, check: str, spans: Sequence[Span]) -> LatencySummary:
        """What all vantages measured of a check within `spans` (in order of time, without overlap).

        They are kept by quarters of an hour, and a quarter counts where its middle lies within a span: exact for
        spans that begin and end at quarters.
        """
        with self._reading() as connection:
            return read_latencies(connection, check, spans)

    def expire_latencies(self, before: int) -> int:
        """Remove latencies of the hours that ended at or before `before` (epoch milliseconds); how many rows that
        were. Outcomes are kept for ever."""
        with self._writing(None) as (connection, writer):
            removed = self._database.remove_hours(connection, before // HOUR_MS)
            writer.forget()
            return removed

    def trail(self) -> list[Entry]:
        """Everything that was ever entered about maintenance, in that order."""
        with self._reading() as connection:
            return read_trail(connection)

    def enter(self, decide: Callable[[Sequence[Entry]], Entry]) -> Entry:
        """Append what `decide` makes of the trail so far; nobody else enters anything meanwhile. Where it raises,
        nothing is entered."""
        with self._writing() as (connection, _):
            trail = read_trail(connection)
            entry = decide(trail)
            append(connection, trail, entry)
            return entry

    def closings(self) -> list[Link]:
        """The closed months as they are stored, in the order of closing."""
        with self._reading() as connection:
            return read_links(connection)

    def close_month(self, decide: Callable[[Sequence[Link]], tuple[str, str, bytes]]) -> Link:
        """Append the month, the digest and the packed document that `decide` makes of those that were closed; nobody
        else closes one meanwhile. Where it raises, nothing is closed."""
        with self._writing() as (connection, _):
            links = read_links(connection)
            return append_link(connection, len(links), *decide(links))

    @contextmanager
    def holdings(self) -> Iterator[StoredHoldings]:
        """All it holds at one moment, to be read within the block, whoever writes meanwhile."""
        with self._reading() as connection:
            yield StoredHoldings(connection)

    @contextmanager
    def restoring(self) -> Iterator[Restoring]:
        """One transaction that takes an archive: all that is added within the block, or nothing where it raises."""
        with self._writing(None) as (connection, writer):
            yield Restoring(connection, writer, self._database)

    def incidents(self) -> list[Registered]:
        """Every incident that the help desk registered, as it stands now, in the order of first registering."""
        with self._reading() as connection:
            return read_incidents(connection)

    def register(self, incidents: Collection[Registered], by: str, at: int) -> Registration:
        """Append those of `incidents` that are new or stand otherwise than before, in one transaction."""
        with self._writing() as (connection, _):
            return register(connection, incidents, by, at)

    def report(self, reports: Iterable[HeartbeatReport]) -> int:
        """Add what jobs reported and is not there yet, in one transaction; how many reports that were."""
        with self._writing() as (connection, _):
            return add_reports(connection, reports)[0]

    def last_reports(self, checks: Iterable[str]) -> dict[str, LastPair]:
        """Of each of `checks` the good report with the latest instant, and the one with the latest of all."""
        with self._reading() as connection:
            return {check: last_reports(connection, check) for check in checks}

    def reports_after(self, number: int) -> tuple[list[HeartbeatReport], int]:
        """What was reported behind the first `number` reports, in that order, and the number of the last one."""
        with self._reading() as connection:
            return reports_after(connection, number)

    def last_report_number(self) -> int:
        """How many reports there are."""
        with self._reading() as connection:
            return last_number(connection)

    def reports(self, checks: Sequence[str], until: int) -> list[HeartbeatReport]:
        """What the jobs of `checks` reported up to `until` (epoch milliseconds): by check, then by instant."""
        with self._reading() as connection:
            return list(read_reports(connection, checks, until))

    def see_certificates(self, sightings: Iterable[Sighting]) -> None:
        """Keep what was seen of certificates, in one transaction; it widens what is there of the same."""
        with self._writing() as (connection, _):
            add_sightings(connection, sightings)

    def certificates(self) -> list[Sighting]:
        """All that was ever seen of certificates, by check, vantage and place."""
        with self._reading() as connection:
            return list(read_sightings(connection))

    def pages_known(self, since: int) -> tuple[list[PageEntry], int]:
        """All that was noted of the pages that are not over, or of which something was noted at or after `since`."""
        with self._reading() as connection:
            return entries_of_known(connection, since), last_page_entry(connection)

    def advance_pages(
        self, number: int, decide: Callable[[Sequence[PageEntry]], Sequence[PageEntry]], term: int = 0
    ) -> tuple[list[PageEntry], int]:
        """Append what `decide` makes of what was noted behind the first `number`; all that is behind them then.

        Superseded where `term` is given and another one leads now.
        """
        with self._writing() as (connection, _):
            if term and current_term(connection) != term:
                raise Superseded(f"store {self.place}: another centre leads now")
            last = last_page_entry(connection)
            others = entries_after(connection, number) if last > number else []
            entries = decide(others)
            return [*others, *entries], add_entries(connection, last, entries)

    def page_entries_after(self, number: int) -> tuple[list[PageEntry], int]:
        """What was noted behind the first `number`, in that order, and the number of the last one."""
        with self._reading() as connection:
            entries = entries_after(connection, number)
            return entries, number + len(entries)

    @property
    def is_shared(self) -> bool:
        """Whether other machines can have the same store."""
        return self._database.is_shared

    def centres(self) -> CentreRegister | None:
        """Where the centres meet that share this store; None where it is one machine's alone."""
        return self._database.centres()

    @contextmanager
    def _writing(self, vantages: Collection[str] | None = ()) -> Iterator[tuple[Connection, Writer]]:
        """One transaction on the one connection that writes: nothing but registers, or also the facts of `vantages`,
        or anything where that is None."""
        with self._lock, explained(self._database):
            if self._database.has_moved():
                self._abandon()
                self._database.close()
            connection, writer = self._begin(vantages)
            try:
                yield connection, writer
                connection.commit()
            except BaseException:
                self._abandon()
                raise

    def _begin(self, vantages: Collection[str] | None) -> tuple[Connection, Writer]:
        """A transaction in which it is our turn; on a new connection where the old one was lost while nothing was
        written."""
        kept = self._writer is not None
        try:
            return self._take_turn(vantages)
        except DBAPIError as error:
            if not (kept and error.connection_invalidated):
                raise
        return self._take_turn(vantages)

    def _take_turn(self, vantages: Collection[str] | None) -> tuple[Connection, Writer]:
        if self._writer is None:
            connection = self._database.writer()
            self._writer = (connection, Writer(connection, self._database))
        connection, writer = self._writer
        try:
            connection.begin()
            changed, self._mark = self._database.take_turn(connection, vantages, self._mark)
        except BaseException:
            self._abandon()
            raise
        if changed is None or changed:
            writer.forget(changed)
            self.writes_elsewhere += 1
        writer.turn = vantages
        return connection, writer

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One transaction that sees the store as it is now, whoever writes meanwhile."""
        with explained(self._database), self._database.reader() as connection:
            yield connection

    def _abandon(self) -> None:
        """Let go of the connection that writes and of what was remembered about the store."""
        if self._writer is not None:
            connection, _ = self._writer
            self._writer = None
            self._mark = None
            connection.invalidate()
            connection.close()
