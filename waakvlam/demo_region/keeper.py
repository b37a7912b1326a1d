"""The process that clears up: `python -m waakvlam.demo_region.keeper NAMESPACE ... [--folder FOLDER]`.

It waits until standard input ends, and so until its parent does, however that comes to its end. Then it ends whatever
still runs in the namespaces, removes them, and the folder where one is given.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_PATIENCE_S = 3.0


@contextmanager
def kept(namespaces: Sequence[str], folder: Path | None) -> Iterator[None]:
    """Have somebody clear up after the block, or when this process ends, however it does."""
    command = [sys.executable, "-m", "waakvlam.demo_region.keeper", *namespaces]
    command += ["--folder", str(folder)] if folder else []
    keeper = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own program
    try:
        yield
    finally:
        keeper.communicate()


def inhabitants(namespace: str) -> list[int]:
    """The processes in a namespace."""
    done = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False)  # noqa: S603, S607 - our words
    return [int(line) for line in done.stdout.split()]


def clear(namespaces: Sequence[str]) -> None:
    """End what runs in the namespaces, in an orderly way where it can, and remove them."""
    until = time.monotonic() + _PATIENCE_S
    # To a database this word says that it has to leave now, whoever is connected; others end at it as well.
    number = signal.SIGQUIT
    while pids := [pid for namespace in namespaces for pid in inhabitants(namespace)]:
        if time.monotonic() > until:
            number = signal.SIGKILL
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        time.sleep(0.1)
    for namespace in namespaces:
        subprocess.run(["ip", "netns", "delete", namespace], capture_output=True, check=False)  # noqa: S603, S607 - our words


def main(arguments: Sequence[str]) -> None:
    """Wait, and clear up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    namespaces, folder = list(arguments), None
    if "--folder" in namespaces:
        at = namespaces.index("--folder")
        folder = namespaces[at + 1]
        namespaces = namespaces[:at]
    sys.stdin.buffer.read()
    clear(namespaces)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
