"""Small random estates with random observations around the instants where judging is hard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from hypothesis import strategies as st

from availability.estate import (
    Agreement,
    AllOf,
    AnyOf,
    AtLeast,
    Calendar,
    Check,
    Estate,
    Expression,
    FailoverPair,
    Maintenance,
    Part,
    Participant,
    Ref,
    Service,
    Slot,
    Vantage,
    Weekly,
    Window,
)
from availability.outcome import Status
from availability.periods import Period, parse_period
from availability.ports import Row

UNIT = 300_000
"""What most observations lie apart; in some worlds it is a day, so that a week of silence is near."""
DAY = 86_400_000
TIMEZONE = "Europe/Amsterdam"
ANCHORS = (
    ("2026-10", 1_790_805_600_000),  # 1 October 2026, 00:00 in Amsterdam
    ("2026-10", 1_792_890_000_000),  # 25 October 2026, 01:00Z: the clocks go back
    ("2026-10", 1_793_487_600_000),  # 1 November 2026, 00:00 in Amsterdam
    ("2026-03", 1_774_746_000_000),  # 29 March 2026, 01:00Z: the clocks go forward
    ("2026-04", 1_777_240_800_000),  # 27 April 2026, King's Day, 00:00 in Amsterdam
    ("2026-Q2", 1_777_586_400_000),  # 1 May 2026, 00:00 in Amsterdam
    ("2026-Q4", 1_793_487_600_000),
    ("2026-Q1", 1_774_908_000_000),  # 1 April 2026, 00:00 in Amsterdam
)
SLOTS = (
    Slot(0, 1440),
    Slot(420, 1380),
    Slot(0, 0),
    Slot(1320, 360),
    Slot(120, 180),
    Slot(150, 150),
    Slot(135, 165),
    Slot(180, 120),
    Slot(30, 150),
    Slot(1380, 145),
)
CATEGORIES = ("customer_request", "planned", "failover_test")
VANTAGES = (
    Vantage("north-1", "north"),
    Vantage("south-1", "south"),
    Vantage("nowhere"),
    Vantage("north-old", "north", retired=True),
)
OBSERVERS = (*(vantage.id for vantage in VANTAGES), "never-configured")


@dataclass(frozen=True)
class RandomWorld:
    """Everything that `judge` is given."""

    estate: Estate
    facts: dict[tuple[str, str], list[Row]]
    period: Period
    as_of: int


def subset(ids: list[str], most: int) -> st.SearchStrategy[tuple[str, ...]]:
    if not ids:
        return st.just(())
    return st.lists(st.sampled_from(ids), unique=True, max_size=most).map(tuple)


@st.composite
def expressions(draw: st.DrawFn, ids: list[str], depth: int = 2) -> Expression:
    """Nested all, any and at_least over the ids."""
    children = st.sampled_from(ids).map(Ref)
    if depth > 1:
        parts = draw(st.lists(st.one_of(children, expressions(ids, depth - 1)), min_size=1, max_size=2))
    else:
        parts = draw(st.lists(children, min_size=1, max_size=3))
    kind = draw(st.sampled_from(("all", "any", "at_least")))
    if kind == "all":
        return AllOf(tuple(parts))
    if kind == "any":
        return AnyOf(tuple(parts))
    return AtLeast(draw(st.integers(1, len(parts))), tuple(parts))


@st.composite
def leaf_parts(draw: st.DrawFn, id_: str, earlier: list[str], unit: int) -> Part:
    """A component or link with one to three checks."""
    checks = [
        Check(
            f"{id_}.{number}",
            unit,
            draw(st.sampled_from((3 * unit, 3 * unit, 2 * unit, unit, 5 * unit + 1))),
            draw(st.sampled_from((1, 2, 2, 3))),
            draw(st.sampled_from((1, 1, 2, 3))),
            draw(st.sampled_from(("any", "any", "all", "majority"))),
            counts=number == 0 or draw(st.booleans()),
        )
        for number in range(draw(st.sampled_from((1, 1, 2, 3))))
    ]
    judged = [check.id for check in checks if check.counts]
    return Part(
        id_,
        draw(expressions(judged, 1)),
        tuple(checks),
        site=draw(st.sampled_from((None, "north", "south"))),
        owner=draw(st.sampled_from((None, "red", "blue"))),
        behind=draw(subset(earlier, 2)),
        is_link=draw(st.booleans()),
    )


@st.composite
def observations(draw: st.DrawFn, around: int, unit: int) -> list[Row]:
    """Rows of one vantage in order: runs, gaps, observations that could not look, now and then a week of silence."""
    gap = st.sampled_from((unit, unit, unit, unit, unit, unit, unit, 1, 2 * unit, 3 * unit, 3 * unit + 1, 9 * unit))
    step = st.sampled_from((unit, unit, unit, unit, unit, unit, unit // 2, 2 * unit, 4 * unit, unit + 1, 60_000))
    length = st.sampled_from((1, 2, 3, 4, 6, 9, 12, 24, 60))
    status = st.sampled_from((1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 0))
    rows: list[Row] = []
    at = around - draw(st.sampled_from((40 * unit, 40 * unit, 40 * unit, 6 * unit, unit, 0, 7 * DAY - unit, 7 * DAY)))
    for _ in range(draw(st.integers(1, 9))):
        count, every = draw(length), draw(step)
        rows.append((at, every if count > 1 else 0, count, Status(draw(status))))
        at += every * (count - 1) if count > 1 else 0
        at += draw(gap)
        if draw(st.integers(0, 29)) == 29:
            at += 7 * DAY - draw(st.sampled_from((0, UNIT, 20 * UNIT)))
    return rows


@st.composite
def agreements(draw: st.DrawFn, id_: str, around: int, parts: list[str]) -> Agreement:
    """Hours, special days near the interesting instant, excuses."""
    near = [date.fromordinal(719163 + around // DAY + shift) for shift in (-1, 0, 1)]
    special = draw(st.dictionaries(st.sampled_from(near), st.one_of(st.none(), st.sampled_from(SLOTS)), max_size=2))
    days = draw(st.sampled_from((frozenset(range(7)), frozenset(range(7)), frozenset(range(5)), frozenset((5, 6)))))
    if draw(st.integers(0, 5)) == 5:
        days = frozenset()
    window = Window(days, draw(st.sampled_from(SLOTS)), draw(st.booleans()), special)
    return Agreement(
        id_,
        draw(st.sampled_from((Fraction(1, 2), Fraction(98, 100), Fraction(999, 1000), Fraction(1)))),
        window,
        draw(st.sampled_from((TIMEZONE, TIMEZONE, "Europe/London", "America/New_York", "Africa/Cairo"))),
        draw(st.sampled_from(("month", "month", "month", "month", "quarter", "quarter", "year"))),
        excluded=frozenset(draw(st.lists(st.sampled_from(CATEGORIES), max_size=3))),
        assumes_up=frozenset(draw(subset(parts, 1))),
    )


@st.composite
def maintenance_records(draw: st.DrawFn, id_: str, around: int, ids: list[str], unit: int) -> Maintenance:
    """Once (also reversed or empty) or every week."""
    category = draw(st.sampled_from(CATEGORIES))
    affects = tuple(draw(st.lists(st.sampled_from(ids), unique=True, min_size=1, max_size=3)))
    if draw(st.integers(0, 3)) == 3:
        days = frozenset(draw(st.lists(st.integers(0, 6), min_size=1, max_size=7)))
        return Maintenance(id_, category, affects, every=Weekly(days, draw(st.sampled_from(SLOTS))))
    start = around + unit * draw(st.integers(-50, 60))
    return Maintenance(
        id_, category, affects, start_ms=start, end_ms=start + unit * draw(st.sampled_from((-3, 0, 2, 6, 12, 30, 90)))
    )


@st.composite
def estates(draw: st.DrawFn, around: int, unit: int) -> Estate:
    """Leaves, composites and services in an order in which each refers to earlier ones only."""
    parts: dict[str, Part] = {}
    services: dict[str, Service] = {}
    kinds = draw(st.lists(st.sampled_from(("leaf", "leaf", "composite", "service")), min_size=1, max_size=5))
    for number, kind in enumerate(["leaf", *kinds, "service"]):
        earlier = [*parts, *services]
        id_ = f"{kind}{number}"
        if kind == "leaf":
            parts[id_] = draw(leaf_parts(id_, list(parts), unit))
        elif kind == "composite":
            behind = draw(subset(list(parts), 1))
            parts[id_] = Part(
                id_, draw(expressions(earlier)), behind=behind, site=draw(st.sampled_from((None, "north")))
            )
        else:
            needs = [tuple(draw(subset(list(parts), 2))) for _ in range(draw(st.integers(0, 2)))]
            since, until = (
                draw(st.sampled_from((None, None, None, None, None, -20, 0, 7))),
                draw(st.sampled_from((None, None, None, None, None, 15, 30))),
            )
            services[id_] = Service(
                id_,
                draw(st.sampled_from(("first", "second"))),
                draw(expressions(earlier)),
                f"Service {number}",
                tuple(Participant(f"user{index}", need) for index, need in enumerate(needs)),
                since_ms=None if since is None else around + since * unit,
                until_ms=None if until is None else around + until * unit,
            )
    ids = [*parts, *services]
    pairs = [
        FailoverPair(
            f"pair{number}",
            draw(st.sampled_from(list(parts))),
            draw(st.sampled_from(list(parts))),
            unit * draw(st.sampled_from((1, 3, 6, 12))),
            draw(st.one_of(st.none(), st.sampled_from(ids))),
        )
        for number in range(draw(st.integers(0, 2)))
    ]
    targets = [*ids, *(pair.id for pair in pairs)]
    records = [draw(maintenance_records(f"work{n}", around, targets, unit)) for n in range(draw(st.integers(0, 4)))]
    calendar = Calendar(
        liberation_day=draw(st.sampled_from(("yearly", "lustrum"))),
        good_friday=draw(st.sampled_from(("working", "holiday"))),
    )
    return Estate(
        TIMEZONE,
        parts,
        services,
        {id_: draw(agreements(id_, around, list(parts))) for id_ in ("first", "second")},
        tuple(pairs),
        tuple(records),
        {vantage.id: vantage for vantage in VANTAGES},
        calendar,
    )


@st.composite
def worlds(draw: st.DrawFn) -> RandomWorld:
    """An estate, what was seen of it, the period and the instant as of which it is judged."""
    label, around = draw(st.sampled_from(ANCHORS))
    period = parse_period(label, TIMEZONE)
    unit = draw(st.sampled_from((UNIT, UNIT, UNIT, UNIT, DAY)))
    estate = draw(estates(around, unit))
    facts: dict[tuple[str, str], list[Row]] = {}
    for part in estate.parts.values():
        for check in part.checks:
            for vantage in draw(
                st.lists(
                    st.sampled_from(OBSERVERS), unique=True, min_size=draw(st.sampled_from((1, 1, 1, 1, 0))), max_size=3
                )
            ):
                facts[check.id, vantage] = draw(observations(around, unit))
    seen = sorted({first + step * (count - 1) for rows in facts.values() for first, step, count, _ in rows})
    after = [period.end, period.end + 40 * DAY, around + 20 * unit]
    at_an_edge = [period.start, period.start - unit, period.end - 1, around, *seen]
    as_of = draw(st.one_of(st.sampled_from(after), st.sampled_from(at_an_edge)))
    return RandomWorld(estate, facts, period, as_of + draw(st.sampled_from((0, 0, 0, 1, -1, unit))))
