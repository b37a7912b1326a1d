"""Why a connection to PostgreSQL failed, as an Outcome: libpq tells it in words only, which may hold the URL."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Mapping
from errno import EACCES, EADDRNOTAVAIL, ECONNREFUSED, ECONNRESET, EHOSTUNREACH, EMFILE, ENETUNREACH, ETIMEDOUT
from pathlib import Path
from typing import Any

from availability.outcome import Outcome, Reason, could_not_look, failed
from collector.errors import LookEnded, from_os_error
from collector.happy_eyeballs import connect
from collector.streams import Tls
from collector.transport_tls import Trust, context_for

_SSL_REQUEST = bytes.fromhex("0000000804d2162f")
"""Asks a server whether it turns to TLS; it answers S or N (PostgreSQL documentation, 55.2.11)."""

_EXPIRED = 10
"""X509_V_ERR_CERT_HAS_EXPIRED (openssl-verification-options(1))."""
_PORT = 5432

_ERRNOS = (ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, EMFILE, EACCES, EADDRNOTAVAIL)

_SAID: tuple[tuple[str, Reason, str], ...] = (
    ("does not match host name", Reason.TLS_NAME_MISMATCH, "the certificate is of another name"),
    ("does not support SSL", Reason.TLS_FAILURE, "the database does not offer the TLS that the URL asks for"),
    ("password authentication failed", Reason.WRONG_CREDENTIALS, "the database refused the user or the password"),
    ("no password supplied", Reason.WRONG_CREDENTIALS, "the database asks for a password, and the URL has none"),
    ("authentication failed", Reason.WRONG_CREDENTIALS, "the database refused the user"),
    ("no pg_hba.conf entry", Reason.REFUSED, "the database lets this user in from here by no rule (pg_hba.conf)"),
    ("too many clients", Reason.REFUSED, "the database has no connection left"),
    ("too many connections", Reason.REFUSED, "the database has no connection left"),
    ("remaining connection slots", Reason.REFUSED, "the database has no connection left"),
    ("starting up", Reason.REFUSED, "the database is starting up"),
    ("shutting down", Reason.REFUSED, "the database is shutting down"),
    ('FATAL:  database "', Reason.REFUSED, "the server has no database of that name"),
    ("FATAL", Reason.REFUSED, "the database refused the session"),
    ("No such file or directory", Reason.REFUSED, "nobody listens at the socket of the database"),
    ("SSL error", Reason.TLS_FAILURE, "the TLS handshake with the database failed"),
    ("server closed the connection", Reason.CLOSED, "the database closed the connection"),
    ("SSL SYSCALL error: EOF", Reason.CLOSED, "the database closed the connection"),
)
"""What libpq's text holds, the telling ones first; a text of another language falls to those below."""


async def why_no_connection(said: str, params: Mapping[str, Any], left: float) -> Outcome:
    """What `said`, the error of libpq for a connection with `params`, comes to. Nothing of it is repeated.

    `left` are the seconds that the look still has.
    """
    if "certificate verify failed" in said:
        return await _why_untrusted(params, left)
    if 'root certificate file "' in said or 'certificate file "' in said or 'private key file "' in said:
        return could_not_look(Reason.COULD_NOT_LOOK, "a certificate or key file of the URL cannot be read")
    if "FATAL" not in said:
        for number in _ERRNOS:
            if os.strerror(number) in said:
                return from_os_error(OSError(number, os.strerror(number)), "the database")
    for text, reason, detail in _SAID:
        if text in said:
            return failed(reason, detail)
    if "connection to server" in said:
        return failed(Reason.BAD_RESPONSE, "what answers does not speak the protocol of PostgreSQL")
    try:
        # libpq says nothing where no descriptor is left.
        socket.socket().close()
    except OSError as error:
        return from_os_error(error, "the database")
    return could_not_look(Reason.COULD_NOT_LOOK, "the URL asks for what cannot be done here")


async def _why_untrusted(params: Mapping[str, Any], left: float) -> Outcome:
    """Why the certificate was refused, which libpq does not tell: a second handshake asks again, and sends nothing."""
    untrusted = "the certificate of the database is not trusted"
    root = str(params.get("sslrootcert") or "")
    address = str(params.get("hostaddr", "")).split(",")[0]
    if not root or not address:
        return failed(Reason.TLS_UNTRUSTED, untrusted)
    port = int(str(params.get("port") or _PORT).split(",")[0] or _PORT)
    try:
        tls = Tls(
            context_for(Trust(ca_file=None if root == "system" else Path(root))), str(params["host"]).split(",")[0]
        )
        async with asyncio.timeout(left / 2):
            await _handshake(address, port, tls)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == _EXPIRED:
            return failed(Reason.TLS_EXPIRED, "the certificate of the database has expired")
        return failed(Reason.TLS_UNTRUSTED, f"{untrusted}: {error.verify_message}")
    except (OSError, LookEnded):
        pass
    return failed(Reason.TLS_UNTRUSTED, untrusted)


async def _handshake(address: str, port: int, tls: Tls) -> None:
    loop = asyncio.get_running_loop()
    with await connect([address], port, None) as sock:
        await loop.sock_sendall(sock, _SSL_REQUEST)
        if await loop.sock_recv(sock, 1) == b"S":
            transport, _ = await loop.create_connection(
                asyncio.Protocol, sock=sock, ssl=tls.context, server_hostname=tls.server_name
            )
            transport.abort()
