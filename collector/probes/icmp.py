"""Asks a host for echoes (RFC 792, RFC 4443) and judges how many came back, and how soon."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator

from availability.outcome import Outcome, Reason, failed, ok
from collector.context import Cancel, Context, Echo, Echoes
from collector.errors import from_os_error
from collector.resolver import is_address
from collector.streams import IpVersion, ip_version_for
from config.types import Address, Count, Duration, Host, Percentage

_MOST_PACKETS = 100


def _packets(value: int) -> int:
    if value > _MOST_PACKETS:
        raise ValueError(f"must be a whole number from 1 to {_MOST_PACKETS}")
    return value


def _help(text: str) -> dict[str, Any]:
    return {"help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpOptions:
    """Whom to ask, how often, and what may be lost; one packet that is lost fails unless `max_loss` allows it."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    host: Host = field(metadata=_help("The host to ping: a name or an address."))
    packets: Annotated[Count, AfterValidator(_packets)] = field(
        default=1, metadata=_help("How many echo requests one look sends, 1 to 100, spread over half of the time-out.")
    )
    max_loss: Percentage = field(
        default=Fraction(0), metadata=_help("How much of the requests may stay without a reply.")
    )
    max_latency: Duration | None = field(
        default=None, metadata=_help("The longest the replies may take on average before the host counts as slow.")
    )
    source: Address | None = field(default=None, metadata=_help("The local address to send from."))
    ip_version: IpVersion = field(default="any", metadata=_help("Which version of IP to use: any, 4 or 6."))

    def __post_init__(self) -> None:
        ip_version_for(self.host, self.ip_version, self.source)
        if self.max_loss == 1:
            raise ValueError("max_loss is 100%: nothing could fail")


async def probe(options: IcmpOptions, context: Context) -> Outcome:
    """One look; its latency is the mean round trip. A reply that comes in the last tenth of the time-out, at most
    50 ms, is too late: that time is for counting what did come."""
    started = time.monotonic()
    ip_version = ip_version_for(options.host, options.ip_version, options.source)
    try:
        addresses = await context.resolver.resolve(options.host, ip_version)
    except OSError as error:
        return from_os_error(error, options.host)
    resolved = time.monotonic()
    left = context.timeout - min(context.timeout / 10, 0.05) - (resolved - started)
    if left <= 0:
        return failed(Reason.TIMEOUT, f"{options.host}: resolving the name took all the time")
    answer = await context.pinger.ping(addresses[0], options.packets, left, options.source)
    if isinstance(answer, Outcome):
        return answer
    return _judge(options, answer)


def begin(options: IcmpOptions, context: Context, done: Callable[[Outcome], None]) -> Callable[[], Cancel] | None:
    """The same look without a task, for one packet to a literal address: most checks of most estates."""
    if options.packets > 1 or not is_address(options.host):
        return None
    unlimited = options.max_latency is None

    def judge(echo: Echo) -> None:
        if isinstance(echo, Outcome):
            done(echo)
        elif unlimited and echo is not None:
            done(ok(echo))
        else:
            done(_judge(options, Echoes((echo,))))

    return partial(context.pinger.begin, options.host, context.timeout, options.source, judge)


def _judge(options: IcmpOptions, echoes: Echoes) -> Outcome:
    sent = len(echoes.round_trips_ms)
    came = [value for value in echoes.round_trips_ms if value is not None]
    if not came:
        return failed(Reason.TIMEOUT, f"{options.host}: no reply")
    mean = sum(came) / len(came)
    if Fraction(sent - len(came), sent) > options.max_loss:
        return failed(Reason.PACKET_LOSS, f"{options.host}: more than {_percent(options.max_loss)} lost", mean)
    if options.max_latency is not None and mean > options.max_latency:
        return failed(Reason.SLOW, f"{options.host}: replies take more than {options.max_latency} ms on average", mean)
    return ok(mean)


def _percent(ratio: Fraction) -> str:
    return f"{float(ratio * 100):g}%"
