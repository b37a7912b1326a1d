"""Who leads once a centre was there, and how the centres stand for who looks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.centres import HEARD_MS, LEASE_MS, CentresNow, Lead, Met, OtherCentre, Presence, lead_after, stood

NOW = 1_000_000
HELD = Lead("roermond", 7, 500, NOW + 1)
OVER = Lead("roermond", 7, 500, NOW)

CASES = {
    "where nobody ever led, who comes leads": (Lead(), "venlo", 0, Lead("venlo", 1, NOW, NOW + LEASE_MS)),
    "who leads goes on": (HELD, "roermond", 7, Lead("roermond", 7, 500, NOW + LEASE_MS)),
    "who comes late, and nobody took it, goes on": (OVER, "roermond", 7, Lead("roermond", 7, 500, NOW + LEASE_MS)),
    "nobody else takes it while it lasts": (HELD, "venlo", 0, HELD),
    "nor one that led before": (HELD, "venlo", 6, HELD),
    "what is over is taken in a new term": (OVER, "venlo", 6, Lead("venlo", 8, NOW, NOW + LEASE_MS)),
    "a process that starts takes up what an earlier one of its name held": (
        HELD,
        "roermond",
        0,
        Lead("roermond", 8, NOW, NOW + LEASE_MS),
    ),
    "but one that led in an earlier term waits": (HELD, "roermond", 5, HELD),
}


@pytest.mark.parametrize(("lead", "name", "term", "expected"), CASES.values(), ids=CASES)
def test_who_leads(lead: Lead, name: str, term: int, expected: Lead) -> None:
    assert lead_after(lead, name, term, NOW) == expected


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 2 * LEASE_MS)), max_size=40))
def test_nobody_leads_in_the_term_of_another_nor_before_that_one_is_over(
    visits: list[tuple[str, bool, int]],
) -> None:
    """Processes come by at any time, and some begin anew; each believes that it leads up to what it was last told."""
    lead, now = Lead(), 0
    terms = dict.fromkeys("abc", 0)
    until = dict.fromkeys("abc", 0)
    for name, anew, later in visits:
        now += later
        before, lead = lead, lead_after(lead, name, 0 if anew else terms[name], now)
        assert lead.term in (before.term, before.term + 1)
        if lead.holder == name and lead.until == now + LEASE_MS:
            assert all(until[other] <= now for other in "abc" if other != name)
            terms[name], until[name] = lead.term, lead.until
        else:
            until[name] = 0


def test_how_they_stand() -> None:
    met = Met(
        NOW,
        Lead("roermond", 7, 500, NOW + 4_000),
        {"roermond": Presence(NOW, "1", "x"), "venlo": Presence(NOW - HEARD_MS + 1_000, "0", "y")},
        {},
    )
    venlo = OtherCentre("venlo", NOW - HEARD_MS + 1_000, True, "0", False)
    roermond = OtherCentre("roermond", NOW, True, "1", True)
    assert stood(met, "x", "roermond") == CentresNow("roermond", True, "roermond", 500, others=(venlo,))
    later = stood(met, "x", "roermond", 4_000)
    assert (later.leads, later.leader, later.since, later.others[0].is_heard) == (False, "", None, False)
    assert stood(met, "x").others == (roermond, venlo)
    assert stood(met, "x").among({"venlo"}).others == (venlo,)
