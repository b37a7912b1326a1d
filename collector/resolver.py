"""Turns names into addresses with threads of its own, so that a name server that hangs delays only who needs it."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_FAMILIES = {"any": socket.AF_UNSPEC, "4": socket.AF_INET, "6": socket.AF_INET6}

Lookup = Callable[[str, int], list[str]]
"""Asks the system: (name, family) to addresses, best first; OSError where there are none. It may block."""

Found = Callable[[str, str, list[str]], None]

_Answer = list[str] | OSError | None
"""None where the lookup was spared, as nobody waited for it any more."""


def is_address(host: str) -> bool:
    """Whether `host` is a literal IPv4 or IPv6 address, so that there is nothing to resolve."""
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host.partition("%")[0])
    except (OSError, ValueError):
        return False
    return True


def ask_system(host: str, family: int) -> list[str]:
    """The addresses of `host` as the system's resolver orders them (RFC 6724)."""
    # Where both families are welcome, one that this machine cannot speak would only be tried in vain.
    flags = socket.AI_ADDRCONFIG if family == socket.AF_UNSPEC else 0
    found = socket.getaddrinfo(host, None, family, socket.SOCK_STREAM, 0, flags)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


@dataclass(slots=True)
class _Question:
    host: str
    version: str
    loop: asyncio.AbstractEventLoop
    waiting: set[asyncio.Future[list[str]]] = field(default_factory=set)


class SystemResolver:
    """The resolver of the system behind at most `threads` threads; belongs to one event loop.

    Equal questions share one lookup. A failure is remembered for `remember` seconds: a name server that is down costs
    one thread, not one per check. Successes are not kept: to resolve is part of the look. The threads are daemons, as
    a lookup cannot be interrupted and must not hold up the end of the program. `found` is told of every success: the
    name, the version of IP asked for, and the addresses.
    """

    def __init__(
        self, threads: int = 16, remember: float = 1.0, lookup: Lookup = ask_system, found: Found | None = None
    ) -> None:
        self._most = threads
        self._remember = remember
        self._lookup = lookup
        self._found = found
        self._threads: list[threading.Thread] = []
        self._idle = threading.Semaphore(0)
        self._work: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._asked: dict[tuple[str, str], _Question] = {}
        self._failed: dict[tuple[str, str], tuple[float, OSError]] = {}

    async def resolve(self, host: str, ip_version: str) -> list[str]:
        """See `collector.context.Resolver`; a literal address of the other version is a gaierror too."""
        if is_address(host):
            if ip_version != "any" and (ip_version == "6") != (":" in host):
                raise socket.gaierror(socket.EAI_NONAME, f"is no IPv{ip_version} address")
            return [host]
        key = (host, ip_version)
        remembered = self._failed.get(key)
        if remembered is not None:
            if time.monotonic() - remembered[0] < self._remember:
                raise _copy(remembered[1])
            del self._failed[key]
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()
        question = self._asked.get(key)
        if question is not None:
            question.waiting.add(answer)
        else:
            question = self._asked[key] = _Question(host, ip_version, loop, {answer})
            self._put(question)
        try:
            return await answer
        finally:
            question.waiting.discard(answer)

    def close(self) -> None:
        """Let the threads end; one that hangs in a lookup ends with it, or with the program."""
        for _ in self._threads:
            self._work.put(None)
        self._threads.clear()

    def _put(self, question: _Question) -> None:
        if not self._idle.acquire(blocking=False) and len(self._threads) < self._most:
            thread = threading.Thread(target=self._serve, name=f"resolver {len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._work.put(question)

    def _serve(self) -> None:
        """The life of one thread."""
        while (question := self._work.get()) is not None:
            try:
                answer = self._ask(question)
            finally:
                self._idle.release()
            try:
                question.loop.call_soon_threadsafe(self._settle, question, answer)
            except RuntimeError:
                return  # the loop was closed: nobody waits any more

    def _ask(self, question: _Question) -> _Answer:
        if not question.waiting:
            return None
        try:
            found = self._lookup(question.host, _FAMILIES[question.version])
        except OSError as error:
            return error
        except UnicodeError:
            return socket.gaierror(socket.EAI_NONAME, "is no name that can be looked up")
        return found or socket.gaierror(socket.EAI_NONAME, "has no address")

    def _settle(self, question: _Question, answer: _Answer) -> None:
        """In the event loop: wake everybody who waits."""
        if answer is None and question.waiting:
            self._put(question)  # somebody came just after it was spared
            return
        key = (question.host, question.version)
        del self._asked[key]
        if isinstance(answer, OSError):
            self._failed[key] = (time.monotonic(), answer)
            for future in question.waiting:
                if not future.done():
                    future.set_exception(_copy(answer))
            return
        if self._found is not None:
            self._found(*key, list(answer or ()))
        for future in question.waiting:
            if not future.done():
                future.set_result(list(answer or ()))


def _copy(error: OSError) -> OSError:
    """An exception of one's own: one raised in many tasks would gather the traceback of them all."""
    return type(error)(*error.args)
