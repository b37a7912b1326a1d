"""Judging what changed gives what judging everything gives, at every step and also when nobody looks any more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from availability.edges import to_ms
from availability.estate import (
    Agreement,
    AllOf,
    AnyOf,
    Check,
    Estate,
    FailoverPair,
    Part,
    Participant,
    Ref,
    Service,
    Slot,
    Vantage,
    Window,
)
from availability.judge import judge
from availability.outcome import Degraded, Outcome, Reason, could_not_look, failed, ok
from availability.periods import period_at
from availability.ports import Row
from collector.board import Board
from waakvlam.judging import Judging, judge_now

STEP = 1000
EDGES = {
    "a new quarter": "2027-01-01T00:00:00+01:00",
    "a new month": "2026-11-01T00:00:00+01:00",
    "the clocks go back": "2026-10-25T03:00:00+02:00",
    "the clocks go forward": "2027-03-28T03:00:00+02:00",
    "nothing": "2026-11-11T11:11:11+01:00",
}


def part(id_: str, site: str, *behind: str) -> Part:
    check = Check(f"{id_}-ping", STEP, 3 * STEP, fall=2, rise=2)
    return Part(id_, AllOf((Ref(check.id),)), (check,), site=site, behind=behind)


ESTATE = Estate(
    timezone="Europe/Amsterdam",
    parts={
        "app": part("app", "venlo", "ring"),
        "spare": part("spare", "roermond"),
        "ring": Part("ring", AnyOf((Ref("line-1"), Ref("line-2")))),
        "line-1": replace(part("line-1", "between"), between=("roermond", "venlo")),
        "line-2": part("line-2", "between"),
    },
    services={
        "brp": Service("brp", "norm", AnyOf((Ref("app"), Ref("spare"))), participants=(Participant("w", ("ring",)),)),
        "mail": Service("mail", "norm", AllOf((Ref("app"), Ref("brp")))),
    },
    agreements={
        "norm": Agreement(
            "norm", Fraction(9, 10), Window(frozenset(range(7)), Slot(0, 1440)), "Europe/Amsterdam", "quarter"
        )
    },
    pairs=(FailoverPair("pair", "app", "spare", 5 * STEP, test_every_ms=60 * STEP),),
    vantages={"roermond": Vantage("roermond", "roermond"), "venlo": Vantage("venlo", "venlo")},
)
CHECKS = ["app-ping", "spare-ping", "line-1-ping", "line-2-ping"]
DEGRADED = replace(ok(9.0), degraded=Degraded(Reason.SLOW, "slow"))
OUTCOMES = [ok(1.0), DEGRADED, failed(Reason.TIMEOUT, "silence"), could_not_look(Reason.NO_PERMISSION)]

looks = st.dictionaries(
    st.tuples(st.sampled_from(CHECKS), st.sampled_from(["roermond", "venlo"])), st.sampled_from(OUTCOMES), max_size=5
)


@settings(deadline=None)
@given(st.lists(looks, min_size=1, max_size=25), st.sampled_from(sorted(EDGES)), st.integers(0, 15))
def test_step_by_step_it_is_the_whole_judgement(
    steps: list[dict[tuple[str, str], Outcome]], edge: str, before: int
) -> None:
    """And what a report says from the facts, also where a period ends or the clocks change meanwhile."""
    asyncio.run(play(steps, to_ms(datetime.fromisoformat(EDGES[edge])) - before * STEP))


async def play(steps: list[dict[tuple[str, str], Outcome]], now: int) -> None:
    board = Board(ESTATE, {}, now)
    judging = Judging(board, lambda: now)
    facts: dict[tuple[str, str], list[Row]] = {}
    for step in steps:
        now += STEP
        for (check, vantage), outcome in step.items():
            board.feed(check, vantage, now, outcome)
            facts.setdefault((check, vantage), []).append((now, 0, 1, int(outcome.status)))
        told = await judging.judge()
        assert told.month == judge(ESTATE, facts, period_at(now, "month", ESTATE.timezone), now)
        quarter = period_at(now, "quarter", ESTATE.timezone)
        assert told.current == judge(ESTATE, facts, quarter, now).services
        last = period_at(quarter.start - 1, "quarter", ESTATE.timezone)
        assert told.previous == judge(ESTATE, facts, last, now).services
        whole = judge_now(ESTATE, await board.knowledge(now), board.look, now, None, board.worse(now))
        assert dict(told.standing.parts) == dict(whole.standing.parts)
        assert (told.current, told.previous, told.month) == (whole.current, whole.previous, whole.month)
        assert told.pairs == whole.pairs
        assert (told.hours, told.excused, told.tests_due) == (whole.hours, whole.excused, whole.tests_due)
