"""What is frozen of a month: digests over facts as a set, the document, and what moved between two judgements."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability import facts
from availability.class_spans import ClassSpan, Piece, pieces
from availability.closing import (
    Frozen,
    TrailPrefix,
    UnreadableError,
    decode,
    digest_of,
    encode,
    month_after,
    trail_digest,
)
from availability.estate import Agreement, Estate, Part, Ref, Service, Slot, Window
from availability.estate_changes import changes
from availability.fact_digests import FactsDigest, FactsDigester, canonical, recut
from availability.facts import Observation
from availability.outcome import Reason, Status
from availability.ports import Run
from availability.trail import Entry, Work

OK = (Status.OK, None, "")
TIMEOUT = (Status.FAILED, Reason.TIMEOUT, "no answer in time")
NOT_LOOKED = (Status.NONE, Reason.NO_PERMISSION, "")
START, END = 100_000, 900_000

instants = st.one_of(st.integers(0, 40).map(lambda n: n * 30_000), st.integers(0, 1_200_000))
observations = st.builds(
    lambda at, content: Observation(at, *content), instants, st.sampled_from((OK, TIMEOUT, NOT_LOOKED))
)
sets = st.lists(observations, max_size=60)


def digested(runs: list[Run], start: int = START, end: int = END) -> FactsDigest:
    digester = FactsDigester(start, end)
    digester.take("web", "venlo", runs)
    return digester.digest()


def split_by(runs: list[Run], random) -> list[Run]:
    """The same observations in smaller runs, as no store would keep them."""
    result = []
    for run in runs:
        while run.length > 1 and random.random() < 0.6:
            taken = random.randint(1, run.length - 1)
            result.append(run._replace(length=taken, step=run.step if taken > 1 else 0))
            run = facts.after(run, taken)
        result.append(run)
    return result


@given(sets, st.randoms(use_true_random=False))
def test_the_digest_is_of_the_observations_however_they_came_and_are_split(these: list[Observation], random) -> None:
    again = these + [one for one in these if random.random() < 0.5]
    random.shuffle(again)
    half = random.randint(0, len(again))
    merged = facts.merge(facts.encode(again[:half]), facts.encode(again[half:])).runs
    assert digested(split_by(merged, random)) == digested(facts.encode(these))


@given(sets)
def test_what_lies_outside_the_range_does_not_matter_and_both_ends_lie_within(these: list[Observation]) -> None:
    within = [one for one in these if START <= one.at <= END]
    assert digested(facts.encode(these)) == digested(facts.encode(within))
    assert list(recut(facts.encode(these), START, END)) == facts.encode(within)


@given(sets, observations)
def test_one_observation_more_or_another_outcome_is_another_digest(these: list[Observation], new: Observation) -> None:
    before, after = facts.encode(these), facts.encode([*these, new])
    same = list(recut(before, START, END)) == list(recut(after, START, END))
    assert (digested(before) == digested(after)) == same


def test_the_digest_is_what_the_recipe_says() -> None:
    """The recipe of docs/closing.md, step by step, in other words than the code."""
    runs = [Run(0, 30_000, 10, *OK), Run(300_000, 0, 1, *TIMEOUT), Run(330_000, 30_000, 2, *OK)]
    text = (
        '["web","venlo"]\n120000 30000 6 ["ok",null,""]\n'
        '300000 0 1 ["failed","timeout","no answer in time"]\n330000 30000 2 ["ok",null,""]\n'
    )
    of_series = hashlib.sha256(text.encode()).hexdigest()
    whole = hashlib.sha256(f'[["web","venlo","{of_series}"]]'.encode()).hexdigest()
    assert digested(runs) == FactsDigest(START, END, whole, (("web", "venlo", of_series[:16]),), 9)


def test_series_count_in_order_of_their_names_and_those_without_observations_not_at_all() -> None:
    one, other = FactsDigester(START, END), FactsDigester(START, END)
    web, dns, nothing = ("web", "venlo"), ("dns", "weert"), ("old", "weert")
    for digester, order in ((one, (web, dns)), (other, (nothing, dns, web))):
        for name in order:
            digester.take(*name, [Run(0 if name == nothing else 200_000, 0, 1, *OK)])
    assert one.digest() == other.digest()
    assert [series[:2] for series in one.digest().series] == [dns, web]


def test_many_runs_are_digested_as_few_are() -> None:
    """A series is hashed some thousand runs at a time."""
    runs = [Run(1_000 * n, 0, 1, *(OK if n % 2 else TIMEOUT)) for n in range(6_000)]
    digest = digested(runs, 0, 10**9)
    lines = [f"{1_000 * n} 0 1 {canonical(['ok', None, '']).decode()}" for n in range(6_000)]
    lines = [
        line if n % 2 else f'{1_000 * n} 0 1 ["failed","timeout","no answer in time"]' for n, line in enumerate(lines)
    ]
    text = '["web","venlo"]\n' + "\n".join(lines) + "\n"
    assert digest.series[0][2] == hashlib.sha256(text.encode()).hexdigest()[:16]


def frozen(**changed: object) -> Frozen:
    whole = Frozen(
        period="2026-10",
        timezone="Europe/Amsterdam",
        start=1_000,
        end=2_000,
        as_of=3_000,
        closed_at=4_000,
        account="anna",
        through="",
        method="1",
        software="0.1.0",
        configuration="version: 1\r\n# één\n",
        configuration_digest="c" * 64,
        trail=TrailPrefix(2, "t" * 64),
        facts=FactsDigest(0, 3_000, "f" * 64, (("web", "venlo", "a" * 16),), 12),
        report={"services": [{"id": "brp", "verdict": "met", "availability": 0.98, "participants": []}]},
        spans={("brp", None): ((1_000, 1_500, "up"), (1_500, 2_000, "down")), ("brp", "weert"): ()},
        previous=None,
    )
    return replace(whole, **changed)  # type: ignore[arg-type]  # names and types of the fields


def test_what_was_frozen_is_read_back_and_encoded_to_the_same_text() -> None:
    document = encode(frozen())
    assert decode(document) == frozen()
    assert encode(decode(document)) == document
    assert json.loads(document)["previous"] is None


@pytest.mark.parametrize(
    "changed",
    [
        {"period": "2026-11"},
        {"closed_at": 4_001},
        {"account": "piet"},
        {"method": "2"},
        {"configuration": "version: 1\n# één\n"},
        {"trail": TrailPrefix(1, "t" * 64)},
        {"previous": "d" * 64},
        {"spans": {("brp", None): ((1_000, 1_501, "up"), (1_501, 2_000, "down")), ("brp", "weert"): ()}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_everything_that_is_frozen_is_in_the_digest(changed: dict[str, object]) -> None:
    assert digest_of(encode(frozen(**changed))) != digest_of(encode(frozen()))


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "no document of a closed month"),
        (b"\xff\xfe", "no document of a closed month"),
        (b"[]", "no document of a closed month"),
        (b"[" * 100_000, "no document of a closed month"),
        (b'{"format": 2}', "its format is 2, and this version of waakvlam knows 1"),
        (b'{"format": 1}', "no document of a closed month (KeyError: 'period')"),
        (encode(frozen()).replace(b'"2026-10"', b'"2026-13"'), "'2026-13' is no month"),
        (encode(frozen()).replace(b'"closed_at":4000', b'"closed_at":true'), "True is no whole number"),
        (encode(frozen()).replace(b'"closed_at":4000', b'"closed_at":9e99'), "no whole number"),
        (encode(frozen()).replace(b'"closed_at":4000', b'"closed_at":' + b"9" * 30), "is no instant"),
        (encode(frozen()).replace(b'"participants":[]', b'"participants":[1]'), "no document of a closed month"),
    ],
)
def test_what_is_no_closed_month_is_refused_in_a_sentence(document: bytes, says: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        decode(document)
    assert says in str(refused.value)


WORK = Work("planned", 1_000, 2_000, ("app",), "CHG-1", 500)
ADDED = Entry("work-1", "add", "anna", 3_000, "a restore", "", WORK)


@pytest.mark.parametrize(
    "entry",
    [
        replace(ADDED, record="work-2"),
        replace(ADDED, action="withdraw"),
        replace(ADDED, entered_by="piet"),
        replace(ADDED, entered_at=3_001),
        replace(ADDED, reason="another"),
        replace(ADDED, through="piet"),
        replace(ADDED, work=None),
        replace(ADDED, work=replace(WORK, category="other")),
        replace(ADDED, work=replace(WORK, start_ms=1_001)),
        replace(ADDED, work=replace(WORK, end_ms=2_001)),
        replace(ADDED, work=replace(WORK, affects=("line",))),
        replace(ADDED, work=replace(WORK, ticket="")),
        replace(ADDED, work=replace(WORK, notice_ms=None)),
    ],
)
def test_the_digest_of_the_trail_holds_everything_an_entry_says(entry: Entry) -> None:
    assert trail_digest([entry]) != trail_digest([ADDED])


def test_the_digest_of_the_trail_holds_the_order() -> None:
    withdrawn = Entry("work-1", "withdraw", "anna", 4_000, "a mistake")
    assert trail_digest([ADDED, withdrawn]) != trail_digest([withdrawn, ADDED])
    assert trail_digest([]) == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(("label", "next_"), [("2026-10", "2026-11"), ("2026-12", "2027-01"), ("2027-01", "2027-02")])
def test_the_month_after(label: str, next_: str) -> None:
    assert month_after(label) == next_


def spans_of(classes: list[str | None]) -> list[ClassSpan]:
    """Stretches of one second each, joined where they are alike; None is no agreed time."""
    result: list[ClassSpan] = []
    for second, name in enumerate(classes):
        if name is None:
            continue
        if result and result[-1][1] == second and result[-1][2] == name:
            result[-1] = (result[-1][0], second + 1, name)
        else:
            result.append((second, second + 1, name))
    return result


judgement = st.lists(st.sampled_from(["up", "down", "unknown", "excluded", None]), min_size=12, max_size=12)


@given(st.lists(judgement, min_size=2, max_size=4))
def test_the_pieces_are_exactly_where_the_judgements_differ(judgements: list[list[str | None]]) -> None:
    found = list(pieces([spans_of(one) for one in judgements]))
    by_second = {second: piece.classes for piece in found for second in range(piece.start, piece.end)}
    for second, classes in enumerate(zip(*judgements, strict=True)):
        assert by_second.get(second) == (classes if len(set(classes)) > 1 else None)
    for one, other in pairwise(found):
        assert one.end < other.start or one.classes != other.classes


def test_equal_judgements_have_no_pieces_and_one_stretch_has_one() -> None:
    assert list(pieces([[(0, 5, "up")], [(0, 5, "up")]])) == []
    assert list(pieces([[(0, 5, "up")], [(0, 2, "up"), (2, 3, "down"), (3, 5, "up")]])) == [Piece(2, 3, ("up", "down"))]


def test_what_changed_between_two_estates_is_named_by_what_it_is_called() -> None:
    agreement = Agreement("ict", Fraction(98, 100), Window(frozenset(range(7)), Slot(0, 1440)), "Europe/Amsterdam")
    app = Part("app", Ref("app-tcp"), name="App")
    service = Service("brp", "ict", Ref("app"))
    before = Estate("Europe/Amsterdam", {"app": app}, {"brp": service}, {"ict": agreement})
    assert changes(before, replace(before, parts={"app": replace(app, name="another name")})) == ()
    after = replace(
        before,
        parts={"app": replace(app, site="dc"), "line": Part("line", Ref("line-icmp"), is_link=True)},
        services={},
        agreements={"ict": replace(agreement, norm=Fraction(97, 100), excluded=frozenset({"planned"}))},
    )
    assert changes(before, after) == (
        "agreement ict: norm, excluded",
        "service brp: removed",
        "component app: site",
        "link line: added",
    )
