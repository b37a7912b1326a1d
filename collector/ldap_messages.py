"""The messages of LDAP (RFC 4511) as bytes: the few requests a look makes, and what is read of the answers.

Requests are put together here, as the library's schema of a filter ends at the third level. Of an answer only its
number, its kind and its result code are read: an entry is counted, not taken apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from collector.ldap_filter import (
    Comparison,
    Every,
    Extensible,
    Filter,
    Negation,
    Present,
    Some,
    Substrings,
    parse_filter,
)

BIND_RESPONSE = 0x61
SEARCH_ENTRY = 0x64
SEARCH_DONE = 0x65
SEARCH_REFERENCE = 0x73
EXTENDED_RESPONSE = 0x78
"""The tags of what can answer (RFC 4511, appendix B)."""

_BIND_REQUEST, _UNBIND_REQUEST, _SEARCH_REQUEST, _EXTENDED_REQUEST = 0x60, 0x42, 0x63, 0x77
_BOOLEAN, _INTEGER, _OCTETS, _ENUMERATED, _SEQUENCE = 0x01, 0x02, 0x04, 0x0A, 0x30
_SIMPLE, _REQUEST_NAME = 0x80, 0x80

_AND, _OR, _NOT, _SUBSTRINGS, _PRESENT, _EXTENSIBLE = 0xA0, 0xA1, 0xA2, 0xA4, 0x87, 0xA9
_RELATIONS = {"equal": 0xA3, "greater_or_equal": 0xA5, "less_or_equal": 0xA6, "approx": 0xA8}
_INITIAL, _ANY, _FINAL = 0x80, 0x81, 0x82
_RULE, _TYPE, _VALUE, _WHOLE_NAME = 0x81, 0x82, 0x83, 0x84

_SCOPES = {"base": 0, "one": 1, "sub": 2}
_NO_ATTRIBUTES = b"1.1"
"""Asks for entries without their attributes (RFC 4511, 4.5.1.8)."""
_START_TLS = b"1.3.6.1.4.1.1466.20037"


class NoLdapError(ValueError):
    """What came is no message of LDAP."""


@dataclass(frozen=True, slots=True)
class Search:
    """`limit` is how many entries are enough, `seconds` how long the server may search."""

    base: str
    scope: str
    filter: str
    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Answer:
    """`number` is that of the request, `tag` the kind of answer, `code` its result code where it has one."""

    number: int
    tag: int
    code: int | None


def bind_request(number: int, name: str, password: str) -> bytes:
    """A simple bind; with an empty name and password it is anonymous (RFC 4513, 5.1)."""
    version = _element(_INTEGER, b"\x03")
    return _message(
        number, _BIND_REQUEST, version, _element(_OCTETS, name.encode()), _element(_SIMPLE, password.encode())
    )


def start_tls_request(number: int) -> bytes:
    """Asks to turn to TLS (RFC 4511, 4.14.1)."""
    return _message(number, _EXTENDED_REQUEST, _element(_REQUEST_NAME, _START_TLS))


def unbind_request(number: int) -> bytes:
    """Says goodbye, to which there is no answer (RFC 4511, 4.3)."""
    return _message(number, _UNBIND_REQUEST)


@lru_cache(maxsize=16_384)
def search_request(number: int, search: Search) -> bytes:
    """A search for the names of entries, aliases not followed (RFC 4511, 4.5.1)."""
    return _message(
        number,
        _SEARCH_REQUEST,
        _element(_OCTETS, search.base.encode()),
        _element(_ENUMERATED, bytes([_SCOPES[search.scope]])),
        _element(_ENUMERATED, b"\x00"),
        _number(search.limit),
        _number(search.seconds),
        _element(_BOOLEAN, b"\xff"),
        _filter(parse_filter(search.filter)),
        _element(_SEQUENCE, _element(_OCTETS, _NO_ATTRIBUTES)),
    )


def read_answer(message: bytes) -> Answer:
    """What is to be known of an answer; NoLdapError where it is none."""
    envelope, start, end = _opened(message, 0, len(message))
    if envelope != _SEQUENCE or end != len(message):
        raise NoLdapError
    kind, first, after = _opened(message, start, end)
    if kind != _INTEGER or not 1 <= after - first <= 4:
        raise NoLdapError
    number = int.from_bytes(message[first:after], "big", signed=True)
    tag, start, end = _opened(message, after, end)
    code = None
    if tag in (BIND_RESPONSE, SEARCH_DONE, EXTENDED_RESPONSE):
        kind, first, after = _opened(message, start, end)
        if kind != _ENUMERATED or not 1 <= after - first <= 4:
            raise NoLdapError
        code = int.from_bytes(message[first:after], "big", signed=True)
    return Answer(number, tag, code)


def _opened(message: bytes, start: int, end: int) -> tuple[int, int, int]:
    """The tag of the element that begins at `start`, and where its content begins and ends, not beyond `end`."""
    if start + 2 > end:
        raise NoLdapError
    tag, length, content = message[start], message[start + 1], start + 2
    if length >= 0x80:
        content += length - 0x80
        length = int.from_bytes(message[start + 2 : content], "big")
    if content + length > end:
        raise NoLdapError
    return tag, content, content + length


def _message(number: int, tag: int, *parts: bytes) -> bytes:
    return _element(_SEQUENCE, _number(number), _element(tag, *parts))


def _element(tag: int, *parts: bytes) -> bytes:
    """One element of BER, its length in the definite form (RFC 4511, 5.1)."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def _number(value: int) -> bytes:
    return _element(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def _filter(node: Filter) -> bytes:
    match node:
        case Every(parts):
            return _element(_AND, *map(_filter, parts))
        case Some(parts):
            return _element(_OR, *map(_filter, parts))
        case Negation(part):
            return _element(_NOT, _filter(part))
        case Present(attribute):
            return _element(_PRESENT, attribute.encode())
        case Comparison(attribute, relation, value):
            return _element(_RELATIONS[relation], _element(_OCTETS, attribute.encode()), _element(_OCTETS, value))
        case Substrings(attribute, first, middle, last):
            pieces = [_element(_INITIAL, first)] if first else []
            pieces += [_element(_ANY, piece) for piece in middle]
            pieces += [_element(_FINAL, last)] if last else []
            return _element(_SUBSTRINGS, _element(_OCTETS, attribute.encode()), _element(_SEQUENCE, *pieces))
        case Extensible(attribute, rule, value, whole_name):
            named = _element(_RULE, rule.encode()) if rule else b""
            named += _element(_TYPE, attribute.encode()) if attribute else b""
            flag = _element(_WHOLE_NAME, b"\xff") if whole_name else b""
            return _element(_EXTENSIBLE, named, _element(_VALUE, value), flag)
