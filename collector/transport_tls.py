"""TLS as the probes need it: contexts that follow their files, dates of certificates, errors put into words."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from availability.certificates import Shown
from availability.certificates import Trust as Judged
from availability.outcome import Outcome, Reason, could_not_look, failed
from collector.certificates import certificate_of
from collector.errors import LookEnded, from_os_error
from collector.streams import Endpoint, Stopwatch, Tls, dial

if TYPE_CHECKING:
    from collector.context import Context

TlsVersion = Literal["1.2", "1.3"]

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}

# What OpenSSL's X509_verify_cert answers (openssl-verification-options(1)).
_EXPIRED = 10
_NAME_MISMATCH = frozenset({62, 63, 64})

_REFUSED: Mapping[Reason | None, Judged] = {
    Reason.TLS_EXPIRED: "expired",
    Reason.TLS_NAME_MISMATCH: "name_mismatch",
}


@dataclass(frozen=True, slots=True)
class Trust:
    """What decides how a TLS connection is made; equal ones share one context.

    Without `check_name` a chain that is verified may be of any name.
    """

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    verify: bool = True
    min_version: str = "1.2"
    check_name: bool = True


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
    else:
        context.check_hostname = trust.check_name
        if trust.ca_file:
            context.load_verify_locations(trust.ca_file)
        else:
            context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if trust.cert_file:
        # An empty passphrase keeps OpenSSL from asking for one on the terminal.
        context.load_cert_chain(trust.cert_file, trust.key_file, password="")
    return context


def shown_on(connection: ssl.SSLObject, endpoint: Endpoint, tls: Tls) -> Shown | None:
    """The certificate that the peer showed in a handshake that ended well; None where it cannot be read."""
    certificate = certificate_of(connection)
    if certificate is None:
        return None
    verified = tls.context.verify_mode is not ssl.CERT_NONE
    return Shown(tls.place(endpoint), certificate, "trusted" if verified else "not_verified")


def refused_as(shown: Shown | None, refusal: Outcome) -> Shown | None:
    """`shown` in a handshake that believed everything, after another was refused with `refusal`."""
    return None if shown is None else shown._replace(trust=_REFUSED.get(refusal.reason, "untrusted"))


async def shown_and_refused(
    endpoint: Endpoint, tls: Tls, trust: Trust, context: Context, left: float, refusal: Outcome
) -> Shown | None:
    """A certificate that was refused with `refusal`; None where it cannot be had within half of `left` seconds.

    OpenSSL keeps nothing of a certificate that it refused, and its date matters most once that has passed. So it is
    fetched by a second handshake that believes everything and sends nothing.
    """
    blind = Tls(context_for(replace(trust, verify=False, cert_file=None, key_file=None)), tls.server_name)
    try:
        async with asyncio.timeout(left / 2):
            transport, _ = await dial(endpoint, context, Stopwatch(), asyncio.Protocol, blind)
    except OSError:
        return None
    try:
        return refused_as(shown_on(transport.get_extra_info("ssl_object"), endpoint, blind), refusal)
    finally:
        transport.close()


def judge_validity(shown: Iterable[Shown | None], min_validity_ms: int | None) -> Outcome | None:
    """The failure where one of the certificates that were `shown` is valid for less than `min_validity_ms` from now."""
    ends = [one.certificate.not_after_ms for one in shown if one is not None]
    if not ends or min_validity_ms is None:
        return None
    end_ms = min(ends)
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
