"""`waakvlam diff`: what of a closed month would be told otherwise now, and because of what."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from availability.account import RestatedService
from availability.closing import METHOD
from exporters.figures import NONE, duration, percent
from exporters.fitted import Fitted
from exporters.local_time import LocalTime
from exporters.report_table import verdict_text
from waakvlam.closing import who_closed
from waakvlam.differing import Cause, Differing, Moved, NotClosed, differing
from waakvlam.entering import told_person
from waakvlam.instants import local, local_end
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import console, refuse, say_data

_NOWHERE = "not agreed"
_ACTIONS = {"add": "added", "withdraw": "withdrawn", "approve": "approved"}
_LISTED = 5
"""Series and changes that are named one by one for people; a program gets all."""
_NAMED = 2
"""Participants that are named in one row; a program gets all."""
_ROWS = 200
"""Stretches that people are shown; a program gets all."""


def diff(path: Path, label: str, *, as_json: bool) -> None:
    """Print what moved of the closed month `label`; exit 1 if anything did."""
    from collector.store import StoreError

    gc.disable()
    settings = load_settings(path)
    store = load_store(settings, create=False)
    try:
        found = differing(store, settings, label, time.time_ns() // 1_000_000)
    except (NotClosed, StoreError) as error:
        refuse(str(error))
    finally:
        store.close()
    if as_json:
        say_data(json.dumps(_document(found), ensure_ascii=False, indent=1))
    else:
        console().print(Group(*_tables(found)))
    if found.anything:
        raise SystemExit(1)


def _tables(found: Differing) -> Iterator[RenderableType]:
    frozen, zone = found.frozen, found.timezone
    yield Text.assemble(
        (frozen.period, "bold"),
        f", closed by {who_closed(frozen)} on {local(frozen.closed_at, zone)}, held against {local(found.as_of, zone)}",
    )
    yield from _surroundings(found)
    if not found.anything:
        yield Text("Nothing of it would be told otherwise now.")
    if found.moved:
        yield Text("\nStretches that moved", "bold")
        columns = ("Service", "From", "To", "Length", "Moved, because of")
        table = Fitted(columns, frozenset({"Length"}), ("Length",))
        together = _together(found.moved)
        numbers: dict[Cause, int] = {}
        for moved, subject in together[:_ROWS]:
            because = [str(numbers.setdefault(cause, len(numbers) + 1)) for cause in moved.causes]
            table.add(subject, *_row(moved, found.timezone, ", ".join(because)))
        if len(together) > _ROWS:
            table.add(f"and {len(together) - _ROWS} more", *[""] * 3, "see --format json")
        yield table
        for cause, number in numbers.items():
            yield Text(f"  {number}  {_because(cause, found)}")
    if found.restated:
        yield Text("\nFigures that would be told otherwise", "bold")
        figures = Fitted(("Service", "Closed at", "Verdict", "Now", "Verdict now"), frozenset({"Closed at", "Now"}))
        for one in found.restated:
            closed, now = _percent(one.closed_availability), _percent(one.availability)
            figures.add(_name(one), closed, verdict_text(one.closed_verdict), now, verdict_text(one.verdict))
        yield figures


def _surroundings(found: Differing) -> Iterator[Text]:
    if found.frozen.method != METHOD:
        yield Text(f"It was judged by method {found.frozen.method}; this version has method {METHOD}.")
    if found.late:
        yield Text(f"Facts that are not those that were known then: {_listed([_series(one) for one in found.late])}.")
    if found.unread:
        yield Text(f"This version cannot read the configuration of then: {found.unread}")
    if found.configured:
        yield Text(f"Configured otherwise since: {_listed(found.configured)}.")
    if found.removed:
        yield Text(f"Configured no more: {_listed(found.removed)}.")


def _together(moved: Sequence[Moved]) -> list[tuple[Moved, str]]:
    """Each stretch once, with the service and those of its participants for whom it moved alike; in order of time."""
    groups: dict[Moved, list[str]] = {}
    for one in moved:
        groups.setdefault(replace(one, participant=None), []).append(one.participant or "")
    ordered = sorted(groups.items(), key=lambda item: (item[0].service, item[0].start))
    return [(one, _subject(one.service, participants)) for one, participants in ordered]


def _subject(service: str, participants: Sequence[str]) -> str:
    theirs = [name for name in participants if name]
    if not theirs:
        return service
    names = ", ".join(theirs) if len(theirs) <= _NAMED else f"{len(theirs)} participants"
    return f"{service} {'for' if len(theirs) == len(participants) else 'and for'} {names}"


def _row(moved: Moved, zone: str, because: str) -> tuple[str, ...]:
    return (
        local(moved.start, zone),
        local_end(moved.start, moved.end, zone),
        duration(moved.end - moved.start),
        f"{moved.was or _NOWHERE} to {moved.is_ or _NOWHERE} ({because})",
    )


def _because(cause: Cause, found: Differing) -> str:
    if cause.entry is not None:
        entry = cause.entry
        reason = f": {entry.reason}" if entry.reason else ""
        at = local(entry.entered_at, found.timezone)
        category = f" ({cause.category})" if cause.category else ""
        return f"{entry.record}{category} {_ACTIONS[entry.action]} by {told_person(entry)} on {at}{reason}"
    return {
        "late_facts": f"facts that came later: {_listed([_series(one) for one in found.late])}",
        "method": "the method of judging changed",
        "unexplained": "nothing later explains it: run `waakvlam verify`",
        "configuration": "the configuration changed since",
        "later_facts": "what was observed after the closing",
    }[cause.kind]


def _series(series: tuple[str, str]) -> str:
    check, vantage = series
    return f"{check} from {vantage}"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _name(one: RestatedService) -> str:
    return one.service + (f" for {one.participant}" if one.participant else "")


def _percent(ratio: float | None) -> str:
    """To six digits, since a difference may be small, and rounded down; as it stands in the JSON of a report."""
    return NONE if ratio is None else percent(Fraction(repr(ratio)), 6)


def _document(found: Differing) -> dict[str, object]:
    frozen, zone = found.frozen, LocalTime(found.timezone)
    return {
        "period": frozen.period,
        "closed_at": zone.iso(frozen.closed_at),
        "closed_by": who_closed(frozen),
        "digest": found.digest,
        "as_of": zone.iso(found.as_of),
        "method": {"closed": frozen.method, "now": METHOD},
        "moved": [_moved(one, zone) for one in found.moved],
        "restated": [
            {
                "service": one.service,
                "participant": one.participant,
                "closed": {"availability": one.closed_availability, "verdict": one.closed_verdict},
                "now": {"availability": one.availability, "verdict": one.verdict},
            }
            for one in found.restated
        ],
        "removed": list(found.removed),
        "late_facts": [{"check": check, "vantage": vantage} for check, vantage in found.late],
        "configured_otherwise": list(found.configured),
        "configuration_unread": found.unread or None,
    }


def _moved(moved: Moved, zone: LocalTime) -> dict[str, object]:
    return {
        "service": moved.service,
        "participant": moved.participant,
        "from": zone.iso(moved.start),
        "to": zone.iso(moved.end),
        "seconds": (moved.end - moved.start) / 1000,
        "closed_as": moved.was,
        "now": moved.is_,
        "because": [_cause(cause, zone) for cause in moved.causes],
    }


def _cause(cause: Cause, zone: LocalTime) -> dict[str, object]:
    entry = cause.entry
    if entry is None:
        return {"kind": cause.kind}
    return {
        "kind": cause.kind,
        "record": entry.record,
        "category": cause.category or None,
        "action": entry.action,
        "who": entry.entered_by,
        "through": entry.through or None,
        "at": zone.iso(entry.entered_at),
        "reason": entry.reason,
    }
