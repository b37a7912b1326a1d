"""Assumes the trail of maintenance otherwise than it was entered, for a report that changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from availability.estate import Estate
from availability.trail import Entry, Record, records
from config.problems import ConfigError, Problem, remedy, shown
from config.settings import EnteredOtherwise, Settings
from config.what_if import parse, problem

SUPPOSED = "--what-if"
"""Who approved a record that is only assumed to be approved."""


def apply_to_trail(trail: Sequence[Entry], settings: Settings) -> list[Entry]:
    """`trail` as `settings` assume it; ConfigError names each assumption that is wrong, or that changes nothing."""
    found = records(trail)
    problems = [*_taken(found, settings)]
    result = list(trail)
    for assumed in settings.entered_otherwise:
        if why := _refusal(found, assumed, settings.estate):
            problems.append(problem(assumed.path, why))
            continue
        added = found[assumed.record].added
        gone = ("add", "withdraw", "approve") if assumed.approved is None else ("approve",)
        result = [entry for entry in result if entry.record != assumed.record or entry.action not in gone]
        if assumed.approved:
            result.append(Entry(assumed.record, "approve", SUPPOSED, added.entered_at))
    if problems:
        raise ConfigError(problems)
    return result


def _taken(found: dict[str, Record], settings: Settings) -> list[Problem]:
    """Records that are assumed under an id that the trail has."""
    return [
        problem(one.path, "is taken by a record that was entered by command: give this one another id")
        for one in parse(settings.what_if)
        if len(one.steps) == 2 and one.steps[0] == "maintenance" and one.steps[1] in found and not one.takes_out
    ]


def _refusal(found: dict[str, Record], assumed: EnteredOtherwise, estate: Estate) -> str | None:
    record = found.get(assumed.record)
    if record is None:
        known = [*found, *(one.id for one in estate.maintenance)]
        return (
            f"there is no maintenance record {shown(assumed.record)}, configured or entered: "
            f"{remedy(assumed.record, known, 'records')}"
        )
    if record.withdrawn is not None:
        return f"{shown(assumed.record)} was withdrawn: it counts no more, and this changes nothing"
    if assumed.approved is None:
        return None
    category = record.work.category
    if not any(one.approval_required and category in one.excluded for one in estate.agreements.values()):
        return (
            f"{shown(assumed.record)} needs no approval: no agreement with `corrections: {{approval: required}}` "
            f"excludes {category}"
        )
    if assumed.approved is (record.approved is not None):
        return f"{shown(assumed.record)} is {'' if assumed.approved else 'not '}approved already: this changes nothing"
    return None
