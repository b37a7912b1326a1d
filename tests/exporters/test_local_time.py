"""Instants written fast are the instants written slowly, also where clocks change or offsets are odd."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from availability.edges import from_ms
from exporters.local_time import LocalTime

ZONES = ["Europe/Amsterdam", "UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Africa/Monrovia"]


@given(instant=st.integers(0, 4_102_444_800_000), zone=st.sampled_from(ZONES))
@example(instant=1_792_891_800_000, zone="Europe/Amsterdam")
@example(instant=1_792_890_000_000 - 1, zone="Europe/Amsterdam")
@example(instant=1_300_000_000_001, zone="America/St_Johns")
@example(instant=1_299_994_260_000, zone="America/St_Johns")
@example(instant=1_000, zone="Africa/Monrovia")
def test_an_instant_reads_as_the_library_writes_it(instant: int, zone: str) -> None:
    slow = from_ms(instant, ZoneInfo(zone)).isoformat(timespec="milliseconds" if instant % 1000 else "seconds")
    assert LocalTime(zone).iso(instant) == slow


@pytest.mark.parametrize("zone", ZONES)
def test_a_quarter_seen_before_gives_the_same_answer(zone: str) -> None:
    local = LocalTime(zone)
    instants = [1_792_890_000_000 + step for step in range(-7_200_000, 7_200_000, 61_007)]
    assert [local.iso(instant) for instant in instants] == [LocalTime(zone).iso(instant) for instant in instants]


def test_no_instant_is_none() -> None:
    assert LocalTime("UTC").iso_or_none(None) is None
    assert LocalTime("UTC").iso_or_none(0) == "1970-01-01T00:00:00+00:00"
