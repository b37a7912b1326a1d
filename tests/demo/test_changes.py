"""What the demo says of what it sees: one line per kind of change, and nothing of what stays."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from availability.outcome import Outcome, Reason, could_not_look, failed, ok
from availability.ports import CheckState, PartState
from availability.states import DOWN, UNKNOWN, UP
from waakvlam.demo.changes import LogLine, Watcher


def part(id_: str, state: int, reason: str = "", detail: str = "") -> PartState:
    return PartState(id_, state, 1, reason, detail)


def watched(outcome: Outcome, at: int = 1) -> CheckState:
    return CheckState("a-certificate", "a", "local", UP, 1, at, outcome)


def test_the_start_is_one_line() -> None:
    watcher = Watcher()
    nobody = [part("a", UNKNOWN, "no_data", "a-tcp"), part("b", UNKNOWN, "no_data", "b-tcp")]
    assert watcher.changes(nobody, []) == []
    assert watcher.changes([part("a", UP), nobody[1]], []) == []
    assert watcher.changes([part("a", UP), part("b", UP)], []) == [
        "all 2 components, links and services have been looked at"
    ]
    assert watcher.changes([part("a", UP), part("b", UP)], []) == []


def test_equal_changes_share_a_line() -> None:
    watcher = Watcher()
    watcher.changes([part("a", UP), part("b", UP), part("s", UP)], [])
    behind = ("unreachable", "behind ring")
    assert watcher.changes(
        [part("a", UNKNOWN, *behind), part("b", UNKNOWN, *behind), part("s", DOWN, "part_down", "ring")], []
    ) == ["a, b unknown (unreachable, behind ring)", "s down (ring)"]
    assert watcher.changes([part("a", UP), part("b", UP), part("s", UP)], []) == ["a, b, s up"]


def test_a_blip_is_told_once_it_is_over_and_an_outage_is_none() -> None:
    watcher = Watcher()
    doubt = part("a", UP, "refused", "a-tcp: 127.0.1.1:7001: connection refused")
    watcher.changes([part("a", UP)], [])
    assert watcher.changes([doubt], []) == []
    assert watcher.changes([part("a", UP)], []) == ["a answers again after a blip (refused): too short to be an outage"]
    watcher.changes([doubt], [])
    assert watcher.changes([part("a", DOWN, doubt.reason, doubt.detail)], []) == [
        "a down (refused: 127.0.1.1:7001: connection refused)"
    ]


def test_a_check_that_is_not_judged_is_signalled_once() -> None:
    watcher = Watcher({"a-certificate"})
    soon = watched(failed(Reason.TLS_EXPIRES_SOON, "the certificate ends 2026-10-31"))
    said = "a-certificate, watched but not judged: tls_expires_soon: the certificate ends 2026-10-31"
    nothing = watched(could_not_look(Reason.NO_PERMISSION, "sending ICMP is not permitted"))
    assert len(watcher.changes([part("a", UP)], [nothing])) == 1, "the start alone"
    assert watcher.changes([part("a", UP)], [soon]) == [said]
    assert watcher.changes([part("a", UP)], [soon]) == []
    before = watched(failed(Reason.REFUSED, "connection refused"), at=0)
    assert watcher.changes([part("a", UP)], [before]) == [], "it was seen before the part worked again"
    assert watcher.changes([part("a", UP)], [watched(ok())]) == ["a-certificate is right again"]


def test_a_line_in_a_pipe_says_when_and_who() -> None:
    line = LogLine(1_793_000_000_000, "servers", "the ring is cut")
    assert line.plain(ZoneInfo("Europe/Amsterdam")) == "08:33:20 servers: the ring is cut"
