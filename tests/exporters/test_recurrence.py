"""Recurring slots in the words of the list of maintenance."""

from __future__ import annotations

from datetime import date

import pytest

from availability.estate import Calendar, Recurring, Slot, Weekly
from config.rules import parse_rule, starting_on
from exporters.recurrence import told_days

NIGHT = Slot(120, 360)
RULES = {
    "FREQ=DAILY": "every day",
    "FREQ=DAILY;INTERVAL=3;COUNT=5": "every 3 days, 5 times, from 2026-01-04",
    "FREQ=DAILY;COUNT=1": "every day, once, from 2026-01-04",
    "FREQ=WEEKLY": "every week on sun, from 2026-01-04",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU": "every 2 weeks on tue and sun, from 2026-01-04",
    "FREQ=MONTHLY;BYDAY=1SU": "every month on the 1st sun",
    "FREQ=MONTHLY;BYDAY=2TU,-1FR": "every month on the 2nd tue and the last fri",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1": "every month on the last of mon, tue, wed, thu and fri",
    "FREQ=MONTHLY;BYMONTHDAY=1,15": "every month on days 1 and 15 of the month",
    "FREQ=MONTHLY;BYMONTHDAY=-1;BYMONTH=3,6": "every month on the last day of the month in Mar and Jun",
    "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR": "every month on fri that is day 13 of the month",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29": "every year on day 29 of the month in Feb",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO": "every year on mon, in week 20",
    "FREQ=YEARLY;BYYEARDAY=100,-2": "every year on the 100th and 2nd last day of the year",
    "FREQ=YEARLY;BYDAY=-11MO,23TU;UNTIL=20281231": "every year on the 11th last mon and the 23rd tue, until 2028-12-31",
}


@pytest.mark.parametrize("text", RULES)
def test_a_rule_in_words(text: str) -> None:
    rule = parse_rule(text)
    if "from 2026-01-04" in RULES[text]:
        rule = starting_on(rule, date(2026, 1, 4))
    assert ", ".join(told_days(Recurring(rule, NIGHT))) == RULES[text]


def test_days_of_the_week_and_what_is_left_out() -> None:
    assert told_days(Weekly(frozenset(range(7)), NIGHT)) == ["every day"]
    assert told_days(Weekly(frozenset({6, 0}), NIGHT, Calendar())) == ["every mon, sun", "not on holidays"]
    left_out = frozenset({date(2026, 12, 27), date(2026, 12, 20)})
    assert told_days(Weekly(frozenset({6}), NIGHT, None, left_out)) == ["every sun", "not on 2026-12-20 and 2026-12-27"]
