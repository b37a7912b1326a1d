"""The account of a failover event as one page: titles, sentences and tables, before any terminal or printer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from availability.estate import Estate
from availability.failover_account import SHORTLY_MS, Announced, Doubt, FailoverAccount, Touched
from availability.failover_timeline import Change, Sight
from availability.states import DOWN, STATE_NAMES, UP
from exporters.failover_words import Words
from exporters.figures import NONE

_SIGHTS_SHOWN = 4
"""Of one change; who wants all of them reads the JSON."""
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called; an id that is not here is its own name."""

    organisations: Mapping[str, str] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)

    def organisation(self, id_: str | None) -> str:
        """An owner or a participant; a dash for none."""
        return NONE if id_ is None else self.organisations.get(id_, id_)

    def site(self, id_: str | None) -> str:
        """A site; a dash for none."""
        return NONE if id_ is None else self.sites.get(id_, id_)


@dataclass(frozen=True, slots=True)
class Section:
    """A title with sentences, or labelled facts, or rows under columns; `widths` are shares of the page."""

    title: str
    lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    columns: Row = ()
    rows: tuple[Row, ...] = ()
    widths: tuple[float, ...] = ()
    right: frozenset[int] = frozenset()
    """Columns of figures."""


@dataclass(frozen=True, slots=True)
class Page:
    """All that is printed, in one language."""

    language: str
    title: str
    subtitle: str
    verdict: str
    """The code, for its colour."""
    verdict_word: str
    sections: tuple[Section, ...]
    signatures: tuple[tuple[str, str], ...]
    """(by whom, when) to be filled in by hand."""
    evidence: str
    footer: str
    """With places for `page` and `pages`."""
    replaced: str
    """To be said where a printer lacked letters."""
    as_of: int


def page(account: FailoverAccount, estate: Estate, names: Names, words: Words, version: str) -> Page:
    """The page of `account`; `version` is that of the software."""
    return _Writer(account, estate, names, words).page(version)


def summary(account: FailoverAccount, estate: Estate, words: Words) -> tuple[str, ...]:
    """What happened, how long it took, whether that was as agreed and how it ended, in one plain sentence each."""
    return _Writer(account, estate, Names(), words).summary()


