"""How commands meet people: what they print, where, and with which exit code."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from availability.edges import to_ms

if TYPE_CHECKING:
    from rich.console import Console

WRONG_USE = 2
"""Exit code for wrong use or a bad configuration: nothing was changed."""


def refuse(message: str) -> NoReturn:
    """Say on standard error what is wrong, and stop with the code for wrong use."""
    print(message, file=sys.stderr)  # noqa: T201 - this is where the command line speaks
    raise SystemExit(WRONG_USE)


def say(text: str) -> None:
    """Print a result on standard output."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def console() -> Console:
    """A rich console on standard output; plain and as wide as needed in a pipe."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=160, no_color=True, highlight=False)


def parse_instant(text: str, option: str) -> int:
    """An instant of the command line (ISO 8601 with an offset) as epoch milliseconds."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        refuse(f"{option}: {text!r} is no instant: write ISO 8601 with an offset, such as 2026-11-01T09:00:00+01:00")
    if instant.tzinfo is None:
        refuse(f"{option}: {text!r} has no offset: write it as {text}+01:00 or {text}Z")
    return to_ms(instant)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place once all of it was written; nothing is left otherwise."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        refuse(f"cannot write {path}: {error.strerror}")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        refuse(f"cannot write {path}: {error.strerror}")
    finally:
        with suppress(OSError):
            temporary.unlink()
