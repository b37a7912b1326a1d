"""The configuration that the centre gives to agents: signed, so that nobody else can say what an agent runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from collector.transport.fields import VERSION, ProtocolError, pack, squeeze, unpack, unsqueeze

DOCUMENT_LIMIT = 64 << 20
_KEY_LIMIT = 10_000
_LATEST_MS = 1 << 53
_PURPOSE = b"waakvlam configuration for agents"


@dataclass(frozen=True, slots=True)
class SignedConfig:
    """A configuration as text, the digest that the centre knows it by, and when it was signed (epoch milliseconds)."""

    document: bytes
    digest: str
    issued: int


def sign(config: SignedConfig, key: str) -> bytes:
    """The message that carries `config`; `key` is an Ed25519 key as PEM. ValueError where it is none."""
    try:
        private = load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("the signing key is no Ed25519 key as PEM without a password") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError("the signing key is no Ed25519 key: make one with openssl genpkey -algorithm ed25519")
    signature = private.sign(_signed(config))
    document = squeeze(config.document)
    return pack(
        {
            "version": VERSION,
            "issued": config.issued,
            "digest": config.digest,
            "document": document,
            "signature": signature,
        }
    )


def read_verify_key(path: Path) -> Ed25519PublicKey:
    """The public key in a PEM file; ValueError where it cannot be read or is none."""
    try:
        with path.open("rb") as file:
            key = load_pem_public_key(file.read(_KEY_LIMIT))
    except OSError as error:
        raise ValueError(f"the key {path} cannot be read: {error.strerror}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(f"the key {path} is no public key as PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"the key {path} is no Ed25519 key")
    return key


def verified(data: bytes, key: Ed25519PublicKey) -> SignedConfig:
    """The configuration in a message; ProtocolError where it is none, or not signed with `key`."""
    fields = unpack(data, DOCUMENT_LIMIT)
    fields.expect_version()
    document = unsqueeze(fields.binary("document"), DOCUMENT_LIMIT)
    config = SignedConfig(document, fields.text("digest", 64), fields.integer("issued", 0, _LATEST_MS))
    try:
        key.verify(fields.binary("signature"), _signed(config))
    except InvalidSignature:
        raise ProtocolError("is not signed by the centre", "signature") from None
    return config


def _signed(config: SignedConfig) -> bytes:
    """What is signed: the purpose, when, the digest and the text, each but the last ended by a line end."""
    return b"\n".join((_PURPOSE, str(config.issued).encode(), config.digest.encode(), config.document))
