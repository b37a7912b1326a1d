"""Reports of jobs: admitted by their token, stored before they count, and looked at from first to late to missing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.heartbeats import HeartbeatReport, stage
from availability.outcome import Degraded, Measure, Outcome, Reason, Status
from collector.context import Context, Kind, Pinger
from collector.heartbeats import Heartbeats
from collector.look import look
from collector.probes.heartbeat import HeartbeatOptions, begin, probe
from collector.store import SqlStore, StoreError
from config.settings import CheckSpec, SecretRef
from tests.collector.looking import Names, read
from tests.collector.stores import Place, opened

NOON = 1_790_000_000_000
HOUR = 3_600_000
HEARTBEAT = Kind(probe, HeartbeatOptions, opens_socket=False, begin=begin)
SHARED = SecretRef(env="TOKEN_OF_ALL_JOBS")
OWN = SecretRef(env="TOKEN_OF_ONE_JOB")


@dataclass
class World:
    """A store, a clock to turn, and who receives reports."""

    store: SqlStore
    now: int = NOON

    def receiver(self, *checks: CheckSpec, token: SecretRef | None = SHARED, since: int | None = None) -> Heartbeats:
        first = {} if since is None else {spec.id: since for spec in checks}
        receiver = Heartbeats(self.store, "venlo", lambda: self.now, first)
        receiver.replace(checks, token)
        return receiver


@pytest.fixture
def world(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("TOKEN_OF_ALL_JOBS", "all-of-them")
    monkeypatch.setenv("TOKEN_OF_ONE_JOB", "only-one")
    store = opened(place)
    yield World(store)
    store.close()


def job(name: str = "copy", **values: Any) -> CheckSpec:
    options = read(HeartbeatOptions, {"within": "26h", "grace": "2h", **values})
    return CheckSpec(name, "part", "heartbeat", options, 30_000, 5000, None, ("venlo",))


def report(at: int = NOON, good: bool = True, check: str = "copy", **more: Any) -> HeartbeatReport:
    return HeartbeatReport(check, at, good, at, "venlo", **more)


async def looked(receiver: Heartbeats, spec: CheckSpec) -> Outcome:
    context = Context(1.0, cast("Pinger", None), Names(), check=spec.id, reports=receiver)
    return replace(await look(HEARTBEAT, spec.options, context), latency_ms=None)


async def test_from_first_to_late_to_missing_and_back(world: World) -> None:
    spec = job()
    receiver = world.receiver(spec)
    awaited = await looked(receiver, spec)
    assert (awaited.status, awaited.reason) == (Status.NONE, Reason.COULD_NOT_LOOK)
    assert awaited.detail == "no good report has come yet; the first is due within 28h"
    assert await receiver.take(report()) is not None
    assert await looked(receiver, spec) == Outcome(Status.OK, reported_ms=NOON)
    world.now = NOON + 26 * HOUR - 1
    assert (await looked(receiver, spec)).detail == ""
    world.now = NOON + 26 * HOUR
    late = await looked(receiver, spec)
    assert (late.status, late.detail) == (Status.OK, "no good report within 26h")
    assert late.degraded == Degraded(Reason.LATE, "no good report within 26h")
    world.now = NOON + 28 * HOUR
    missing = await looked(receiver, spec)
    assert (missing.status, missing.reason, missing.detail) == (
        Status.FAILED,
        Reason.MISSING,
        "no good report within 28h",
    )
    assert missing.reported_ms == NOON
    await receiver.take(report(world.now))
    assert (await looked(receiver, spec)).status is Status.OK


async def test_a_job_that_never_reports_is_missing_once_it_was_waited_for_long_enough(world: World) -> None:
    spec = job()
    receiver = world.receiver(spec, since=NOON - 27 * HOUR)
    assert (await looked(receiver, spec)).status is Status.NONE
    world.now = NOON + HOUR
    outcome = await looked(receiver, spec)
    assert (outcome.status, outcome.reason, outcome.reported_ms) == (Status.FAILED, Reason.MISSING, None)


async def test_a_failure_is_told_and_the_last_good_report_decides(world: World) -> None:
    spec = job()
    receiver = world.receiver(spec)
    await receiver.take(report())
    world.now += HOUR
    await receiver.take(report(world.now, good=False, detail="disk full"))
    outcome = await looked(receiver, spec)
    told = "the last report is a failure: disk full"
    assert (outcome.status, outcome.detail, outcome.degraded) == (Status.OK, told, Degraded(Reason.FAILED, told))
    assert outcome.reported_ms == NOON
    world.now = NOON + 28 * HOUR
    outcome = await looked(receiver, spec)
    assert (outcome.status, outcome.detail) == (Status.FAILED, f"no good report within 28h; {told}")
    assert not receiver.accepts("other")


async def test_a_failure_before_any_good_report_is_told_as_well(world: World) -> None:
    spec = job()
    receiver = world.receiver(spec)
    await receiver.take(report(good=False))
    outcome = await looked(receiver, spec)
    assert (outcome.status, outcome.detail) == (
        Status.NONE,
        "no good report has come yet; the first is due within 28h; the last report is a failure",
    )


async def test_what_the_last_good_report_told_in_figures_is_shown(world: World) -> None:
    spec = job()
    receiver = world.receiver(spec)
    await receiver.take(report(started=NOON - 90_000, size_bytes=5_000_000_000))
    expected = (Measure("size", 5e9, "bytes"), Measure("duration", 90.0, "seconds"))
    assert (await looked(receiver, spec)).measures == expected
    await receiver.take(report(NOON + 1, duration_ms=1500, started=NOON))
    assert (await looked(receiver, spec)).measures == (Measure("duration", 1.5, "seconds"),)


async def test_without_a_token_nothing_can_come_in_and_nobody_is_blamed(world: World) -> None:
    spec = job()
    receiver = world.receiver(spec, token=None, since=NOON - 100 * HOUR)
    outcome = await looked(receiver, spec)
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.NO_SECRET)
    assert await receiver.admit("copy", b"") == "wrong token"
    assert await receiver.admit("copy", b"all-of-them") == "wrong token"


async def test_without_anybody_who_receives_reports_nothing_is_known() -> None:
    context = Context(1.0, cast("Pinger", None), Names(), check="copy")
    outcome = await look(HEARTBEAT, job().options, context)
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.UNSUPPORTED)


async def test_the_schedule_gets_the_same_answer_without_a_task(world: World) -> None:
    spec = job()
    receiver = world.receiver(spec)
    await receiver.take(report())
    done = asyncio.get_running_loop().create_future()
    context = Context(1.0, cast("Pinger", None), Names(), check="copy", reports=receiver)
    starting = begin(cast("HeartbeatOptions", spec.options), context, done.set_result)
    assert starting is not None
    starting()
    assert not done.done()
    assert await done == await looked(receiver, spec)
    cancelled = asyncio.get_running_loop().create_future()
    again = begin(cast("HeartbeatOptions", spec.options), context, cancelled.set_result)
    assert again is not None
    again()()
    await asyncio.sleep(0)
    assert not cancelled.done()


TOKENS = {
    "the shared token opens what has none of its own": ("copy", b"all-of-them", "admitted"),
    "and not what has its own": ("scan", b"all-of-them", "wrong token"),
    "its own opens it": ("scan", b"only-one", "admitted"),
    "and nothing else": ("copy", b"only-one", "wrong token"),
    "a wrong one": ("copy", b"all-of-thex", "wrong token"),
    "none": ("copy", b"", "wrong token"),
    "the beginning of it": ("copy", b"all", "wrong token"),
    "bytes that are no text": ("copy", b"\xff\xfe", "wrong token"),
    "a name that is not there, with a wrong token": ("nothing", b"guess", "wrong token"),
    "a name that is not there, with a token": ("nothing", b"all-of-them", "unknown check"),
}


@pytest.mark.parametrize("case", TOKENS)
async def test_who_is_admitted(case: str, world: World) -> None:
    check, token, admission = TOKENS[case]
    receiver = world.receiver(job(), job("scan", token=OWN))
    assert await receiver.admit(check, token) == admission


async def test_a_token_that_is_changed_or_lost_counts_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = world.receiver(job())
    monkeypatch.setenv("TOKEN_OF_ALL_JOBS", "another")
    assert await receiver.admit("copy", b"all-of-them") == "wrong token"
    assert await receiver.admit("copy", b"another") == "admitted"
    monkeypatch.delenv("TOKEN_OF_ALL_JOBS")
    for _ in range(3):
        assert await receiver.admit("copy", b"another") == "wrong token"
    assert [record.message for record in caplog.records] == [
        "reports of jobs: the environment variable TOKEN_OF_ALL_JOBS is not set: it must hold the secret"
    ]


async def test_reports_survive_a_restart(world: World) -> None:
    spec = job()
    receiver = world.receiver(spec)
    await receiver.take(report(NOON - HOUR))
    await receiver.take(report(NOON, good=False, detail="tape torn"))
    again = world.receiver(spec)
    assert again.last_good("copy") == report(NOON - HOUR)
    assert again.last("copy") == report(NOON, good=False, detail="tape torn")


async def test_a_report_that_comes_late_does_not_replace_a_later_one(world: World) -> None:
    spec = job()
    receiver = world.receiver(spec)
    await receiver.take(report(NOON))
    await receiver.take(report(NOON - HOUR))
    assert receiver.last_good("copy") == report(NOON)
    assert world.receiver(spec).last_good("copy") == report(NOON)


async def test_the_same_report_twice_is_one(world: World) -> None:
    receiver = world.receiver(job())
    await receiver.take(report(detail="first"))
    await receiver.take(report(detail="second"))
    await receiver.take(report(good=False))
    assert world.store.reports(["copy"], NOON) == [report(good=False), report(detail="first")]


async def test_what_cannot_be_stored_is_not_known(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spec = job()
    receiver = world.receiver(spec)

    def full(reports: object) -> int:
        raise StoreError("the disk is full")

    monkeypatch.setattr(world.store, "report", full)
    assert await receiver.take(report()) is None
    assert await receiver.take(report()) is None
    assert receiver.last_good("copy") is None
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == [
        "a report of copy could not be stored, and was refused: the disk is full"
    ]


async def known(receiver: Heartbeats) -> None:
    for _ in range(500):
        if receiver.last_good("copy") is not None:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it was not taken up in time")


async def test_what_others_write_is_taken_up(world: World) -> None:
    receiver = world.receiver(job())
    following = asyncio.ensure_future(receiver.follow(0.01))
    world.store.report([report(NOON - 5), report(NOON - 7, check="unknown")])
    await known(receiver)
    assert receiver.last("copy") == report(NOON - 5)
    following.cancel()


async def test_a_store_that_cannot_be_read_makes_nothing_missing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = job()
    world.store.report([report(NOON - HOUR)])

    def busy(checks: object) -> Any:
        raise StoreError("another process is writing to it")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "last_reports", busy)
        receiver = world.receiver(spec, since=NOON - 100 * HOUR)
        assert (await looked(receiver, spec)).status is Status.NONE
    following = asyncio.ensure_future(receiver.follow(0.01))
    await known(receiver)
    following.cancel()
    assert (await looked(receiver, spec)).status is Status.OK


async def test_a_reload_keeps_what_is_known_and_forgets_what_is_gone(world: World) -> None:
    receiver = world.receiver(job(), job("scan"))
    await receiver.take(report())
    await receiver.take(report(check="scan"))
    changed = job(within="1h")
    receiver.replace([changed, job("new")], OWN)
    assert receiver.last_good("copy") == report()
    assert receiver.last_good("scan") is None
    assert await receiver.admit("copy", b"only-one") == "admitted"
    world.now = NOON + 2 * HOUR
    assert (await looked(receiver, changed)).detail == "no good report within 1h"
    assert receiver.waiting_since("new") == NOON


async def test_where_the_job_stands_is_told(world: World) -> None:
    receiver = world.receiver(job())
    failed = await receiver.take(report(good=False))
    assert failed is not None
    assert (failed.stage, failed.due, failed.missing_at) == ("awaited", None, None)
    done = await receiver.take(report(NOON + 1))
    assert done is not None
    assert (done.stage, done.due, done.missing_at) == ("on time", NOON + 1 + 26 * HOUR, NOON + 1 + 28 * HOUR)


@given(st.integers(0, 10), st.integers(1, 5), st.integers(0, 5), st.integers(0, 20))
def test_a_job_is_ok_exactly_while_its_last_good_report_is_young_enough(
    good: int, within: int, grace: int, now: int
) -> None:
    where = stage(good, 0, within, grace, now)
    assert (where == "missing") is (now - good >= within + grace)
    assert (where == "on time") is (now - good < within)


async def test_the_store_takes_no_report_back(world: World, place: Place) -> None:
    world.store.report([report()])
    for statement in ("DELETE FROM heartbeat", "UPDATE heartbeat SET good = 0"):
        with pytest.raises(place.refused, match="what jobs reported is only ever added to"):
            place.execute(statement)


def test_many_reports_are_found_by_their_index(world: World) -> None:
    world.store.report(report(NOON + n, good=n % 2 == 0) for n in range(25_000))
    assert world.store.report(report(NOON + n, good=n % 2 == 0) for n in range(25_001)) == 1
    assert world.store.last_reports(["copy", "none"]) == {
        "copy": (report(NOON + 25_000), report(NOON + 25_000)),
        "none": (None, None),
    }
    assert world.store.reports_after(25_000) == ([report(NOON + 25_000)], 25_001)
