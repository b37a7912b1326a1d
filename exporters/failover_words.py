"""The words of the account of a failover event, in Dutch and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

from availability.edges import from_ms
from exporters import failover_words_en as english
from exporters import failover_words_nl as dutch
from exporters.figures import NONE, percent

Language = Literal["nl", "en"]


@dataclass(frozen=True)
class Words:
    """One language: `texts` by key, some of them with places to fill in."""

    language: Language
    texts: Mapping[str, str]
    reasons: Mapping[str, str]
    days: tuple[str, ...]
    months: tuple[str, ...]
    hour: str
    day: tuple[str, str]
    decimal: str

    def __getitem__(self, key: str) -> str:
        return self.texts[key]

    def say(self, key: str, **filled: str) -> str:
        """The text of `key`, filled in."""
        return self.texts[key].format(**filled)

    def length(self, milliseconds: int) -> str:
        """A length of time to the millisecond, such as `1 h 12 min 30 s`; what is zero is left out."""
        seconds, thousandths = divmod(milliseconds, 1000)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24) if hours >= _HOURS_AS_DAYS else (0, hours)
        last = f"{seconds}{self.decimal}{thousandths:03d}" if thousandths else str(seconds)
        told = [
            (days, f"{days} {self.day[days != 1]}"),
            (hours, f"{hours} {self.hour}"),
            (minutes, f"{minutes} min"),
            (seconds or thousandths, f"{last} s"),
        ]
        return " ".join(text for amount, text in told if amount) or "0 s"

    def share(self, ratio: Fraction | None) -> str:
        """A share as a percentage, rounded down; a dash where there is none."""
        text = percent(ratio)
        return text if text == NONE else text.replace(".", self.decimal)

    def moment(self, instant: int, zone: ZoneInfo) -> str:
        """An instant in full, for a sentence."""
        local = from_ms(instant, zone)
        day = f"{self.days[local.weekday()]} {local.day} {self.months[local.month - 1]} {local.year}"
        return self.say("moment", day=day, time=self._clock(instant, zone), zone=f"{local:%Z}")

    def end(self, begin: int, instant: int, zone: ZoneInfo) -> str:
        """The end of what began at `begin`: the time alone where day and offset from UTC are the same."""
        return self._clock(instant, zone) if _same_day(begin, instant, zone) else self.moment(instant, zone)

    def later(self, begin: int, instant: int, zone: ZoneInfo) -> str:
        """The same in a sentence, with the word that belongs before it."""
        key = "at_time" if _same_day(begin, instant, zone) else "on_day"
        return self.say(key, at=self.end(begin, instant, zone))

    def stamp(self, instant: int | None, zone: ZoneInfo) -> str:
        """An instant for a table; a dash where there is none."""
        if instant is None:
            return NONE
        local = from_ms(instant, zone)
        return f"{local:%Y-%m-%d} {self._clock(instant, zone)} {local:%Z}"

    def reason(self, code: str) -> str:
        """The reason of an observation."""
        return self.reasons.get(code, code.replace("_", " "))

    def _clock(self, instant: int, zone: ZoneInfo) -> str:
        clock = f"{from_ms(instant, zone):%H:%M:%S}"
        return f"{clock}{self.decimal}{instant % 1000:03d}" if instant % 1000 else clock


_HOURS_AS_DAYS = 48
"""From so many hours on a length is told in days."""


def _same_day(one: int, other: int, zone: ZoneInfo) -> bool:
    begin, end = from_ms(one, zone), from_ms(other, zone)
    return (begin.date(), begin.utcoffset()) == (end.date(), end.utcoffset())


NL = Words("nl", dutch.TEXTS, dutch.REASONS, dutch.DAYS, dutch.MONTHS, "uur", ("dag", "dagen"), ",")
EN = Words("en", english.TEXTS, english.REASONS, english.DAYS, english.MONTHS, "h", ("day", "days"), ".")
WORDS: Mapping[Language, Words] = {"nl": NL, "en": EN}
