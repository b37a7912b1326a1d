"""The three states and the rules that merge several into one (docs/semantics.md, sections 3 and 4)."""

from __future__ import annotations

from collections.abc import Callable

from availability.estate import Merge

DOWN = 0
UNKNOWN = 1
UP = 2
EXCLUDED = 3
"""Not a state but the fourth class of agreed time (section 6)."""

STATE_NAMES = ("down", "unknown", "up")

Rule = Callable[[int, int], int]
"""(how many are up, how many are unknown) to the state of the whole."""


def at_least(count: int) -> Rule:
    """Three-valued logic of k out of n; `all` is n of n and `any` is one of n (section 4)."""

    def rule(up: int, unknown: int) -> int:
        if up >= count:
            return UP
        return UNKNOWN if up + unknown >= count else DOWN

    return rule


def vantages_agree(merge: Merge, total: int) -> Rule:
    """How `total` vantages make one state; those that are unknown are left out (section 3)."""

    def rule(up: int, unknown: int) -> int:
        known = total - unknown
        if not known:
            return UNKNOWN
        if merge == "any":
            return UP if up else DOWN
        if merge == "all":
            return UP if up == known else DOWN
        return UP if 2 * up > known else DOWN

    return rule
