"""Speaks with PostgreSQL through libpq without ever blocking: one read-only transaction, one statement, one row.

The connection is driven step by step here. The library's own coroutines answer a cancellation by asking the server to
stop, and wait for it: a server that hangs would hold up a look for longer than its time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

from psycopg import OperationalError, ProgrammingError, errors, pq
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL

from availability.outcome import Outcome, Reason, could_not_look, failed
from collector.context import Context
from collector.errors import LookEnded, from_os_error
from collector.probes.sql import Answer
from collector.sql_postgresql_errors import why_no_connection
from collector.streams import Stopwatch

_FAREWELL = 0.25
"""Seconds that a server has to roll back before the connection is closed, which rolls back as well."""
_MOST_RECEIVED = 16 * 1024**2
"""Bytes of an answer whose first row is still not whole: more than a receive buffer holds of the rows behind it."""
_BYTES_RECEIVED = slice(128, 136)
"""Where `struct tcp_info` of Linux has tcpi_bytes_received."""
_BOOLEAN = 16
"""The object identifier of the type boolean, whose values libpq gives as t and f."""

_DEFAULTS = {"client_encoding": "UTF8", "fallback_application_name": "waakvlam", "gssencmode": "disable"}
"""Where the URL says nothing. GSSAPI is off as it would look for a ticket, and block while it does."""

_CANCELLED = "57014"
_READ_ONLY = "25006"
_ENDING = ("57P01", "57P02", "57P03")


async def ask(url: URL, query: str, context: Context, watch: Stopwatch) -> Answer:
    """The first value of what `query` gives; LookEnded where it gives none. Nothing is ever committed."""
    deadline = watch.started + context.timeout
    params = await _parameters(url, context)
    watch.phase("resolve")
    async with _connected(params, deadline) as connection:
        watch.phase("connect")
        left_ms = max(1, int((deadline - time.monotonic()) * 1000))
        # So that the server does not go on with what nobody waits for any more.
        limits = f"set local statement_timeout = {left_ms}; set local lock_timeout = {left_ms}"
        connection.send_query(f"begin read only; {limits}".encode())
        await _finished(connection)
        # Sent as a prepared statement: the server takes one statement and no more, so nothing can end the transaction
        # and then write.
        connection.send_query_params(query.encode(), None)
        connection.set_single_row_mode()
        answer = _answer(await _result(connection))
        watch.phase("first_byte")
        watch.stop()
        await _roll_back(connection)
    return answer


async def _parameters(url: URL, context: Context) -> dict[str, Any]:
    """What libpq is to know, with the names of hosts already resolved: libpq would block while it does."""
    params = {**_DEFAULTS, **url.translate_connect_args(username="user", database="dbname")}
    params |= {key: value if isinstance(value, str) else ",".join(value) for key, value in url.query.items()}
    names = [name for name in str(params.get("host", "")).split(",") if name]
    if not names or "hostaddr" in params or any(name.startswith(("/", "@")) for name in names):
        return params
    ports = str(params.get("port", "")).split(",")
    if len(ports) not in (1, len(names)):
        raise LookEnded(_useless())
    found: list[tuple[str, str, str]] = []
    unresolved: OSError | None = None
    for name, port in zip(names, ports if len(ports) > 1 else ports * len(names), strict=True):
        try:
            found += [(name, address, port) for address in await context.resolver.resolve(name, "any")]
        except OSError as error:
            unresolved = error
    if unresolved is not None and not found:
        raise LookEnded(from_os_error(unresolved, "the host of the URL"))
    for key, parts in zip(("host", "hostaddr", "port"), zip(*found, strict=True), strict=True):
        params[key] = ",".join(parts)
    return params


def _useless() -> Outcome:
    return could_not_look(Reason.COULD_NOT_LOOK, "the URL holds what is no parameter of a PostgreSQL connection")


@contextlib.asynccontextmanager
async def _connected(params: dict[str, Any], deadline: float) -> AsyncIterator[pq.abc.PGconn]:
    """A connection with its user logged in, which is closed in any case."""
    try:
        conninfo = make_conninfo(**params).encode()
    except (ProgrammingError, ValueError) as error:
        raise LookEnded(_useless()) from error
    connection = pq.PGconn.connect_start(conninfo)
    try:
        status = pq.PollingStatus.WRITING
        while connection.status != pq.ConnStatus.BAD and status != pq.PollingStatus.OK:
            await _ready(connection.socket, status == pq.PollingStatus.WRITING)
            status = pq.PollingStatus(connection.connect_poll())
            if status == pq.PollingStatus.FAILED:
                break
        if status != pq.PollingStatus.OK:
            left = deadline - time.monotonic()
            raise LookEnded(await why_no_connection(connection.get_error_message(), params, left))
        connection.nonblocking = 1
        yield connection
    except OperationalError as error:
        raise LookEnded(_closed()) from error
    finally:
        connection.finish()


async def _ready(descriptor: int, to_write: bool) -> None:
    """Returns once `descriptor` can be written to, or read from."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    add, remove = (loop.add_writer, loop.remove_writer) if to_write else (loop.add_reader, loop.remove_reader)
    add(descriptor, _settle, ready)
    try:
        await ready
    finally:
        remove(descriptor)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


