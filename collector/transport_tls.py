"""TLS as the probes need it: contexts that follow their files, dates of certificates, errors put into words."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from availability.outcome import Outcome, Reason, could_not_look, failed
from collector.errors import LookEnded, from_os_error
from collector.streams import Endpoint, Stopwatch, Tls, dial

if TYPE_CHECKING:
    from collector.context import Context

TlsVersion = Literal["1.2", "1.3"]

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}

# What OpenSSL's X509_verify_cert answers (openssl-verification-options(1)).
_EXPIRED = 10
_NAME_MISMATCH = frozenset({62, 63, 64})


@dataclass(frozen=True, slots=True)
class Trust:
    """What decides how a TLS connection is made; equal ones share one context."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    verify: bool = True
    min_version: str = "1.2"


def context_for(trust: Trust) -> ssl.SSLContext:
    """The context for `trust`, made anew when one of its files has changed since.

    LookEnded (nothing was learnt about the target) where a file cannot be read or holds no certificate or key.
    """
    files = ", ".join(str(path) for path in (trust.ca_file, trust.cert_file, trust.key_file) if path)
    try:
        return _build(trust, _stamps(trust))
    except (ssl.SSLError, ValueError) as error:
        why = f"no usable certificate or key in {files or 'the trust store of the system'}"
        raise LookEnded(could_not_look(Reason.COULD_NOT_LOOK, why)) from error
    except OSError as error:
        raise LookEnded(from_os_error(error, str(error.filename or files))) from error


def _stamps(trust: Trust) -> tuple[tuple[int, int, int], ...]:
    """What changes when a file is replaced; for the system's own trust store, when that is updated."""
    paths = [path for path in (trust.ca_file, trust.cert_file, trust.key_file) if path]
    stamps = [path.stat() for path in paths]
    if trust.verify and trust.ca_file is None:
        system = ssl.get_default_verify_paths()
        stamps += [Path(path).stat() for path in (system.cafile, system.capath) if path]
    return tuple((stamp.st_mtime_ns, stamp.st_ino, stamp.st_size) for stamp in stamps)


@lru_cache(maxsize=256)
def _build(trust: Trust, stamps: tuple[tuple[int, int, int], ...]) -> ssl.SSLContext:
    """`stamps` is read by nobody: it makes the memo forget a context whose files have changed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = _VERSIONS[trust.min_version]
    if not trust.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif trust.ca_file:
        context.load_verify_locations(trust.ca_file)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if trust.cert_file:
        # An empty passphrase keeps OpenSSL from asking for one on the terminal.
        context.load_cert_chain(trust.cert_file, trust.key_file, password="")
    return context


def not_after_ms(connection: ssl.SSLObject) -> int | None:
    """The end of validity of the certificate that the peer showed (epoch milliseconds), None where it showed none."""
    leaf = connection.getpeercert(binary_form=True)
    return _not_after(leaf) if leaf else None


@lru_cache(maxsize=4096)
def _not_after(der: bytes) -> int | None:
    from cryptography import x509

    try:
        end = x509.load_der_x509_certificate(der).not_valid_after_utc
    except ValueError:
        return None
    return int(end.timestamp()) * 1000


async def refused_not_after_ms(endpoint: Endpoint, tls: Tls, trust: Trust, context: Context, left: float) -> int | None:
    """The end of validity of a certificate that was refused; None where it cannot be had within half of `left` seconds.

    OpenSSL keeps nothing of a certificate that it refused, and the date matters most once it has passed. So it is
    fetched by a second handshake that believes everything and sends nothing.
    """
    blind = Tls(context_for(replace(trust, verify=False, cert_file=None, key_file=None)), tls.server_name)
    try:
        async with asyncio.timeout(left / 2):
            transport, _ = await dial(endpoint, context, Stopwatch(), asyncio.Protocol, blind)
    except OSError:
        return None
    try:
        return not_after_ms(transport.get_extra_info("ssl_object"))
    finally:
        transport.close()


def judge_validity(end_ms: int | None, min_validity_ms: int | None) -> Outcome | None:
    """The failure where the certificate that ends at `end_ms` is valid for less than `min_validity_ms` from now."""
    if end_ms is None or min_validity_ms is None:
        return None
    left_ms = end_ms - time.time_ns() // 1_000_000
    if left_ms >= min_validity_ms:
        return None
    if left_ms < 0:
        return failed(Reason.TLS_EXPIRED, f"the certificate ended {date_of(end_ms)}")
    return failed(Reason.TLS_EXPIRES_SOON, f"the certificate ends {date_of(end_ms)}")


def date_of(epoch_ms: int) -> str:
    """An instant for a detail: 2026-11-30 12:00 UTC."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def from_stream_error(error: OSError, endpoint: Endpoint) -> Outcome:
    """The Outcome of a connection that failed, while its name was resolved or while it was made, secured or used."""
    if isinstance(error, socket.gaierror):
        return from_os_error(error, endpoint.host)
    target = str(endpoint)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _from_verification(error, target)
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return failed(Reason.CLOSED, f"{target} closed the connection")
    if isinstance(error, ssl.SSLError):
        why = (error.reason or "no TLS").lower().replace("_", " ")
        return failed(Reason.TLS_FAILURE, f"{target}: {why}")
    return from_os_error(error, target)


def _from_verification(error: ssl.SSLCertVerificationError, target: str) -> Outcome:
    if error.verify_code == _EXPIRED:
        return failed(Reason.TLS_EXPIRED, f"{target}: the certificate has expired")
    why = error.verify_message.rstrip(".")
    if error.verify_code in _NAME_MISMATCH:
        return failed(Reason.TLS_NAME_MISMATCH, f"{target}: {why}")
    return failed(Reason.TLS_UNTRUSTED, f"{target}: {why}")
