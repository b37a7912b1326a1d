"""Sends one message by one channel, whatever that is, off the event loop and within a bounded time."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from exporters.paging.mail import SCHEMES, MailURLError, read_post, send_mail
from exporters.paging.message import Message
from exporters.paging.outcome import Outcome
from exporters.paging.push import send_push

LONGEST_S = 60.0
"""An attempt that has no outcome by then may have arrived, and counts as failed."""
_PUSH_S = 20.0

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Way:
    """The URL of a channel, read from its secret a moment ago; `to` is the address where it is a server for mail."""

    url: str
    to: str = ""

    def __repr__(self) -> str:
        return "Way(...)"


async def send(message: Message, way: Way, now: int) -> Outcome:
    """What came of it; never an exception but for being cancelled. `now` is epoch milliseconds."""
    scheme = way.url.partition(":")[0].lower()
    if scheme in SCHEMES:
        try:
            work: Callable[[], Outcome] = partial(send_mail, message, read_post(way.url, way.to), now)
        except MailURLError as error:
            return Outcome(str(error))
    elif way.to:
        return Outcome("oncall.mail is no mail URL: write smtps://user:password@host/?from=a@b")
    else:
        work = partial(send_push, message, way.url, _PUSH_S)
    try:
        async with asyncio.timeout(LONGEST_S):
            return await _in_thread(work)
    except TimeoutError:
        return Outcome(f"no outcome within {LONGEST_S:.0f} s", arrived=True)
    except Exception as error:  # a mistake of ours in one message must not end the others; its text may hold a URL
        _log.error("sending %s ended with %s", message.key, type(error).__name__)
        return Outcome(f"it could not be sent ({type(error).__name__})", arrived=True)


async def _in_thread(work: Callable[[], T]) -> T:
    """What `work` gives, in a thread that does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(act: Callable[[], None]) -> None:
        if not done.done():
            act()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            act = partial(done.set_exception, error)
        else:
            act = partial(done.set_result, result)
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, act)

    threading.Thread(target=run, name="paging", daemon=True).start()
    return await done