class _Writer:
    def __init__(self, account: FailoverAccount, estate: Estate, names: Names, words: Words) -> None:
        self._account = account
        self._event = account.event
        self._estate = estate
        self._names = names
        self._words = words
        self._zone = ZoneInfo(estate.timezone)
        self._as_of = words.moment(account.as_of, self._zone)

    def page(self, version: str) -> Page:
        words, account = self._words, self._account
        pair = account.pair
        name = f"{pair.name} ({pair.id})" if pair.name else pair.id
        digest, count = account.digest, f"{account.observations}"
        about = {"timezone": self._estate.timezone, "as_of": self._as_of, "version": version}
        return Page(
            language=words.language,
            title=words["title_test" if self._event.test else "title_real"],
            subtitle=f"{name} · {account.name}",
            verdict=self._event.verdict,
            verdict_word=words[self._event.verdict],
            sections=tuple(self._sections()),
            signatures=((words["drawn_up"], words["date"]), (words["checked"], words["date"])),
            evidence=words.say("evidence_text", count=count, digest=digest, **about),
            footer=words.say("footer", name=account.name, page="{page}", pages="{pages}"),
            replaced=words["replaced"],
            as_of=account.as_of,
        )

    def summary(self) -> tuple[str, ...]:
        words, event = self._words, self._event
        began = words.moment(event.started_at, self._zone)
        pair = self._account.pair.name or self._account.pair.id
        lines = [words.say("intro_test" if event.test else "intro_real", pair=pair, began=began)]
        lines += [self._verdict()]
        if event.outcome in ("taken_over", "recovered"):
            lines += [words[f"{event.outcome}_sentence"]]
        lines += [self._confirmed(), self._ended()]
        return tuple(lines)

    def _verdict(self) -> str:
        event, account, words = self._event, self._account, self._words
        lasting = event.outcome == "interrupted"
        over = event.interrupted_ms > account.pair.within_ms
        kind: str = event.verdict if event.interrupted_ms else "seamless"
        if kind == "missed" and lasting:
            last = account.interruptions[-1]
            whole = last[1] - last[0] == event.interrupted_ms == event.interrupted_low_ms
            kind = "missed_lasting" if whole else "missed_again"
        elif kind == "missed" and event.interrupted_ms != event.interrupted_low_ms:
            kind = "missed_low"
        elif kind == "pending" and over:
            kind = "pending_over"
        lengths = {"took": event.interrupted_ms, "low": event.interrupted_low_ms, "within": account.pair.within_ms}
        deadline = account.event.started_at if account.deadline is None else account.deadline
        told = {key: words.length(length) for key, length in lengths.items()}
        told["deadline"] = words.later(account.as_of, deadline, self._zone)
        return words.say(f"{kind}_sentence", as_of=self._as_of, **told)

    def _confirmed(self) -> str:
        start, confirmed = self._event.started_at, self._account.confirmed_at
        if confirmed == start:
            return self._words["confirmed_at_once_sentence"]
        at, after = self._words.later(start, confirmed, self._zone), self._words.length(confirmed - start)
        return self._words.say("confirmed_sentence", confirmed=at, after=after)

    def _ended(self) -> str:
        start, end = self._event.started_at, self._event.ended_at
        if end is None:
            return self._words.say("lasting_sentence", as_of=self._as_of)
        ended, took = self._words.later(start, end, self._zone), self._words.length(end - start)
        return self._words.say("ended_sentence", ended=ended, took=took)

    def _sections(self) -> Iterable[Section]:
        words = self._words
        yield Section(words["summary"], self.summary(), self._times())
        yield self._parts()
        yield Section(words["notice"], tuple(self._records()))
        yield self._timeline()
        yield self._watched()
        if self._account.touched:
            yield self._touched()
        yield Section(words["protection"], tuple(self._protection()))
        doubts = tuple(dict.fromkeys(self._doubt(doubt) for doubt in self._account.doubts))
        if doubts:
            yield Section(words["doubts"], doubts)

    def _times(self) -> tuple[tuple[str, str], ...]:
        words, event, account = self._words, self._event, self._account
        restored = words.stamp(event.restored_at, self._zone)
        if event.outcome == "interrupted":
            restored = words["still"]
        ended = words["still"] if event.ended_at is None else words.stamp(event.ended_at, self._zone)
        limit = words.say("limit_text", within=words.length(account.pair.within_ms), pair=account.pair.id)
        agreements = ", ".join(account.agreements)
        limit += words.say("limit_agreements", agreements=agreements) if agreements else words["limit_no_agreement"]
        return (
            (words["began"], words.stamp(event.started_at, self._zone)),
            (words["confirmed"], words.stamp(account.confirmed_at, self._zone)),
            (words["restored"], restored),
            (words["ended"], ended),
            (words["longest"], words.length(event.interrupted_ms)),
            (words["seen_down"], words.length(event.interrupted_low_ms)),
            (words["outcome"], words[event.outcome]),
            (words["verdict"], words[event.verdict]),
            (words["limit"], limit),
        )

    def _parts(self) -> Section:
        words, pair = self._words, self._account.pair
        columns = tuple(words[key] for key in ("role", "what", "owner", "site"))
        rows = []
        for role, id_ in (("primary", pair.primary), ("standby", pair.standby), ("function", pair.function)):
            if id_ is None:
                rows.append((words[role], words["either"], NONE, NONE))
            else:
                part = self._estate.parts.get(id_)
                owner = self._names.organisation(part.owner if part else None)
                rows.append((words[role], self._called(id_), owner, self._names.site(part.site if part else None)))
        return Section(words["parts"], columns=columns, rows=tuple(rows), widths=(0.11, 0.45, 0.22, 0.22))

    def _called(self, id_: str) -> str:
        """The name of a component, link or service, with its id."""
        part = self._estate.parts.get(id_)
        name = part.name if part else self._estate.services[id_].name if id_ in self._estate.services else ""
        return f"{name} ({id_})" if name and name != id_ else id_

    def _records(self) -> Iterable[str]:
        records = self._account.records
        if not any(one.marks_test for one in records):
            yield self._words["record_none"]
        for one in records:
            yield self._record(one)

    def _record(self, announced: Announced) -> str:
        words, record = self._words, announced.record
        start, end = announced.span
        told = words.say(
            "record_test" if announced.marks_test else "record_other",
            id=record.id,
            category=record.category,
            start=words.moment(start, self._zone),
            end=words.end(start, end, self._zone),
            reason=record.reason or words["no_reason"],
        )
        details = [words.say("record_ticket", ticket=record.ticket)] if record.ticket else []
        if record.notice_ms is None:
            details.append(words["record_no_notice"])
        else:
            details.append(words.say("record_notice", at=words.stamp(record.notice_ms, self._zone)))
        if record.entered_at is None:
            details.append(words["record_configured"])
        else:
            at = words.stamp(record.entered_at, self._zone)
            details.append(words.say("record_entered", who=record.entered_by, at=at))
            if record.approved_by:
                at = words.stamp(record.approved_at, self._zone)
                details.append(words.say("record_approved", who=record.approved_by, at=at))
            else:
                details.append(words["record_not_approved"])
        return f"{told}; {'; '.join(details)}."

    def _timeline(self) -> Section:
        words = self._words
        columns = tuple(words[key] for key in ("when", "role", "change", "why"))
        rows = tuple(self._change(change) for change in self._account.timeline)
        title = words.say("timeline", before=words.length(SHORTLY_MS))
        return Section(title, columns=columns, rows=rows, widths=(0.26, 0.08, 0.13, 0.53))

    def _change(self, change: Change) -> Row:
        words = self._words
        state = words[STATE_NAMES[change.state]]
        if change.before is None:
            state = f"{words['was']} {state}"
        alike: dict[Row, list[Sight]] = {}
        # Of a function that is `any` of both sides, the rows of those tell why.
        for sight in change.sights if change.part is not None else ():
            alike.setdefault((sight.check, sight.reason, sight.detail), []).append(sight)
        sights = [self._sights(group) for group in list(alike.values())[:_SIGHTS_SHOWN]]
        if len(alike) > _SIGHTS_SHOWN:
            sights.append(words.say("and_more", count=f"{len(alike) - _SIGHTS_SHOWN}"))
        if change.part is None and change.state == DOWN:
            sights.append(words["neither"])
        if change.state == UP and change.vantages:
            sights.append(words.say("observed_from", vantages=", ".join(change.vantages)))
        return words.stamp(change.at, self._zone), words[change.role], state, "; ".join(sights)

    def _sights(self, alike: list[Sight]) -> str:
        """What one check gave, with how often each vantage saw that."""
        words, one = self._words, alike[0]
        if one.reason == "unreachable" and not one.count:
            return f"{one.check}: {words.say('behind', what=one.detail or NONE)}"
        told = f"{one.check}: {words.reason(one.reason)}"
        if one.detail:
            told += f" ({one.detail})"
        seen = [words.say("times", count=f"{each.count}", vantage=each.vantage) for each in alike if each.count]
        return ", ".join([told, *seen])

    def _watched(self) -> Section:
        words = self._words
        keys = ("role", "check", "vantage", "every", "ok", "failed", "none", "unwatched")
        rows = tuple(
            (
                words[one.role],
                one.check,
                one.vantage,
                words.length(one.interval_ms),
                *(f"{count}" for count in (one.ok, one.failed, one.none)),
                words.length(one.unknown_ms),
            )
            for one in self._account.watched
        )
        columns = tuple(words[key] for key in keys)
        widths = (0.09, 0.25, 0.15, 0.08, 0.08, 0.09, 0.15, 0.11)
        return Section(
            words["watched"], columns=columns, rows=rows, widths=widths, right=frozenset(range(3, len(keys)))
        )

    def _touched(self) -> Section:
        words = self._words
        columns = tuple(words[key] for key in ("service", "for", "missed_time", "unwatched", "excluded", "agreed"))
        rows = tuple(row for touched in self._account.touched for row in self._service(touched))
        widths = (0.23, 0.17, 0.15, 0.13, 0.14, 0.18)
        return Section(
            words["touched"], columns=columns, rows=rows, widths=widths, right=frozenset(range(2, len(columns)))
        )

    def _service(self, touched: Touched) -> Iterable[Row]:
        """A row per group of participants that had the same."""
        groups: dict[Row, list[str]] = {}
        for id_, figures in [("", touched.figures), *touched.participants]:
            amounts = (figures.down_ms, figures.unknown_ms, figures.excluded_ms, figures.agreed_ms)
            groups.setdefault(tuple(map(self._words.length, amounts)), []).append(id_)
        everybody = len(touched.participants)
        for number, (lengths, ids) in enumerate(groups.items()):
            named = [self._names.organisation(id_) for id_ in ids if id_]
            who = self._words["all_participants"] if everybody > 1 and len(named) == everybody else ", ".join(named)
            yield "" if number else touched.name, who or self._words["its_users"], *lengths

    def _protection(self) -> Iterable[str]:
        words, told = self._words, self._account.protection
        states = {"start": told.at_start, "end": told.at_end, "now": told.now}
        named = {key: words[STATE_NAMES[state]] for key, state in states.items()}
        yield words.say("protection_states", as_of=self._as_of, **named)
        yield words.say(
            "protection_shares", before=words.share(told.before), after=words.share(told.after), as_of=self._as_of
        )

    def _doubt(self, doubt: Doubt) -> str:
        words = self._words
        return words.say(
            f"doubt_{doubt.kind}",
            as_of=self._as_of,
            ms=words.length(doubt.ms) if doubt.kind != "facts_begin" else "",
            at=words.later(self._account.as_of, doubt.ms, self._zone) if doubt.kind == "facts_begin" else "",
            ids=", ".join(doubt.ids),
        )
