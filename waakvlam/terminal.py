"""How commands meet people: what they print, where, and with which exit code."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn, TypeVar

from availability.edges import to_ms

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")

WRONG_USE = 2
"""Exit code for wrong use or a bad configuration: nothing was changed."""


def refuse(message: str) -> NoReturn:
    """Say on standard error what is wrong, and stop with the code for wrong use."""
    print(message, file=sys.stderr)  # noqa: T201 - this is where the command line speaks
    raise SystemExit(WRONG_USE)


class Output(io.TextIOWrapper):
    """Standard output that ends the command where nobody reads it, or where it can hold no more."""

    def write(self, text: str) -> int:
        """Write `text`; a character that the encoding lacks becomes a question mark."""
        return self._delivered(lambda: super(Output, self).write(text))

    def flush(self) -> None:
        """Hand over what was written."""
        self._delivered(super().flush)

    def _delivered(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except OSError as error:
            # What is still in hand goes nowhere, else the interpreter stumbles over it once more at its end.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            if isinstance(error, BrokenPipeError):
                # The reader has seen enough (`| head`): that is no error.
                raise SystemExit(0) from None
            refuse(f"cannot write the output: {error.strerror}")


def set_up_output() -> None:
    """Make standard output one that tells plainly what goes wrong; a standard stream that is closed leads nowhere."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest free descriptor is taken, so it is this one; else a store or a socket would become it.
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", closefd=False)
    encoding, lines = ("utf-8", False) if sys.stdout is None else (sys.stdout.encoding, sys.stdout.isatty())
    sys.stdout = Output(
        io.FileIO(1, "w", closefd=False) if sys.stdout is None else sys.stdout.buffer,
        encoding=encoding,
        errors="replace",
        line_buffering=lines,
    )


def say(text: str) -> None:
    """Print a result on standard output."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def note_aside(text: str) -> None:
    """Say on standard error what somebody who reads the result should know beside it."""
    print(text, file=sys.stderr)  # noqa: T201 - this is where the command line speaks


def say_data(text: str) -> None:
    """Print what a program reads on standard output: always as UTF-8, which JSON has to be (RFC 8259, 8.1)."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    say(text)


def console(file: IO[str] | None = None) -> Console:
    """A rich console on standard output or in `file`; plain and as wide as needed where that is no terminal."""
    from rich.console import Console

    from exporters.harmless import HARMLESS

    at_terminal = (file or sys.stdout).isatty()
    made = Console(file=file) if at_terminal else Console(file=file, width=160, no_color=True, highlight=False)
    made.push_render_hook(HARMLESS)
    return made


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
    """A temporary file that takes the place of `path` once all of it was written; nothing is left otherwise.

    A link is followed; a device or a pipe stays what it is, and gets what was written.
    """
    place = path
    try:
        special = path.exists() and not path.is_file() and not path.is_dir()
        place = path if special else path.resolve()
        handle, name = tempfile.mkstemp(dir=None if special else place.parent, prefix=f".{place.name}.")
    except (OSError, RuntimeError) as error:
        refuse(f"cannot write {path}: {_why(error)}")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        if special:
            with temporary.open("rb") as written, place.open("wb") as target:
                shutil.copyfileobj(written, target)
        else:
            temporary.chmod(_mode(place))
            temporary.replace(place)
    except OSError as error:
        refuse(f"cannot write {path}: {_why(error)}")
    finally:
        with suppress(OSError):
            temporary.unlink()


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _mode(path: Path) -> int:
    """The permissions `path` has, or those this process gives to new files."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask
