"""Runs real servers from Debian on loopback, as nobody of importance, in folders that are gone afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

_USER = "nobody"
_LONGEST_START = 30.0


def program(name: str, package: str) -> str:
    """The program, or a skip that says what is missing; where everything must be tested that is a failure."""
    folders = [os.environ.get("PATH", ""), "/usr/sbin", "/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        left_out(f"{name} is not installed: apt-get install {package}")
    return found


def left_out(why: str) -> NoReturn:
    """A skip that says why; where everything must be tested that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def unprivileged(*command: str) -> list[str]:
    """The command as a user without rights, where we are root: some servers refuse to run as root."""
    if os.geteuid() != 0:
        return list(command)
    return ["setpriv", f"--reuid={_USER}", "--regid=nogroup", "--clear-groups", *command]


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """An empty folder that the user without rights can reach, which those of pytest are not."""
    with tempfile.TemporaryDirectory(prefix="tried-") as name:
        path = Path(name)
        path.chmod(0o755)
        give(path)
        yield path


def give(path: Path) -> None:
    """Makes the user without rights the owner."""
    if os.geteuid() == 0:
        shutil.chown(path, _USER, "nogroup")


@contextlib.contextmanager
def running(command: Sequence[str], ready: Callable[[], bool], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The server while it runs, from when it is `ready`; its output goes to `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + _LONGEST_START
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"{command} does not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def accepts(port: int) -> bool:
    """Whether somebody listens on the TCP port."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
