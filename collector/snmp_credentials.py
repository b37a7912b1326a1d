"""Who asks an SNMP agent: a community, or a user with keys; and what the library needs to speak as either."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from availability.outcome import Reason, could_not_look
from collector.errors import LookEnded
from config.settings import SecretRef

if TYPE_CHECKING:
    from gufo.snmp import BaseAuthKey, BasePrivKey, User

Version = Literal["1", "2c", "3"]
Auth = Literal["md5", "sha", "sha224", "sha256", "sha384", "sha512"]
Priv = Literal["des", "aes128", "aes192", "aes256"]
KeyExpansion = Literal["blumenthal", "cisco"]

DEFAULT_AUTH: Auth = "sha256"
DEFAULT_PRIV: Priv = "aes128"
_SHORTEST_KEY = 8
"""Characters of a password from which keys are made (RFC 3414, 11.2)."""
_MOST_KEYS = 1024


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to introduce oneself; `auth` and `priv` say something only where their key is there."""

    version: Version
    community: SecretRef | None = None
    user: str | None = None
    auth: Auth = DEFAULT_AUTH
    auth_key: SecretRef | None = None
    priv: Priv = DEFAULT_PRIV
    priv_key: SecretRef | None = None
    key_expansion: KeyExpansion = "blumenthal"


class MasterKeys:
    """Keys made of passwords, so that a password that a thousand agents share is worked on once.

    To make one takes a millisecond by design (RFC 3414, 2.6). Passwords are not kept: a digest under a random key of
    this process stands for them.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}
        self._salt = os.urandom(32)

    def key(self, kind: type[BaseAuthKey], password: bytes) -> bytes:
        """The master key of `password` for the hash of `kind`."""
        place = hashlib.blake2b(password, key=self._salt, person=kind.SNMPD_PREFIX.encode()).digest()
        if place not in self._known:
            if len(self._known) >= _MOST_KEYS:
                self._known.clear()
            self._known[place] = kind.get_master_key(password)
        return self._known[place]


def community(credentials: Credentials) -> str:
    """The community of versions 1 and 2c; LookEnded where it cannot be had."""
    return _reveal(credentials.community)


def user(credentials: Credentials, keys: MasterKeys) -> User:
    """The user of version 3; LookEnded where a key cannot be had, or is too short to be one."""
    from gufo.snmp import User
    from gufo.snmp.user import KeyExpansion, KeyType

    name = credentials.user or ""
    if credentials.auth_key is None:
        return User(name)
    auth, priv = auth_kinds()[credentials.auth], None
    auth_key = auth(keys.key(auth, password(credentials.auth_key)), key_type=KeyType.Master)
    if credentials.priv_key is not None:
        # What encrypts is made of the other password by the hash that authenticates (RFC 3414, 2.6; RFC 3826, 1.2).
        made = keys.key(auth, password(credentials.priv_key))
        priv = _priv_kinds()[credentials.priv](made, key_type=KeyType.Master)
    expansion = KeyExpansion.Cisco if credentials.key_expansion == "cisco" else KeyExpansion.Blumenthal
    return User(name, auth_key=auth_key, priv_key=priv, key_expansion=expansion)


def auth_kinds() -> Mapping[str, type[BaseAuthKey]]:
    """How keys are made, by the names that configurations use."""
    from gufo.snmp import Md5Key, Sha1Key, Sha224Key, Sha256Key, Sha384Key, Sha512Key

    return {
        "md5": Md5Key,
        "sha": Sha1Key,
        "sha224": Sha224Key,
        "sha256": Sha256Key,
        "sha384": Sha384Key,
        "sha512": Sha512Key,
    }


def _priv_kinds() -> Mapping[str, type[BasePrivKey]]:
    from gufo.snmp import Aes128Key, Aes192Key, Aes256Key, DesKey

    return {"des": DesKey, "aes128": Aes128Key, "aes192": Aes192Key, "aes256": Aes256Key}


def password(reference: SecretRef) -> bytes:
    """The password that keys are made of; LookEnded where it cannot be had, or is too short to be one."""
    secret = _reveal(reference)
    if len(secret) < _SHORTEST_KEY:
        where = reference.env or reference.file
        raise LookEnded(could_not_look(Reason.NO_SECRET, f"the key in {where} is shorter than 8 characters"))
    return secret.encode()


def _reveal(reference: SecretRef | None) -> str:
    try:
        return (reference or SecretRef()).reveal()
    except LookupError as error:
        raise LookEnded(could_not_look(Reason.NO_SECRET, str(error))) from None
