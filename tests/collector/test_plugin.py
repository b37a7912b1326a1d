"""The plugin probe with the real monitoring plugins, and with programs that hang, fork, flood and break."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from availability.outcome import Degraded, Measure, Outcome, Reason, Status
from collector.context import Kind
from collector.probes.plugin import PluginOptions, probe
from config.settings import SecretRef
from tests.collector.looking import leaves_nothing, looked
from tests.collector.servers import closed_port, says, tcp_server

BOTH_LOOPS = True
PLUGIN = Kind(probe, PluginOptions, opens_socket=False, runs_program=True)
PLUGINS = Path("/usr/lib/nagios/plugins")
real = pytest.mark.skipif(
    not (PLUGINS / "check_dummy").exists() and os.environ.get("CI") != "true",
    reason="the monitoring plugins are not installed (tests/install_servers installs them)",
)


async def run(script: str, timeout: float = 5.0, **values: Any) -> Outcome:
    """What comes out of a plugin that is this shell script."""
    return await looked(PLUGIN, timeout, command=["/bin/sh", "-c", script], **values)


async def until(condition: Callable[[], object]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about in time")


EXITS: dict[str, tuple[str, Status, Reason | None, str]] = {
    "ok": ("echo fine; exit 0", Status.OK, None, ""),
    "ok without a word": ("exit 0", Status.OK, None, ""),
    "a warning": ("echo 'WARNING - nearly full'; exit 1", Status.OK, None, "WARNING - nearly full"),
    "a warning without a word is a script that broke": (
        "echo 'Traceback:' >&2; echo 'ImportError: no x' >&2; exit 1",
        Status.NONE,
        Reason.COULD_NOT_LOOK,
        "the plugin ended with 1: ImportError: no x",
    ),
    "critical": ("echo 'CRITICAL - full'; exit 2", Status.FAILED, Reason.FAILED, "CRITICAL - full"),
    "critical, said on the wrong stream": ("echo oh >&2; exit 2", Status.FAILED, Reason.FAILED, "oh"),
    "critical without a word": (
        "exit 2",
        Status.FAILED,
        Reason.FAILED,
        "the plugin ended with 2 (critical) and said nothing",
    ),
    "unknown": ("echo 'UNKNOWN - no such disk'; exit 3", Status.NONE, Reason.COULD_NOT_LOOK, "UNKNOWN - no such disk"),
    "a program that the plugin lacks": (
        "no-such-program",
        Status.NONE,
        Reason.COULD_NOT_LOOK,
        "the plugin ended with 127: /bin/sh: 1: no-such-program: not found",
    ),
    "a code that plugins do not have": (
        "exit 42",
        Status.NONE,
        Reason.COULD_NOT_LOOK,
        "the plugin ended with 42 and said nothing",
    ),
    "a signal": (
        "echo begun; kill -SEGV $$",
        Status.NONE,
        Reason.COULD_NOT_LOOK,
        "the plugin was ended by SIGSEGV: begun",
    ),
    "garbage": (
        r"printf '\377\033[31mred\007\n'; exit 2",
        Status.FAILED,
        Reason.FAILED,
        "\ufffd\ufffd[31mred\ufffd",
    ),
    "measurements are not part of the detail": (
        "echo 'DISK CRITICAL - / 1024 MB (3.5% free), HTTP/1.1 503 of 10.0.0.5:8443 in 0.25s|/=1MB'; exit 2",
        Status.FAILED,
        Reason.FAILED,
        "DISK CRITICAL - / # MB (#% free), HTTP/1.1 503 of 10.0.0.5:8443 in #s",
    ),
}


@pytest.mark.parametrize("case", EXITS)
async def test_the_exit_code_decides(case: str) -> None:
    script, status, reason, detail = EXITS[case]
    outcome = await run(script)
    assert (outcome.status, outcome.reason, outcome.detail) == (status, reason, detail)
    assert (outcome.latency_ms is None) is (status is Status.NONE)


async def test_a_warning_can_be_made_a_failure() -> None:
    outcome = await run("echo 'WARNING - old'; exit 1", warning="failed")
    assert (outcome.status, outcome.reason, outcome.detail) == (Status.FAILED, Reason.WARNING, "WARNING - old")
    assert outcome.degraded is None


async def test_a_warning_is_degraded_and_no_failure() -> None:
    outcome = await run("echo 'WARNING - old'; exit 1")
    assert (outcome.status, outcome.degraded) == (Status.OK, Degraded(Reason.WARNING, "WARNING - old"))
    assert (await run("exit 0")).degraded is None


@real
@pytest.mark.parametrize(
    ("arguments", "status", "measured"),
    [
        (["check_dummy", "0"], Status.OK, set()),
        (["check_dummy", "1", "careful"], Status.OK, set()),
        (["check_dummy", "2", "broken"], Status.FAILED, set()),
        (["check_dummy", "3"], Status.NONE, set()),
        (["check_load", "-w", "900,900,900", "-c", "999,999,999"], Status.OK, {"load1", "load5", "load15"}),
        (["check_load", "-w", "0,0,0", "-c", "0,0,0"], Status.FAILED, {"load1", "load5", "load15"}),
        (["check_disk", "-w", "1%", "-c", "0%", "-p", "/"], Status.OK, {"/"}),
        (["check_disk", "-w", "1%", "-c", "1%", "-p", "/no/such/disk"], Status.FAILED, set()),
        (["check_load", "-w", "nonsense"], Status.NONE, set()),
    ],
)
async def test_the_real_plugins(arguments: list[str], status: Status, measured: set[str]) -> None:
    outcome = await looked(PLUGIN, command=[str(PLUGINS / arguments[0]), *arguments[1:]])
    assert outcome.status is status, outcome.detail
    assert {measure.label for measure in outcome.measures} == measured


@real
async def test_a_real_plugin_that_asks_a_server() -> None:
    check = str(PLUGINS / "check_tcp")
    async with tcp_server(says(b"")) as port:
        good = await looked(PLUGIN, command=[check, "-H", "127.0.0.1", "-p", str(port)])
    with closed_port() as port:
        bad = await looked(PLUGIN, command=[check, "-H", "127.0.0.1", "-p", str(port)])
    assert (good.status, [measure.unit for measure in good.measures]) == (Status.OK, ["seconds"])
    assert (bad.status, bad.reason) == (Status.FAILED, Reason.FAILED)
    assert "refused" in bad.detail.lower()


@pytest.mark.parametrize(
    ("command", "reason", "said"),
    [
        (["/no/such/plugin"], Reason.COULD_NOT_LOOK, "/no/such/plugin: no such file or directory"),
        (["no-such-plugin"], Reason.COULD_NOT_LOOK, "no-such-plugin: no such file or directory"),
        (["/etc/passwd"], Reason.NO_PERMISSION, "/etc/passwd: permission denied"),
        (["/"], Reason.NO_PERMISSION, "/: permission denied"),
        (["/bin/echo", "x" * 3_000_000], Reason.COULD_NOT_LOOK, "/bin/echo: argument list too long"),
    ],
)
async def test_a_plugin_that_cannot_be_started_says_nothing_of_the_target(
    command: list[str], reason: Reason, said: str
) -> None:
    outcome = await looked(PLUGIN, command=command)
    assert (outcome.status, outcome.reason, outcome.detail) == (Status.NONE, reason, said)


async def test_no_shell_reads_the_arguments() -> None:
    outcome = await looked(PLUGIN, command=["/bin/sh", "-c", 'echo "$1"; exit 2', "plugin", "$(id); `id` * ~"])
    assert outcome.detail == "$(id); `id` * ~"


async def test_the_environment_is_only_what_is_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UNRELATED_SECRET", "must not be passed on")
    monkeypatch.setenv("PASSWORD_OF_THE_PROBE", "hunter2")
    file = tmp_path / "token"
    file.write_text("t0ken\n")
    seen = tmp_path / "seen"
    values = {"PLAIN": "a b", "PGPASSWORD": SecretRef(env="PASSWORD_OF_THE_PROBE"), "TOKEN": SecretRef(file=file)}
    outcome = await run(f"env > {shlex.quote(str(seen))}; pwd; exit 2", env=values)
    lines = dict(line.partition("=")[::2] for line in seen.read_text().splitlines())
    assert {name: lines[name] for name in values} == {"PLAIN": "a b", "PGPASSWORD": "hunter2", "TOKEN": "t0ken"}
    assert set(lines) - set(values) <= {"PATH", "LC_ALL", "PWD", "SHLVL", "_", "OLDPWD"}
    assert outcome.detail == "/"


async def test_a_secret_that_a_plugin_repeats_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD_OF_THE_PROBE", "hunter2")
    script = 'echo "login with $PW refused|$PW=1"; exit 2'
    outcome = await run(script, env={"PW": SecretRef(env="PASSWORD_OF_THE_PROBE")})
    assert outcome.detail == "login with *** refused"
    assert "hunter2" not in repr(outcome)
    broken = await run('echo "no $PW" >&2; exit 1', env={"PW": SecretRef(env="PASSWORD_OF_THE_PROBE")})
    assert broken.detail == "the plugin ended with 1: no ***"


async def test_a_secret_that_is_not_there_is_no_failure_of_the_target() -> None:
    outcome = await run("exit 0", env={"PW": SecretRef(env="NO_SUCH_VARIABLE_HERE")})
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.NO_SECRET)


async def test_performance_data_are_kept() -> None:
    outcome = await run("printf 'OK - fine | time=250ms;1000;2000;0;\\nmore\\nand | used=57%% n=3c\\n'; exit 0")
    assert outcome.measures == (
        Measure("time", 0.25, "seconds"),
        Measure("used", 0.57, "ratio"),
        Measure("n", 3, "count"),
    )


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def written(file: Path) -> list[int]:
    return [int(word) for word in file.read_text().split()] if file.exists() else []


HANGING = {
    "a plugin that hangs": "echo $$ >> {pids}; sleep 60",
    "one that ignores being asked": "trap '' TERM; echo $$ >> {pids}; sleep 60 & echo $! >> {pids}; wait; sleep 60",
    "one whose children hang": "echo $$ >> {pids}; (echo a; sleep 60) & echo $! >> {pids}; wait",
    "one that drips": "echo $$ >> {pids}; while true; do echo x; sleep 0.05; done",
}


@pytest.mark.parametrize("case", HANGING)
async def test_at_the_time_out_the_whole_group_is_gone(case: str, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    started = time.monotonic()
    outcome = await run(HANGING[case].format(pids=pids), timeout=0.5)
    assert time.monotonic() - started < 10, "it did not wait for the plugin"
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)
    assert outcome.detail.endswith("in time")
    assert written(pids)
    await until(lambda: not any(map(alive, written(pids))))


async def test_a_plugin_is_asked_before_it_is_killed(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    script = f"trap 'echo tidied > {gone}; exit 0' TERM; sleep 60 & wait"
    outcome = await run(script, timeout=0.6)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT), "what it says then counts no more"
    await until(gone.exists)


@pytest.mark.parametrize("session", ["", "setsid "])
async def test_a_child_that_holds_the_output_open_does_not_hold_us(session: str, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    started = time.monotonic()
    outcome = await run(f"{session}sleep 5 & echo $! > {pids}; echo 'CRITICAL - left one'; exit 2", timeout=4.0)
    assert time.monotonic() - started < 2
    assert outcome.detail == "CRITICAL - left one"
    if not session:
        await until(lambda: not any(map(alive, written(pids))))


@pytest.mark.parametrize("stream", [1, 2])
async def test_a_hundred_megabytes_are_not_read(stream: int) -> None:
    code = f"import os\nfor _ in range(1600): os.write({stream}, b'x' * 65536)"
    outcome = await looked(PLUGIN, 20.0, command=[sys.executable, "-c", code])
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.COULD_NOT_LOOK)
    assert outcome.detail == "the plugin printed more than 1 MiB and was ended"


async def test_what_is_beyond_64_kib_is_thrown_away_and_the_answer_counts() -> None:
    code = "import sys\nprint('CRITICAL - long|a=1')\nprint('x' * 600_000)\nprint('|b=2')\nsys.exit(2)"
    outcome = await looked(PLUGIN, 20.0, command=[sys.executable, "-c", code])
    assert (outcome.status, outcome.detail) == (Status.FAILED, "CRITICAL - long")
    assert outcome.measures == (Measure("a", 1.0),)


async def test_all_that_a_plugin_printed_before_its_end_counts() -> None:
    for _ in range(20):
        assert (await run("printf 'CRITICAL - '; printf 'late words'; exit 2")).detail == "CRITICAL - late words"


async def test_cancelled_anywhere_nothing_is_left(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    turn = 0

    async def cancelled() -> None:
        nonlocal turn
        turn += 1
        task = asyncio.ensure_future(run(f"echo $$ >> {pids}; sleep 60 & echo $! >> {pids}; wait", timeout=30))
        for _ in range(turn % 7):
            await asyncio.sleep(0.002)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    await leaves_nothing(cancelled, 30)
    await until(lambda: not any(map(alive, written(pids))))
    assert not zombies()


def zombies() -> list[str]:
    """Children of this process that ended and were not reaped."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().partition(")")
        except OSError:
            continue
        if rest.split()[:2] == ["Z", str(os.getpid())]:
            found.append(name)
    return found


ENDS: dict[str, Callable[[], Awaitable[Outcome]]] = {
    "by itself": lambda: run("echo fine"),
    "at the time-out": lambda: run("sleep 60", timeout=0.05),
    "leaving a child": lambda: run("sleep 60 & exit 0"),
    "never begun": lambda: looked(PLUGIN, command=["/no/such/plugin"]),
    "flooding": lambda: run("yes"),
}


@pytest.mark.parametrize("case", ENDS)
async def test_however_it_ends_it_is_reaped_and_closed(case: str) -> None:
    await leaves_nothing(ENDS[case], 20)
    assert not zombies()


async def test_fifty_at_once_do_not_disturb_each_other() -> None:
    outcomes = await asyncio.gather(*(run(f"sleep 0.1; echo 'CRITICAL - p{n}'; exit 2") for n in range(50)))
    assert [outcome.detail for outcome in outcomes] == [f"CRITICAL - p{n}" for n in range(50)]


async def test_the_loop_turns_while_a_plugin_runs() -> None:
    turns = 0
    task = asyncio.ensure_future(run("sleep 0.3"))
    while not task.done():
        turns += 1
        await asyncio.sleep(0.01)
    assert turns > 5