async def _result(connection: pq.abc.PGconn) -> pq.abc.PGresult | None:
    """The next result of what was sent; None after the last. OperationalError where the connection is gone."""
    while connection.flush():
        await _ready(connection.socket, True)
    while connection.is_busy():
        await _ready(connection.socket, False)
        connection.consume_input()
        if connection.is_busy() and _received(connection.socket) > _MOST_RECEIVED:
            raise LookEnded(failed(Reason.TOO_LARGE, f"a row larger than {_MOST_RECEIVED // 1024**2} MiB"))
    return connection.get_result()


def _received(descriptor: int) -> int:
    """Bytes that came in on a TCP connection so far, as the kernel counts them; 0 where it does not.

    libpq keeps a row until it is whole, however long it is, and does not tell how much it keeps.
    """
    try:
        with socket.socket(fileno=os.dup(descriptor)) as sock:
            info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_RECEIVED.stop)
    except OSError:
        return 0
    return int.from_bytes(info[_BYTES_RECEIVED], sys.byteorder)


async def _finished(connection: pq.abc.PGconn) -> None:
    """Reads the results of our own statements to their end."""
    while (result := await _result(connection)) is not None:
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise LookEnded(_failed(result))


async def _roll_back(connection: pq.abc.PGconn) -> None:
    """Ends the transaction where the answer has come to its end; else closing the connection does."""
    if _drained(connection):
        with contextlib.suppress(TimeoutError, LookEnded, OperationalError):
            async with asyncio.timeout(_FAREWELL):
                connection.send_query(b"rollback")
                await _finished(connection)


def _drained(connection: pq.abc.PGconn) -> bool:
    """Whether after the first row nothing but the end of the answer came; a second row is left where it is."""
    while not connection.is_busy():
        result = connection.get_result()
        if result is None:
            return True
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            return False
    return False


def _answer(result: pq.abc.PGresult | None) -> Answer:
    if result is None:
        raise LookEnded(_closed())
    if result.status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY):
        return Answer(row=False)
    if result.status != pq.ExecStatus.SINGLE_TUPLE:
        raise LookEnded(_failed(result))
    value = result.get_value(0, 0) if result.nfields else None
    text = value.decode(errors="replace") if value is not None else None
    if text is not None and result.ftype(0) == _BOOLEAN:
        text = "true" if text == "t" else "false"
    return Answer(row=True, value=text)


def _failed(result: pq.abc.PGresult) -> Outcome:
    """The outcome of a statement that failed, by its SQLSTATE: the text of the server may hold what is not to be shown.

    (PostgreSQL documentation, Appendix A.)
    """
    code = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode(errors="replace")
    if result.status in (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH):
        return failed(Reason.QUERY_FAILED, "the query copies, and gives no row")
    if not code or code in _ENDING:
        return _closed()
    if code == _CANCELLED:
        return failed(Reason.TIMEOUT, "the database gave up the query at the time-out")
    if code == _READ_ONLY:
        return failed(Reason.QUERY_FAILED, "the query wants to change something, and a look only reads")
    return failed(Reason.QUERY_FAILED, f"the query failed: {_words(code)}")


def _words(code: str) -> str:
    """A SQLSTATE with its name: undefined table (42P01)."""
    try:
        name = errors.lookup(code).__name__
    except KeyError:
        return f"SQLSTATE {code}" if code.isalnum() and code.isascii() else "an unknown error"
    return f"{re.sub(r'(?<!^)(?=[A-Z])', ' ', name).lower()} ({code})"


def _closed() -> Outcome:
    return failed(Reason.CLOSED, "the database closed the connection")
