"""What happens in the made-up months: when something is down, when nobody looks, and how fast answers come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from availability.edges import to_ms
from availability.outcome import Reason
from availability.spans import Span

BEGIN = "2026-09-01T00:00:00+02:00"
END = "2026-11-22T12:00:00+01:00"
"""Where the facts end; what is told of November is told as of then."""


def _span(start: str, end: str) -> Span:
    return _ms(start), _ms(end)


def _ms(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


BEGIN_MS, END_MS = _ms(BEGIN), _ms(END)


@dataclass(frozen=True, slots=True)
class Down:
    """A component or link fails all its checks, from every vantage."""

    part: str
    span: Span
    reason: Reason
    detail: str


def _down(part: str, start: str, end: str, reason: Reason, detail: str = "") -> Down:
    return Down(part, _span(start, end), reason, detail)


DOWN = (
    # September: one short outage, far from the norm.
    _down("mail-kerkdal", "2026-09-09T09:10:00+02:00", "2026-09-09T09:55:00+02:00", Reason.REFUSED),
    _down("mail-maasveen", "2026-09-09T09:20:00+02:00", "2026-09-09T09:50:00+02:00", Reason.TIMEOUT),
    # October. The line to one town hall: its own figure suffers, the others' do not.
    _down("wan-peelrade", "2026-10-02T13:05:20+02:00", "2026-10-02T16:20:40+02:00", Reason.TIMEOUT),
    _down("wan-peelrade", "2026-10-20T07:30:00+02:00", "2026-10-20T15:10:10+02:00", Reason.TIMEOUT),
    # A takeover within the four hours.
    _down("brp-kerkdal", "2026-10-06T10:12:04+02:00", "2026-10-06T13:40:31+02:00", Reason.BAD_STATUS, "status 503"),
    _down("brp-function", "2026-10-06T10:12:04+02:00", "2026-10-06T11:05:12+02:00", Reason.BAD_STATUS, "status 503"),
    # The ring is cut: each side sees its own, and only the ring is down.
    Down(
        "ring",
        _span("2026-10-09T03:15:00+02:00", "2026-10-09T05:45:00+02:00"),
        Reason.PACKET_LOSS,
        "5 of 5 packets lost",
    ),
    # A restore that the customer asked for: entered afterwards, and excused.
    _down("bag-function", "2026-10-12T12:00:10+02:00", "2026-10-12T13:48:40+02:00", Reason.REFUSED),
    # A takeover that took too long.
    _down("bag-maasveen", "2026-10-14T08:02:33+02:00", "2026-10-14T14:30:00+02:00", Reason.TIMEOUT),
    _down("bag-function", "2026-10-14T08:02:33+02:00", "2026-10-14T12:31:45+02:00", Reason.TIMEOUT),
    # One line of two: nobody notices.
    _down("gemnet-kerkdal", "2026-10-15T09:00:00+02:00", "2026-10-15T17:00:00+02:00", Reason.TIMEOUT),
    # Over the norm of the geo module: an upgrade in office hours that took too long, and a day that went wrong.
    _down("geo", "2026-10-22T16:02:00+02:00", "2026-10-22T18:40:00+02:00", Reason.BAD_STATUS, "status 503"),
    _down("geo", "2026-10-27T09:12:00+01:00", "2026-10-27T15:02:00+01:00", Reason.BAD_STATUS, "status 500"),
    # In the night in which the clocks go back, outside the agreed hours.
    _down("storage-kerkdal", "2026-10-25T02:10:00+02:00", "2026-10-25T02:40:00+01:00", Reason.TIMEOUT),
    # November so far: on its way below the norm, and the yearly test of the takeover.
    _down("internet-kerkdal", "2026-11-05T09:00:00+01:00", "2026-11-05T18:00:00+01:00", Reason.TIMEOUT),
    _down("internet-maasveen", "2026-11-05T10:01:00+01:00", "2026-11-05T17:41:00+01:00", Reason.TIMEOUT),
    _down("brp-kerkdal", "2026-11-21T07:15:00+01:00", "2026-11-21T10:30:00+01:00", Reason.REFUSED),
    _down("brp-function", "2026-11-21T07:15:00+01:00", "2026-11-21T07:31:20+01:00", Reason.REFUSED),
)

SILENT = {
    "kerkdal": (
        _span("2026-10-17T11:00:00+02:00", "2026-10-17T12:10:00+02:00"),
        _span("2026-10-28T07:00:00+01:00", "2026-10-28T23:30:00+01:00"),
    ),
    "maasveen": (_span("2026-10-17T11:00:00+02:00", "2026-10-17T15:00:00+02:00"),),
}
"""When a vantage did not look at all."""

UNWATCHED = {
    "mail-kerkdal-smtp": (_span("2026-10-29T06:00:00+01:00", "2026-10-30T09:00:00+01:00"),),
    "mail-maasveen-smtp": (_span("2026-10-29T06:00:00+01:00", "2026-10-30T09:00:00+01:00"),),
}
"""Checks that could not be made from anywhere for a while: a permission that was taken away."""

BLIPS_PER_MONTH = 4
"""Single failures of a check that mean nothing."""

FAILED_JOB = ("backup-bag-daily", "2026-10-18")
"""A backup that was done at the second attempt."""

LATENCY_MS = {"brp-function-http": 180.0, "bag-function-http": 240.0, "bag-acceptance-http": 1150.0}
"""Typical latency of the checks that are timed; in office hours more."""

MAINTENANCE = (
    {
        "category": "customer_request",
        "from": "2026-10-12T12:00:00+02:00",
        "to": "2026-10-12T14:00:00+02:00",
        "affects": ["bag-function"],
        "reason": "restore of the register, asked for by Peelrade",
        "ticket": "W2610-007",
        "notice": "2026-10-09T15:00:00+02:00",
    },
)
"""Entered by command, after the fact."""
