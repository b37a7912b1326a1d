"""Of very many outages and unwatched stretches a person reads those that matter most."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from availability.report import Report
from exporters.tables import events
from exporters.tables.costliest import costliest
from exporters.tables.standing import as_account

groups = st.lists(st.lists(st.integers(0, 5), max_size=8), max_size=6)


@given(groups, st.integers(0, 12))
def test_the_costliest_are_those_that_sorting_all_of_them_gives(costs: list[list[int]], most: int) -> None:
    everything = [(number, at) for number, group in enumerate(costs) for at in range(len(group))]
    by_cost = sorted(everything, key=lambda one: -costs[one[0]][one[1]])
    assert costliest(costs, most) == sorted(by_cost[:most])


def test_the_rows_that_are_left_out_are_counted(report: Report) -> None:
    account = as_account(report)
    every = events.outages(account, None)
    some = events.outages(account, None, 1)
    assert len(every.rows) > 1
    assert len(some.rows) == 1
    assert some.more == len(every.rows) - 1
    assert some.rows[0] in every.rows
    costs = [outage.down_ms for service in report.services for outage in service.outages]
    assert some.rows[0][every.index("down")] == max(costs)
