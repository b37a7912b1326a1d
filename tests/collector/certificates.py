"""Certificates made at run time: an authority, and what it signs well, badly or not at all."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_KEY_USAGE_OF_AUTHORITY = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
"""Without it, and the key identifiers below, Python 3.13 trusts nobody (RFC 5280, 4.2.1)."""


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True)
class Served:
    """A certificate with its key in one file, and the end of its validity (epoch milliseconds)."""

    file: Path
    not_after_ms: int

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context


class Authority:
    """Signs certificates into `folder`; its own is in `file`."""

    def __init__(self, folder: Path, name: str = "Proefautoriteit") -> None:
        self.folder = folder
        self.file = folder / f"{name}.pem"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _name(name)
        now = datetime.now(UTC)
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(self._subject)
            .issuer_name(self._subject)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=3650))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .add_extension(_KEY_USAGE_OF_AUTHORITY, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file.write_bytes(_pem(self._certificate))

    def sign(
        self,
        label: str,
        *names: str,
        since: timedelta = timedelta(days=-30),
        until: timedelta = timedelta(days=90),
        self_signed: bool = False,
    ) -> Served:
        """A certificate for `names` (host names and addresses), valid from now + `since` to now + `until`."""
        key = ec.generate_private_key(ec.SECP256R1())
        signer = key if self_signed else self._key
        now = datetime.now(UTC).replace(microsecond=0)
        subject = _name(label)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else self._subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + since)
            .not_valid_after(now + until)
            .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .sign(signer, hashes.SHA256())
        )
        file = self.folder / f"{label}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + _pem(certificate))
        return Served(file, int(certificate.not_valid_after_utc.timestamp()) * 1000)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@dataclass(frozen=True)
class Certificates:
    """One of each kind for 127.0.0.1, ::1 and app.venlo.example, except `wrong_name`."""

    authority: Authority
    stranger: Authority
    valid: Served
    expired: Served
    not_yet_valid: Served
    wrong_name: Served
    self_signed: Served
    untrusted: Served
    soon: Served

    @property
    def ca_file(self) -> Path:
        return self.authority.file


def make(folder: Path) -> Certificates:
    authority, stranger = Authority(folder), Authority(folder, "Vreemde")
    names = ("127.0.0.1", "::1", "app.venlo.example")
    return Certificates(
        authority=authority,
        stranger=stranger,
        valid=authority.sign("valid", *names),
        expired=authority.sign("expired", *names, until=timedelta(days=-2)),
        not_yet_valid=authority.sign("not-yet-valid", *names, since=timedelta(days=2)),
        wrong_name=authority.sign("wrong-name", "127.0.0.99", "elders.venlo.example"),
        self_signed=authority.sign("self-signed", *names, self_signed=True),
        untrusted=stranger.sign("untrusted", *names),
        soon=authority.sign("soon", *names, until=timedelta(days=5)),
    )
