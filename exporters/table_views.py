"""Which columns of which table a terminal shows, and which of them it leaves out first where it is narrow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """Columns of a table by their keys; the first two and the last stay on the narrowest terminal."""

    columns: tuple[str, ...]
    spare: tuple[str, ...] = ()
    """Left out in this order where there is no room."""


VIEWS: Mapping[str, View] = {
    "services": View(
        (
            *("service", "norm", "availability", "availability_low", "availability_high", "coverage", "down"),
            *("budget_left", "verdict"),
        ),
        ("coverage", "down", "norm", "budget_left"),
    ),
    "outages": View(
        ("service", "start", "end", "down", "excluded", "unknown", "owners", "causes"),
        ("owners", "unknown", "excluded"),
    ),
    "failovers": View(
        (
            *("pair", "started_at", "ended_at", "restored_at", "interrupted", "interrupted_low", "outcome"),
            "verdict",
        ),
        ("interrupted_low", "ended_at", "restored_at"),
    ),
    "pairs": View(
        (
            *("pair", "protected_ratio", "within", "last_test", "last_test_interrupted", "last_test_verdict"),
            *("test_due_at", "test_overdue"),
        ),
        ("last_test_interrupted", "within", "last_test", "last_test_verdict"),
    ),
    "exclusions": View(
        (
            *("id", "service", "start", "end", "category", "excluded", "entered_by", "approved_by", "ticket"),
            *("reason", "availability", "verdict", "availability_without", "verdict_without"),
        ),
        ("approved_by", "ticket", "category", "verdict", "availability", "excluded", "end", "entered_by", "reason"),
    ),
    "unwatched": View(("service", "start", "end", "unknown", "reason", "parts")),
    "planned_work": View(
        ("id", "service", "category", "start", "end", "agreed", "office", "in_office_hours", "too_long"),
        ("office", "category", "end", "agreed"),
    ),
    "response": View(("service", "check", "count", "mean", "p95", "mean_below", "within"), ("count", "p95")),
    "environments": View(
        ("service", "environment", "mean", "environment_mean", "p95", "environment_p95", "difference"),
        ("environment_p95", "p95"),
    ),
    "owners": View(
        ("service", "owner", "down", "share", "shared", "availability", "verdict"),
        ("shared", "availability"),
    ),
    "chain": View(
        (
            *("service", "id", "owner", "availability", "availability_low", "availability_high", "down", "caused"),
            *("outages", "verdict"),
        ),
        ("outages", "availability_high", "availability_low", "caused", "down"),
    ),
    "chain_outages": View(("service", "id", "start", "end", "down", "excluded", "unknown"), ("excluded", "end")),
    "recovery": View(("priority", "incidents", "within", "share", "norm", "verdict")),
    "missed": View(
        (
            *("id", "service", "priority", "summary", "reported_at", "closed_at", "reaction_due", "reaction"),
            *("recovery_due", "recovery"),
        ),
        ("summary", "reaction_due", "closed_at", "recovery_due", "reported_at"),
    ),
    "incidents": View(
        (
            *("id", "service", "priority", "summary", "environment", "reported_at", "closed_at", "source", "counts"),
            *("reaction", "recovery"),
        ),
        ("source", "environment", "summary", "closed_at", "reported_at", "counts"),
    ),
    "pages": View(
        ("id", "started_at", "priority", "about", "told", "to_page", "acknowledged_by", "to_acknowledge", "ended_at"),
        ("told", "started_at", "priority", "acknowledged_by"),
    ),
    "splits": View(
        ("centre", "start", "end", "reached", "check", "differed", "up_from", "down_from"),
        ("reached", "differed", "up_from"),
    ),
    "closed": View(("month", "closed_at", "closed_by", "digest", "restated"), ("digest",)),
    "restated": View(
        ("service", "month", "participant", "closed_availability", "availability", "closed_verdict", "verdict")
    ),
}
"""What is not here a terminal does not show as a table: the summary tells less than the services do, what waits for
approval is told in a line each, and how figures come about is a page to read elsewhere."""
