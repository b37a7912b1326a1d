"""Instants as ISO 8601 in one time zone, fast enough for a report with a hundred thousand outages."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from availability.edges import from_ms

_QUARTER_MS = 900_000


class LocalTime:
    """Writes instants with the offset of `timezone`; the date and the hour are worked out once per quarter of an hour.

    Clocks change on the minute, but not always on the quarter: where the offset is not the same throughout, or has
    seconds, each instant is worked out for itself.
    """

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._quarters: dict[int, tuple[str, int, str] | None] = {}

    def iso(self, instant: int) -> str:
        """An instant (epoch milliseconds) as ISO 8601; milliseconds only where there are any."""
        quarter, rest = divmod(instant, _QUARTER_MS)
        try:
            known = self._quarters[quarter]
        except KeyError:
            known = self._quarters[quarter] = self._worked_out(quarter * _QUARTER_MS)
        if known is None:
            return from_ms(instant, self._zone).isoformat(timespec="milliseconds" if instant % 1000 else "seconds")
        hour, minute, offset = known
        seconds, ms = divmod(rest, 1000)
        fraction = f".{ms:03d}" if ms else ""
        return f"{hour}{minute + seconds // 60:02d}:{seconds % 60:02d}{fraction}{offset}"

    def iso_or_none(self, instant: int | None) -> str | None:
        """The same, and None for None."""
        return None if instant is None else self.iso(instant)

    def _worked_out(self, start: int) -> tuple[str, int, str] | None:
        """The text up to the hour, the first minute, and the offset, of the quarter that begins at `start`."""
        first, last = from_ms(start, self._zone), from_ms(start + _QUARTER_MS - 1, self._zone)
        offset = first.isoformat()[19:]
        if first.utcoffset() != last.utcoffset() or first.second or first.minute % 15 or len(offset) != len("+01:00"):
            return None
        return first.isoformat()[:14], first.minute, offset
