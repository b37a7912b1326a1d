"""Speaks HTTP with a Grafana: one address, one token, bounded answers, and errors in one plain line each."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from exporters.harmless import harmless

MOST_BYTES = 16 * 1024 * 1024
"""Of one answer; a dashboard is some tens of kilobytes."""
_SHOWN = 200
"""Letters of what a server says that are passed on."""
_CONNECT_S = 10.0
_WHOLE_S = 30.0


class GrafanaError(Exception):
    """Grafana cannot be used: not reached, no Grafana, or the token is refused. The message is one line."""


class Refused(Exception):
    """Grafana answered one request with a no; `status` is the one of HTTP, the message what it said, cleaned."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status and, where it was JSON, what it says."""

    status: int
    said: Any


class Wire:
    """One Grafana at `url`, asked with `token`. Made by `connected`."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str, trust: ssl.SSLContext | None) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._token = token
        self._trust = trust

    @property
    def where(self) -> str:
        """The address, as it may be shown."""
        return self._url

    async def ask(self, method: str, path: str, body: object = None) -> Answer:
        """Send one request; 2xx and 404 are answers, all else is an error.

        GrafanaError where nothing more can be done (not reached, not JSON, 401), Refused for a no to this request.
        """
        status, headers, raw = await self._sent(method, path, body)
        if 300 <= status < 400:
            to = urlsplit(headers.get("Location", ""))
            raise GrafanaError(
                f"{self._url} leads on to {self._clean(f'{to.scheme}://{to.netloc}')}: give that address"
            )
        said = _read(raw)
        if status == 401:
            raise GrafanaError(f"{self._url} refuses the token (401): make a service account token that is still valid")
        if 200 <= status < 300 or status == 404:
            return Answer(status, said)
        if status in (502, 503, 504):
            raise GrafanaError(f"{self._url} is not ready (HTTP {status}): try again in a moment")
        raise Refused(status, self._clean(_message(said) or f"HTTP {status}"))

    async def _sent(self, method: str, path: str, body: object) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of the answer; a redirect is not followed, since the token is not for others."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        try:
            async with self._session.request(
                method, self._url + path, json=body, headers=headers, allow_redirects=False, ssl=self._trust or True
            ) as response:
                raw = await response.content.read(MOST_BYTES + 1)
                while len(raw) <= MOST_BYTES and (more := await response.content.read(MOST_BYTES + 1 - len(raw))):
                    raw += more
                if len(raw) > MOST_BYTES:
                    raise GrafanaError(f"{self._url} answered with more than {MOST_BYTES >> 20} MiB: is it a Grafana?")
                return response.status, response.headers, raw
        except aiohttp.ClientConnectorCertificateError as error:
            why = getattr(error.certificate_error, "verify_message", "") or "it is not valid for this name"
            raise GrafanaError(
                f"the certificate of {self._url} is not trusted ({self._clean(str(why))}): --ca-file says who signed"
            ) from error
        except TimeoutError as error:
            raise GrafanaError(f"{self._url} did not answer within {_WHOLE_S:.0f} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise GrafanaError(f"cannot reach {self._url}: {self._clean(_why(error))}") from error

    def _clean(self, text: str) -> str:
        """Text of the server in one short line that steers no terminal and does not hold the token."""
        line = " ".join(harmless(text.replace(self._token, "[the token]")).split())
        return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


@asynccontextmanager
async def connected(url: str, token: str, ca_file: Path | None = None) -> AsyncIterator[Wire]:
    """A wire to the Grafana at `url`, closed with the block; `ca_file` says whose signature is trusted besides none.

    GrafanaError where that file cannot be used.
    """
    trust = None
    if ca_file is not None:
        try:
            trust = ssl.create_default_context(cafile=str(ca_file))
        except OSError as error:  # ssl.SSLError is one
            why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
            raise GrafanaError(f"cannot use {ca_file}: {why}") from error
    timeout = aiohttp.ClientTimeout(total=_WHOLE_S, sock_connect=_CONNECT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Wire(session, url, token, trust)


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _message(said: Any) -> str:
    """What an answer says of its error, in either family of the API."""
    if not isinstance(said, dict):
        return ""
    told = [said.get("message"), said.get("status") if isinstance(said.get("status"), str) else None]
    return ", ".join(str(one) for one in told if one)


def _why(error: Exception) -> str:
    inner = getattr(error, "os_error", None) or error
    number = getattr(inner, "errno", None)
    if isinstance(number, int) and number > 0:
        return os.strerror(number)
    return getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
