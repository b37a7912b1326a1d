"""Calendars of shifts, as programs write them."""

from __future__ import annotations

from config.oncall_settings import PersonOnCall

PEOPLE = {
    id_: PersonOnCall(id_, name, (), "nl", f"{id_}@beheer.example")
    for id_, name in (("noor", "Noor de Wit"), ("sam", "Sam Bakker"))
}


def calendar(*events: list[str], before: str = "") -> bytes:
    """An iCalendar with these events, each as its lines."""
    written = "".join(
        f"BEGIN:VEVENT\r\nUID:{number}\r\nDTSTAMP:20260101T000000Z\r\n" + "\r\n".join(lines) + "\r\nEND:VEVENT\r\n"
        for number, lines in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{before}{written}END:VCALENDAR\r\n".encode()


def event(summary: str, start: str, end: str, *more: str, zone: str = "Europe/Amsterdam") -> list[str]:
    """The lines of an event with local times such as 20261102T080000."""
    return [f"DTSTART;TZID={zone}:{start}", f"DTEND;TZID={zone}:{end}", f"SUMMARY:{summary}", *more]


def weekly(summary: str, first: str, end: str, *more: str, every: int = 2) -> list[str]:
    """One that comes back every so many weeks, without an end."""
    return event(summary, f"{first}T080000", f"{end}T080000", f"RRULE:FREQ=WEEKLY;INTERVAL={every}", *more)


TWO_IN_TURN = calendar(weekly("Noor de Wit", "20260105", "20260112"), weekly("sam", "20260112", "20260119"))
