"""Reads and writes the maps of the protocol: MessagePack, bounded in every dimension (docs/protocol.md)."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import msgpack

VERSION = 1
"""The version of the protocol; it is part of every topic and of every message."""

PAYLOAD_LIMIT = 1 << 20
"""Bytes of one message."""
ENTRIES_LIMIT = 100_000
"""Entries of one list."""
_GREATEST = (1 << 63) - 1


class ProtocolError(ValueError):
    """What came is not what the protocol says; the text says what is wrong. `reason` is from the closed list of
    docs/protocol.md."""

    def __init__(self, text: str, reason: str = "malformed") -> None:
        super().__init__(text)
        self.reason = reason


def pack(content: Mapping[str, Any]) -> bytes:
    """A map as bytes."""
    packed: bytes = msgpack.packb(content)
    return packed


def unpack(data: bytes | bytearray, limit: int = PAYLOAD_LIMIT) -> Fields:
    """The map that `data` is; ProtocolError where it is none, or too large."""
    if len(data) > limit:
        raise ProtocolError(f"is {len(data)} bytes long; {limit} is the most", "oversized")
    if not isinstance(data, bytes | bytearray):
        raise ProtocolError("is no binary message")
    try:
        content = msgpack.unpackb(
            data,
            raw=False,
            timestamp=0,
            strict_map_key=True,
            max_str_len=limit,
            max_bin_len=limit,
            max_array_len=ENTRIES_LIMIT,
            max_map_len=64,
            max_ext_len=0,
        )
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise ProtocolError(f"is no MessagePack within the limits ({type(error).__name__})") from None
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ProtocolError("is no map with names as keys")
    return Fields(content)


def squeeze(data: bytes) -> bytes:
    """`data` as a zlib stream (RFC 1950)."""
    return zlib.compress(data, 1)


def unsqueeze(data: bytes, limit: int) -> bytes:
    """What a zlib stream holds; ProtocolError where it is none, is not whole, or holds more than `limit` bytes."""
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data, limit)
    except zlib.error:
        raise ProtocolError("is no zlib stream") from None
    if not stream.eof or stream.unused_data:
        raise ProtocolError(f"is no whole zlib stream of at most {limit} bytes", "oversized")
    return content


class Fields:
    """A map that came in. Every method raises ProtocolError where the field is not there or is not such a value;
    fields that nobody asks for do no harm."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content

    def integer(self, name: str, least: int = 0, most: int = _GREATEST) -> int:
        """A whole number within bounds."""
        value = self._content.get(name)
        if type(value) is not int or not least <= value <= most:
            raise ProtocolError(f"{name}: is no whole number from {least} to {most}")
        return value

    def integer_or_none(self, name: str, least: int = 0, most: int = _GREATEST) -> int | None:
        """The same, or nil."""
        return None if self._content.get(name) is None else self.integer(name, least, most)

    def ratio(self, name: str) -> float:
        """A number from 0 to 1."""
        value = self._content.get(name)
        if type(value) not in (int, float) or not 0 <= value <= 1:  # type: ignore[operator]  # a number by now
            raise ProtocolError(f"{name}: is no number from 0 to 1")
        return float(value)  # type: ignore[arg-type]  # as above

    def text(self, name: str, limit: int = 200) -> str:
        """A text of at most `limit` characters."""
        value = self._content.get(name)
        if not isinstance(value, str) or len(value) > limit:
            raise ProtocolError(f"{name}: is no text of at most {limit} characters")
        return value

    def binary(self, name: str) -> bytes:
        """A byte string."""
        value = self._content.get(name)
        if not isinstance(value, bytes):
            raise ProtocolError(f"{name}: is no byte string")
        return value

    def entries(self, name: str, limit: int = ENTRIES_LIMIT) -> list[Any]:
        """A list."""
        value = self._content.get(name)
        if not isinstance(value, list) or len(value) > limit:
            raise ProtocolError(f"{name}: is no list of at most {limit} entries")
        return value

    def integers(self, name: str, least: int, most: int) -> list[int]:
        """A list of whole numbers within bounds."""
        value = self.entries(name)
        if value and (set(map(type, value)) != {int} or min(value) < least or max(value) > most):
            raise ProtocolError(f"{name}: holds what is no whole number from {least} to {most}")
        return value

    def expect_version(self) -> None:
        """ProtocolError where it is of another version of the protocol."""
        version = self._content.get("version")
        if type(version) is not int:
            raise ProtocolError("version: is no number")
        if version != VERSION:
            remedy = "update the agent" if version < VERSION else "update the centre"
            raise ProtocolError(f"is version {version} of the protocol, and this is {VERSION}: {remedy}", "version")
