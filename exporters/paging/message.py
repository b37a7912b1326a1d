"""What a person is told of a page: subject, text and the short form of both, in their language."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from availability.edges import from_ms
from availability.paging import FIRST_NEWS, Alert, Notice, Page
from exporters.cells import one_line
from exporters.harmless import harmless
from exporters.paging.words import WORDS

SUBJECT_LIMIT = 78
"""Characters: a line of mail (RFC 5322, 2.1.1), which with a link beside it also fits an SMS."""
_DESCRIPTION_LIMIT = 1000
_ALERTS_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out. `key` is the same whenever the same notice is sent, `thread` that of all notices to one person of
    one page; `repeated` where it may have come before."""

    subject: str
    body: str
    short: str
    """For a channel that takes a few hundred characters."""
    key: str
    thread: str
    urgent: bool
    repeated: bool


@dataclass(frozen=True, slots=True)
class Telling:
    """What is needed to write to somebody besides the page."""

    language: str
    timezone: str
    names: Mapping[str, str]
    """What people call sites, organisations and people, by id."""
    link: str = ""
    """With which they take it up; empty where they cannot."""
    link_until: int | None = None
    """Epoch milliseconds."""


def write(page: Page, notice: Notice, telling: Telling, *, repeated: bool) -> Message:
    """The message of a notice, as the page stands now."""
    words = _words(telling.language)
    about = _summary(page, telling.language)
    shout = f"P{page.priority} {words[notice.kind]}"
    if repeated:
        shout = f"[{words['again']}] {shout}"
    subject = _cut(f"{shout}: {about}", SUBJECT_LIMIT)
    short = f"{subject}\n{telling.link or page.id}"
    body = "\n".join(_body(page, notice, telling, repeated)) + "\n"
    return Message(
        subject,
        harmless(body),
        short,
        key=f"{page.id}.{notice.number}.{_token(page, notice)}",
        thread=f"{page.id}.{_token(page, notice)}",
        urgent=page.is_major and notice.kind in FIRST_NEWS,
        repeated=repeated,
    )


def trial(name: str, telling: Telling, now: int) -> Message:
    """A message that only shows that it arrives; `name` is whom it is for, `now` epoch milliseconds."""
    words = _words(telling.language)
    at = moment(now, telling.timezone, telling.language)
    subject = _cut(words["try"], SUBJECT_LIMIT)
    body = f"{words['try.lead']}\n\n{one_line(name)}, {at}\n"
    key = f"try.{now}.{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()[:16]}"
    return Message(subject, harmless(body), f"{subject}\n{at}", key, key, urgent=False, repeated=False)


def moment(instant: int, timezone: str, language: str) -> str:
    """An instant as people say it: `22 november 2026 23:15`."""
    local = from_ms(instant, ZoneInfo(timezone))
    month = _words(language)["months"].split()[local.month - 1]
    return f"{local.day} {month} {local.year} {local:%H:%M}"


def summary(alert: Alert, language: str) -> str:
    """What an alert is about, on one line."""
    return one_line(_text(alert.summary, language) or alert.name or alert.id or alert.fingerprint)


def who_has_it(page: Page, telling: Telling) -> str:
    """Who took it up, and since when."""
    words = _words(telling.language)
    if page.acknowledged is None or page.acknowledged_at is None:
        return words["nobody"]
    who = telling.names.get(page.acknowledged.person) or page.acknowledged.by
    at = moment(page.acknowledged_at, telling.timezone, telling.language)
    return words["has_it.since"].format(who=one_line(who), at=at)


