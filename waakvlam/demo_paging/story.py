"""The story that the demo tells, step by step, with what each took and what was configured to be waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from waakvlam.demo.plan import OVER_RING
from waakvlam.demo_paging.chain import Chain, StoryError
from waakvlam.demo_paging.files import ACKNOWLEDGE_S, DEADMAN_S, EVERY_S, GROUP_WAIT_S

_FALL, _RISE = 3, 2
_LOOK_EVERY_S = 1.0
"""As the estate of the demo has them."""
DETECTED_S = _FALL * _LOOK_EVERY_S + EVERY_S + EVERY_S + GROUP_WAIT_S
"""What is configured to be waited for from the plug to the mail: failures in a row, one scrape, one look at the rules
(each may have been a moment ago), and Alertmanager's wait for what belongs together."""
ENDED_S = _RISE * _LOOK_EVERY_S + EVERY_S + EVERY_S + GROUP_WAIT_S
"""From the return to the end: looks in a row, a scrape, a look at the rules, and Alertmanager's interval."""
MORE_S = 5.0
"""How much longer than what is configured it may take."""
_PATIENCE_S = 40.0
_SETTLED_S = 6.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One step: how long it took, and the sum of the waits that are configured (None: there is none)."""

    what: str
    seconds: float
    configured: float | None = None

    @property
    def is_in_time(self) -> bool:
        return self.configured is None or self.seconds <= self.configured + MORE_S


Say = Callable[[str], None]


async def tell(chain: Chain, say: Say) -> list[Measured]:
    """Play it all, by night and then by day; StoryError where something does not come about."""
    measured = await by_night(chain, say)
    measured += await ring(chain, say)
    measured += await without_collector(chain, say)
    return measured + await by_day(chain, say)


async def by_night(chain: Chain, say: Say) -> list[Measured]:
    """An application dies by night; nobody answers at first, the collector dies, and the second one takes it up."""
    say("It is night. The web counter dies.")
    began = time.monotonic()
    await chain.estate.set_mode("stopped", ["loket-venlo"])
    mail, told = await chain.mail("anna", 1, _PATIENCE_S)
    say(f"Anna, on duty, has mail after {told - began:.1f} s: {mail['Subject']}")
    measured = [Measured("from the plug to the first mail", told - began, DETECTED_S)]
    say("She sleeps. The collector is killed in the middle, and started again.")
    chain.collector.kill()
    await chain.collector.start()
    mail, next_one = await chain.mail("bram", 1, _PATIENCE_S)
    say(f"Bram, the second level, has mail {next_one - told:.1f} s after Anna: {mail['Subject']}")
    measured.append(Measured("to the second level, over a restart", next_one - told, ACKNOWLEDGE_S))
    await chain.take_up(mail)
    say("Bram takes it up by the link.")
    await asyncio.sleep(ACKNOWLEDGE_S + 2)
    if chain.mails("carla"):
        raise StoryError("the third level was told although somebody has it")
    say("Nobody else is told. The web counter returns.")
    before = len(chain.mails("anna"))
    began = time.monotonic()
    await chain.estate.set_mode("serving", ["loket-venlo"])
    _, ended = await chain.about(" voorbij:", "anna", before, _PATIENCE_S)
    mail, _ = await chain.about(" voorbij:", "bram", 1, _PATIENCE_S)
    say(f"Anna and Bram hear the end after {ended - began:.1f} s: {mail['Subject']}")
    return [*measured, Measured("from the return to the end", ended - began, ENDED_S)]


async def ring(chain: Chain, say: Say) -> list[Measured]:
    """The ring is cut: one page, whatever is behind it."""
    before = {page["id"] for page in await chain.pages()}
    mails = len(chain.mails("anna"))
    say("The ring between the data centres is cut: nothing in Venlo can be seen from Roermond.")
    began = time.monotonic()
    await chain.estate.set_mode("hung", list(OVER_RING))
    mail, told = await chain.mail("anna", mails + 1, _PATIENCE_S)
    await chain.take_up(mail)
    await asyncio.sleep(_SETTLED_S)
    new = [page for page in await chain.pages() if page["id"] not in before]
    about = [alert["name"] + " " + str(alert["id"]) for page in new for alert in page["alerts"]]
    say(f"After {told - began:.1f} s there is one page: {mail['Subject']}")
    if len(new) != 1:
        raise StoryError(f"there are {len(new)} pages where one was to come: {about}")
    await chain.estate.set_mode("serving", list(OVER_RING))
    mail, _ = await chain.about(" voorbij:", "anna", mails, _PATIENCE_S)
    say(f"The ring is whole again: {mail['Subject']}")
    # The ring is believed to be down one look earlier than other things are.
    return [Measured("from the cut of the ring to its one page", told - began, DETECTED_S)]


async def without_collector(chain: Chain, say: Say) -> list[Measured]:
    """The collector is gone: the place outside misses its sign of life."""
    signs = {"deadman", "watchdog"}
    await chain.until(
        "the collector and Alertmanager are heard outside", lambda: signs <= chain.outside.heard.keys(), 60
    )
    say("The collector is killed: nobody is left here to say so.")
    began = time.monotonic()
    chain.collector.kill()
    noticed = await chain.until(
        "the place outside misses it", lambda: chain.outside.silent_for("deadman") > 2 * DEADMAN_S, _PATIENCE_S
    )
    say(f"The place outside raises the alarm after {noticed - began:.1f} s without a sign.")
    await chain.collector.start()
    return [Measured("from the collector's death to the alarm outside", noticed - began, 2 * DEADMAN_S)]


async def by_day(chain: Chain, say: Say) -> list[Measured]:
    """The same by day: the help desk gets it."""
    await chain.become("day")
    say("It is day. The web counter dies again.")
    anna, desk = len(chain.mails("anna")), len(chain.mails("servicedesk"))
    began = time.monotonic()
    await chain.estate.set_mode("stopped", ["loket-venlo"])
    mail, told = await chain.about("(loket)", "servicedesk", desk, _PATIENCE_S)
    say(f"The help desk has mail after {told - began:.1f} s: {mail['Subject']}")
    if any("(loket)" in str(each["Subject"]) for each in chain.mails("anna")[anna:]):
        raise StoryError("Anna was told by day before the help desk had its time")
    await chain.take_up(mail)
    await chain.estate.set_mode("serving", ["loket-venlo"])
    mail, _ = await chain.about("voorbij: Dienst niet beschikbaar: Web counter", "servicedesk", desk, _PATIENCE_S)
    say(f"It returns: {mail['Subject']}")
    return [Measured("by day, from the plug to the help desk", told - began, DETECTED_S)]
