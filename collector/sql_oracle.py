"""Asks an Oracle database through a program of our own, which is ended with the time that a look has."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from availability.outcome import Outcome, Reason, could_not_look, failed
from collector.context import Context
from collector.errors import LookEnded, from_os_error
from collector.probes.sql import Answer
from collector.processes import Ended, run_program
from collector.sql_oracle_program import LONGEST_VALUE, only_reads
from collector.streams import Stopwatch

_PROGRAM = Path(__file__).with_name("sql_oracle_program.py")
_ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
_PORT = 1521
_KILLED_S = 0.02
"""Seconds before the end of the time-out at which the program is killed; nothing has to be put away."""
_KEYS = ("service_name", "protocol", "wallet_location")
_CODE = re.compile(r"(ORA|DPY)-\d{4,5}")

_WRONG = (Reason.WRONG_CREDENTIALS, "the database refused the user or the password")
_NO_SERVICE = (Reason.REFUSED, "the server has no database of that name")
_CLOSED = (Reason.CLOSED, "the database closed the connection")
_LATE = (Reason.TIMEOUT, "the database gave no answer in time")

_SAID: Mapping[str, tuple[Reason, str]] = {
    "ORA-01005": _WRONG,
    "ORA-01017": _WRONG,
    "ORA-28000": (Reason.WRONG_CREDENTIALS, "the account of this user is locked"),
    "ORA-28001": (Reason.WRONG_CREDENTIALS, "the password of this user has expired"),
    "ORA-01045": (Reason.REFUSED, "the database does not let this user make a session"),
    "ORA-12505": _NO_SERVICE,
    "ORA-12514": _NO_SERVICE,
    "DPY-6001": _NO_SERVICE,
    "DPY-6003": _NO_SERVICE,
    "ORA-01033": (Reason.REFUSED, "the database is starting up or shutting down"),
    "ORA-01034": (Reason.REFUSED, "the database is not running"),
    "ORA-00020": (Reason.REFUSED, "the database has no connection left"),
    "ORA-12516": (Reason.REFUSED, "the database has no connection left"),
    "ORA-12519": (Reason.REFUSED, "the database has no connection left"),
    "DPY-4011": _CLOSED,
    "DPY-6000": (Reason.REFUSED, "the server refused the connection"),
    "DPY-4024": _LATE,
    "DPY-6005": _CLOSED,
    "ORA-01456": (Reason.QUERY_FAILED, "the query wants to change something, and a look only reads"),
    "ORA-00942": (Reason.QUERY_FAILED, "the query failed: no such table, or no right to it (ORA-00942)"),
    "ORA-00900": (Reason.QUERY_FAILED, "the query failed: syntax error (ORA-00900)"),
}
"""What the errors of Oracle and of its driver come to (Oracle Database documentation, "Error Messages")."""


async def ask(url: URL, query: str, context: Context, watch: Stopwatch) -> Answer:
    """The first value of what `query` gives; LookEnded where it gives none. Nothing is ever committed.

    Not tested against an Oracle server.
    """
    if find_spec("oracledb") is None:
        why = "asking an Oracle database needs its driver: pip install 'waakvlam[oracle]'"
        raise LookEnded(could_not_look(Reason.UNSUPPORTED, why))
    if not only_reads(query):
        why = "the query of an Oracle database must begin with select or with: it could change something otherwise"
        raise LookEnded(could_not_look(Reason.COULD_NOT_LOOK, why))
    connect = await _connect(url, context)
    watch.phase("resolve")
    left = context.timeout - (time.monotonic() - watch.started)
    asked = {"connect": connect, "query": query, "seconds": max(0.001, left)}
    told = json.dumps(asked, ensure_ascii=False).encode()
    until = max(0.0, left - min(_KILLED_S, left / 20))
    try:
        ended = await run_program([sys.executable, "-I", str(_PROGRAM)], _ENV, until, until, told)
    except OSError as error:
        raise LookEnded(from_os_error(error, "the program that asks the database")) from error
    watch.phase("first_byte")
    watch.stop()
    return _answer(ended)


async def _connect(url: URL, context: Context) -> dict[str, Any]:
    """What the driver is to know, with the name of the host already resolved where TLS does not need it."""
    values = {key: value for key, value in url.query.items() if isinstance(value, str)}
    service = values.get("service_name") or url.database
    protocol = values.get("protocol", "tcp")
    if len(values) < len(url.query) or not set(values) <= set(_KEYS) or protocol not in ("tcp", "tcps"):
        why = f"behind the ? of the URL stands what is not known: use {', '.join(_KEYS)} (protocol: tcp, tcps)"
        raise LookEnded(could_not_look(Reason.COULD_NOT_LOOK, why))
    if not url.host or not service:
        why = "the URL names no host or no service: oracle://user:password@host:1521/service"
        raise LookEnded(could_not_look(Reason.COULD_NOT_LOOK, why))
    try:
        addresses = await context.resolver.resolve(url.host, "any")
    except OSError as error:
        raise LookEnded(from_os_error(error, "the host of the URL")) from error
    connect: dict[str, Any] = {"user": url.username, "password": str(url.password or ""), "service_name": service}
    connect |= {"host": addresses[0] if protocol == "tcp" else url.host, "port": url.port or _PORT}
    connect |= {"protocol": protocol}
    if "wallet_location" in values:
        connect["wallet_location"] = values["wallet_location"]
    return connect


def _answer(ended: Ended) -> Answer:
    if ended.cut == "time":
        raise LookEnded(failed(*_LATE))
    try:
        said = json.loads(ended.output)
    except ValueError as error:
        why = "the program that asks the database broke off: what answers may not be an Oracle database"
        raise LookEnded(failed(Reason.BAD_RESPONSE, why)) from error
    if said.get("too_large"):
        raise LookEnded(
            failed(Reason.TOO_LARGE, f"a value of more than {LONGEST_VALUE // 1024} KiB, or more than memory holds")
        )
    if "errno" in said:
        raise LookEnded(from_os_error(OSError(said["errno"], ""), "the database"))
    if "code" in said:
        raise LookEnded(_why(said["code"]))
    return Answer(row=bool(said["row"]), value=said.get("value"))


def _why(code: str) -> Outcome:
    if not _CODE.fullmatch(code):
        return failed(Reason.BAD_RESPONSE, "what answers does not speak the protocol of Oracle")
    if code in _SAID:
        return failed(*_SAID[code])
    if code.startswith("DPY-"):
        return failed(Reason.BAD_RESPONSE, f"the driver could not speak with what answers ({code})")
    return failed(Reason.QUERY_FAILED, f"the database gave no answer: {code}")
