"""Every table of an account, in the order in which a reader meets them."""

from __future__ import annotations

from collections.abc import Callable

from availability.account import Account
from exporters.tables import closing, events, paging, recovery, services, splits, work
from exporters.tables.table import Table

_LONG: frozenset[Callable[..., Table]] = frozenset((events.outages, events.unwatched, events.chain_outages))
"""Those that may have a million rows."""

_TABLES: tuple[Callable[..., Table], ...] = (
    services.summary,
    services.services,
    events.outages,
    events.failovers,
    events.pairs,
    work.exclusions,
    events.unwatched,
    work.planned,
    work.response,
    work.environments,
    services.owners,
    services.chain,
    events.chain_outages,
    recovery.recovery,
    recovery.missed,
    recovery.incidents,
    paging.pages,
    splits.splits,
    work.pending,
    closing.closed,
    closing.restated,
)


def every_table(
    account: Account, timezone: str, version: str = "", participant: str | None = None, most: int | None = None
) -> list[Table]:
    """All tables, also those without rows.

    With `participant`, no row of another one is among them, and the summary tells the figures that it has itself. With
    `most`, outages and stretches that nobody watched are no more than so many, as a person reads them.
    """
    limits = {make: {"most": most} for make in _LONG}
    tables = [make(account, participant, **limits.get(make, {})) for make in _TABLES]
    return [*tables, closing.about(account, timezone, version, participant), closing.method()]
