"""A look at a server that is talked to over one stream which may turn to TLS: what SMTP, IMAP and LDAP share."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from availability.outcome import Reason, could_not_look, ok
from collector.errors import LookEnded
from collector.streams import Endpoint, IpVersion, Stopwatch, Tls, ip_version_for
from collector.transport_tls import Trust, context_for, from_stream_error, judge_validity, refused_as
from collector.wire import Wire, connected
from config.types import Address, Duration, FilePath, Flag, Host

if TYPE_CHECKING:
    from availability.certificates import Shown
    from availability.outcome import Outcome
    from collector.context import Context
    from config.settings import SecretRef

_FAREWELL = 0.5
"""Seconds that a server has to answer a goodbye; by then the look has been judged."""


def _help(text: str) -> dict[str, Any]:
    return {"help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """What every protocol takes that begins with TLS or turns to it later."""

    host: Host = field(metadata=_help("The host to ask: a name or an address."))
    source: Address | None = field(default=None, metadata=_help("The local address to connect from."))
    ip_version: IpVersion = field(default="any", metadata=_help("Which version of IP to use: any, 4 or 6."))
    starttls: Flag = field(default=False, metadata=_help("Whether to turn to TLS on the open connection."))
    tls: Flag = field(default=False, metadata=_help("Whether to begin with TLS."))
    verify: Flag = field(default=True, metadata=_help("Whether the certificate's chain and name are verified."))
    ca_file: FilePath | None = field(
        default=None, metadata=_help("The certificates to trust (PEM) instead of the system's.")
    )
    server_name: Host | None = field(
        default=None, metadata=_help("The name that the certificate must bear, where it is not the host.")
    )
    min_validity: Duration | None = field(default=None, metadata=_help("How long the certificate must still be valid."))
    max_latency: Duration | None = field(
        default=None, metadata=_help("The longest the whole look may take before it counts as slow.")
    )

    def __post_init__(self) -> None:
        ip_version_for(self.host, self.ip_version, self.source)
        if self.starttls and self.tls:
            raise ValueError("starttls and tls exclude each other: give one")
        if (self.ca_file or self.server_name or self.min_validity) and not (self.starttls or self.tls):
            raise ValueError("ca_file, server_name and min_validity need starttls or tls")
        if self.ca_file and not self.verify:
            raise ValueError("ca_file has no use with verify: false")


def check_login(options: StreamOptions, names: str, name: str | None, password: SecretRef | None) -> None:
    """ValueError where a login is half given, cannot be sent, or would be sent in the clear; `names` are its keys."""
    if (name is None) != (password is None):
        raise ValueError(f"{names} belong together: give both or neither")
    if name is None:
        return
    if not name.isprintable():
        raise ValueError(f"{names.split()[0]} holds characters that cannot be sent")
    if not (options.starttls or options.tls or _is_here(options.host)):
        raise ValueError("password would be sent in the clear: give starttls or tls (only loopback needs neither)")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


def revealed(secret: SecretRef, wire: Wire) -> str:
    """The secret, for `wire` to carry; LookEnded where there is none, it cannot be sent, or others could read along."""
    if not wire.may_carry_secrets:
        why = f"{wire.endpoint} is not this machine, and a password is not sent in the clear"
        raise LookEnded(could_not_look(Reason.COULD_NOT_LOOK, why))
    try:
        value = secret.reveal()
    except LookupError as error:
        raise LookEnded(could_not_look(Reason.NO_SECRET, str(error.args[0]) if error.args else "")) from error
    if any(character in value for character in "\0\r\n"):
        raise LookEnded(could_not_look(Reason.NO_SECRET, "a secret holds what no password can carry"))
    return value


@dataclass(frozen=True, slots=True)
class Manners:
    """How a protocol is spoken; each function raises LookEnded where the server does not do what is right.

    `turn` brings a fresh connection to the point where TLS begins (STARTTLS); `talk` is what is to be judged, said
    after that where TLS was asked for; `part` says goodbye. `most` bounds the bytes that the server may say.
    """

    turn: Callable[[Wire, Stopwatch], Awaitable[None]]
    talk: Callable[[Wire, Stopwatch], Awaitable[None]]
    part: Callable[[Wire], Awaitable[None]]
    most: int = 256 * 1024


async def look_over(options: StreamOptions, port: int, context: Context, manners: Manners) -> Outcome:
    """One look, which ends well where `manners.talk` does; times `resolve`, `connect`, `tls` and what `manners` do."""
    watch = Stopwatch()
    shown: Shown | None = None
    ip_version = ip_version_for(options.host, options.ip_version, options.source)
    endpoint = Endpoint(options.host, port, ip_version, options.source)
    trust = Trust(ca_file=options.ca_file, verify=options.verify)
    try:
        tls = _tls(options, trust)
        async with connected(endpoint, context, watch, manners.most) as wire:
            if tls:
                shown = await _secured(wire, options, tls, manners, watch)
            await manners.talk(wire, watch)
            watch.stop()
            await _farewell(wire, manners, context, watch)
        outcome = judge_validity((shown,), options.min_validity) or ok()
    except LookEnded as ended:
        outcome = ended.outcome
    except OSError as error:
        outcome = from_stream_error(error, endpoint)
        if isinstance(error, ssl.SSLCertVerificationError):
            watch.stop()
            blind = _tls(options, replace(trust, ca_file=None, verify=False))
            assert blind is not None, "only TLS verifies"  # noqa: S101 - for the type checker
            shown = refused_as(await _refused(endpoint, options, blind, context, manners, watch), outcome)
    return watch.timed(outcome, options.max_latency, (shown,))


def _tls(options: StreamOptions, trust: Trust) -> Tls | None:
    if not (options.starttls or options.tls):
        return None
    return Tls(context_for(trust), (options.server_name or options.host).rstrip("."))


async def _secured(wire: Wire, options: StreamOptions, tls: Tls, manners: Manners, watch: Stopwatch) -> Shown | None:
    if options.starttls:
        await manners.turn(wire, watch)
    shown = await wire.secure(tls)
    watch.phase("tls")
    return shown


async def _refused(
    endpoint: Endpoint, options: StreamOptions, blind: Tls, context: Context, manners: Manners, watch: Stopwatch
) -> Shown | None:
    """A certificate that was refused, as `collector.transport_tls.shown_and_refused` has it.

    None where it cannot be had within half of the time that is left.
    """
    left = context.timeout - watch.elapsed_ms() / 1000.0
    another = Stopwatch()
    with contextlib.suppress(OSError, LookEnded):
        async with asyncio.timeout(left / 2), connected(endpoint, context, another, manners.most) as wire:
            return await _secured(wire, options, blind, manners, another)
    return None


async def _farewell(wire: Wire, manners: Manners, context: Context, watch: Stopwatch) -> None:
    """A goodbye that may fail: what was to be judged has been, and its time has been taken."""
    left = context.timeout - watch.elapsed_ms() / 1000.0
    with contextlib.suppress(OSError, LookEnded):
        async with asyncio.timeout(min(_FAREWELL, left / 2)):
            await manners.part(wire)
