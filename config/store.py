"""Where facts are kept: reads the URL of the store."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql://"
_REMEDY = "write sqlite:///FILE, relative to this file, or postgresql://user@host/database"
_NO_PASSWORD = "holds a password: leave it out and give it by PGPASSWORD or ~/.pgpass, never here"


def store_url(text: str, folder: Path) -> str:
    """The URL with an absolute path; ValueError, which never repeats a password, where it is no store."""
    if text.startswith(_SQLITE):
        return _SQLITE + str(_file(text.removeprefix(_SQLITE), folder))
    if text.startswith(_POSTGRESQL):
        return _server(text)
    if ":" in text.partition("@")[0].partition("://")[2]:
        raise ValueError(_NO_PASSWORD)
    raise ValueError(f"is no store: {_REMEDY}")


def _file(name: str, folder: Path) -> Path:
    if not name or name == ":memory:" or name.endswith("/"):
        raise ValueError(f"names no file: {_REMEDY}")
    if re.search(r"[?#\0]", name):
        raise ValueError("has a ? or # in its name: a store is a plain file")
    return Path(folder, name)


def _server(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, port, password = parts.hostname, parts.port, parts.password
    except ValueError:
        raise ValueError(f"is no store: {_REMEDY}") from None
    if password is not None or re.search(r"(^|&)password=", parts.query):
        raise ValueError(_NO_PASSWORD)
    if not host or port == 0 or len(parts.path) < 2 or parts.fragment or re.search(r"\s", text):
        raise ValueError(f"is no store: {_REMEDY}")
    return text
