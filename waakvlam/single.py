"""One collector per vantage and store: a second would probe everything twice under the same name."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from waakvlam.terminal import refuse

_SQLITE = "sqlite:///"


@contextmanager
def only_collector(store_url: str, vantage: str) -> Iterator[None]:
    """Hold the lock beside the store while the block runs; exit 2 where another process holds it.

    The lock goes with the process, however that ends; the file stays, and is empty but for the last holder's number.
    """
    path = Path(f"{store_url.removeprefix(_SQLITE)}.{vantage}.lock")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        refuse(f"cannot make the lock {path}: {error.strerror}")
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 20).decode(errors="replace").strip() or "unknown"
            refuse(f"a collector already probes from {vantage} into this store (process {holder}): stop that one first")
        with suppress(OSError):  # on a full disk the lock holds all the same
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)
