"""`waakvlam verify`: recomputes every closed month and the chain they form."""

from __future__ import annotations

import gc
import re
from collections.abc import Sequence
from pathlib import Path

from config.problems import shown
from waakvlam.instants import local
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import refuse, say
from waakvlam.verifying import Verification, Verified
from waakvlam.verifying import verify as recompute

LEAST = 12
"""Characters of a digest that name one month for certain."""

_DIGEST = re.compile(rf"[0-9a-f]{{{LEAST},64}}")


def verify(path: Path, head: str | None) -> None:
    """Recompute what was closed, and say which month `head` belongs to; exit 1 where anything is otherwise."""
    from collector.store import StoreError
    from exporters.harmless import harmless

    gc.disable()
    settings = load_settings(path)
    wanted = head.strip().lower() if head is not None else None
    if wanted is not None and not _DIGEST.fullmatch(wanted):
        refuse(f"--head: {shown(head or '')} is no digest: give at least {LEAST} of its 64 characters (0-9, a-f)")
    store = load_store(settings, create=False)
    try:
        found = recompute(store, settings)
    except StoreError as error:
        refuse(str(error))
    finally:
        store.close()
    good = found.difference is None and not found.unread
    lines = _told(found)
    if wanted is not None:
        link = next((month for month in found.chain if month.digest.startswith(wanted)), None)
        good = good and link is not None
        lines.append(_head(found, link, wanted, settings.estate.timezone))
    say(harmless("\n".join(lines)))
    if not good:
        raise SystemExit(1)


def _told(found: Verification) -> list[str]:
    months, difference = found.chain[: found.months], found.difference
    if not months and difference is None:
        return ["no month was closed yet"]
    lines = list(found.unread)
    if difference is not None:
        lines += [
            f"{shown(difference.month)} is not as it was closed: {difference.what} of {difference.where}",
            f"  frozen    {difference.frozen}",
            f"  computed  {difference.computed}",
        ]
        if difference.remark:
            lines.append(f"  {difference.remark}")
        if months and not found.unread:
            lines.append(f"{_range(months)}: as closed, in every figure, fact and digest")
        if found.months + 1 < found.closed:
            lines.append("the months after it were not recomputed")
        return lines
    last = months[-1]
    if not found.unread:
        lines.append(f"{_range(months)}: as closed, in every figure, fact and digest")
    lines.append(f"head: {last.period} {last.digest}")
    return lines


def _range(months: Sequence[Verified]) -> str:
    first, last = months[0].period, months[-1].period
    return f"{first} (1 closed month)" if len(months) == 1 else f"{first} to {last} ({len(months)} closed months)"


def _head(found: Verification, link: Verified | None, wanted: str, timezone: str) -> str:
    if link is None:
        return (
            f"{wanted} is no link of this chain: it was printed by another one, or what was closed then was replaced, "
            "changed or removed since"
        )
    later = len(found.chain) - found.chain.index(link) - 1
    since = f", and {later} closed since" if later else ", the last one"
    return f"{wanted} is {link.period}, closed by {link.closed_by} on {local(link.closed_at, timezone)}{since}"
