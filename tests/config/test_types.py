"""What each type of key takes and refuses, near its edges."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from config import types, values

LONG_NAME = ".".join(["a" * 63] * 3)

GOOD: list[tuple[Any, str, Any]] = [
    (types.Duration, "500ms", 500),
    (types.Duration, "1.5s", 1500),
    (types.Duration, "2d", 172_800_000),
    (types.Duration, "36500d", 36_500 * 86_400_000),
    (types.Percentage, "98.0%", Fraction(98, 100)),
    (types.Percentage, "0%", Fraction(0)),
    (types.Percentage, "100%", Fraction(1)),
    (types.Percentage, "99.999%", Fraction(99999, 100000)),
    (types.Flag, "true", True),
    (types.Flag, "false", False),
    (types.Port, "1", 1),
    (types.Port, "65535", 65535),
    (types.Count, "100000", 100_000),
    (types.Host, "app.venlo.example", "app.venlo.example"),
    (types.Host, "app.venlo.example.", "app.venlo.example."),
    (types.Host, "_dmarc", "_dmarc"),
    (types.Host, LONG_NAME, LONG_NAME),
    (types.Host, "192.0.2.10", "192.0.2.10"),
    (types.Host, "2001:db8::1", "2001:db8::1"),
    (types.Address, "2001:DB8:0::1", "2001:db8::1"),
    (values.Id, "core-roermond", "core-roermond"),
    (values.Clock, "00:00", 0),
    (values.ClockEnd, "24:00", 1440),
    (values.Moment, "1970-01-01T01:00:00.001+01:00", 1),
    (values.Moment, "1970-01-01 00:01Z", 60_000),
    (values.Norm, "100%", Fraction(1)),
]
BAD: list[tuple[Any, list[Any]]] = [
    (types.Duration, ["", "30", "30 s", "-1s", "0s", "1e3s", "0.5ms", "36501d", "١s", "1h30m", ["1s"], None]),
    (types.Percentage, ["98", "101%", "-1%", "98,0%", "nan%", "0.9800000001%", {}]),
    (types.Flag, ["yes", "True", "1", "on", ""]),
    (types.Port, ["0", "65536", "000044399999", "-1", "8e1", "٤٤٣", "443 "]),
    (types.Count, ["0", "100001", "0001000000", "1.0", ""]),
    (types.Host, ["", "a..b", "-a", "192.0.2", "192.0.2.300", "a b", "a/b", "a" * 64, f"{LONG_NAME}.{LONG_NAME}", "http://a"]),
    (types.Host, ["a" * 60 + "!", "a." * 126 + "!"]),
    (types.Address, ["app.example", "192.0.2.1/24", "", []]),
    (types.Pattern, ["", "(", "a" * 1001]),
    (values.Id, ["", "A", "a_b", "a.b", "a" * 101, "é", None, ["a"]]),
    (values.Category, ["", "a-b", "a b"]),
    (values.Clock, ["24:00", "7:00", "07:60", "07.00", "0700"]),
    (values.Days, ["sunday", [], ["mon", "mon"], ["maandag"], [["mon"]], {"mon": ""}]),
    (values.Day, ["2026-02-29", "2026-1-1", "20260101", "1969-12-31", "9999-01-01", "2026-W01-1"]),
    (values.Moment, ["2026-10-01T12:00", "2026-10-01T12:00+25:00", "2026-10-01T12:00:00.0001Z", "0001-01-01T00:00Z"]),
    (values.Zone, ["", "CEST-ish", "../UTC", "/etc/localtime", "Europe", "Europe/"]),
    (values.Norm, ["0%", "0.0%"]),
    (values.LimitText, ["0 working hours", "4 hours", "4 working weeks", "working hours"]),
    (values.Listen, ["9770", ":9770", "127.0.0.1:", "::1:9770", "[app]:9770]", "127.0.0.1:65536"]),
    (values.Email, ["venlo", "a b@venlo.example", "@venlo.example"]),
    (values.Priority, ["0", "10", "high"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "value"), GOOD)
def test_taken(kind: Any, text: str, value: Any) -> None:
    assert TypeAdapter(kind).validate_python(text) == value


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in BAD for text in texts])
def test_refused(kind: Any, text: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize("milliseconds", [1, 500, 1000, 1500, 60_000, 90_000, 3_600_000, 86_400_000])
def test_a_duration_is_written_as_it_is_read(milliseconds: int) -> None:
    assert types.duration(types.span(milliseconds)) == milliseconds
