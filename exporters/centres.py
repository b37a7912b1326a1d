"""Tells of the centres on one store: their metrics, their place in the live state, and a sentence for people."""

from __future__ import annotations

from availability.centres import CentresNow
from exporters import centre_names as names
from exporters.exposition import Page, number, series
from exporters.family import Family
from exporters.json_figures import Document
from exporters.local_time import LocalTime


def write_centres(page: Page, centres: CentresNow) -> None:
    """Write who leads and who is heard."""
    _sample(page, names.LEADER, centres.leads, centres.name)
    _sample(page, names.CHANGES, centres.changes)
    _sample(page, names.CONTACT, centres.contact)
    for other in centres.others:
        _sample(page, names.HEARD, other.is_heard, other.name)
        _sample(page, names.HEARD_AT, other.heard_at / 1000, other.name)
        _sample(page, names.SAME_CONFIG, other.same_config, other.name)


def centres_document(centres: CentresNow, zone: LocalTime) -> Document:
    """How the centres stand, in the live state; for who is none of them, all of them are others."""
    own = {"name": centres.name, "leads": centres.leads, "store_contact": centres.contact} if centres.name else {}
    return {
        **own,
        "leader": centres.leader or None,
        "since": zone.iso_or_none(centres.since),
        "others": [
            {
                "name": other.name,
                "heard": other.is_heard,
                "heard_at": zone.iso(other.heard_at),
                "version": other.version,
                "same_config": other.same_config,
            }
            for other in centres.others
        ],
    }


def centres_sentence(centres: CentresNow, zone: LocalTime) -> str:
    """Which centre this is, who leads and since when, and which others are heard; without a name only the latter."""
    since = "" if centres.since is None else f" since {zone.iso(centres.since)}"
    if not centres.name:
        sentences = [f"{centres.leader} leads{since}." if centres.leader else "No centre leads."]
    elif centres.leads:
        sentences = [f"This is {centres.name}, which leads{since}."]
    elif centres.leader:
        sentences = [f"This is {centres.name}; {centres.leader} leads{since}."]
    else:
        sentences = [f"This is {centres.name}; who leads is not known."]
    if not centres.contact:
        sentences.append("The store cannot be reached from here.")
    sentences += [
        f"{other.name} {'is heard' if other.is_heard else f'was last heard at {zone.iso(other.heard_at)}'}"
        + ("." if other.same_config or not other.is_heard else ", and uses another configuration.")
        for other in centres.others
    ]
    return " ".join(sentences)


def _sample(page: Page, family: Family, value: float, *labels: str) -> None:
    page.add(family, [f"{series(family, *labels)}{number(float(value))}\n"])
