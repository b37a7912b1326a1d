"""The table about pages: how soon somebody was told, and how soon somebody had it."""

from __future__ import annotations

from availability.account import Account
from exporters.tables.table import Column, Row, Table

_PAGES = (
    *(Column("id"), Column("started_at", "instant"), Column("priority", "count"), Column("about"), Column("told")),
    *(Column("to_page", "duration"), Column("acknowledged_by"), Column("to_acknowledge", "duration")),
    Column("ended_at", "end"),
)


def pages(account: Account, participant: str | None) -> Table:
    """The pages of the period; who was told is no matter of a participant's."""
    rows: list[Row] = [
        (
            *(page.id, page.opened_at, page.priority, page.about, page.told, page.to_page_ms),
            *(page.acknowledged_by, page.to_acknowledge_ms, page.ended_at),
        )
        for page in (account.pages if participant is None else ())
    ]
    return Table("pages", _PAGES, rows)
