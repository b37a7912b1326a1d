"""How fast services answered within their agreed time (docs/semantics.md, section 10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from availability.account import Account, Response
from availability.estate import Agreement, Estate
from availability.periods import Period
from availability.ports import LatencySummary
from availability.spans import Span
from availability.terms import while_it_exists
from availability.windows import agreed_spans

Latencies = Callable[[str, Sequence[Span]], LatencySummary]
"""`availability.ports.FactStore.latencies`: what was measured of a check within some time."""


def agreed_so_far(estate: Estate, service: str, period: Period, as_of: int) -> list[Span]:
    """The agreed time of a service in `period` before `as_of`, `since` and `until` applied."""
    promised = estate.services[service]
    return while_it_exists(promised, _agreed(estate, estate.agreements[promised.agreement], period, as_of))


def with_responses(account: Account, estate: Estate, latencies: Latencies) -> Account:
    """`account` with the response of every service that one was agreed for."""
    period, as_of = account.report.period, account.report.as_of
    agreed: dict[str, list[Span]] = {}
    services = dict(account.services)
    for id_, told in services.items():
        service = estate.services[id_]
        if service.response_time is None:
            continue
        if service.agreement not in agreed:
            agreed[service.agreement] = _agreed(estate, estate.agreements[service.agreement], period, as_of)
        measured = latencies(service.response_time.check, while_it_exists(service, agreed[service.agreement]))
        services[id_] = replace(
            told,
            response=Response(
                check=service.response_time.check,
                count=measured.count,
                mean_ms=measured.mean_ms,
                p95_ms=measured.p95_ms,
                mean_below_ms=service.response_time.mean_below_ms,
            ),
        )
    return replace(account, services=services)


def _agreed(estate: Estate, agreement: Agreement, period: Period, as_of: int) -> list[Span]:
    return agreed_spans(agreement, estate.calendar, period.start, min(as_of, period.end))
