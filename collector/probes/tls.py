"""Makes a TLS handshake and judges the certificate: its chain, its name, and how long it is still valid."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import ClassVar

from availability.certificates import Shown
from availability.outcome import Outcome, ok
from collector.context import Context
from collector.errors import LookEnded
from collector.streams import Endpoint, IpVersion, Stopwatch, Tls, dial, ip_version_for
from collector.transport_tls import (
    TlsVersion,
    Trust,
    context_for,
    from_stream_error,
    judge_validity,
    shown_and_refused,
    shown_on,
)
from config.types import Address, Duration, FilePath, Flag, Host, Port


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsOptions:
    """Where to make the handshake and what of the certificate must be right."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    host: Host = field(metadata={"help": "The name or address to connect to."})
    port: Port = field(default=443, metadata={"help": "The port, where TLS begins at once (no STARTTLS)."})
    server_name: Host | None = field(
        default=None, metadata={"help": "The name to ask for (SNI) and to verify, where it is not that of host."}
    )
    verify: Flag = field(default=True, metadata={"help": "Whether the certificate's chain and name are verified."})
    ca_file: FilePath | None = field(
        default=None, metadata={"help": "The certificates to trust (PEM) instead of the system's."}
    )
    min_version: TlsVersion = field(default="1.2", metadata={"help": "The oldest version of TLS to accept."})
    min_validity: Duration | None = field(
        default=None, metadata={"help": "How long the certificate must still be valid."}
    )
    max_latency: Duration | None = field(
        default=None, metadata={"help": "The longest the whole look may take before it counts as slow."}
    )
    source: Address | None = field(default=None, metadata={"help": "The local address to connect from."})
    ip_version: IpVersion = field(default="any", metadata={"help": "Which version of IP to use: any, 4 or 6."})

    def __post_init__(self) -> None:
        ip_version_for(self.host, self.ip_version, self.source)
        if self.ca_file and not self.verify:
            raise ValueError("ca_file has no use with verify: false")


async def probe(options: TlsOptions, context: Context) -> Outcome:
    """One look: a full handshake (RFC 8446, 2; no session is resumed) and the judgement of what was shown."""
    watch = Stopwatch()
    shown: Shown | None = None
    ip_version = ip_version_for(options.host, options.ip_version, options.source)
    endpoint = Endpoint(options.host, options.port, ip_version, options.source)
    trust = Trust(ca_file=options.ca_file, verify=options.verify, min_version=options.min_version)
    try:
        tls = Tls(context_for(trust), (options.server_name or options.host).rstrip("."))
        transport, _ = await dial(endpoint, context, watch, asyncio.Protocol, tls)
    except LookEnded as ended:
        return ended.outcome
    except OSError as error:
        outcome = from_stream_error(error, endpoint)
        if isinstance(error, ssl.SSLCertVerificationError):
            watch.stop()
            left = context.timeout - watch.elapsed_ms() / 1000.0
            shown = await shown_and_refused(endpoint, tls, trust, context, left, outcome)
    else:
        watch.stop()
        try:
            shown = shown_on(transport.get_extra_info("ssl_object"), endpoint, tls)
        finally:
            transport.close()
        outcome = judge_validity((shown,), options.min_validity) or ok()
    return watch.timed(outcome, options.max_latency, (shown,))
