"""The last test of every failover pair, and when the next is due (docs/semantics.md, section 10)."""

from __future__ import annotations

from availability.account import PairAccount
from availability.estate import FailoverPair, Ref
from availability.evaluation import Evaluation
from availability.failovers import failovers
from availability.outages import leaves
from availability.report import Failover


def pair_account(evaluation: Evaluation, pair: FailoverPair, as_of: int) -> PairAccount:
    """`pair` over all that is known of it at `as_of`."""
    first = _first_answer(evaluation, pair)
    last = None if first is None else _last_test(evaluation, pair, first, as_of)
    due = None
    if pair.test_every_ms is not None:
        due = last.started_at + pair.test_every_ms if last is not None else first if first is not None else as_of
    return PairAccount(
        pair=pair.id,
        name=pair.name or pair.id,
        within_ms=pair.within_ms,
        last_test=last,
        test_due_at=due,
        test_overdue=due is not None and due <= as_of,
    )


def _last_test(evaluation: Evaluation, pair: FailoverPair, first: int, as_of: int) -> Failover | None:
    tests = [event for event in failovers(evaluation, pair, first, as_of + 1, as_of) if event.test]
    return tests[-1] if tests else None


def _first_answer(evaluation: Evaluation, pair: FailoverPair) -> int | None:
    """The first instant at which any check that primary, standby or function rests on was ok or failed."""
    ids = [pair.primary, pair.standby, *([pair.function] if pair.function is not None else [])]
    return min(
        (
            knowledge.answered[0][0]
            for leaf in {leaf for id_ in ids for leaf in leaves(evaluation, Ref(id_))}
            for check in evaluation.estate.parts[leaf].checks
            for knowledge in evaluation.seen_by.get(check.id, {}).values()
            if knowledge.answered
        ),
        default=None,
    )
