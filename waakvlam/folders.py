"""A folder that is written whole or not at all."""

from __future__ import annotations

import secrets
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from waakvlam.terminal import refuse


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder under another name that becomes `path` once all of it was written; nothing is left otherwise.

    Refused, with a sentence, where there is a file or a folder that is not empty, and where it cannot be written.
    """
    remedy = "give a folder that does not exist yet"
    try:
        place = path.resolve()
        if place.is_dir() and any(place.iterdir()):
            refuse(f"cannot write {path}: the folder is not empty; {remedy}")
        if place.exists() and not place.is_dir():
            refuse(f"cannot write {path}: there is a file of that name; {remedy}")
        temporary = place.parent / f".{place.name}.{secrets.token_hex(4)}"
        temporary.mkdir()
    except (OSError, RuntimeError) as error:
        refuse(f"cannot write {path}: {_why(error)}")
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield temporary
        temporary.replace(place)
    except OSError as error:
        refuse(f"cannot write {path}: {_why(error)}")
    finally:
        with suppress(OSError):
            shutil.rmtree(temporary)
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _: object) -> NoReturn:
    """End as a signal asks for, by way of what puts things in order."""
    raise SystemExit(128 + number)


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
