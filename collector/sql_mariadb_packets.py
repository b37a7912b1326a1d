"""The packets of MariaDB and MySQL, as far as a look needs them: bytes in, values out, and nothing believed.

Written here because the drivers there are read a packet without looking where it ends: a server that sends a short one
makes them read what lies behind it in our memory.
"""

from __future__ import annotations

from dataclasses import dataclass

_PROTOCOL = 10
_LEAST_GREETING = 32

NEEDED = 0x00000200 | 0x00008000
"""CLIENT_PROTOCOL_41 and CLIENT_SECURE_CONNECTION: every server since 2003 has them."""
OURS = NEEDED | 0x00000001 | 0x00000004 | 0x00002000
"""Besides those CLIENT_LONG_PASSWORD, LONG_FLAG and TRANSACTIONS. What is left out matters: without
CLIENT_MULTI_STATEMENTS the server takes one statement and no more, without CLIENT_LOCAL_FILES it asks for no file."""
WITH_DATABASE = 0x00000008
TLS = 0x00000800
PLUGIN_AUTH = 0x00080000
CONNECT_ATTRS = 0x00100000
LENGTH_OF_ANSWER = 0x00200000

_UTF8MB4 = 45
_LONGEST_PACKET = 0x00FFFFFF
_NULL = 0xFB
_END = 0xFE
_ERROR = 0xFF
_LONGEST_END = 9
"""An end of rows is shorter than this; a longer packet that begins alike is a row."""


class NotThisProtocol(ValueError):
    """A packet holds what it cannot hold."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a server says first: its version, what it can do, how it wants a login, and the salt for it."""

    version: str
    capabilities: int
    plugin: str
    salt: bytes

    @property
    def is_mariadb(self) -> bool:
        """Whether it is MariaDB, and not MySQL."""
        return "MariaDB" in self.version


@dataclass(frozen=True, slots=True)
class ErrorPacket:
    """An error by its number and its SQLSTATE; its text may hold anything, and is not kept."""

    number: int
    state: str


def greeting(data: bytes) -> Greeting:
    """The greeting in `data` (MariaDB documentation, "Connecting": initial handshake packet)."""
    if not data or data[0] != _PROTOCOL:
        raise NotThisProtocol("no greeting")
    version, _, rest = data[1:].partition(b"\0")
    if len(rest) < _LEAST_GREETING - 1:
        raise NotThisProtocol("a greeting that is cut short")
    salt, low, high = rest[4:12], rest[13:15], rest[18:20]
    behind = rest[31:]
    length = max(13, rest[20] - 8)
    salt += behind[: length - 1]
    plugin = behind[length:].partition(b"\0")[0]
    capabilities = int.from_bytes(low + high, "little")
    return Greeting(version.decode(errors="replace"), capabilities, plugin.decode(errors="replace"), salt[:20])


def error(data: bytes) -> ErrorPacket | None:
    """The error that `data` is; None where it is none."""
    if not data or data[0] != _ERROR:
        return None
    if len(data) < 3:
        raise NotThisProtocol("an error that is cut short")
    state = data[4:9].decode(errors="replace") if data[3:4] == b"#" else ""
    return ErrorPacket(int.from_bytes(data[1:3], "little"), state if state.isalnum() and state.isascii() else "")


def is_end(data: bytes) -> bool:
    """Whether `data` says that no more rows, or columns, come."""
    return bool(data) and data[0] == _END and len(data) < _LONGEST_END


def columns(data: bytes) -> int:
    """How many columns the rows have that are announced by `data`."""
    count, end = _number(data, 0)
    if count is None or end != len(data) or not 0 < count <= 0xFFFF:
        raise NotThisProtocol("no number of columns")
    return count


def first_value(data: bytes) -> str | None:
    """The first value of the row in `data`; None for null."""
    length, start = _number(data, 0)
    if length is None:
        return None
    if start + length > len(data):
        raise NotThisProtocol("a value that is longer than its row")
    return data[start : start + length].decode(errors="replace")


def _number(data: bytes, start: int) -> tuple[int | None, int]:
    """A number whose first byte says how long it is, None for null, and where it ends."""
    first = data[start] if start < len(data) else _ERROR
    if first < _NULL:
        return first, start + 1
    if first == _NULL:
        return None, start + 1
    if first == _ERROR:
        raise NotThisProtocol("a number that is cut short")
    width = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    digits = data[start + 1 : start + 1 + width]
    if len(digits) < width:
        raise NotThisProtocol("a number that is cut short")
    return int.from_bytes(digits, "little"), start + 1 + width


def with_length(data: bytes) -> bytes:
    """`data` with its length before it."""
    if len(data) < _NULL:
        return bytes((len(data),)) + data
    return b"\xfc" + len(data).to_bytes(2, "little") + data


def wants_tls(capabilities: int) -> bytes:
    """Asks for TLS, before anything of the login is said."""
    return capabilities.to_bytes(4, "little") + _LONGEST_PACKET.to_bytes(4, "little") + bytes((_UTF8MB4,)) + bytes(23)


def login(capabilities: int, user: bytes, answer: bytes, database: bytes, plugin: str) -> bytes:
    """Who we are, with the `answer` to the salt (MariaDB documentation, "Connecting": handshake response packet)."""
    parts = [wants_tls(capabilities), user, b"\0"]
    parts.append(with_length(answer) if capabilities & LENGTH_OF_ANSWER else bytes((len(answer),)) + answer)
    if capabilities & WITH_DATABASE:
        parts += [database, b"\0"]
    if capabilities & PLUGIN_AUTH:
        parts += [plugin.encode(), b"\0"]
    if capabilities & CONNECT_ATTRS:
        parts.append(with_length(with_length(b"program_name") + with_length(b"waakvlam")))
    return b"".join(parts)