def facts(page: Page, telling: Telling) -> list[tuple[str, str]]:
    """Heads and values that say what it is about."""
    words, lead = _words(telling.language), _first(page)

    def at(instant: int) -> str:
        return moment(instant, telling.timezone, telling.language)

    told: list[tuple[str, str]] = []
    if lead.site:
        told.append((words["where"], telling.names.get(lead.site, lead.site)))
    if lead.id:
        name = telling.names.get(lead.id)
        told.append((words["what"], f"{name} ({lead.id})" if name and name != lead.id else lead.id))
    if lead.owner:
        told.append((words["owner"], telling.names.get(lead.owner, lead.owner)))
    told.append((words["since"], at(min(page.opened_at, lead.starts_at or page.opened_at))))
    if page.ended_at is not None:
        told.append((words["until"], at(page.ended_at)))
    told.append((words["priority"], str(page.priority)))
    told.append((words["has_it"], who_has_it(page, telling)))
    if lead.runbook:
        told.append((words["runbook"], lead.runbook))
    told.append((words["page"], page.id))
    return [(head, one_line(value)) for head, value in told]


def _body(page: Page, notice: Notice, telling: Telling, repeated: bool) -> list[str]:
    words, lead = _words(telling.language), _first(page)
    key = f"lead.{notice.kind}"
    if notice.audience == "participant":
        key += ".participant"
    lines = [words["again.lead"], ""] if repeated else []
    lines += [words[key].format(round=notice.round)]
    lines += _how_it_ended(page, notice, telling)
    lines += ["", summary(lead, telling.language)]
    if description := _text(lead.description, telling.language):
        lines += ["", _cut(description.strip(), _DESCRIPTION_LIMIT)]
    told = facts(page, telling)
    if notice.audience == "participant":
        told = [(head, value) for head, value in told if head not in (words["has_it"], words["runbook"])]
    width = max(len(head) for head, _ in told) + 2
    lines += ["", *(f"{head + ':':<{width}}{value}" for head, value in told)]
    lines += _others(page, telling)
    if telling.link and notice.kind != "end" and page.ended is None and page.acknowledged is None:
        lines += ["", f"{words['take']}: {telling.link}"]
        if telling.link_until is not None:
            until = moment(telling.link_until, telling.timezone, telling.language)
            lines += [f"({words['take.until'].format(at=until)})"]
    return lines


def _how_it_ended(page: Page, notice: Notice, telling: Telling) -> list[str]:
    words = _words(telling.language)
    if page.ended is None or page.ended_at is None:
        return []
    if notice.kind != "end":
        return [words["over.already"].format(at=moment(page.ended_at, telling.timezone, telling.language))]
    if page.ended.why == "resolved":
        return []
    return [words[f"end.{page.ended.why}"].format(by=one_line(page.ended.by))]


def _others(page: Page, telling: Telling) -> list[str]:
    words = _words(telling.language)
    others = [alert for alert in page.alerts if alert is not _first(page)]
    lines = [f"- {summary(alert, telling.language)}" for alert in others[:_ALERTS_LIMIT]]
    left_out = page.omitted + max(0, len(others) - _ALERTS_LIMIT)
    if left_out:
        lines.append(words["omitted"].format(count=left_out))
    return ["", *lines] if lines else []


def _summary(page: Page, language: str) -> str:
    more = len(page.alerts) - 1 + page.omitted
    about = summary(_first(page), language)
    return f"{about} {_words(language)['more'].format(count=more)}" if more else about


def _first(page: Page) -> Alert:
    """The alert with the highest priority; the first of equals."""
    return min(page.alerts, key=lambda alert: alert.priority)


def _text(texts: Mapping[str, str], language: str) -> str:
    """That in `language`, or else the one that was given for all, or else any."""
    return texts.get(language) or texts.get("") or next(iter(texts.values()), "")


def _token(page: Page, notice: Notice) -> str:
    """The same for every notice to one person of one page, and of no other page of any collector."""
    said = "\0".join((page.id, str(page.opened_at), notice.to, *(alert.fingerprint for alert in page.alerts)))
    return hashlib.sha256(said.encode(errors="surrogateescape")).hexdigest()[:16]


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _words(language: str) -> Mapping[str, str]:
    return WORDS.get(language, WORDS["nl"])


Writer = Callable[[Page, Notice, bool], Message]
"""Writes the message of a notice; the last says whether it may have come before."""
