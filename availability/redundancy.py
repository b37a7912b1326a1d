"""How many parts of a whole may still fail before it is down: a double line that has lost one is up, and at risk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import combinations

from availability.estate import AllOf, AnyOf, Expression, Ref
from availability.evaluation import references
from availability.ports import Redundancy

REPEATED_AT_MOST = 12
"""Ids that may stand in an expression more than once for its redundancy to be told: all sets of them are tried."""

_NEVER = 1 << 30


def redundancy(expression: Expression, is_up: Callable[[str], bool]) -> Redundancy:
    """The redundancy of an expression over other ids; what is unknown is not up, and so cannot be relied on."""
    ids = dict.fromkeys(references(expression))
    now, whole = fewest_failures(expression, is_up), fewest_failures(expression, lambda _: True)
    return Redundancy(
        left=now - 1 if now else None,
        full=None if whole is None else whole - 1,
        not_up=tuple(id_ for id_ in ids if not is_up(id_)),
    )


def fewest_failures(expression: Expression, is_up: Callable[[str], bool]) -> int | None:
    """The smallest number of ids, of those that are up, without which the expression is not up: 0 where it is not up
    as it is, None where more than `REPEATED_AT_MOST` ids are repeated.

    An id that fails does so wherever it stands. Those that stand in one place can be weighed part by part; of those
    that are repeated, each set is taken as failed, the smallest first.
    """
    counts = Counter(id_ for id_ in references(expression) if is_up(id_))
    repeated = [id_ for id_, count in counts.items() if count > 1]
    if len(repeated) > REPEATED_AT_MOST:
        return None
    costs = {id_: _NEVER if count > 1 else 1 for id_, count in counts.items()}
    fewest = _NEVER
    for size in range(len(repeated) + 1):
        if size >= fewest:
            break
        for failed in combinations(repeated, size):
            fewest = min(fewest, size + _cost(expression, {**costs, **dict.fromkeys(failed, 0)}.get))
    return fewest


def _cost(expression: Expression, cost: Callable[[str, int], int]) -> int:
    """What it costs to make an expression not up, where an id costs `cost` (by default, what is not up: nothing)."""
    if isinstance(expression, Ref):
        return cost(expression.id, 0)
    each = sorted(_cost(part, cost) for part in expression.parts)
    if isinstance(expression, AllOf):
        return each[0]
    needed = 1 if isinstance(expression, AnyOf) else expression.count
    return sum(each[: len(each) - needed + 1])
