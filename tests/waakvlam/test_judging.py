"""Judging what changed gives what judging everything gives, at every step and also when nobody looks any more."""

from __future__ import annotations

import asyncio
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

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
from availability.outcome import Outcome, Reason, could_not_look, failed, ok
from collector.board import Board
from waakvlam.judging import Judging, judge_now

STEP = 1000
START = 1_793_000_000_000


def part(id_: str, site: str, *behind: str) -> Part:
    check = Check(f"{id_}-ping", STEP, 3 * STEP, fall=2, rise=2)
    return Part(id_, AllOf((Ref(check.id),)), (check,), site=site, behind=behind)


ESTATE = Estate(
    timezone="Europe/Amsterdam",
    parts={
        "app": part("app", "venlo", "ring"),
        "spare": part("spare", "roermond"),
        "ring": Part("ring", AnyOf((Ref("line-1"), Ref("line-2")))),
        "line-1": part("line-1", "between"),
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
    pairs=(FailoverPair("pair", "app", "spare", 5 * STEP),),
    vantages={"roermond": Vantage("roermond", "roermond"), "venlo": Vantage("venlo", "venlo")},
)
CHECKS = ["app-ping", "spare-ping", "line-1-ping", "line-2-ping"]
OUTCOMES = [ok(1.0), failed(Reason.TIMEOUT, "silence"), could_not_look(Reason.NO_PERMISSION)]

looks = st.dictionaries(
    st.tuples(st.sampled_from(CHECKS), st.sampled_from(["roermond", "venlo"])), st.sampled_from(OUTCOMES), max_size=5
)


@settings(deadline=None)
@given(st.lists(looks, min_size=1, max_size=25))
def test_step_by_step_it_is_the_whole_judgement(steps: list[dict[tuple[str, str], Outcome]]) -> None:
    asyncio.run(play(steps))


async def play(steps: list[dict[tuple[str, str], Outcome]]) -> None:
    now = START
    board = Board(ESTATE, {}, START)
    judging = Judging(board, lambda: now)
    for step in steps:
        now += STEP
        for (check, vantage), outcome in step.items():
            board.feed(check, vantage, now, outcome)
        told = await judging.judge()
        whole = judge_now(ESTATE, await board.knowledge(now), board.look, now)
        assert dict(told.standing.parts) == dict(whole.standing.parts)
        assert (told.current, told.previous, told.month) == (whole.current, whole.previous, whole.month)
        assert told.pairs == whole.pairs
