"""Takes URLs apart for the probe of web servers: where to connect, what to ask for, whom to trust with a secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_TARGET_SAFE = "/?:@!$&'()*+,;=-._~%[]|"
_HOST = re.compile(r"(?=.{1,254}$)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")


@dataclass(frozen=True, slots=True)
class Url:
    """An http or https URL taken apart; `target` is what stands in the request line (RFC 9112, 3.2.1)."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The value of the Host field (RFC 9110, 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def trusts(self, other: Url) -> bool:
        """Whether what is secret to this URL may be told to `other` (RFC 9110, 15.4).

        So it is for the same origin, and for its move from http to https on the default ports.
        """
        if self.host != other.host:
            return False
        if (self.scheme, self.port) == (other.scheme, other.port):
            return True
        return (self.scheme, self.port, other.scheme, other.port) == ("http", 80, "https", 443)


@lru_cache(maxsize=16_384)
def parse_url(text: str) -> Url:
    """`text` taken apart; ValueError with a sentence, which never repeats the URL, where it is none we can ask."""
    parts = urlsplit(text)
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("does not begin with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("holds a user name or password: use basic_auth, with the password as a secret")
    host, port = parse_authority(parts.netloc)
    target = quote(parts.path or "/", safe=_TARGET_SAFE, errors="surrogateescape")
    if parts.query:
        target += "?" + quote(parts.query, safe=_TARGET_SAFE, errors="surrogateescape")
    return Url(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], target)


def parse_authority(text: str) -> tuple[str, int | None]:
    """Host, without the brackets of IPv6, and port of `text` (RFC 3986, 3.2); ValueError where it is neither."""
    parts = urlsplit(f"//{text}")
    host = parts.hostname or ""
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("has a port that is none: use a number from 1 to 65535")
    if ":" not in host and not _HOST.fullmatch(host):
        raise ValueError("names no host: use a name in ASCII (xn-- for others) or an address")
    return host, port


def resolve_url(base: str, location: str) -> str:
    """The absolute URL that a Location field of `base` means, without its fragment (RFC 9110, 10.2.2)."""
    return urljoin(base, location).partition("#")[0]


def is_field_value(text: str) -> bool:
    """Whether `text` can stand in a header field: no control character that would end it (RFC 9110, 5.5)."""
    return all(character >= " " or character == "\t" for character in text) and "\x7f" not in text
