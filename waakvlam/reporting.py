"""From a configuration and its store to the account of a period: what the report command tells in every format."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from availability.account import Account
from availability.accounting import account_from
from availability.edges import from_ms
from availability.evaluation import Evaluation
from availability.incidents import earliest_report, recovery_report
from availability.page_accounts import page_accounts
from availability.periods import Period
from availability.ports import FactStore, Row
from availability.recovery import Registered
from availability.responses import with_responses
from availability.splits import CONTACT, Split, splits
from availability.trail import with_trail
from availability.working_time import WorkingTime
from config.settings import Settings
from waakvlam.closing import closed_within, head
from waakvlam.horizon import evaluation_for
from waakvlam.narrowing import Choice, Narrowing
from waakvlam.setup import trail_of

if TYPE_CHECKING:
    from collector.store import SqlStore

_CONFIRMING_MS = 86_400_000
"""An outage begins before it is confirmed, and its incident reported; by less than this."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which account: the period as known at `as_of` (epoch milliseconds), and whose."""

    period: Period
    as_of: int
    choice: Choice


def account_for(settings: Settings, store: SqlStore, asked: Asked) -> Account:
    """The account from the facts of `store`; ValueError where the choice names what is not there."""
    period, as_of = asked.period, asked.as_of
    narrowing = Narrowing(settings.estate, asked.choice)
    estate = with_trail(narrowing.estate, trail_of(store, settings))
    registered = store.incidents() if settings.recovery is not None else []
    evaluation = evaluation_for(store, estate, period, as_of, _first_incident(settings, registered, period))
    account = account_from(evaluation, period, as_of, narrowing.services, chain=narrowing.chain)
    if settings.recovery is not None:
        facts = _Facts(store, as_of)
        recovery = recovery_report(settings.recovery, evaluation, facts, registered, period, as_of)
        account = replace(account, recovery=recovery)
    account = with_responses(account, estate, store.latencies)
    account = replace(account, names={id_: one.name for id_, one in settings.organisations.items()})
    if settings.what_if:
        account = replace(account, what_if=settings.what_if)
    else:
        closed = closed_within(store, evaluation, account.report)
        account = replace(account, closed=closed, head=head(store))
    if narrowing.services is None:
        # Of the others a page of the period is still open, or something was noted of it since.
        account = replace(account, pages=page_accounts(store.pages_known(period.start)[0], period, as_of))
        account = replace(account, splits=_splits(store, evaluation, period, as_of))
    return narrowing.applied(account)


def _splits(store: SqlStore, evaluation: Evaluation, period: Period, as_of: int) -> tuple[Split, ...]:
    """When the centres could not see each other, and what they saw then."""
    keys = {(CONTACT, vantage) for vantage in evaluation.estate.vantages}
    until = min(period.end, as_of)
    contacts = {key[1]: rows for key, rows in store.series(until, period.start - _CONFIRMING_MS, keys)}
    known = ((check, {name: one.state for name, one in seen.items()}) for check, seen in evaluation.seen_by.items())
    return splits(contacts, known, period.start, until)


def without_facts(store: SqlStore, asked: Asked, timezone: str) -> str:
    """A sentence where not one observation lies in the period so far; empty where there is one."""
    start, end = asked.period.start, min(asked.period.end, asked.as_of + 1)
    extents = store.extents().values()
    if any(first < end and last >= start for first, last in extents):
        return ""
    label, zone = asked.period.label, ZoneInfo(timezone)
    if not extents:
        return f"{label}: {store.place} holds no facts yet"
    earliest, latest = min(first for first, _ in extents), max(last for _, last in extents)
    there = " to ".join(f"{from_ms(edge, zone):%Y-%m-%d}" for edge in (earliest, latest))
    return f"{label}: nothing was observed then; the facts in {store.place} are from {there}"


def _first_incident(settings: Settings, registered: Collection[Registered], period: Period) -> int | None:
    """From when on outages may belong to `period` as incidents; None where no recovery times were agreed."""
    if settings.recovery is None:
        return None
    earliest = earliest_report(settings.recovery, WorkingTime.of(settings.estate), period.start)
    open_then = [one.reported_at for one in registered if one.closed_at is None or one.closed_at >= period.start]
    return min([earliest, *open_then]) - _CONFIRMING_MS


class _Facts:
    """The facts of a store up to an instant, one series after the other."""

    def __init__(self, store: FactStore, until: int) -> None:
        self._store = store
        self._until = until

    def items(self) -> Iterator[tuple[tuple[str, str], Sequence[Row]]]:
        return self._store.series(until=self._until)
