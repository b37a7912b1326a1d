"""The pages of a store, kept in memory and advanced one decision at a time, whoever else writes to the same log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from availability.paging import Entry, Page, Pages, fold
from availability.paging_ports import PageStore

KEPT_MS = 35 * 86_400_000
"""Pages that are over are forgotten in memory once nothing was noted of them for so long; the store keeps them."""

Decide = Callable[[Pages, int], Sequence[Entry]]
"""What is to be noted, of the pages as they stand and a number that no page has yet."""


class PageLog:
    """Every method raises StoreError where the store refuses, and then nothing is changed."""

    def __init__(self, store: PageStore, now_ms: Callable[[], int]) -> None:
        self.pages: Pages = {}
        """As they stood when the log was read last."""
        self.is_read = False
        self._store = store
        self._now_ms = now_ms
        self._number = 0
        self._turn = asyncio.Lock()

    async def refresh(self) -> list[Entry]:
        """Take up what others noted since; at first, everything."""
        return await self._alone(self._refresh)

    async def advance(self, decide: Decide, term: int = 0) -> list[Entry]:
        """Note what `decide` makes of the pages with all that others noted; what was noted since, by them and by
        us. It is asked twice where it has something to note, the second time while nobody else can write.

        With the `term` in which we lead, nothing is noted once another one leads: that is a StoreError."""
        return await self._alone(lambda: self._advance(decide, term))

    async def _alone(self, work: Callable[[], list[Entry]]) -> list[Entry]:
        """Work on the log in a thread, one after the other; it goes on to its end also where nobody waits any more."""

        async def in_turn() -> list[Entry]:
            async with self._turn:
                return await asyncio.to_thread(work)

        return await asyncio.shield(asyncio.ensure_future(in_turn()))

    def _refresh(self) -> list[Entry]:
        if not self.is_read:
            entries, self._number = self._store.pages_known(self._now_ms() - KEPT_MS)
            self.pages, self.is_read = fold({}, entries), True
            return entries
        entries, self._number = self._store.page_entries_after(self._number)
        if entries:
            self._keep(fold(self.pages, entries))
        return entries

    def _advance(self, decide: Decide, term: int) -> list[Entry]:
        known = self._refresh()
        if not decide(self.pages, self._number + 1):
            return known  # nobody else has to wait for a turn to write nothing

        def with_others(others: Sequence[Entry]) -> Sequence[Entry]:
            return decide(fold(self.pages, others), self._number + len(others) + 1)

        entries, self._number = self._store.advance_pages(self._number, with_others, term)
        self._keep(fold(self.pages, entries))
        return [*known, *entries]

    def _keep(self, pages: dict[str, Page]) -> None:
        oldest = self._now_ms() - KEPT_MS
        self.pages = {id_: page for id_, page in pages.items() if page.ended_at is None or page.ended_at >= oldest}
