"""Where facts are kept: reads the URL of the store."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql://"
_REMEDY = "write sqlite:///FILE, relative to this file, or postgresql://user@host/database"
_PARAMETERS = {
    "application_name", "channel_binding", "connect_timeout", "gssencmode", "host", "keepalives", "keepalives_count",
    "keepalives_idle", "keepalives_interval", "krbsrvname", "passfile", "port", "require_auth",
    "ssl_min_protocol_version", "sslcert", "sslcrl", "sslkey", "sslmode", "sslrootcert", "target_session_attrs",
    "tcp_user_timeout",
}  # fmt: skip
"""What may follow the ?, of the parameters that PostgreSQL's library knows (its documentation, 34.1.2)."""
_FILES = frozenset({"passfile", "sslcert", "sslcrl", "sslkey", "sslrootcert"})
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


def spool_folder(text: str | None, url: str, folder: Path) -> Path | None:
    """Where facts wait on disk while the store does not take them: as `text` says, relative to `folder`; without it
    only for a store on a server, since a file that cannot be written to stands on the same disk."""
    if text is None:
        return folder / "waakvlam-spool" if url.startswith(_POSTGRESQL) else None
    return folder / text


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
        parameters = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True) if parts.query else []
    except ValueError:
        raise ValueError(f"is no store: {_REMEDY}") from None
    if password is not None or any(name in ("password", "sslpassword") for name, _ in parameters):
        raise ValueError(_NO_PASSWORD)
    hosts = [value for name, value in parameters if name == "host"]
    if bool(host) == any(hosts) or port == 0 or len(parts.path) < 2 or parts.fragment or re.search(r"\s", text):
        raise ValueError(f"is no store: {_REMEDY}")
    for name, value in parameters:
        if name not in _PARAMETERS:
            near = get_close_matches(name, _PARAMETERS, 1)
            raise ValueError(
                f"has an unknown parameter {name!r}"
                + (f": did you mean {near[0]!r}?" if near else "; docs/postgresql.md lists those there are")
            )
        if name in _FILES and not value.startswith("/") and (name, value) != ("sslrootcert", "system"):
            raise ValueError(f"has {name}={value}: write the whole path of the file, from / on")
    return text
