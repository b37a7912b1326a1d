"""Speaks with MariaDB and MySQL: one read-only transaction, one statement, one row, and no more bytes than it takes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import URL

from availability.outcome import Outcome, Reason, could_not_look, failed
from collector.context import Context
from collector.errors import LookEnded, from_os_error
from collector.probes.sql import Answer
from collector.sql_mariadb_login import Login, Session, log_in
from collector.sql_mariadb_packets import Greeting, NotThisProtocol, columns, error, first_value, is_end
from collector.sql_mariadb_words import statement_failed
from collector.streams import Endpoint, Stopwatch, Tls
from collector.transport_tls import Trust, context_for, from_stream_error
from collector.wire import connected

_PORT = 3306
_MOST = 2 * 1024**2
"""Bytes that the server may say in all: a row as large as one may be, and what comes before it."""
_FAREWELL = 0.25
"""Seconds for the end of an answer, so that the server is told that we leave; by then the look has been judged."""
_QUIT, _QUERY = b"\x01", b"\x03"
_FILE_WANTED = 0xFB
_NO_SUCH_VARIABLE = 1193

_MODES = ("disabled", "preferred", "required", "verify_ca", "verify_identity")
_KEYS = ("ssl_mode", "ssl_ca", "ssl_cert", "ssl_key")


class _Unnamed(Endpoint):
    """An endpoint that shows in no text: where the database is, is part of a secret."""

    def __str__(self) -> str:
        return "the database"


async def ask(url: URL, query: str, context: Context, watch: Stopwatch) -> Answer:
    """The first value of what `query` gives; LookEnded where it gives none. Nothing is ever committed."""
    deadline = watch.started + context.timeout
    endpoint, who = _plan(url)
    try:
        async with connected(endpoint, context, watch, _MOST) as wire:
            session = Session(wire)
            server = await log_in(session, who)
            watch.phase("connect")
            for statement in _limits(server, deadline):
                await _told(session, statement)
            answer = await _answer(session, query)
            watch.phase("first_byte")
            watch.stop()
            await _leave(session, answer, deadline)
    except NotThisProtocol as why:
        raise LookEnded(failed(Reason.BAD_RESPONSE, f"the database answers with {why}")) from why
    except OSError as why:
        raise LookEnded(_not_reached(why, endpoint)) from why
    return answer


def _plan(url: URL) -> tuple[Endpoint, Login]:
    """Where to go and who goes there; LookEnded where the URL does not tell, or tells what is unknown."""
    values = {key: value for key, value in url.query.items() if isinstance(value, str)}
    mode = values.get("ssl_mode", "verify_identity" if "ssl_ca" in values else "preferred").lower().replace("-", "_")
    if not url.host:
        raise LookEnded(could_not_look(Reason.COULD_NOT_LOOK, "the URL names no host"))
    if len(values) < len(url.query) or not set(values) <= set(_KEYS) or mode not in _MODES:
        why = f"behind the ? of the URL stands what is not known: use {', '.join(_KEYS)} ({', '.join(_MODES)})"
        raise LookEnded(could_not_look(Reason.COULD_NOT_LOOK, why))
    for text in (url.username, url.password, url.database):
        if "\0" in (text or ""):
            raise LookEnded(could_not_look(Reason.COULD_NOT_LOOK, "the URL holds a NUL character"))
    who = Login(
        url.username or "",
        str(url.password or ""),
        url.database or "",
        None if mode == "disabled" else Tls(_tls(mode, values), url.host.rstrip(".")),
        must=mode not in ("disabled", "preferred"),
        verified=mode.startswith("verify"),
    )
    return _Unnamed(url.host, url.port or _PORT), who


def _tls(mode: str, values: Mapping[str, str]) -> ssl.SSLContext:
    files = {key: Path(values[f"ssl_{key}"]) if f"ssl_{key}" in values else None for key in ("ca", "cert", "key")}
    verify = mode.startswith("verify")
    trust = Trust(files["ca"] if verify else None, files["cert"], files["key"], verify, check_name=mode != "verify_ca")
    try:
        return context_for(trust)
    except LookEnded as ended:
        why = "a certificate or key file of the URL cannot be read"
        raise LookEnded(could_not_look(Reason.COULD_NOT_LOOK, why)) from ended


def _limits(server: Greeting, deadline: float) -> tuple[str, ...]:
    """What is said before the query: the server ends it when nobody waits for it any more, and nothing can be changed.

    The session as a whole is set to reading as well: a procedure could end the transaction that it is called in.
    """
    left = max(0.001, deadline - time.monotonic())
    limit = f"max_statement_time = {left:.3f}" if server.is_mariadb else f"max_execution_time = {int(left * 1000)}"
    return f"set session {limit}", "set session transaction read only", "start transaction read only"


async def _told(session: Session, statement: str) -> None:
    """Sends one of our own statements; a limit that an old server does not know is left to our own time-out."""
    await session.command(_QUERY + statement.encode())
    why = error(await session.read())
    if why is not None and why.number != _NO_SUCH_VARIABLE:
        raise LookEnded(statement_failed(why))


async def _answer(session: Session, query: str) -> Answer:
    await session.command(_QUERY + query.encode())
    said = await session.read()
    if (why := error(said)) is not None:
        raise LookEnded(statement_failed(why))
    if not said:
        raise session.strange()
    if said[0] == 0:
        return Answer(row=False)
    if said[0] == _FILE_WANTED:
        raise LookEnded(failed(Reason.QUERY_FAILED, "the query loads a file, and gives no row"))
    for _ in range(columns(said)):
        if (why := error(await session.read())) is not None:
            raise LookEnded(statement_failed(why))
    if not is_end(await session.read()):
        raise session.strange()
    row = await session.read()
    if (why := error(row)) is not None:
        raise LookEnded(statement_failed(why))
    return Answer(row=False) if is_end(row) else Answer(row=True, value=first_value(row))


async def _leave(session: Session, answer: Answer, deadline: float) -> None:
    """Says goodbye where the answer has come to its end; else the connection is broken off, which ends it as well."""
    left = deadline - time.monotonic()
    with contextlib.suppress(OSError, LookEnded):
        async with asyncio.timeout(min(_FAREWELL, left / 2)):
            if not answer.row or is_end(await session.read()):
                await session.command(_QUIT)


def _not_reached(error: OSError, endpoint: Endpoint) -> Outcome:
    if isinstance(error, socket.gaierror):
        return from_os_error(error, "the host of the URL")
    outcome = from_stream_error(error, endpoint)
    if outcome.reason is Reason.TLS_NAME_MISMATCH:
        return failed(Reason.TLS_NAME_MISMATCH, "the certificate is of another name")
    return outcome
