"""The folder of an archive: what its descriptor says of it, and whether every byte is still what was written."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from availability import archive
from availability.archive import Table

DESCRIPTOR_LIMIT = 16 << 20
"""Bytes of a descriptor that are read at most."""
_HASH = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_NAME = re.compile(r"(?:closings/)?[A-Za-z0-9_-]+\.[a-z]+", re.ASCII)
_BYTES_AT_ONCE = 1 << 20

OnProgress = Callable[[str, int, int | None], None]
"""Told what is being done, how much of it is, and out of how much where that is known."""


class ArchiveRefused(Exception):
    """An archive of which nothing was taken; the text says what is wrong with it, where, and what would help."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A file of the archive, as the descriptor has it."""

    path: Path
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ArchiveFolder:
    """An archive whose files are what the descriptor says."""

    path: Path
    resources: Mapping[str, Resource]
    """By path within the folder."""
    rows: Mapping[str, int]
    """By table, as the descriptor has it."""

    def lists(self, table: Table) -> bool:
        """Whether the descriptor has the table, in any format."""
        return any(f"{table.name}.{format_}" in self.resources for format_ in archive.FORMATS)

    def table(self, table: Table) -> tuple[Path, str]:
        """The file of a table that is read, and its format; ArchiveRefused where there is none."""
        for format_ in archive.FORMATS:
            name = f"{table.name}.{format_}"
            if name in self.resources and (self.path / name).exists():
                return self.path / name, format_
        raise ArchiveRefused(
            f"{self.path}: the table {table.name} is missing: it is neither there in Parquet nor in CSV"
        )

    def content(self, name: str) -> bytes | None:
        """A file as a whole; None where there is none of that name."""
        resource = self.resources.get(name)
        try:
            return None if resource is None else resource.path.read_bytes()
        except OSError as error:
            raise ArchiveRefused(f"{self.path / name}: cannot be read ({error.strerror})") from None


def open_archive(folder: Path, on_progress: OnProgress) -> ArchiveFolder:
    """The archive in `folder`; ArchiveRefused where it is none, is of a newer format, or where a file was changed.

    A file that is not there is no fault here: a table may be left in one of its two formats alone.
    """
    descriptor = _descriptor(folder)
    about = descriptor.get("waakvlam")
    format_ = about.get("format") if isinstance(about, dict) else None
    if not isinstance(format_, int):
        raise ArchiveRefused(f"{folder / archive.DESCRIPTOR}: this is not an archive of waakvlam")
    if format_ > archive.FORMAT:
        raise ArchiveRefused(
            f"{folder}: a newer version of waakvlam wrote this archive (its format is {format_}, this version knows "
            f"{archive.FORMAT}); use that version"
        )
    resources = dict(_resources(folder, descriptor.get("resources")))
    _verify(resources, on_progress)
    rows = about.get("rows") if isinstance(about, dict) else None
    counts = {name: count for name, count in rows.items() if isinstance(count, int)} if isinstance(rows, dict) else {}
    return ArchiveFolder(folder, resources, counts)


def _descriptor(folder: Path) -> dict[str, Any]:
    path = folder / archive.DESCRIPTOR
    try:
        with path.open("rb") as file:
            data = file.read(DESCRIPTOR_LIMIT + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise ArchiveRefused(
            f"{folder}: there is no {archive.DESCRIPTOR} here; give the folder that `waakvlam export` wrote"
        ) from None
    except OSError as error:
        raise ArchiveRefused(f"{path}: cannot be read ({error.strerror})") from None
    if len(data) > DESCRIPTOR_LIMIT:
        raise ArchiveRefused(
            f"{path}: is larger than {DESCRIPTOR_LIMIT >> 20} MiB; this is not what describes an archive"
        )
    try:
        descriptor = json.loads(data)
    except (ValueError, RecursionError):
        raise ArchiveRefused(f"{path}: is no JSON; take the archive from its source again") from None
    if not isinstance(descriptor, dict):
        raise ArchiveRefused(f"{path}: is no JSON object; take the archive from its source again")
    return descriptor


def _resources(folder: Path, listed: Any) -> Iterator[tuple[str, Resource]]:
    """The files that are listed, by name; ArchiveRefused where an entry is not what we write."""
    for number, entry in enumerate(listed if isinstance(listed, list) else ()):
        given = entry if isinstance(entry, dict) else {}
        name, size, digest = given.get("path"), given.get("bytes"), given.get("hash")
        if not isinstance(name, str) or not isinstance(size, int) or not isinstance(digest, str):
            raise ArchiveRefused(
                f"{folder / archive.DESCRIPTOR}: resources[{number}] must have `path`, `bytes` and `hash`"
            )
        if not _HASH.fullmatch(digest):
            raise ArchiveRefused(f"{folder / archive.DESCRIPTOR}: resources[{number}].hash is no SHA-256 of a file")
        if not _NAME.fullmatch(name):
            raise ArchiveRefused(f"{folder / archive.DESCRIPTOR}: resources[{number}].path is no file of this folder")
        yield name, Resource(folder / name, size, digest.removeprefix("sha256:"))


def _verify(resources: Mapping[str, Resource], on_progress: OnProgress) -> None:
    """ArchiveRefused where a file that is there is not, byte for byte, what was written."""
    total, done = sum(resource.bytes for resource in resources.values()), 0
    for resource in resources.values():
        path = resource.path
        digest, size = hashlib.sha256(), 0
        try:
            with path.open("rb") as file:
                while block := file.read(_BYTES_AT_ONCE):
                    digest.update(block)
                    size += len(block)
                    on_progress("checking", done + size, total)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ArchiveRefused(f"{path}: cannot be read ({error.strerror})") from None
        done += size
        again = "take it from its source again"
        if size != resource.bytes:
            raise ArchiveRefused(f"{path}: has {size} bytes where {resource.bytes} were written; {again}")
        if digest.hexdigest() != resource.sha256:
            raise ArchiveRefused(f"{path}: is not what was written: its SHA-256 is another one; {again}")
