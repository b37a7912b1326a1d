"""Signs of life to a place outside the site, which raises the alarm when they stay away: also when everything here is
gone, this program, its machine and its alerts included."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import aiohttp

from config.settings import Deadman

_OUTCOMES = ("sent", "failed", "held_back")
_PATIENCE_S = 10.0
_IDLE_S = 1.0
"""How often it is looked whether a place was configured."""

_log = logging.getLogger(__name__)


class Signs:
    """Sends them; `pings` counts what came of each since the start, and `last_ms` is when the last one got there."""

    def __init__(
        self, settings: Callable[[], Deadman | None], lacking: Callable[[], str], wall_ms: Callable[[], int]
    ) -> None:
        """Nothing is sent while anything is `lacking` (a sentence that says what)."""
        self._settings = settings
        self._lacking = lacking
        self._wall_ms = wall_ms
        self._pings: Counter[str] = Counter(dict.fromkeys(_OUTCOMES, 0))
        self._complaint = ""
        self.last_ms: int | None = None

    @property
    def pings(self) -> Mapping[str, int]:
        """Outcome to how often; empty where no place is configured."""
        return self._pings if self._settings() is not None else {}

    async def run(self) -> None:
        """Send one now and after every interval, until cancelled."""
        while True:
            place = self._settings()
            if place is None:
                await asyncio.sleep(_IDLE_S)
                continue
            begun = asyncio.get_running_loop().time()
            await self._round(place)
            took = asyncio.get_running_loop().time() - begun
            await asyncio.sleep(max(_IDLE_S, place.every_ms / 1000 - took))

    async def _round(self, place: Deadman) -> None:
        wrong = self._lacking()
        if wrong:
            self._pings["held_back"] += 1
            self._complain(f"signs of life for the place outside are held back: {wrong}")
            return
        why = await send(place)
        if why:
            self._pings["failed"] += 1
            self._complain(f"a sign of life does not get to the place outside: {why}; the same again is counted only")
            return
        self._pings["sent"] += 1
        self.last_ms = self._wall_ms()
        if self._complaint:
            _log.warning("signs of life get to the place outside again")
        self._complaint = ""

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            _log.error("%s", text)
        self._complaint = text


async def send(place: Deadman) -> str:
    """Ask its address once; what was in the way, in words without the address, and empty where it was answered 2xx.

    Certificates are verified, redirections not followed, and a proxy of the environment (HTTPS_PROXY) is used.
    """
    try:
        url = place.url.reveal()
    except LookupError as error:
        return str(error)
    if not _is_web_address(url):
        return "what the reference holds is no address that begins with https:// or http://"
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.request(place.method, url, allow_redirects=False) as response,
        ):
            return "" if 200 <= response.status < 300 else f"it answers with status {response.status}"
    except Exception as error:  # whatever a library makes of a strange address or answer, this goes on
        return _why(error)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
    except ValueError:
        return False


def _why(error: Exception) -> str:
    """The kind of error only: its text may hold the address, which is a secret."""
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return words
    return f"the attempt failed ({type(error).__name__})"


_WORDS: Mapping[type[Exception], str] = {
    TimeoutError: f"no answer within {_PATIENCE_S:.0f} seconds",
    aiohttp.ClientConnectorCertificateError: "its certificate is not trusted",
    aiohttp.ClientSSLError: "no TLS connection can be made with it",
    aiohttp.ClientConnectorDNSError: "its name is not known",
    aiohttp.ClientConnectorError: "it cannot be connected to",
    aiohttp.ServerDisconnectedError: "it closes the connection without an answer",
    aiohttp.ClientResponseError: "it answers with what is no HTTP",
}
