"""What the errors of MariaDB and MySQL come to, by their numbers: their texts hold names that are not to be shown."""

from __future__ import annotations

from collections.abc import Mapping

from availability.outcome import Outcome, Reason, failed
from collector.sql_mariadb_packets import ErrorPacket

_NOT_LET_IN: Mapping[int, tuple[Reason, str]] = {
    1040: (Reason.REFUSED, "the database has no connection left"),
    1044: (Reason.REFUSED, "the database does not let this user use the database of that name"),
    1045: (Reason.WRONG_CREDENTIALS, "the database refused the user or the password"),
    1049: (Reason.REFUSED, "the server has no database of that name"),
    1129: (Reason.REFUSED, "the database shut this host out after many broken connections (flush hosts)"),
    1130: (Reason.REFUSED, "the database lets nobody in from here"),
    1203: (Reason.REFUSED, "the database has no connection left for this user"),
    1226: (Reason.REFUSED, "the database has no connection left for this user"),
    1698: (Reason.WRONG_CREDENTIALS, "the database refused the user or the password"),
    1820: (Reason.WRONG_CREDENTIALS, "the password of this user has expired"),
    1862: (Reason.WRONG_CREDENTIALS, "the password of this user has expired"),
    3118: (Reason.WRONG_CREDENTIALS, "the account of this user is locked"),
    3159: (Reason.REFUSED, "the database lets nobody in without TLS: let the URL ask for it (ssl_mode)"),
    4151: (Reason.WRONG_CREDENTIALS, "the account of this user is locked"),
}

_SHUTTING = frozenset({1053, 1077, 1079, 1152, 1159, 1160, 1161, 1184, 1927, 3169})
"""The server ends, or ended this session."""
_OUT_OF_TIME = frozenset({1205, 1317, 1907, 1969, 3024, 3572})
"""A time-out of a lock or of a statement, or the end of a statement that was given up."""
_ONLY_READS = frozenset({1290, 1792, 1836})

_WORDS: Mapping[int, str] = {
    1046: "no database chosen",
    1054: "unknown column",
    1064: "syntax error",
    1142: "no right to the table",
    1143: "no right to the column",
    1146: "no such table",
    1227: "no right to do that",
    1305: "no such function or procedure",
    1370: "no right to the function or procedure",
}


def not_let_in(error: ErrorPacket) -> Outcome:
    """Why a login was refused (MariaDB documentation, "MariaDB Error Codes")."""
    if error.number in _SHUTTING:
        return failed(Reason.REFUSED, "the database is shutting down")
    if error.number in _NOT_LET_IN:
        return failed(*_NOT_LET_IN[error.number])
    return failed(Reason.REFUSED, f"the database refused the session: {_code(error)}")


def statement_failed(error: ErrorPacket) -> Outcome:
    """Why a statement gave no answer."""
    if error.number in _SHUTTING:
        return failed(Reason.CLOSED, "the database closed the connection")
    if error.number in _OUT_OF_TIME:
        return failed(Reason.TIMEOUT, "the database gave up the query at the time-out")
    if error.number in _ONLY_READS:
        return failed(Reason.QUERY_FAILED, "the query wants to change something, and a look only reads")
    if words := _WORDS.get(error.number):
        return failed(Reason.QUERY_FAILED, f"the query failed: {words} ({error.number})")
    return failed(Reason.QUERY_FAILED, f"the query failed: {_code(error)}")


def _code(error: ErrorPacket) -> str:
    return f"error {error.number}" + (f" (SQLSTATE {error.state})" if error.state else "")
