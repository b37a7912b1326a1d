"""One collector per vantage and store: a second would probe everything twice under the same name."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from collector.store import SqlStore, StoreError
from waakvlam.terminal import refuse

_SQLITE = "sqlite:///"


@contextmanager
def only_collector(store: SqlStore, store_url: str, vantage: str) -> Iterator[None]:
    """Hold the lock of this store while the block runs; exit 2 where another process holds it.

    Of a file it lies beside the file, and goes with the process, however that ends; the lock file stays, and is empty
    but for the last holder's number. A server keeps it as long as the store is connected.
    """
    if store_url.startswith(_SQLITE):
        file = Path(f"{store_url.removeprefix(_SQLITE)}.{vantage}")
        with lock_beside(file, f"a collector already probes from {vantage} into this store"):
            yield
        return
    try:
        store.claim(vantage)
    except StoreError as error:
        refuse(str(error))
    yield


@contextmanager
def lock_beside(file: Path, otherwise: str) -> Iterator[None]:
    """Hold the lock that lies beside `file` while the block runs; exit 2 with what is the case `otherwise`."""
    path = Path(f"{file}.lock")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        refuse(f"cannot make the lock {path}: {error.strerror}")
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 20).decode(errors="replace").strip() or "unknown"
            refuse(f"{otherwise} (process {holder}): stop that one first")
        with suppress(OSError):  # on a full disk the lock holds all the same
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)
