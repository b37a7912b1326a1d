"""From a configuration and its store to the account of a period: what the report command tells in every format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from availability.account import Account
from availability.accounting import account_from
from availability.evaluation import Evaluation
from availability.judge import observe
from availability.periods import Period
from availability.responses import with_responses
from availability.trail import with_trail
from config.settings import Settings
from waakvlam.narrowing import Choice, Narrowing
from waakvlam.setup import trail_of

if TYPE_CHECKING:
    from collector.store import SqlStore


@dataclass(frozen=True, slots=True)
class Asked:
    """Which account: the period as known at `as_of` (epoch milliseconds), and whose."""

    period: Period
    as_of: int
    choice: Choice


def account_for(settings: Settings, store: SqlStore, asked: Asked) -> Account:
    """The account from the facts of `store`; ValueError where the choice names what is not there."""
    narrowing = Narrowing(settings.estate, asked.choice)
    estate = with_trail(narrowing.estate, trail_of(store, settings))
    facts = store.rows(until=asked.as_of)
    evaluation = Evaluation(estate, observe(estate, facts, asked.as_of))
    account = account_from(evaluation, asked.period, asked.as_of, narrowing.services, chain=narrowing.chain)
    account = with_responses(account, estate, store.latencies)
    return narrowing.applied(replace(account, what_if=settings.what_if))
