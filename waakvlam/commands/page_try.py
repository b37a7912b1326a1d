"""`waakvlam pages try`: see before the night whether every channel of those on call takes a message."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from config.oncall_settings import Channel, OnCall, PersonOnCall
from exporters.fitted import Fitted
from exporters.paging.message import Telling, trial
from exporters.paging.outcome import Outcome
from exporters.paging.sending import Way, send
from waakvlam.setup import load_settings
from waakvlam.terminal import console, refuse

_AT_ONCE = 8
_FAILED = 1
"""Exit code where a channel did not take it."""

Tried = tuple[PersonOnCall, Channel, Outcome]


def try_channels(path: Path, to: Sequence[str]) -> None:
    """Send a try to the people with these ids, or to everybody, by all their channels; print what came of each."""
    settings = load_settings(path)
    oncall = settings.oncall
    if oncall is None:
        refuse(f"{path}: nobody is on call: write an `oncall` section first")
    for name in to:
        if name not in oncall.people:
            refuse(f"--to: there is nobody {name!r} under oncall: choose of {', '.join(oncall.people)}")
    chosen = [person for name, person in oncall.people.items() if not to or name in to]
    tried = asyncio.run(_tried(oncall, chosen, settings.estate.timezone))
    table = Fitted(("Person", "Channel", "Outcome"))
    for person, channel, outcome in tried:
        table.add(person.id, channel.name, outcome.reason or "taken")
    console().print(table)
    if any(not outcome.is_sent for _, _, outcome in tried):
        raise SystemExit(_FAILED)


async def _tried(oncall: OnCall, people: Sequence[PersonOnCall], timezone: str) -> list[Tried]:
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(person: PersonOnCall, channel: Channel) -> Tried:
        async with room:
            return person, channel, await _sent(oncall, person, channel, timezone)

    return await asyncio.gather(*(one(person, channel) for person in people for channel in person.channels))


async def _sent(oncall: OnCall, person: PersonOnCall, channel: Channel, timezone: str) -> Outcome:
    reference, now = channel.url or oncall.mail, time.time_ns() // 1_000_000
    try:
        if reference is None:
            raise LookupError("there is no oncall.mail to send mail by")
        way = Way(reference.reveal(), channel.email or "")
    except LookupError as error:
        return Outcome(str(error))
    return await send(trial(person.name, Telling(person.language, timezone, {}), now), way, now)
