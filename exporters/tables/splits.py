"""The table about splits: which centre was cut off from the store when, and what the centres saw otherwise then."""

from __future__ import annotations

from collections.abc import Iterator

from availability.account import Account
from availability.splits import Split
from exporters.tables.table import Column, Row, Table

_SPLITS = (
    *(Column("centre"), Column("start", "instant"), Column("end", "later"), Column("reached"), Column("check")),
    *(Column("differed", "duration"), Column("up_from"), Column("down_from")),
)


def splits(account: Account, participant: str | None) -> Table:
    """A row for every check on which the vantages differed during a split, and one for a split without any; how the
    watching went is no matter of a participant's."""
    found = account.splits if participant is None else ()
    return Table("splits", _SPLITS, [row for split in found for row in _rows(split)])


def _rows(split: Split) -> Iterator[Row]:
    about = (split.centre, split.start, split.end, split.reached)
    if not split.differing:
        yield (*about, None, None, (), ())
    for each in split.differing:
        up = tuple(view.vantage for view in each.views if view.up_ms)
        down = tuple(view.vantage for view in each.views if view.down_ms)
        yield (*about, each.check, each.ms, up, down)
