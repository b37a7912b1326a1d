"""Has the calendars of rotas at hand: read at intervals, and where one does not load, the last good one goes on."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from availability.duty import Shift
from config.oncall_settings import OnCall, ShiftCalendar, with_shifts
from config.oncall_values import web_url
from config.secret_refs import SecretRef
from config.settings import Settings
from config.shift_calendar import SIZE_LIMIT, CalendarError, Shifts, read_shifts
from waakvlam.version import VERSION

FETCH_S = 20.0
"""How long the web may take to hand over a calendar."""
_EVERY_S = 300.0
_REDIRECTS = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was had of one calendar: its shifts, None where there are none to be had, and why it is not the newest."""

    shifts: Shifts | None
    problem: str = ""
    is_kept: bool = False
    """Whether it is the last good copy."""


class RotaCalendars:
    """The `oncall` section as it stands with what the calendars of its rotas say."""

    def __init__(self, settings: Callable[[], Settings], now_ms: Callable[[], int]) -> None:
        self._settings = settings
        self._now_ms = now_ms
        self._shifts: dict[str, tuple[Shift, ...]] = {}
        """By rota, as they were loaded last."""
        self._made: tuple[OnCall, OnCall] | None = None
        """The section as configured, and as it stands."""
        self._loaded_for: OnCall | None = None
        self._complaints: dict[str, str] = {}
        self._changed = asyncio.Event()

    def oncall(self) -> OnCall | None:
        """The same object until something of it changes; None where nobody is on call."""
        configured = self._settings().oncall
        if configured is None or not configured.calendars:
            return configured
        if self._made is None or self._made[0] is not configured:
            known = {rota: self._shifts.get(rota, ()) for rota in configured.calendars}
            known = {
                rota: tuple(shift for shift in shifts if shift.person in configured.people)
                for rota, shifts in known.items()
            }
            self._made = configured, with_shifts(configured, known)
        if configured is not self._loaded_for:
            self._changed.set()
        return self._made[1]

    async def run(self) -> None:
        """Load at once, then at intervals and with every new configuration, until cancelled."""
        while True:
            await self.refresh()
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_S):
                    await self._changed.wait()

    async def refresh(self) -> None:
        """Load every calendar; what cannot be had goes on as it was last, and is logged once."""
        oncall = self._loaded_for = self._settings().oncall
        self._changed.clear()
        if oncall is None:
            return
        for rota, calendar in oncall.calendars.items():
            if rota not in self._shifts and calendar.keep is not None:
                with suppress(CalendarError):  # what it was last is known before the web has answered
                    self._take(rota, await asyncio.to_thread(_kept, calendar.keep, oncall, self._now_ms()))
        for rota, calendar in oncall.calendars.items():
            loaded = await load(calendar, oncall, self._now_ms(), keep=True)
            if loaded.shifts is not None and not (loaded.is_kept and rota in self._shifts):
                self._take(rota, loaded.shifts)
            self._complain(rota, loaded)

    def _take(self, rota: str, shifts: Shifts) -> None:
        if self._shifts.get(rota) != shifts.shifts:
            self._shifts[rota] = shifts.shifts
            self._made = None

    def _complain(self, rota: str, loaded: Loaded) -> None:
        """Log what is wrong with a calendar once, and that it is well again."""
        before, self._complaints[rota] = self._complaints.get(rota, ""), loaded.problem
        if loaded.problem and loaded.problem != before:
            goes_on = ""
            if loaded.shifts is None or loaded.is_kept:
                goes_on = "; the last good one goes on" if rota in self._shifts else "; nobody has duty by it"
            _log.error("the calendar of the rota %s: %s%s", rota, loaded.problem, goes_on)
        elif before and not loaded.problem:
            _log.info("the calendar of the rota %s is well again", rota)


async def load(calendar: ShiftCalendar, oncall: OnCall, at: int, *, keep: bool = False) -> Loaded:
    """The calendar as it is now, or else its last good copy; with `keep`, what is good becomes that copy."""
    try:
        data = await _had(calendar)
        shifts = await asyncio.to_thread(read_shifts, data, oncall.people, oncall.timezone, at)
    except CalendarError as error:
        if calendar.keep is None:
            return Loaded(None, str(error))
        try:
            kept = await asyncio.to_thread(_kept, calendar.keep, oncall, at)
        except CalendarError as unkept:
            return Loaded(None, f"{error}; and its last good copy {unkept}")
        return Loaded(kept, str(error), is_kept=True)
    problem = ""
    if keep and calendar.keep is not None:
        problem = await asyncio.to_thread(_keep, calendar.keep, data)
    return Loaded(shifts, problem)


def _kept(path: Path, oncall: OnCall, at: int) -> Shifts:
    return read_shifts(_read(path), oncall.people, oncall.timezone, at)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its name is no path"
        raise CalendarError(f"{path} cannot be read: {why}") from None


def _keep(path: Path, data: bytes) -> str:
    """Keep the copy, whole or not at all; what went wrong, empty where nothing did."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.is_file() and path.read_bytes() == data:
            return ""
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        return f"its copy cannot be kept as {path}: {error.strerror}"
    return ""


async def _had(calendar: ShiftCalendar) -> bytes:
    if calendar.file is not None:
        return await asyncio.to_thread(_read, calendar.file)
    url = calendar.url
    if isinstance(url, SecretRef):
        try:
            url = web_url(await asyncio.to_thread(url.reveal), ("https",))
        except LookupError as error:
            raise CalendarError(str(error)) from None
        except ValueError:
            raise CalendarError("its secret holds no address that begins with https://") from None
    return await _fetched(url or "")


async def _fetched(url: str) -> bytes:
    """What is at `url`; CalendarError, which never repeats it, where it cannot be had in time."""
    import aiohttp

    verified = await asyncio.to_thread(ssl.create_default_context)
    try:
        async with asyncio.timeout(FETCH_S), aiohttp.ClientSession() as session:
            for _ in range(_REDIRECTS + 1):
                async with session.get(url, ssl=verified, allow_redirects=False, headers=_HEADERS) as response:
                    target = response.headers.get("Location", "")
                    if response.status in (301, 302, 303, 307, 308) and target:
                        url = _led_on(url, target)
                        continue
                    if response.status != 200:
                        raise CalendarError(f"the web answers {response.status} instead of the calendar")
                    data = b""
                    async for chunk in response.content.iter_chunked(65_536):
                        data += chunk
                        if len(data) > SIZE_LIMIT:
                            break
                    return data
    except TimeoutError:
        raise CalendarError(f"the web did not hand it over within {FETCH_S:.0f} seconds") from None
    except aiohttp.ClientConnectorCertificateError:
        raise CalendarError("its server shows a certificate that is not trusted") from None
    except aiohttp.ClientConnectorError as error:
        raise CalendarError(f"its server cannot be reached: {error.os_error.strerror or 'no connection'}") from None
    except (aiohttp.ClientError, ValueError) as error:
        if isinstance(error, CalendarError):
            raise
        raise CalendarError(f"the web did not hand it over ({type(error).__name__})") from None
    raise CalendarError(f"the web leads on more than {_REDIRECTS} times")


def _led_on(url: str, target: str) -> str:
    try:
        return web_url(urljoin(url, target), ("https",))
    except ValueError:
        raise CalendarError("the web leads on to an address that does not begin with https://") from None


_HEADERS = {"User-Agent": f"waakvlam/{VERSION}", "Accept": "text/calendar"}
