"""Reads the certificate that a server showed: what of it goes into the register."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from availability.certificates import NAMES_LIMIT, TEXT_LIMIT, Certificate

if TYPE_CHECKING:
    from cryptography import x509


def certificate_of(connection: ssl.SSLObject) -> Certificate | None:
    """The certificate that the peer showed; None where it showed none, or none that can be read."""
    leaf = connection.getpeercert(binary_form=True)
    return read_certificate(leaf) if leaf else None


@lru_cache(maxsize=4096)
def read_certificate(der: bytes) -> Certificate | None:
    """What `der` says, worked out once; None where it is no certificate.

    What cannot be read of its texts is left empty: the date, which matters most, is told all the same.
    """
    from cryptography import x509

    try:
        read = x509.load_der_x509_certificate(der)
        return Certificate(
            fingerprint=hashlib.sha256(der).hexdigest(),
            subject=_name(read, "subject"),
            names=tuple(_names(read)),
            issuer=_name(read, "issuer"),
            serial=f"{read.serial_number:X}"[:TEXT_LIMIT],
            not_before_ms=_epoch_ms(read.not_valid_before_utc),
            not_after_ms=_epoch_ms(read.not_valid_after_utc),
        )
    except ValueError:
        return None


def _name(read: x509.Certificate, which: str) -> str:
    try:
        name: x509.Name = getattr(read, which)
        return name.rfc4514_string()[:TEXT_LIMIT]
    except ValueError:
        return ""


def _names(read: x509.Certificate) -> Iterator[str]:
    from cryptography import x509

    try:
        extension = read.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return
    kinds = x509.DNSName, x509.IPAddress, x509.RFC822Name
    told = (str(name.value) for name in extension.value if isinstance(name, kinds))
    for _, name in zip(range(NAMES_LIMIT), told, strict=False):
        yield name[:TEXT_LIMIT]


def _epoch_ms(instant: datetime) -> int:
    return int(instant.timestamp()) * 1000
