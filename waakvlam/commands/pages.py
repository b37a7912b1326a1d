"""`waakvlam pages`: who was told of what, when and by what; `waakvlam ack`: take a page up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

from availability.edges import from_ms
from availability.paging import Acknowledged, Entry, Page, fold
from availability.paging_steps import acknowledge
from availability.paging_steps import close as closing
from config.settings import Settings
from exporters.cells import one_line
from exporters.page_lists import page_json, page_table, pages_json, pages_table
from waakvlam.page_log import KEPT_MS
from waakvlam.person import who
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import console, note_aside, refuse, say, say_data

_NO = 1
"""Exit code where there was nothing to take up or to close."""
_NAME_LIMIT = 100
_Decide = Callable[[Page], Sequence[Entry]]


def list_(path: Path, *, everything: bool, waiting: bool, as_json: bool) -> None:
    """Print the pages of the last five weeks, or all there ever were; with `waiting` those that nobody took up."""
    settings = load_settings(path)
    pages = list(fold({}, _entries(settings, 0 if everything else _now() - KEPT_MS)).values())
    if waiting:
        pages = [page for page in pages if page.ended is None and page.acknowledged is None]
    pages.sort(key=lambda page: page.opened_at, reverse=True)
    if as_json:
        say_data(pages_json(pages, settings.estate.timezone))
    else:
        console().print(pages_table(pages, settings.estate.timezone))


def show(path: Path, id_: str, *, as_json: bool) -> None:
    """Print one page with all that was noted of it."""
    settings = load_settings(path)
    log = [entry for entry in _entries(settings, 0) if entry.page == id_]
    page = fold({}, log).get(id_)
    if page is None:
        _unknown(id_)
    if as_json:
        say_data(page_json(page, log, settings.estate.timezone))
    else:
        console().print(page_table(page, log, settings.estate.timezone))


def ack(path: Path, id_: str, by: str | None) -> None:
    """Take a page up, for the account that types it or for `by`; exit 1 where somebody has it or it is over."""
    settings = load_settings(path)
    name = one_line(by or "")[:_NAME_LIMIT]
    people = settings.oncall.people if settings.oncall else {}
    person = next((one for one in people.values() if name and name in (one.id, one.name, one.email)), None)
    said = person.name if person else name
    account = str(who())
    taken = Acknowledged(f"{said} (entered by {account})" if said else account, "command", person.id if person else "")
    before, after = _changed(settings, id_, lambda page: acknowledge(page, _now(), taken))
    if before is after:
        _say_no(before, settings)
    say(f"{id_}: taken up by {taken.by}; nobody else will be told of it")


def close(path: Path, id_: str) -> None:
    """End a page by hand; everybody who was told of it is told so."""
    settings = load_settings(path)
    before, after = _changed(settings, id_, lambda page: closing(page, _now(), str(who())))
    if before is after:
        _say_no(before, settings)
    say(f"{id_}: closed; whoever was told that it began is told so by the collector that runs")


def _changed(settings: Settings, id_: str, decide: _Decide) -> tuple[Page, Page]:
    """The page before and after what `decide` notes of it; exit 2 where there is none, or no store."""
    from collector.store import StoreError

    store = load_store(settings, create=False)
    try:
        entries, number = store.pages_known(0)
        found: list[Page] = []

        def with_others(others: Sequence[Entry]) -> Sequence[Entry]:
            page = fold({}, [*entries, *others]).get(id_)
            if page is None:
                return []
            found[:] = [page]
            return decide(page)

        noted, _ = store.advance_pages(number, with_others)
    except StoreError as error:
        refuse(str(error))
    finally:
        store.close()
    if not found:
        _unknown(id_)
    after = fold({}, [*entries, *noted])[id_]
    return found[0], found[0] if after == found[0] else after


def _entries(settings: Settings, since: int) -> list[Entry]:
    from collector.store import NothingRecorded, StoreError, open_store

    try:
        store = open_store(settings.store_url, create=False)
        try:
            return store.pages_known(since)[0]
        finally:
            store.close()
    except NothingRecorded:
        return []
    except StoreError as error:
        refuse(str(error))


def _say_no(page: Page, settings: Settings) -> NoReturn:
    zone = ZoneInfo(settings.estate.timezone)
    if page.ended_at is not None:
        note_aside(f"{page.id}: it is over since {from_ms(page.ended_at, zone):%Y-%m-%d %H:%M}; nothing was changed")
    elif page.acknowledged is not None and page.acknowledged_at is not None:
        at = f"{from_ms(page.acknowledged_at, zone):%Y-%m-%d %H:%M}"
        note_aside(f"{page.id}: taken up by {one_line(page.acknowledged.by)} already, at {at}; nothing was changed")
    raise SystemExit(_NO)


def _unknown(id_: str) -> NoReturn:
    refuse(f"there is no page {one_line(id_)[:60]!r}: `waakvlam pages list` shows those there are")


def _now() -> int:
    return time.time_ns() // 1_000_000
