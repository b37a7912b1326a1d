"""`waakvlam report`: the account of a period, for people, programs and municipalities."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from availability.account import Account
from availability.periods import Period, parse_period
from config.settings import Settings
from waakvlam.narrowing import Choice
from waakvlam.reporting import Asked, account_for, without_facts
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import note_aside, parse_instant, refuse
from waakvlam.writing import Wanted, write, write_per_participant

_FEW_CHOICES = "--participant, --service, --supplier and --part exclude each other: ask for one at a time"


def report(path: Path, label: str, as_of: str | None, choice: Choice, what_if: Sequence[str], wanted: Wanted) -> None:
    """Judge the period `label` as known at `as_of` (default: now) and write it as `wanted`."""
    wanted.refuse_what_does_not_fit()
    if sum(one is not None for one in (choice.participant, choice.service, choice.supplier, choice.part)) > 1:
        refuse(_FEW_CHOICES)
    settings = load_settings(path, what_if)
    now = time.time_ns() // 1_000_000
    instant = parse_instant(as_of, "--as-of") if as_of else now
    period = _period(label, settings, None if as_of else now)
    if wanted.per_participant:
        accounts = {
            participant: _account(settings, Asked(period, instant, Choice(participant, chain=choice.chain)))
            for participant in _participants(settings)
        }
        write_per_participant(accounts, settings.estate.timezone, wanted)
        return
    account = _account(settings, Asked(period, instant, choice))
    write(account, settings.estate.timezone, wanted, choice.participant)


def _period(label: str, settings: Settings, now: int | None) -> Period:
    """The period, which must have begun by `now` (epoch milliseconds) where that is given."""
    timezone = settings.estate.timezone
    try:
        period = parse_period(label, timezone)
    except ValueError as error:
        refuse(f"--period: {error}")
    if now is not None and period.start > now:
        refuse(f"--period: {label} has not begun yet: nothing can be told of it")
    return period


def _account(settings: Settings, asked: Asked) -> Account:
    store = load_store(settings, create=False)
    try:
        account = account_for(settings, store, asked)
        if note := without_facts(store, asked, settings.estate.timezone):
            note_aside(note)
        return account
    except ValueError as error:
        refuse(str(error))
    finally:
        store.close()


def _participants(settings: Settings) -> list[str]:
    """Everyone who uses a service, in the order of the configuration."""
    services = settings.estate.services.values()
    found = list(dict.fromkeys(one.id for service in services for one in service.participants))
    if not found:
        refuse("--per-participant: no service has participants")
    return found
