"""What plugins print: the line for people, and performance data in every form they come in."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.outcome import DETAIL_LIMIT, Measure
from collector.plugin_output import MOST_MEASURES, first_line, last_line, performance_data

LINES: dict[str, tuple[str, str]] = {
    "nothing": ("", ""),
    "one line": ("DISK OK", "DISK OK"),
    "the first of several": ("DISK OK\nmore\n", "DISK OK"),
    "line ends of another system": ("DISK OK\r\nmore", "DISK OK"),
    "an empty line first": ("\n\nDISK OK", "DISK OK"),
    "performance data": ("DISK OK - all well | /=2643MB;5948;5958;0;5968", "DISK OK - all well"),
    "control characters": ("\x1b[31mred\x07", "\ufffd[31mred\ufffd"),
    "blanks": ("  a \t  b  ", "a b"),
    "load averages": ("CRITICAL - load average: 5.10, 4.0, 3,25", "CRITICAL - load average: #, #, #"),
    "times": ("took 12ms, 3 s, 4 seconds, 0.5 seconds", "took #ms, # s, # seconds, # seconds"),
    "sizes": ("1024MB 12 KiB 7B 323 bytes", "#MB # KiB #B # bytes"),
    "shares": ("3% free, -4.5 % less", "#% free, # % less"),
    "all and nothing": ("Packet loss = 100%, 0% idle", "Packet loss = 100%, 0% idle"),
    "a measurement and its unit": ("rta 0.123ms, lost 20%", "rta #ms, lost #%"),
    "the end of a sentence": ("average 5.10.", "average #."),
    "signs": ("offset -0.0012 secs (+1.5s)", "offset # secs (#s)"),
    "what stays: codes and counts": ("HTTP/1.1 503 of 3 hosts, port 8443", "HTTP/1.1 503 of 3 hosts, port 8443"),
    "what stays: addresses": ("10.0.0.5, 2001:db8::1.5 and v1.2.3", "10.0.0.5, 2001:db8::1.5 and v1.2.3"),
    "what stays: parts of words": ("load5 md0 eth0.100 sda1 a1.5", "load5 md0 eth0.100 sda1 a1.5"),
    "what stays: dates": ("since 2026-10-01 12:30:05", "since 2026-10-01 12:30:05"),
}


@pytest.mark.parametrize("case", LINES)
def test_the_line_for_people(case: str) -> None:
    output, line = LINES[case]
    assert first_line(output.encode()) == line


def test_a_line_is_not_longer_than_a_detail_can_be() -> None:
    assert len(first_line(b"x" * 10_000)) == DETAIL_LIMIT


def test_the_last_line_of_errors_says_what_went_wrong() -> None:
    assert last_line(b"Traceback (most recent call last):\n  File x\nImportError: no y\n\n") == "ImportError: no y"
    assert last_line(b"\n \n") == ""


def test_secrets_are_masked_the_longest_first() -> None:
    assert first_line(b"a hunter2 and hunter", ["hunter", "hunter2"]) == "a *** and ***"
    assert performance_data(b"x|hunter=1", ["hunter"]) == (Measure("***", 1.0),)


DATA: dict[str, tuple[str, list[Measure]]] = {
    "none": ("OK", []),
    "nothing behind the bar": ("OK |", []),
    "a number": ("OK|users=3", [Measure("users", 3)]),
    "a number with all thresholds": ("OK|a=1;2;3;0;10 b=2;@5:10;~:3;;", [Measure("a", 1), Measure("b", 2)]),
    "seconds": ("OK|time=0.5s", [Measure("time", 0.5, "seconds")]),
    "milliseconds": ("OK|rta=250ms", [Measure("rta", 0.25, "seconds")]),
    "microseconds": ("OK|t=250us u=250µs", [Measure("t", 0.00025, "seconds"), Measure("u", 0.00025, "seconds")]),
    "a percentage": ("OK|pl=57%", [Measure("pl", 0.57, "ratio")]),
    "bytes": (
        "OK|a=1B b=2KB c=3MiB",
        [Measure("a", 1, "bytes"), Measure("b", 2048, "bytes"), Measure("c", 3145728, "bytes")],
    ),
    "a counter": ("OK|in=12345c", [Measure("in", 12345, "count")]),
    "a unit of its own": ("OK|t=21.5°C", [Measure("t", 21.5, "°C")]),
    "a decimal comma": ("OK|load=0,25", [Measure("load", 0.25)]),
    "signs and exponents": ("OK|a=-1.5 b=+2e3 c=.5", [Measure("a", -1.5), Measure("b", 2000), Measure("c", 0.5)]),
    "a quoted label": ("OK|'free space'=3MB x=1", [Measure("free space", 3145728, "bytes"), Measure("x", 1)]),
    "a quote within a label": ("OK|'it''s'=1", [Measure("it's", 1)]),
    "a label that is a path": ("OK|/var/log=1 'C:\\ %'=2%", [Measure("/var/log", 1), Measure("C:\\ %", 0.02, "ratio")]),
    "an equals sign in a quoted label": ("OK|'a=b'=1", [Measure("a=b", 1)]),
    "a value that is not known": ("OK|a=U b=1", [Measure("b", 1)]),
    "no value": ("OK|a= b=;1;2 c=1", [Measure("c", 1)]),
    "no number": ("OK|a=nan b=inf c=1e999 d=x e=1", [Measure("e", 1)]),
    "no label": ("OK|=1 ''=2 a=3", [Measure("a", 3)]),
    "garbage in between": ("OK|!! foo a=1 'b c=2", [Measure("a", 1)]),
    "a quoted label that is none": ("OK|'a' b=1", [Measure("b", 1)]),
    "a label twice": ("OK|a=1 a=2", [Measure("a", 1)]),
    "several lines": (
        "OK - first | a=1\nlong text\nmore text | b=2\nc=3\nd=4",
        [Measure("a", 1), Measure("b", 2), Measure("c", 3), Measure("d", 4)],
    ),
    "only in a later line": ("OK\nlong a=0 | b=2", [Measure("b", 2)]),
    "a unit without end": (f"OK|a=1{'x' * 99}", [Measure("a", 1, "x" * 16)]),
    "a control character": ("OK|'a\x1bb'=1\x07", [Measure("a\ufffdb", 1, "\ufffd")]),
}


@pytest.mark.parametrize("case", DATA)
def test_performance_data(case: str) -> None:
    output, measures = DATA[case]
    assert list(performance_data(output.encode())) == measures


def test_only_some_are_kept() -> None:
    many = " ".join(f"n{number}={number}" for number in range(1000))
    assert performance_data(f"OK|{many}".encode()) == tuple(Measure(f"n{n}", n) for n in range(MOST_MEASURES))


@given(st.binary(max_size=300) | st.text("|'= \n1.;%sMB", max_size=80).map(str.encode))
def test_any_output_is_read(output: bytes) -> None:
    measures = performance_data(output)
    assert len({measure.label for measure in measures}) == len(measures) <= MOST_MEASURES
    assert all(math.isfinite(measure.value) and measure.label.isprintable() for measure in measures)
    for line in (first_line(output), last_line(output)):
        assert line.isprintable()
        assert len(line) <= DETAIL_LIMIT


@pytest.mark.parametrize(
    "piece", ["'", "' ", "a ", "=", "''", "'a' ", "|", "\n", "1", "1.", "-", "1.5 ", "a=1;", "'a'='"]
)
def test_no_output_takes_long(piece: str) -> None:
    output = f"OK|{piece * (65_536 // len(piece))}".encode()
    started = time.process_time()
    performance_data(output)
    first_line(output.replace(b"|", b""))
    last_line(output)
    assert time.process_time() - started < 2.0, "generous: it takes less than a tenth of a second"
