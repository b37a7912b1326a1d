"""Asks an Oracle database one question, as a program of its own: told on standard input, answered on standard output.

The driver keeps whatever a server announces, up to gigabytes, and cannot be broken off at every point. As a program it
has a bound on its memory, and ends when it is killed. It takes nothing of the collector's, and so starts the faster.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from typing import Any

MOST_MEMORY = 1024**3
"""Bytes of address space; the driver and its libraries take some three hundred million."""
LONGEST_VALUE = 16 * 1024

_BEFORE = re.compile(r"(\s+|--[^\n]*(\n|\Z)|/\*.*?\*/|\()*", re.DOTALL)
_READS = re.compile(r"(select|with)\b", re.IGNORECASE)


def only_reads(query: str) -> bool:
    """Whether `query` begins as a question does: Oracle ends a read-only transaction for a definition, and makes it."""
    before = _BEFORE.match(query)
    return _READS.match(query, before.end() if before else 0) is not None


def main() -> None:
    """Reads what to ask, as JSON, and prints what came of it, as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = json.load(sys.stdin.buffer)
    try:
        said = _asked(asked)
    except MemoryError:
        said = {"too_large": True}
    json.dump(said, sys.stdout)


def _asked(asked: dict[str, Any]) -> dict[str, Any]:
    import oracledb

    # A number is compared as it stands, and a long text comes as a text.
    oracledb.defaults.fetch_decimals = True
    oracledb.defaults.fetch_lobs = False
    oracledb.defaults.arraysize = oracledb.defaults.prefetchrows = 1
    seconds = float(asked["seconds"])
    try:
        connection = oracledb.connect(**asked["connect"], tcp_connect_timeout=seconds, retry_count=0)
        connection.call_timeout = max(1, int(seconds * 1000))
        cursor = connection.cursor()
        cursor.execute("set transaction read only")
        cursor.execute(asked["query"])
        row = cursor.fetchone()
        connection.rollback()
    except oracledb.Error as error:
        return _why(error)
    if row is None:
        return {"row": False}
    value = None if row[0] is None else str(row[0])
    return {"too_large": True} if len(value or "") > LONGEST_VALUE else {"row": True, "value": value}


def _why(error: Exception) -> dict[str, Any]:
    """An error by its numbers: its text may hold names that are not to be shown. What caused it tells more than it."""
    cause: BaseException | None = error
    code = ""
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno is not None:
            return {"errno": cause.errno}
        code = getattr(cause.args[0] if cause.args else None, "full_code", None) or code
        cause = cause.__cause__ or cause.__context__
    return {"code": str(code)[:16]}


if __name__ == "__main__":
    main()
