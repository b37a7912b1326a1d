"""The trail of maintenance (docs/semantics.md, section 6): what of what was entered holds, and for whom."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.estate import Estate
from availability.trail import Entry, Work, records, same_person, with_trail
from tests.availability.worlds import World

WORK = Work("customer_request", 1_000, 2_000, ("app",))


def added(id_: str = "work", by: str = "anna", through: str = "", work: Work = WORK) -> Entry:
    return Entry(id_, "add", by, 1, "a restore", through, work)


def approved(id_: str = "work", by: str = "piet", through: str = "") -> Entry:
    return Entry(id_, "approve", by, 2, "", through)


def withdrawn(id_: str = "work", by: str = "anna") -> Entry:
    return Entry(id_, "withdraw", by, 3, "a mistake")


@pytest.fixture
def estate() -> Estate:
    return World().leaf("app", "oooo").leaf("spare", "oooo").pair("app", "spare").work("app", start=0, end=1).estate()


def test_what_was_added_holds_beside_what_is_configured(estate: Estate) -> None:
    configured, entered = with_trail(estate, [added()]).maintenance
    assert configured == estate.maintenance[0]
    assert (entered.id, entered.start_ms, entered.end_ms, entered.affects) == ("work", 1_000, 2_000, ("app",))
    assert (entered.reason, entered.entered_by, entered.approved) == ("a restore", "anna", False)


def test_what_was_withdrawn_holds_no_more_also_once_approved(estate: Estate) -> None:
    assert with_trail(estate, [added(), withdrawn()]) is estate
    assert with_trail(estate, [added(), approved(), withdrawn()]) is estate
    assert with_trail(estate, [added(), withdrawn(), approved()]) is estate


def test_without_a_trail_the_estate_is_the_very_same(estate: Estate) -> None:
    assert with_trail(estate, []) is estate


def test_an_id_that_is_no_longer_configured_is_left_out(estate: Estate) -> None:
    gone = replace(WORK, affects=("old", "pair"))
    assert with_trail(estate, [added(work=gone)]).maintenance[-1].affects == ("pair",)
    assert with_trail(estate, [added(work=replace(WORK, affects=("old",)))]) is estate


@pytest.mark.parametrize(
    ("enterer", "approver", "counts"),
    [
        (("anna", ""), ("piet", ""), True),
        (("anna", ""), ("anna", ""), False),
        (("anna", ""), ("root", "anna"), False),
        (("root", "anna"), ("anna", ""), False),
        (("root", "anna"), ("root", "piet"), False),
        (("anna", ""), ("root", "piet"), True),
    ],
)
def test_a_second_person_is_another_account_that_did_not_act_through_the_first(
    enterer: tuple[str, str], approver: tuple[str, str], counts: bool
) -> None:
    trail = [added(by=enterer[0], through=enterer[1]), approved(by=approver[0], through=approver[1])]
    assert same_person(*trail) is not counts
    assert records(trail)["work"].as_maintenance().approved is counts


def test_what_is_said_of_a_record_that_nobody_added_changes_nothing() -> None:
    assert records([approved(), withdrawn()]) == {}


@given(st.lists(st.sampled_from([added(), approved(), withdrawn(), approved(by="anna"), added("other")])))
def test_a_withdrawn_record_never_comes_back(trail: list[Entry]) -> None:
    told = records(trail)
    if "work" in told and any(entry.action == "withdraw" for entry in trail[trail.index(added()) :]):
        assert told["work"].withdrawn is not None
    for id_, record in told.items():
        assert record.added.record == id_
        assert record.approved is None or record.approved.entered_by == "piet"
