"""Reads what Alertmanager's webhook sends, version 4 of it; fields that it does not know are left alone.

The labels are those that `waakvlam rules` writes; an alert of somebody else's rules, which lacks them, pages too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from availability.edges import to_ms
from availability.paging import Alert
from availability.paging_ports import Notification
from exporters.cells import one_line

BODY_LIMIT = 4 * 1024 * 1024
"""Bytes of a notification at most: thousands of alerts of one group."""
_ALERTS_LIMIT = 5000
_TEXT_LIMIT = 2000
_KEY_LIMIT = 2000
_NONE = "none"
"""What a label says that does not apply."""
_PRIORITIES = {"critical": 2, "warning": 3, "info": 4}
"""Of alerts that have a severity and no priority."""
_SHAPE = 'this is no notification of Alertmanager: its webhook sends a JSON object with "version": "4" and "alerts"'


def read_notification(body: bytes) -> Notification:
    """What `body` says; ValueError with a sentence that says what is wrong."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError(_SHAPE) from None
    if not isinstance(said, dict) or said.get("version") != "4" or not isinstance(said.get("alerts"), list):
        raise ValueError(_SHAPE)
    group, omitted = said.get("groupKey"), said.get("truncatedAlerts", 0)
    if not isinstance(group, str) or not group:
        raise ValueError('"groupKey" must be a text')
    if isinstance(omitted, bool) or not isinstance(omitted, int) or omitted < 0:
        raise ValueError('"truncatedAlerts" must be a number of alerts')
    if len(said["alerts"]) > _ALERTS_LIMIT:
        raise ValueError(f"one notification has at most {_ALERTS_LIMIT} alerts: group them by more labels")
    firing: dict[str, Alert] = {}
    resolved: dict[str, int] = {}
    for number, each in enumerate(said["alerts"]):
        fingerprint, is_firing = _who(each, number)
        if is_firing:
            firing[fingerprint] = _alert(fingerprint, each, number)
        else:
            resolved[fingerprint] = _instant(each, "endsAt", number)
    return Notification(group[:_KEY_LIMIT], tuple(firing.values()), resolved, omitted)


def _who(each: Any, number: int) -> tuple[str, bool]:
    if not isinstance(each, dict):
        raise ValueError(f"alerts[{number}] must be an object")
    fingerprint, status = each.get("fingerprint"), each.get("status")
    if not isinstance(fingerprint, str) or not 0 < len(fingerprint) <= 64:
        raise ValueError(f"alerts[{number}].fingerprint must be a text")
    if status not in ("firing", "resolved"):
        raise ValueError(f'alerts[{number}].status must be "firing" or "resolved"')
    return one_line(fingerprint), status == "firing"


def _alert(fingerprint: str, each: Mapping[str, Any], number: int) -> Alert:
    labels, notes = _texts(each, "labels", number), _texts(each, "annotations", number)

    def label(name: str) -> str:
        value = one_line(labels.get(name, ""))[:_TEXT_LIMIT]
        return "" if value == _NONE else value

    return Alert(
        fingerprint=fingerprint,
        starts_at=_instant(each, "startsAt", number),
        name=label("alertname"),
        priority=_priority(label("priority"), label("severity")),
        severity=label("severity"),
        site=label("site"),
        id=label("id"),
        kind=label("kind"),
        owner=label("owner"),
        services=tuple(filter(None, label("services").split(","))),
        summary=_by_language(notes, "summary"),
        description=_by_language(notes, "description"),
        runbook=one_line(notes.get("runbook_url", ""))[:_TEXT_LIMIT],
    )


def _priority(text: str, severity: str) -> int:
    return int(text) if len(text) == 1 and text in "123456789" else _PRIORITIES.get(severity, 3)


def _by_language(notes: Mapping[str, str], name: str) -> dict[str, str]:
    """`summary_nl` and `summary_en` by their language, `summary` under no language."""
    given = {"": notes.get(name), "nl": notes.get(f"{name}_nl"), "en": notes.get(f"{name}_en")}
    return {language: text[:_TEXT_LIMIT] for language, text in given.items() if text}


def _texts(each: Mapping[str, Any], key: str, number: int) -> dict[str, str]:
    texts = each.get(key) or {}
    if not isinstance(texts, dict) or not all(isinstance(value, str) for value in texts.values()):
        raise ValueError(f"alerts[{number}].{key} must be an object of texts")
    return texts


def _instant(each: Mapping[str, Any], key: str, number: int) -> int:
    try:
        moment = datetime.fromisoformat(each[key])
        if moment.tzinfo is None:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"alerts[{number}].{key} must be an instant (RFC 3339)") from None
    return to_ms(moment)
