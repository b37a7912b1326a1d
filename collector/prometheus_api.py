"""The HTTP API of a Prometheus, as far as an import needs it: bounded, retried, and never believed blindly."""

from __future__ import annotations

import asyncio
import json
import os
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import aiohttp

BODY_LIMIT = 8 << 20
"""Bytes of an answer at most; about twelve times as much memory while it is taken in."""
PAUSES_S = (0.5, 1.0, 2.0)
"""Seconds between the attempts at a request that may go better the next time."""
_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=10, sock_read=150)
"""A Prometheus gives up on a query after 2 minutes by itself."""
_TEXT_SHOWN = 300
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]+")


class PrometheusError(Exception):
    """What stands in the way, in one sentence for people."""


class BadQuery(PrometheusError):
    """The server does not take the expression (HTTP 400, `bad_data`)."""


class TooMuch(PrometheusError):
    """The answer is larger than is read of it, or than the server wants to work out."""


class Series(NamedTuple):
    """One series of an answer: `samples` are [seconds since 1970, value as text], in order of time, not yet checked."""

    labels: Mapping[str, str]
    samples: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Access:
    """Where a Prometheus is and what it wants to see: `url` is what stands before /api/v1.

    `headers` go with every request; `tls` is None where the system's trust decides. PrometheusError where the URL is
    none, or holds what does not belong in it.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good or re.search(r"\s", self.url):
            raise PrometheusError(f"{printable(self.url)!r} is no URL: write it like https://prometheus.example:9090")
        if parts.username is not None or parts.password is not None:
            raise PrometheusError("a URL is no place for a password: use --user with --password-env or --password-file")
        if parts.query or parts.fragment:
            raise PrometheusError(
                f"{printable(self.url)!r} holds more than where Prometheus is: end it before the ? or #"
            )


class PrometheusApi:
    """Asks the Prometheus of `access`; used as `async with`.

    Every method raises PrometheusError: BadQuery where the expression is wrong, TooMuch where less must be asked for.
    """

    def __init__(self, access: Access, pauses_s: Sequence[float] = PAUSES_S) -> None:
        self.warnings: set[str] = set()
        """What the server said about answers that may not be whole."""
        self._access = access
        self._base = access.url.rstrip("/")
        self._pauses_s = pauses_s

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=_TIMEOUT,
            # Identity: what is counted against the bound is what comes over the line.
            headers={"Accept": "application/json", "Accept-Encoding": "identity", **self._access.headers},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def raw(self, selector: str, after: int, until: int) -> list[Series]:
        """The samples of a plain selector as they were scraped, from `after` up to `until` (epoch milliseconds).

        Whether one at `after` itself is among them differs between versions of Prometheus.
        """
        # The line break ends a comment that the expression may end with.
        query = f"{selector}\n[{until - after}ms]"
        return self._matrix(await self._get("query", {"query": query, "time": _seconds(until)}))

    async def stepped(self, expression: str, first: int, last: int, step: int) -> list[Series]:
        """The values of any expression at `first`, `first + step`, ... up to `last` (epoch milliseconds)."""
        span = {"start": _seconds(first), "end": _seconds(last), "step": _seconds(step)}
        # Newer servers look no further back than that for a value; older ones do not know it.
        span["lookback_delta"] = _seconds(step)
        return self._matrix(await self._get("query_range", {"query": expression, **span}))

    async def series(self, selector: str, start: int, end: int) -> list[Mapping[str, str]]:
        """The labels of the series a plain selector matches from `start` to `end`; BadQuery where it is not plain."""
        span = {"start": _seconds(start), "end": _seconds(end)}
        data = await self._get("series", {"match[]": selector, **span})
        if not isinstance(data, list) or not all(map(_are_labels, data)):
            raise self._strange("series without labels")
        return data

    async def kind(self, expression: str, at: int) -> str:
        """What the expression gives at an instant: `vector`, `matrix`, `scalar` or `string`."""
        data = await self._get("query", {"query": expression, "time": _seconds(at)})
        return str(data.get("resultType", "")) if isinstance(data, dict) else ""

    def _matrix(self, data: Any) -> list[Series]:
        if not isinstance(data, dict) or data.get("resultType") != "matrix" or not isinstance(data.get("result"), list):
            raise self._strange("something else than samples")
        found = []
        for one in data["result"]:
            if not isinstance(one, dict) or not _are_labels(one.get("metric")):
                raise self._strange("series without labels")
            if not isinstance(one.get("values"), list):
                raise self._strange("series without samples (a native histogram has none)")
            found.append(Series(one["metric"], one["values"]))
        return found

    async def _get(self, path: str, parameters: Mapping[str, str]) -> Any:
        """`data` of the answer; what may go better is tried again after a pause."""
        for pause in (*self._pauses_s, None):
            try:
                return await self._once(path, parameters)
            except _MayGoBetter as error:
                if pause is None:
                    raise PrometheusError(str(error)) from error
                await asyncio.sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _once(self, path: str, parameters: Mapping[str, str]) -> Any:
        url = f"{self._base}/api/v1/{path}"
        tls = self._access.tls if self._access.tls is not None else True
        try:
            async with self._session.get(url, params=parameters, ssl=tls, allow_redirects=False) as response:
                if 300 <= response.status < 400:
                    to = printable(response.headers.get("Location", "somewhere else"))
                    raise PrometheusError(
                        f"{self._base} redirects to {to}, which is not followed: give the URL it means"
                    )
                return self._understood(response.status, await _body(response))
        except aiohttp.ClientConnectorCertificateError as error:
            why = printable(str(error.certificate_error))
            raise PrometheusError(
                f"{self._base} shows a certificate that is not trusted ({why}); see --ca-file"
            ) from error
        except TimeoutError as error:
            raise _MayGoBetter(f"{self._base} does not answer in time") from error
        except aiohttp.InvalidURL as error:
            raise PrometheusError(f"{printable(self._base)!r} is no URL") from error
        except aiohttp.ClientError as error:
            raise _MayGoBetter(f"{self._base} cannot be reached: {_why(error)}") from error

    def _understood(self, status: int, body: bytes) -> Any:
        """`data` of an answer that says it is a success; else what it says is wrong."""
        answer: Any = None
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            if status == 200:
                raise self._strange("what is no JSON") from None
        said = printable(str(answer.get("error", ""))) if isinstance(answer, dict) else ""
        if status in (401, 403):
            raise PrometheusError(f"{self._base} refuses us (HTTP {status}): see --token-env, --token-file and --user")
        if status == 400 and said:
            raise BadQuery(said)
        if status == 422:
            raise TooMuch(said or "the server cannot work it out (HTTP 422)")
        if status in (408, 425, 429) or status >= 500:
            raise _MayGoBetter(f"{self._base} answers HTTP {status}{': ' + said if said else ''}")
        if status != 200:
            raise PrometheusError(
                f"{self._base} is no Prometheus, or not the whole URL of it: it answers HTTP {status}"
            )
        if not isinstance(answer, dict) or answer.get("status") != "success" or "data" not in answer:
            raise self._strange("what is no success")
        warnings = answer.get("warnings")
        if isinstance(warnings, list) and len(self.warnings) < 20:
            self.warnings.update(printable(str(warning)) for warning in warnings[:20])
        return answer["data"]

    def _strange(self, what: str) -> PrometheusError:
        return PrometheusError(f"{self._base} does not answer as a Prometheus does: it gives {what}")


class _MayGoBetter(PrometheusError):
    """What another attempt may not meet."""


def printable(text: str) -> str:
    """Text of a stranger as it can be shown: on one line, without control characters, not longer than it helps."""
    text = _UNPRINTABLE.sub(" ", text)
    return text if len(text) <= _TEXT_SHOWN else f"{text[:_TEXT_SHOWN]}..."


def _why(error: aiohttp.ClientError) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        # Those of getaddrinfo are no errnos and negative; the text of asyncio repeats the address.
        return os.strerror(cause.errno) if cause.errno and cause.errno > 0 else printable(cause.strerror or str(cause))
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the connection ended in the middle of an answer"
    if isinstance(error, aiohttp.ClientResponseError):
        return "what answers there does not speak HTTP"
    return printable(str(error) or type(error).__name__)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    if response.status == 200 and response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise PrometheusError("the server packs its answers, though it was asked not to")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > BODY_LIMIT:
            response.close()
            raise TooMuch(f"an answer is larger than {BODY_LIMIT >> 20} MiB")
    return bytes(body)


def _are_labels(labels: Any) -> bool:
    return isinstance(labels, dict) and all(isinstance(value, str) for value in labels.values())


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03}"
