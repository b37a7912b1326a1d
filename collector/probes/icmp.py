"""Asks a host for echoes (RFC 792, RFC 4443) and judges how many came back, how soon, and how evenly."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator

from availability.outcome import Burst, Degraded, Outcome, Reason, Status, failed, ok
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
    max_jitter: Duration | None = field(
        default=None,
        metadata=_help("How much the time of a reply may differ from that of the one before it, on average."),
    )
    degraded_loss: Percentage | None = field(
        default=None, metadata=_help("More than this lost, and not more than `max_loss`: up, but degraded.")
    )
    degraded_jitter: Duration | None = field(
        default=None, metadata=_help("More jitter than this, and not more than `max_jitter`: up, but degraded.")
    )
    spacing: Duration | None = field(
        default=None,
        metadata=_help(
            "From one request of a look to the next, 100ms without it; in no case more than lets all of them leave in "
            "half of the time-out."
        ),
    )
    source: Address | None = field(default=None, metadata=_help("The local address to send from."))
    ip_version: IpVersion = field(default="any", metadata=_help("Which version of IP to use: any, 4 or 6."))

    def __post_init__(self) -> None:
        ip_version_for(self.host, self.ip_version, self.source)
        if self.max_loss == 1:
            raise ValueError("max_loss is 100%: nothing could fail")
        for key in ("max_jitter", "degraded_loss", "degraded_jitter", "spacing"):
            if getattr(self, key) is not None and self.packets == 1:
                raise ValueError(f"{key} is about several packets: set packets to 2 or more")
        if self.degraded_loss is not None and self.degraded_loss >= self.max_loss:
            raise ValueError(f"degraded_loss must be less than max_loss, which is {_percent(self.max_loss)}")
        softer, harder = self.degraded_jitter, self.max_jitter
        if softer is not None and harder is not None and softer >= harder:
            raise ValueError(f"degraded_jitter must be less than max_jitter, which is {harder} ms")


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
    spacing = None if options.spacing is None else options.spacing / 1000
    answer = await context.pinger.ping(addresses[0], options.packets, left, options.source, spacing)
    if isinstance(answer, Outcome):
        lost = answer.status is Status.FAILED and options.packets > 1
        return replace(answer, burst=Burst(options.packets, 0, None)) if lost else answer
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
    burst = Burst(sent, len(came), jitter(came)) if sent > 1 else None
    if not came:
        return replace(failed(Reason.TIMEOUT, f"{options.host}: no reply"), burst=burst)
    mean = sum(came) / len(came)
    lost = Fraction(sent - len(came), sent)
    fault = _fault(options, lost, mean, burst)
    if fault is not None:
        return replace(failed(*fault, mean), burst=burst)
    return Outcome(Status.OK, None, mean, burst=burst, degraded=_degraded(options, lost, burst))


def _fault(options: IcmpOptions, lost: Fraction, mean: float, burst: Burst | None) -> tuple[Reason, str] | None:
    host = options.host
    if lost > options.max_loss:
        return (Reason.PACKET_LOSS, f"{host}: more than {_percent(options.max_loss)} lost")
    if options.max_latency is not None and mean > options.max_latency:
        return (Reason.SLOW, f"{host}: replies take more than {options.max_latency} ms on average")
    if _above(burst, options.max_jitter):
        return (Reason.JITTER, f"{host}: more than {options.max_jitter} ms of jitter")
    return None


def _degraded(options: IcmpOptions, lost: Fraction, burst: Burst | None) -> Degraded | None:
    host = options.host
    if options.degraded_loss is not None and lost > options.degraded_loss:
        return Degraded(Reason.PACKET_LOSS, f"{host}: more than {_percent(options.degraded_loss)} lost")
    if _above(burst, options.degraded_jitter):
        return Degraded(Reason.JITTER, f"{host}: more than {options.degraded_jitter} ms of jitter")
    return None


def _above(burst: Burst | None, limit: int | None) -> bool:
    return limit is not None and burst is not None and burst.jitter_ms is not None and burst.jitter_ms > limit


def jitter(round_trips_ms: Sequence[float]) -> float | None:
    """How much round trips differ from the one before, on average (milliseconds); None of fewer than two.

    It is the plain mean over one burst of what RFC 3550 (6.4.1) smooths over a stream. Each difference is that of two
    round trips, so that neither the clock of the other end nor the spacing of the requests is in it.
    """
    if len(round_trips_ms) < 2:
        return None
    return sum(abs(after - before) for before, after in pairwise(round_trips_ms)) / (len(round_trips_ms) - 1)


def _percent(ratio: Fraction) -> str:
    return f"{float(ratio * 100):g}%"
