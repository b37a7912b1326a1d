"""Starts the processes that are measured, reads their CPU time and memory, and ends every one of them by its number."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).resolve().parent.parent
_TICK = 1 / os.sysconf("SC_CLK_TCK")
_END_SECONDS = 10.0


class Failed(Exception):
    """A part of the benchmark could not be measured; the message says why."""


def raise_descriptors() -> None:
    """As many descriptors as may be had: a sweep over thousands of targets holds thousands of sockets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextmanager
def running(command: Sequence[str], folder: Path, **more: Any) -> Iterator[subprocess.Popen[str]]:
    """`command` as a child in this project's folder; ended when the block is left, however it is left.

    What it says on standard error is kept in `folder`, and told where the child fails.
    """
    log = folder / f"{Path(command[0]).name}-{len(list(folder.glob('*.err')))}.err"
    with log.open("w") as errors:
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=HERE, **more
        )
    try:
        yield child
    except (OSError, ValueError) as error:
        raise Failed(f"{' '.join(command[:4])}: {error}\n{log.read_text()[-2000:]}") from error
    finally:
        end(child)
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def end(child: subprocess.Popen[str]) -> None:
    """Ask it to end, and end it where it does not."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def module(name: str, before: Sequence[str] = ()) -> list[str]:
    """The command that runs a module of the benchmark, behind `before` (such as `ip netns exec ...`)."""
    return [*before, sys.executable, "-m", f"bench.{name}"]


def tell(child: subprocess.Popen[str], value: Any) -> None:
    """One line of JSON to a child."""
    stream: IO[str] = child.stdin  # type: ignore[assignment]  # it was started with a pipe
    stream.write(json.dumps(value) + "\n")
    stream.flush()


def hear(child: subprocess.Popen[str]) -> Any:
    """One line of JSON from a child; ValueError where it ended instead."""
    stream: IO[str] = child.stdout  # type: ignore[assignment]  # it was started with a pipe
    line = stream.readline()
    if not line:
        raise ValueError(f"it ended with status {child.wait(_END_SECONDS)} instead of an answer")
    return json.loads(line)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads so far, in steps of a hundredth."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def memory_mib(pid: int) -> tuple[float, float]:
    """Resident memory of a process now, and at its peak."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(status["VmRSS"].split()[0]) / 1024, int(status["VmHWM"].split()[0]) / 1024


def timed(command: Sequence[str], output: Path | None = None) -> tuple[float, float, float]:
    """Run `command` to its end: seconds on the clock, CPU seconds, and peak memory in MiB. Failed where it fails."""
    from time import perf_counter

    begun = perf_counter()
    with (output or Path(os.devnull)).open("wb") as sink:
        child = subprocess.Popen(command, stdout=sink, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=HERE)
        errors = child.stderr.read() if child.stderr else b""
        _, status, used = os.wait4(child.pid, 0)
    took = perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.stderr:
        child.stderr.close()
    if child.returncode:
        raise Failed(
            f"{' '.join(command[:4])} ended with {child.returncode}: {errors.decode(errors='replace')[-2000:]}"
        )
    return took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
