"""The command line in processes that begin with everything loaded.

Loading takes far longer than what most commands do, and hundreds of tests start one. Here one process per tester loads
everything and forks: what it forks is a process of its own, with its own folder, environment, output and exit code, and
runs the command's entry point to the end of the interpreter. Whatever depends on how the interpreter starts, or is
ended by a signal, starts the real program instead (`tests.waakvlam.commands.COMMAND`).
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

_ROOT = Path(__file__).parents[1]
_ROOMS = ("availability", "config", "collector", "exporters", "waakvlam")
_LATER = ("alembic.command", "alembic.config", "fpdf", "holidays", "pyarrow.csv", "pyarrow.parquet", "xlsxwriter")
"""What is only imported where it is used."""
_LARGEST = 1 << 18


class Forks:
    """The process that forks, as its tester sees it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * _LARGEST)
        command = [sys.executable, "-m", "tests.commands_forked", str(theirs.fileno())]
        self._process = subprocess.Popen(command, cwd=_ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        self._channel = ours
        atexit.register(self.close)

    def close(self) -> None:
        """Let it end."""
        self._channel.close()
        self._process.wait()

    def run(
        self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run` of the command, with text captured; TimeoutExpired after `seconds`."""
        request = json.dumps({"arguments": arguments, "cwd": str(cwd), "env": dict(env)}).encode()
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            with Path(os.devnull).open("rb") as nothing:
                fds = [nothing.fileno(), output.fileno(), errors.fileno()]
                socket.send_fds(self._channel, [request], fds)
            pid = self._hear(None)
            code = self._hear(seconds)
            if code is None:
                os.kill(pid, signal.SIGKILL)
                self._hear(None)
                raise subprocess.TimeoutExpired(["waakvlam", *arguments], seconds)
            return subprocess.CompletedProcess(["waakvlam", *arguments], code, _text(output), _text(errors))

    def _hear(self, seconds: float | None) -> Any:
        self._channel.settimeout(seconds)
        try:
            said = self._channel.recv(_LARGEST)
        except TimeoutError:
            return None
        if not said:
            raise AssertionError("the process that forks is gone")
        return json.loads(said)


@cache
def forks() -> Forks:
    """One per tester, started when it is first needed."""
    return Forks()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


def _load() -> None:
    for room in _ROOMS:
        package = importlib.import_module(room)
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            if not module.name.endswith("__main__") and ".migrations." not in module.name:
                importlib.import_module(module.name)
    for name in _LATER:
        importlib.import_module(name)


def _serve(channel: socket.socket) -> None:
    """Fork for each request, and return in what was forked, ready to run; end with the tester."""
    while True:
        said, fds, _, _ = socket.recv_fds(channel, _LARGEST, 3)
        if not said:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            channel.close()
            _become(json.loads(said), fds)
            return
        for fd in fds:
            os.close(fd)
        with contextlib.suppress(OSError):  # the tester may be gone
            channel.send(json.dumps(pid).encode())
            channel.send(json.dumps(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


def _become(request: Mapping[str, Any], fds: Sequence[int]) -> None:
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.argv = ["waakvlam", *request["arguments"]]


if __name__ == "__main__":
    _load()
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    from waakvlam.cli import main

    main()
