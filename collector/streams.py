"""Opens connections to targets: the name resolved apart, the source chosen, every phase timed, nothing left open."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from availability.certificates import Shown
from availability.outcome import Outcome, Reason, Status
from collector.happy_eyeballs import connect

if TYPE_CHECKING:
    import ssl

    from collector.context import Context

IpVersion = Literal["any", "4", "6"]

_FAREWELL = 0.5
"""Seconds that a server has to answer the end of a TLS connection (RFC 8446, 6.1) before it is cut off."""

_Protocol = TypeVar("_Protocol", bound=asyncio.BaseProtocol)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a connection goes, and from where: `source` is a local address, None leaves it to the kernel."""

    host: str
    port: int
    ip_version: str = "any"
    source: str | None = None

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Tls:
    """How a connection is secured: the name is both sent (SNI, RFC 6066, 3) and verified (RFC 9525)."""

    context: ssl.SSLContext
    server_name: str

    def place(self, endpoint: Endpoint) -> str:
        """Where a certificate was shown: one address may show another one for every name."""
        return str(endpoint) if self.server_name == endpoint.host.rstrip(".") else f"{endpoint} as {self.server_name}"


@dataclass(slots=True)
class Stopwatch:
    """The phases of one look in milliseconds; a phase that comes twice (a redirect) adds up."""

    started: float = field(default_factory=time.monotonic)
    phases: dict[str, float] = field(default_factory=dict)
    _mark: float = 0.0
    _took_ms: float | None = None

    def __post_init__(self) -> None:
        self._mark = self.started

    def begin(self) -> None:
        """A phase begins here: what passed since the one before it belongs to none."""
        self._mark = time.monotonic()

    def phase(self, name: str) -> None:
        """`name` ends here; it began where the phase before it ended, or at `begin`."""
        now = time.monotonic()
        self.phases[name] = self.phases.get(name, 0.0) + (now - self._mark) * 1000.0
        self._mark = now

    def elapsed_ms(self) -> float:
        """Milliseconds since the look began, or until `stop`."""
        return self._took_ms if self._took_ms is not None else (time.monotonic() - self.started) * 1000.0

    def stop(self) -> None:
        """The look proper ends here; what is still learnt afterwards is no part of its latency."""
        self._took_ms = self.elapsed_ms()

    def timed(self, judged: Outcome, max_latency_ms: int | None = None, shown: Iterable[Shown | None] = ()) -> Outcome:
        """`judged` with the times taken and what was `shown`; what was right but took longer than `max_latency_ms` is
        SLOW."""
        if judged.status is Status.NONE:
            return judged
        took = self.elapsed_ms()
        status, reason, detail = judged.status, judged.reason, judged.detail
        if status is Status.OK and max_latency_ms is not None and took > max_latency_ms:
            status, reason, detail = Status.FAILED, Reason.SLOW, f"took longer than {max_latency_ms} ms"
        certificates = tuple(one for one in shown if one is not None)
        if not certificates:
            return Outcome(status, reason, took, detail, self.phases)
        end = min(one.certificate.not_after_ms for one in certificates)
        return Outcome(status, reason, took, detail, self.phases, end, certificates=certificates)


@lru_cache(maxsize=16_384)
def ip_version_for(host: str, ip_version: str, source: str | None) -> str:
    """The family that `host`, `ip_version` and `source` agree on: "any", "4" or "6".

    ValueError where they contradict each other; a host name contradicts nothing before it is resolved.
    """
    asked = {f"ip_version {ip_version}": ip_version} if ip_version != "any" else {}
    for key, value in (("source", source), ("host", host)):
        version = _version(value)
        if version:
            asked[f"{key} {value}"] = version
    families = set(asked.values())
    if len(families) > 1:
        raise ValueError(f"{' and '.join(asked)} are of different IP versions: use one version")
    return families.pop() if families else "any"


def _version(text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address(text or "").version)
    except ValueError:
        return None


async def dial(
    endpoint: Endpoint,
    context: Context,
    watch: Stopwatch,
    factory: Callable[[], _Protocol],
    tls: Tls | None = None,
) -> tuple[Any, _Protocol]:
    """An open connection: its transport and the protocol that `factory` made, which the caller must close.

    Times `resolve`, `connect` and `tls` on `watch`. OSError (gaierror, SSLError among them) where it fails. Of a name
    with several addresses the first to answer is taken (RFC 8305).
    """
    watch.begin()
    addresses = await context.resolver.resolve(endpoint.host, endpoint.ip_version)
    watch.phase("resolve")
    loop = asyncio.get_running_loop()
    if tls is None and len(addresses) == 1:
        local = (endpoint.source, 0) if endpoint.source else None
        opened = await loop.create_connection(factory, addresses[0], endpoint.port, local_addr=local)
        watch.phase("connect")
        return opened
    sock = await connect(addresses, endpoint.port, endpoint.source)
    watch.phase("connect")
    secured: dict[str, Any] = {}
    if tls:
        # The look has its own end; the event loop's must never come first, as it would be taken for a failure.
        secured = {"ssl": tls.context, "server_hostname": tls.server_name, "ssl_shutdown_timeout": _FAREWELL}
        secured["ssl_handshake_timeout"] = context.timeout + 60.0
    try:
        opened = await loop.create_connection(factory, sock=sock, **secured)
    except BaseException:
        sock.close()
        raise
    if tls:
        watch.phase("tls")
    return opened
