"""The protocol of agents: golden payloads, strict and bounded reading, and facts that come out as they went in."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from availability import facts
from availability.facts import Observation
from availability.outcome import Reason, Status
from availability.ports import Batch, Run
from collector.store.gathering import Gathering
from collector.transport import fields
from collector.transport.fields import ProtocolError
from collector.transport.messages import (
    Call,
    FactsMessage,
    Refused,
    StatusMessage,
    Stored,
    Time,
    Topics,
    as_spans,
    pack_answer,
    read_answer,
    read_facts,
    read_status,
)
from collector.transport.rows import (
    OBSERVATIONS_LIMIT,
    in_pieces,
    pack_rows,
    unpack_columns,
    unpack_rows,
    without_latencies,
)

GOLDEN = Path(__file__).parent / "protocol"
NOON = 1_790_000_000_000
OK = (Status.OK, None, "")
TIMEOUT = (Status.FAILED, Reason.TIMEOUT, "no answer")
BATCHES = [
    Batch(
        "core-venlo-icmp",
        "venlo",
        [Run(NOON, 30_000, 3, *OK), Run(NOON + 90_000, 0, 1, *TIMEOUT)],
        [(NOON, 1.25), (NOON + 60_000, 2.5)],
    ),
    Batch("brp-venlo-http", "venlo", [Run(NOON + 7, 0, 1, Status.NONE, Reason.NO_SECRET, "")], []),
]
MESSAGE = FactsMessage("venlo", "venlo", 4_611_686_018_427_387_904, 17, 15, NOON + 100_000, -12, b"")
STATUS = StatusMessage(
    "venlo", "here", 7, NOON, -12, "0.1.0", "ab" * 32, 120, 4, NOON - 1000, 0.25, 9, 3, 5, 2, 11
)  # fmt: skip
PAYLOADS: dict[str, bytes] = {
    "status": STATUS.packed(),
    "gone": StatusMessage("venlo", "gone").packed(),
    "stored": pack_answer(Stored(MESSAGE.start, ((15, 17), (20, 20)))),
    "refused": pack_answer(Refused(MESSAGE.start, 18, "vantage", "venlo may speak for venlo")),
    "time": pack_answer(Time(7, NOON + 5)),
    "call": pack_answer(Call()),
}


def columns(**changes: Any) -> bytes:
    """The rows of a batch, changed, as bytes."""
    content: dict[str, Any] = {
        "checks": ["a"],
        "outcomes": [[1, "", ""]],
        "check": [0, 0],
        "first": [NOON, NOON + 5],
        "step": [0, 1000],
        "length": [1, 2],
        "outcome": [0, 0],
        "latencies": [1.5, None, 2],
    }
    return zlib.compress(msgpack.packb({**content, **changes}))


def test_what_another_language_writes_is_read() -> None:
    [batch] = unpack_rows(columns(), "venlo")
    assert (batch.check, batch.vantage) == ("a", "venlo")
    assert list(facts.expand(batch.runs)) == [Observation(at, *OK) for at in (NOON, NOON + 5, NOON + 1005)]
    assert list(batch.latencies) == [(NOON, 1.5), (NOON + 1005, 2)]


@pytest.mark.parametrize("name", [*PAYLOADS, "facts"])
def test_payloads_are_those_of_the_documentation(name: str) -> None:
    golden = bytes.fromhex((GOLDEN / f"{name}.hex").read_text())
    if name == "facts":
        message = read_facts(golden)
        assert message == replace(MESSAGE, rows=message.rows)
        assert unpack_rows(message.rows, "venlo") == BATCHES
    else:
        assert golden == PAYLOADS[name]


def test_messages_come_back() -> None:
    assert read_status(PAYLOADS["status"]) == STATUS
    assert read_status(PAYLOADS["gone"]) == StatusMessage("venlo", "gone")
    for answer in (Stored(3, ((1, 2), (4, 4))), Refused(3, 4, "clock", "it is off"), Time(1, NOON), Call()):
        assert read_answer(pack_answer(answer)) == answer
    assert as_spans([5, 1, 2, 9, 2]) == ((1, 2), (5, 5), (9, 9))
    topics = Topics("region/waakvlam")
    assert topics.agent_of(topics.facts("venlo")) == ("facts", "venlo")
    assert topics.agent_of("region/waakvlam/v1/facts/a/b") == ("", "")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"checks": ["a", "a"]}, "twice"),
        ({"checks": ["Not an id"]}, "no id"),
        ({"checks": ["a", "b"]}, "no row of b"),
        ({"check": [0, 1]}, "check: holds"),
        ({"check": [0, True]}, "check: holds"),
        ({"check": [0]}, "same number of rows"),
        ({"first": [NOON, 5]}, "first: holds"),
        ({"first": [NOON + 5, NOON]}, "not in order of time"),
        ({"first": [NOON, 1 << 63]}, "first: holds"),
        ({"step": [0, 0]}, "no runs at all"),
        ({"step": [7, 1000]}, "no runs at all"),
        ({"step": [0, 1 << 53]}, "no runs at all"),
        ({"length": [1, OBSERVATIONS_LIMIT]}, "is the most"),
        ({"length": [0, 2]}, "length: holds"),
        ({"length": []}, "same number of rows"),
        ({"outcome": [0, -1]}, "outcome: holds"),
        ({"outcomes": [[3, "", ""]]}, "outcomes"),
        ({"outcomes": [[1, "timeout", ""]]}, "outcomes"),
        ({"outcomes": [[2, "", ""]]}, "outcomes"),
        ({"outcomes": [[2, "bewitched", ""]]}, "update the centre"),
        ({"outcomes": [[2, "timeout", "x" * 201]]}, "outcomes"),
        ({"outcomes": [[1, ""]]}, "outcomes"),
        ({"latencies": [1.5]}, "1 entries for 3"),
        ({"latencies": [1.5, None, -1]}, "latencies: holds"),
        ({"latencies": [1.5, None, float("nan")]}, "latencies: holds"),
        ({"latencies": [1.5, None, "1"]}, "latencies: holds"),
        ({"latencies": None}, "latencies: is no list"),
    ],
)
def test_rows_that_cannot_be_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        unpack_rows(columns(**changes), "venlo")


@pytest.mark.parametrize(
    "data",
    [b"", b"\xc1", b"\x81", msgpack.packb([1]), msgpack.packb({1: 2}), msgpack.packb({"version": 1}) + b"x",
     msgpack.packb(msgpack.Timestamp(1)), b"\xdd\xff\xff\xff\xff", b"\x91" * 100_000],
)  # fmt: skip
@pytest.mark.parametrize("read", [read_facts, read_status, read_answer])
def test_what_is_no_message_is_refused(data: bytes, read: Callable[[bytes], object]) -> None:
    with pytest.raises(ProtocolError):
        read(data)


def test_what_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProtocolError) as refusal:
        read_facts(bytes(fields.PAYLOAD_LIMIT + 1))
    assert refusal.value.reason == "oversized"
    with pytest.raises(ProtocolError) as refusal:
        unpack_rows(zlib.compress(bytes(1 << 26)), "venlo")
    assert refusal.value.reason == "oversized"


@pytest.mark.parametrize(("version", "says"), [(0, "update the agent"), (2, "update the centre")])
def test_another_version_says_which_end_is_behind(version: object, says: str) -> None:
    content = msgpack.unpackb(MESSAGE.packed())
    with pytest.raises(ProtocolError, match=says) as refusal:
        read_facts(msgpack.packb({**content, "version": version}))
    assert refusal.value.reason == "version"


def test_fields_that_nobody_knows_do_no_harm() -> None:
    content = msgpack.unpackb(MESSAGE.packed())
    assert read_facts(msgpack.packb({**content, "colour": "blue"})) == MESSAGE


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for read in (read_facts, read_status, read_answer, lambda data: unpack_rows(data, "venlo")):
        with suppress(ProtocolError):
            read(data)  # type: ignore[operator]


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats() | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)  # fmt: skip
NAMES = ["checks", "outcomes", "check", "first", "step", "length", "outcome", "latencies"]


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(NAMES), anything))
def test_no_columns_raise_anything_else(changes: dict[str, Any]) -> None:
    try:
        batches = unpack_rows(columns(**changes), "venlo")
    except ProtocolError:
        return
    assert all(facts.ordered(batch.runs) for batch in batches)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(list(FactsMessage.__slots__) + list(StatusMessage.__slots__)), anything))
def test_no_field_raises_anything_else(changes: dict[str, Any]) -> None:
    for read, payload in (
        (read_facts, MESSAGE.packed()),
        (read_status, PAYLOADS["status"]),
        (read_answer, PAYLOADS["stored"]),
    ):
        with suppress(ProtocolError):
            read(msgpack.packb({**msgpack.unpackb(payload), **changes}))  # type: ignore[operator]


CONTENTS = [OK, TIMEOUT, (Status.FAILED, Reason.REFUSED, "é\n"), (Status.NONE, Reason.NO_DESCRIPTOR, "")]
instants = st.integers(0, 60).map(lambda n: NOON + n * 30_000) | st.integers(NOON, NOON + 10**7)
observations = st.tuples(st.sampled_from(["a", "b", "c"]), instants, st.sampled_from(CONTENTS))


def batches_of(seen: list[tuple[str, int, Any]]) -> list[Batch]:
    """As an agent gathers them."""
    result = []
    for check in sorted({check for check, _, _ in seen}):
        runs = facts.encode(Observation(at, *content) for one, at, content in seen if one == check)
        timed = [(one.at, 1.5 + one.at % 7) for one in facts.expand(runs) if one.status is Status.OK]
        result.append(Batch(check, "venlo", runs, timed))
    return result


def merged(batches: list[Batch]) -> dict[str, list[Run]]:
    result: dict[str, list[Run]] = {}
    for batch in batches:
        result[batch.check] = facts.merge(result.get(batch.check, []), batch.runs).runs
    return result


@given(st.lists(observations, min_size=1, max_size=80))
def test_facts_come_out_as_they_went_in(seen: list[tuple[str, int, Any]]) -> None:
    batches = batches_of(seen)
    rows = pack_rows(batches)
    assert unpack_rows(rows.packed, "venlo") == batches
    assert rows.observations == sum(run.length for batch in batches for run in batch.runs)
    thin = unpack_rows(without_latencies(rows.packed).packed, "venlo")
    assert thin == [replace(batch, latencies=[]) for batch in batches]


@given(st.lists(observations, min_size=1, max_size=80), st.integers(1, 20), st.randoms(use_true_random=False))
def test_any_order_any_duplication_and_any_split_give_the_same_facts(
    seen: list[tuple[str, int, Any]], size: int, dice: Any
) -> None:
    whole = batches_of(seen)
    pieces = [pack_rows(piece).packed for piece in in_pieces(whole, size)]
    pieces += [piece for piece in pieces if dice.random() < 0.4]
    dice.shuffle(pieces)
    series: dict[tuple[str, str], Gathering] = {}
    for piece in pieces:
        unpack_columns(piece).gather("venlo", series)
    came = [gathering.batch() for gathering in series.values()]
    assert merged(came) == {batch.check: batch.runs for batch in whole}
    assert {one for batch in came for one in batch.latencies} == {one for batch in whole for one in batch.latencies}
