"""Runs a program to its end or to that of its time: bounded in what is read of it, and gone with all that it started.

The event loops have this, too. uvloop forks for it: with 800 MB in memory that held up everything for 9 ms a program,
where `subprocess` (vfork) and a descriptor of the process (pidfd_open(2)) take 0.1 ms of CPU in every case. And what is
begun here is begun at once, so that a cancellation never finds a program half started.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Literal

KEPT = 64 * 1024
"""Bytes of output that are kept."""
MOST_PRINTED = 1024 * 1024
"""Bytes of output at which a program is ended: what is beyond `KEPT` is read and thrown away until then."""
_ERRORS_KEPT = 4 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: `code` as `subprocess` tells it, negative for a signal; None where nobody could say.

    `cut` says why it did not end by itself, if so: its time was over, or it printed without end.
    """

    code: int | None
    output: bytes
    errors: bytes
    cut: Literal["", "time", "output"] = ""


async def run_program(
    command: Sequence[str], env: Mapping[str, str], ask_after: float, kill_after: float, told: bytes = b""
) -> Ended:
    """Run `command` with no more than `env`, without a shell, in a session of its own; it reads `told`.

    It is asked to end (SIGTERM) `ask_after` seconds from now and killed at `kill_after`, with all that it started and
    that stayed in its process group. What it started is killed, too, as soon as it has ended itself, and never waited
    for, also where it holds the output open. OSError where it cannot be started, or `told` is longer than a pipe holds
    (64 KiB): nobody waits for it to be read.
    """
    loop = asyncio.get_running_loop()
    running = _Running(loop, *_start(command, env, told))
    timers = [loop.call_later(ask_after, running.ask_to_end), loop.call_later(kill_after, running.cut_off, "time")]
    try:
        return await running.ended
    finally:
        for timer in timers:
            timer.cancel()
        running.abandon()


def _start(command: Sequence[str], env: Mapping[str, str], told: bytes) -> tuple[subprocess.Popen[bytes], int]:
    """The process and a descriptor that is readable once it has ended."""
    process = subprocess.Popen(  # noqa: S603 - the command is the configuration's, as a list
        command,
        bufsize=0,
        stdin=subprocess.PIPE if told else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        cwd="/",
        start_new_session=True,
    )
    try:
        if process.stdin is not None:
            _tell(process.stdin, told)
        return process, os.pidfd_open(process.pid)
    except OSError:
        os.killpg(process.pid, signal.SIGKILL)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
        raise


def _tell(pipe: IO[bytes], told: bytes) -> None:
    with pipe:
        os.set_blocking(pipe.fileno(), False)
        with suppress(BrokenPipeError):
            if (pipe.write(told) or 0) < len(told):
                raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))


class _Running:
    """One program under way. It looks after itself: whatever happens, it is killed, closed and reaped."""

    def __init__(self, loop: asyncio.AbstractEventLoop, process: subprocess.Popen[bytes], pidfd: int) -> None:
        self.ended: asyncio.Future[Ended] = loop.create_future()
        self._loop = loop
        self._process = process
        self._pidfd = pidfd
        self._cut: Literal["", "time", "output"] = ""
        self._output = _Pipe(loop, process.stdout, KEPT, self._flooded)
        self._errors = _Pipe(loop, process.stderr, _ERRORS_KEPT, self._flooded)
        loop.add_reader(pidfd, self._has_ended)

    def ask_to_end(self) -> None:
        """Its time is nearly over: it may still put away what it has."""
        self._cut = "time"
        self._kill(signal.SIGTERM)

    def cut_off(self, why: Literal["time", "output"]) -> None:
        """Kill it, and do not wait for that."""
        self._cut = self._cut or why
        self._kill(signal.SIGKILL)
        self._tell(-signal.SIGKILL)

    def abandon(self) -> None:
        """Nobody waits for it any longer. If it still runs it is killed, and reaped as soon as it has died."""
        self._kill(signal.SIGKILL)
        self._output.close()
        self._errors.close()

    def _flooded(self) -> None:
        self.cut_off("output")

    def _has_ended(self) -> None:
        # Before it is reaped its number cannot be another's: what is left of its group goes now.
        self._kill(signal.SIGKILL)
        self._output.drain()
        self._errors.drain()
        code = None
        # Where this process was told to ignore SIGCHLD, the kernel has reaped it and nobody knows how it ended.
        with suppress(ChildProcessError):
            pid, status = os.waitpid(self._process.pid, os.WNOHANG)
            if not pid:
                return
            code = os.waitstatus_to_exitcode(status)
        self._process.returncode = 0 if code is None else code
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._tell(code)

    def _tell(self, code: int | None) -> None:
        if not self.ended.done():
            self.ended.set_result(Ended(code, bytes(self._output.data), bytes(self._errors.data), self._cut))

    def _kill(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            # It may be another user's by now (sudo), which only that user can end.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


class _Pipe:
    """The end that is read of what a program prints; `flooded` is called when that is too much."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, file: IO[bytes] | None, most: int, flooded: Callable[[], None]
    ) -> None:
        if file is None:
            raise ValueError("the program was started without a pipe")
        self.data = bytearray()
        self._loop = loop
        self._file: IO[bytes] | None = file
        self._most = most
        self._printed = 0
        self._flooded = flooded
        os.set_blocking(file.fileno(), False)
        loop.add_reader(file.fileno(), self._read)

    def drain(self) -> None:
        """Take all that was printed until now."""
        while self._read():
            pass

    def close(self) -> None:
        """Read no more."""
        if self._file is not None:
            self._loop.remove_reader(self._file.fileno())
            self._file.close()
            self._file = None

    def _read(self) -> bool:
        """Take what there is; whether there may be more."""
        if self._file is None:
            return False
        try:
            chunk = os.read(self._file.fileno(), _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self.close()
            return False
        self.data += chunk[: self._most - len(self.data)]
        self._printed += len(chunk)
        if self._printed > MOST_PRINTED:
            self.close()
            self._flooded()
            return False
        return True
