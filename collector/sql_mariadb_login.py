"""Logs in to MariaDB or MySQL: TLS where it is asked for, and a password that others cannot read along."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from availability.outcome import Reason, could_not_look, failed
from collector.errors import LookEnded
from collector.sql_mariadb_packets import (
    CONNECT_ATTRS,
    LENGTH_OF_ANSWER,
    NEEDED,
    OURS,
    PLUGIN_AUTH,
    TLS,
    WITH_DATABASE,
    Greeting,
    error,
    greeting,
    login,
    wants_tls,
)
from collector.sql_mariadb_words import not_let_in
from collector.streams import Tls
from collector.wire import Wire

_LARGEST = 1024 * 1024
"""Bytes of one packet: of a row, of which one value is looked at."""
_MOST_TURNS = 8
"""Messages back and forth that a login may take."""
_OK, _MORE, _SWITCH = 0x00, 0x01, 0xFE
_NATIVE, _CACHING, _SHA256, _CLEAR = (
    "mysql_native_password",
    "caching_sha2_password",
    "sha256_password",
    "mysql_clear_password",
)
_KNOWN = (_NATIVE, _CACHING, _SHA256, _CLEAR)
_FULL_LOGIN = 4
"""What caching_sha2_password says where it does not know the password yet, and wants it whole."""


class Session:
    """Whole packets over a wire, each with the number that it must have."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._next = 0

    async def read(self) -> bytes:
        """The next packet. LookEnded where it is too large, or none of this protocol."""
        head = await self.wire.exactly(4)
        if head[3] != self._next:
            raise self.strange()
        size = int.from_bytes(head[:3], "little")
        if size > _LARGEST:
            raise LookEnded(failed(Reason.TOO_LARGE, f"a row larger than {_LARGEST // 1024**2} MiB"))
        self._next = (self._next + 1) % 256
        return await self.wire.exactly(size)

    async def send(self, data: bytes) -> None:
        """Sends what belongs to what was read last."""
        head = len(data).to_bytes(3, "little") + bytes((self._next,))
        self._next = (self._next + 1) % 256
        await self.wire.send(head + data)

    async def command(self, data: bytes) -> None:
        """Sends what begins anew."""
        self._next = 0
        await self.send(data)

    def strange(self) -> LookEnded:
        """What to raise where something else answers."""
        why = "what answers does not speak the protocol of MariaDB and MySQL"
        return LookEnded(failed(Reason.BAD_RESPONSE, why))


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in, to which database (none where it is empty), and how: `tls` where it may, or `must`, be encrypted."""

    user: str
    password: str
    database: str
    tls: Tls | None
    must: bool
    verified: bool


async def log_in(session: Session, who: Login) -> Greeting:
    """Logs `who` in; LookEnded where that is refused. A password goes whole over an encrypted wire only."""
    said = await session.read()
    if (refused := error(said)) is not None:
        raise LookEnded(not_let_in(refused))
    server = greeting(said)
    if server.capabilities & NEEDED != NEEDED:
        raise LookEnded(failed(Reason.BAD_RESPONSE, "the database is too old to log in to"))
    capabilities = OURS | server.capabilities & (PLUGIN_AUTH | CONNECT_ATTRS | LENGTH_OF_ANSWER)
    if who.database:
        capabilities |= WITH_DATABASE
    encrypted = False
    if who.tls is not None and server.capabilities & TLS:
        capabilities |= TLS
        await session.send(wants_tls(capabilities))
        await session.wire.secure(who.tls)
        encrypted = True
    elif who.must:
        raise LookEnded(failed(Reason.TLS_FAILURE, "the database does not offer the TLS that the URL asks for"))
    # What a server prefers may be a login of the future: it then asks for the one of this user.
    plugin = server.plugin if server.plugin in _KNOWN[:2] else _NATIVE
    answer = _scrambled(plugin, who.password.encode(), server.salt)
    await session.send(login(capabilities, who.user.encode(), answer, who.database.encode(), plugin))
    await _answered(session, who, plugin, encrypted)
    return server


async def _answered(session: Session, who: Login, plugin: str, encrypted: bool) -> None:
    """Answers what the server still asks, until it lets us in."""
    password = who.password.encode()
    for _ in range(_MOST_TURNS):
        said = await session.read()
        if (refused := error(said)) is not None:
            raise LookEnded(not_let_in(refused))
        kind, rest = said[:1], said[1:]
        if kind == bytes((_OK,)):
            return
        if kind == bytes((_SWITCH,)):
            name, _, salt = rest.partition(b"\0")
            plugin = name.decode(errors="replace")
            if plugin in (_CLEAR, _SHA256):
                await _send_whole(session, who, encrypted and (who.verified or plugin == _SHA256))
            elif plugin in (_NATIVE, _CACHING):
                await session.send(_scrambled(plugin, password, salt[:20]))
            else:
                raise LookEnded(could_not_look(Reason.UNSUPPORTED, _unknown(plugin)))
        elif kind == bytes((_MORE,)) and plugin == _CACHING:
            if rest == bytes((_FULL_LOGIN,)):
                await _send_whole(session, who, encrypted)
        else:
            raise session.strange()
    raise session.strange()


async def _send_whole(session: Session, who: Login, may: bool) -> None:
    """The password itself. LookEnded where it could be read by another than the server that it is for."""
    if not may:
        why = "the database asks for the password itself, which goes over TLS only: let the URL ask for it (ssl_mode)"
        raise LookEnded(could_not_look(Reason.COULD_NOT_LOOK, why))
    await session.send(who.password.encode() + b"\0")


def _unknown(plugin: str) -> str:
    name = plugin[:64] if plugin.isascii() and plugin.replace("_", "").isalnum() else "a way"
    return f"the database asks for a login by {name}, which this version does not know: use another user or a plugin"


def _scrambled(plugin: str, password: bytes, salt: bytes) -> bytes:
    """The answer to a salt: proof of the password, of which the salt's listener learns nothing."""
    if not password:
        return b""
    if plugin == _CACHING:
        first = hashlib.sha256(password).digest()
        return _either(first, hashlib.sha256(hashlib.sha256(first).digest() + salt).digest())
    first = _sha1(password)
    return _either(first, _sha1(salt + _sha1(first)))


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data).digest()  # noqa: S324 - the protocol's, not our choice


def _either(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
