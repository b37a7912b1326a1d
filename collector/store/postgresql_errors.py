"""What PostgreSQL and its library say, in words for the person who has to put it right."""

from __future__ import annotations

import psycopg

_BY_STATE = (
    ("42501", "the user has not the right to do this: see docs/postgresql.md for the rights it needs"),
    ("25006", "the server only reads, as a standby does: name the one that writes, or ask for it by "
              "target_session_attrs=read-write"),
    ("53100", "the disk of the server is full; nothing of this was stored: make room and try again"),
    ("53200", "the server has no memory left for this; nothing of this was stored"),
    ("53300", "the server has no connection left: raise max_connections, or the limit of the user"),
    ("55P03", "another process is writing to it, or reading what is to be removed; try again when that is done"),
    ("57014", "the server gave up: the statement took longer than its statement_timeout allows"),
    ("57P01", "the server ended the connection; what was under way is stored wholly or not at all"),
    ("57P", "the server is shutting down or starting; try again when it is there"),
    ("25P03", "the server ended the connection, as this process did nothing for long within a transaction"),
    ("40", "others wrote at the same time; try again"),
    ("42P01", "a table of it is gone: put a backup in place"),
    ("42703", "a table of it was changed: put a backup in place"),
    ("XX00", "it is damaged; put a backup in its place"),
    ("58", "the disk of the server refused to read or write; nothing of this was stored"),
)  # fmt: skip
"""By the beginning of the SQLSTATE (PostgreSQL documentation, Appendix A)."""

_BY_TEXT = (
    ("password authentication failed", "the server refused the user or its password; see PGPASSWORD and ~/.pgpass"),
    ("no password supplied", "the server asks for a password: give it by PGPASSWORD or ~/.pgpass"),
    ("no pg_hba.conf entry", "the server lets this user in from here by no rule of its pg_hba.conf"),
    ("pg_hba.conf rejects", "the server lets this user in from here by no rule of its pg_hba.conf"),
    ("authentication failed", "the server does not take this user from here (pg_hba.conf, pg_ident.conf)"),
    ("too many clients", "the server has no connection left: raise max_connections"),
    ("too many connections", "the server has no connection left: raise max_connections, or the limit of the user"),
    ("remaining connection slots", "the server has no connection left: raise max_connections"),
    ("starting up", "the server is starting up; try again when it is there"),
    ("shutting down", "the server is shutting down; try again when it is there"),
    ("not accepting connections", "the server takes no connections now"),
    ("does not support SSL", "the server does not offer the TLS that the URL asks for"),
    ("does not match host name", "the certificate of the server is of another name"),
    ("certificate verify failed", "the certificate of the server is not trusted: see sslrootcert"),
    ("root certificate file", "there is no file of trusted certificates: name one by sslrootcert"),
    ("could not translate host name", "the name of the server is not known"),
    ("failed to resolve host", "the name of the server is not known"),
    ("session is read-only", "no server there can be written to: they are standbys"),
    ("session is not read-only", "no server there is a standby"),
    ("Connection refused", "nobody answers there: is the server running?"),
    ("No such file or directory", "nobody answers there: is the server running?"),
    ("timeout expired", "the server does not answer"),
    ("Connection timed out", "the server does not answer"),
    ("No route to host", "the server cannot be reached"),
    ("Network is unreachable", "the server cannot be reached"),
    ("invalid connection option", "the URL holds what is no parameter of a connection"),
    ("invalid sslmode", "the URL asks for an sslmode that there is not"),
    ("server closed the connection", "the connection was lost; what was under way is stored wholly or not at all"),
    ("connection is lost", "the connection was lost; what was under way is stored wholly or not at all"),
    ("connection is closed", "the connection was lost; what was under way is stored wholly or not at all"),
    ("terminating connection", "the connection was ended; what was under way is stored wholly or not at all"),
    ("SSL", "the TLS of the connection failed"),
)  # fmt: skip
"""Where there is no SQLSTATE: what libpq says, the telling ones first."""

_MISSING = (
    ('FATAL:  database "', "the server has no database of that name: create it, see docs/postgresql.md"),
    ('FATAL:  role "', "the server has no user of that name: create it, see docs/postgresql.md"),
)
_PASSING = ("40001", "40P01", "23505")
"""Serialisation failure, deadlock, and two who added the same row first."""


def explanation(error: BaseException) -> str:
    """The error in words, and behind them the server's own."""
    said = _said(error)
    state = getattr(error, "sqlstate", None) or ""
    for beginning, text in _BY_STATE:
        if state.startswith(beginning):
            return f"{text} ({said})"
    if not state:
        whole = str(error)
        for held, text in (*_MISSING, *_BY_TEXT):
            if held in whole:
                return f"{text} ({said})"
    return said


def is_passing(error: BaseException) -> bool:
    """Whether others were in the way, and the same may be done again."""
    return isinstance(error, psycopg.Error) and error.sqlstate in _PASSING


def _said(error: BaseException) -> str:
    """The first line of what the server said, fit for a terminal."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    lines = (primary or str(error)).strip().splitlines()
    text = lines[0] if lines else type(error).__name__
    return "".join(character if character.isprintable() else "?" for character in text)[:300]
