"""Reads traps of SNMP version 3: signed, and encrypted where that was agreed (RFC 3414, RFC 3826, RFC 7860).

For a trap the sender is the authority: its engine id, boots and time stand in the message, and its keys are made of the
passwords of a user and that engine id. So no device has to be known beforehand.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collector.errors import LookEnded
from collector.snmp_credentials import MasterKeys, auth_kinds, password
from config.settings import TrapUser

_USM = 3
"""The User-based Security Model, among the security models of SNMP (RFC 3411, 5)."""
_AUTHENTICATED, _ENCRYPTED = 0x01, 0x02
_WINDOW_S = 150
"""Seconds by which a message may be older than the newest of its engine (RFC 3414, 2.2.3)."""
_MOST_ENGINES = 4096
_SALT = 8

_SIGNATURES: Mapping[str, tuple[Callable[..., Any], int]] = {
    "md5": (hashlib.md5, 12),
    "sha": (hashlib.sha1, 12),
    "sha224": (hashlib.sha224, 16),
    "sha256": (hashlib.sha256, 24),
    "sha384": (hashlib.sha384, 32),
    "sha512": (hashlib.sha512, 48),
}
"""The hash, and the bytes of the signature (RFC 3414, 6 and 7; RFC 7860, 4.1)."""
_KEY_LENGTHS: Mapping[str, int] = {"aes128": 16, "aes192": 24, "aes256": 32}


class Refused(Exception):
    """A message that is no user's, or not as that user was to send it."""


@dataclass(frozen=True, slots=True)
class _Security:
    """The security parameters of a message, and where its signature stands in it (RFC 3414, 2.4)."""

    engine: bytes
    boots: int
    time: int
    user: bytes
    signature: bytes
    at: int
    salt: bytes


@dataclass(slots=True)
class TrapUsers:
    """The users of version 3, and how far each engine that was believed has come."""

    users: Sequence[TrapUser]
    _keys: MasterKeys = field(default_factory=MasterKeys)
    _newest: dict[bytes, tuple[int, int]] = field(default_factory=dict)

    def pdu(self, data: bytes) -> Any:
        """The PDU of a whole message of version 3.

        Refused where it is not signed by one of the users, not encrypted though it should be, or too old; LookupError
        where a secret is missing; anything else that a decoder raises where it is no message.
        """
        from pyasn1.codec.ber import decoder
        from pysnmp.proto.mpmod.rfc3412 import ScopedPDU, SNMPv3Message

        message, rest = decoder.decode(data, asn1Spec=SNMPv3Message())
        header = message["msgGlobalData"]
        if rest or int(header["msgSecurityModel"]) != _USM:
            raise ValueError("no message of the User-based Security Model")
        flags = bytes(header["msgFlags"])[0]
        said = _security(data, bytes(message["msgSecurityParameters"]))
        user = self._user(said, flags, data)
        self._believe(said)
        content = message["msgData"].getComponent()
        if flags & _ENCRYPTED:
            plain = self._decrypted(user, said, bytes(content))
            content, _ = decoder.decode(plain, asn1Spec=ScopedPDU())
        return content["data"].getComponent()

    def _user(self, said: _Security, flags: int, data: bytes) -> TrapUser:
        """Who signed the message; one who is to encrypt must have done so, one who is not cannot have."""
        for user in self.users:
            if user.name.encode() != said.user or user.engine not in (None, said.engine):
                continue
            if flags & _AUTHENTICATED and bool(flags & _ENCRYPTED) is (user.priv_key is not None):
                kind, length = _SIGNATURES[user.auth]
                unsigned = data[: said.at] + bytes(len(said.signature)) + data[said.at + len(said.signature) :]
                expected = hmac.new(self._key(user, user.auth_key, said), unsigned, kind).digest()[:length]
                if hmac.compare_digest(expected, said.signature):
                    return user
        raise Refused("no user of this name signed it")

    def _believe(self, said: _Security) -> None:
        """Refuse what was sent before, and remember how far the engine is (RFC 3414, 3.2, 7b)."""
        newest = self._newest.get(said.engine)
        if newest is not None and (said.boots, said.time) < (newest[0], newest[1] - _WINDOW_S):
            raise Refused("an old message")
        if len(self._newest) >= _MOST_ENGINES and newest is None:
            self._newest.clear()
        self._newest[said.engine] = max((said.boots, said.time), newest or (0, 0))

    def _key(self, user: TrapUser, secret: Any, said: _Security) -> bytes:
        """The key that a password makes at the engine of the message (RFC 3414, 2.6)."""
        kind = auth_kinds()[user.auth]
        try:
            master = self._keys.key(kind, password(secret))
        except LookEnded as ended:
            raise LookupError(ended.outcome.detail) from ended
        return kind.get_localized_key(master, said.engine)

    def _decrypted(self, user: TrapUser, said: _Security, data: bytes) -> bytes:
        from cryptography.hazmat.decrepit.ciphers.modes import CFB
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES

        if len(said.salt) != _SALT:
            raise ValueError("no salt to decrypt with")
        key = self._key(user, user.priv_key, said)[: _KEY_LENGTHS[user.priv]]
        start = said.boots.to_bytes(4, "big") + said.time.to_bytes(4, "big") + said.salt  # RFC 3826, 3.1.2.1
        decryptor = Cipher(AES(key), CFB(start)).decryptor()
        return decryptor.update(data) + decryptor.finalize()


def _security(data: bytes, parameters: bytes) -> _Security:
    from pyasn1.codec.ber import decoder
    from pysnmp.proto.secmod.rfc3414.service import UsmSecurityParameters

    said, rest = decoder.decode(parameters, asn1Spec=UsmSecurityParameters())
    engine, boots, time, user, signature, salt = (said[place] for place in range(6))
    signed = bytes(signature)
    place = parameters.rfind(signed, 0, len(parameters) - len(bytes(salt)))
    if rest or place < 0:
        raise ValueError("no security parameters")
    at = data.index(parameters) + place
    return _Security(bytes(engine), int(boots), int(time), bytes(user), signed, at, bytes(salt))
