"""One look at one target: the only place that ends a probe in time and catches what escapes from it."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import Any

from availability.outcome import Outcome, Reason, Status, could_not_look, failed
from collector.context import Context, Kind

_log = logging.getLogger(__name__)


async def look(kind: Kind, options: Any, context: Context) -> Outcome:
    """What `kind` observes with `options` within `context.timeout` seconds.

    Raises nothing but CancelledError: a probe that takes too long has FAILED with TIMEOUT, and an exception that
    escapes from it is a mistake of ours, which says nothing about the target (NONE, PROBE_BUG). An OK without a
    latency gets the time of the whole look.
    """
    started = time.monotonic()
    try:
        async with asyncio.timeout(context.timeout):
            outcome = await kind.probe(options, context)
    except TimeoutError:
        return failed(Reason.TIMEOUT, "no answer in time")
    except Exception as error:
        return escaped(kind, context, error)
    if outcome.latency_ms is None and outcome.status is Status.OK:
        return replace(outcome, latency_ms=(time.monotonic() - started) * 1000.0)
    return outcome


def escaped(kind: Kind, context: Context, error: Exception) -> Outcome:
    """The outcome of a probe that raised `error`: counted, and logged with its traceback once per kind of probe."""
    name = kind.probe.__module__.rpartition(".")[2]
    context.bugs.counts[name] += 1
    if context.bugs.counts[name] == 1:
        _log.error("The probe %s has a bug; this is logged once, and counted from here on", name, exc_info=error)
    return could_not_look(Reason.PROBE_BUG, f"the probe {name} raised {type(error).__name__}")
