"""Asks a web server for a page and judges its answer: status, headers, body, certificate and time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, PlainValidator

from availability.outcome import Outcome
from collector.context import Context
from collector.errors import LookEnded
from collector.http_url import is_field_value, parse_authority, parse_url
from collector.streams import IpVersion, ip_version_for
from collector.transport_tls import TlsVersion
from config.settings import SecretRef
from config.types import Address, Count, Duration, FilePath, Flag, Host, Pattern, Secret, Text

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SIZE = re.compile(r"(\d{1,9})(|KiB|MiB)")
_UNITS = {"": 1, "KiB": 1024, "MiB": 1024**2}
_LARGEST = 64 * 1024**2
_OURS = frozenset({"connection", "content-length", "transfer-encoding"})
_SENSITIVE = frozenset({"authorization", "cookie", "proxy-authorization"})


def _status(text: Any) -> str:
    if isinstance(text, str) and re.fullmatch(r"[1-5](xx|\d\d)", text):
        return text
    raise ValueError("is no status: write a code such as 200 or a class such as 2xx")


def _size(text: Any) -> int:
    match = _SIZE.fullmatch(text) if isinstance(text, str) else None
    size = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 1 <= size <= _LARGEST:
        raise ValueError("must be a size from 1 to 64MiB, such as 4096, 512KiB or 2MiB")
    return size


def _url(text: Any) -> str:
    if not isinstance(text, str) or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError("must be a URL without spaces")
    parse_url(text)
    return text.partition("#")[0]


def _header_name(text: Any) -> str:
    if not isinstance(text, str) or not _TOKEN.fullmatch(text):
        raise ValueError("is no header name")
    if text.lower() in _OURS:
        raise ValueError("is set by the probe itself")
    return text


def _header_value(value: Any) -> str | SecretRef:
    if isinstance(value, SecretRef) or (isinstance(value, str) and is_field_value(value)):
        return value
    raise ValueError("must be a text on one line, or a secret as {env: NAME} or {file: PATH}")


StatusText = Annotated[str, BeforeValidator(_status)]
"""A status code, or a class of them: 200, 2xx."""
ByteCount = Annotated[int, BeforeValidator(_size)]
"""Bytes; written 4096, 512KiB, 2MiB."""
UrlText = Annotated[str, BeforeValidator(_url)]
"""An http or https URL without credentials."""
HeaderName = Annotated[str, BeforeValidator(_header_name)]
HeaderValue = Annotated[str | SecretRef, PlainValidator(_header_value)]
"""A text, or a secret by reference."""


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicAuth:
    """User name and password (RFC 7617)."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    username: Text = field(metadata=_help("The user name."))
    password: Secret = field(metadata=_help("The password, by reference."))

    def __post_init__(self) -> None:
        if ":" in self.username:
            raise ValueError("username holds a colon, which basic authentication cannot carry")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """What to ask and what to expect; what is not given is not judged, except that the status must be 2xx."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    url: UrlText = field(metadata=_help("What to ask for: an http or https URL without credentials."))
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = field(
        default="GET", metadata=_help("The method of the request.")
    )
    headers: Mapping[HeaderName, HeaderValue] = field(
        default_factory=dict, metadata=_help("Headers to send; a value that is secret is given by reference.")
    )
    body: Text | None = field(default=None, metadata=_help("Text to send as the body of the request."))
    basic_auth: BasicAuth | None = field(default=None, metadata=_help("User name and password to send."))
    bearer_token: Secret | None = field(default=None, metadata=_help("A bearer token to send, by reference."))
    status: tuple[StatusText, ...] = field(
        default=("2xx",), metadata=_help("The status codes that are right, such as 200, or classes such as 2xx.")
    )
    header_matches: Mapping[HeaderName, Pattern] = field(
        default_factory=dict, metadata=_help("Per response header a regular expression that must be found in it.")
    )
    body_matches: Pattern | None = field(
        default=None, metadata=_help("A regular expression that must be found in the body.")
    )
    body_not_matches: Pattern | None = field(
        default=None, metadata=_help("A regular expression that must not be found in the body.")
    )
    max_body: ByteCount = field(
        default=1024**2, metadata=_help("How much of the body is read at most: bytes, KiB or MiB.")
    )
    max_latency: Duration | None = field(
        default=None, metadata=_help("The longest the whole look may take before it counts as slow.")
    )
    follow_redirects: Flag = field(
        default=True,
        metadata=_help("Whether redirects are followed; one whose status is listed in status is an answer and is not."),
    )
    max_redirects: Count = field(default=10, metadata=_help("How many redirects are followed at most."))
    verify: Flag = field(default=True, metadata=_help("Whether the certificate's chain and name are verified."))
    ca_file: FilePath | None = field(
        default=None, metadata=_help("The certificates to trust (PEM) instead of the system's.")
    )
    client_cert_file: FilePath | None = field(
        default=None, metadata=_help("A client certificate with its chain (PEM) to show.")
    )
    client_key_file: FilePath | None = field(
        default=None, metadata=_help("The key of the client certificate (PEM) where it is in a file of its own.")
    )
    server_name: Host | None = field(
        default=None, metadata=_help("The name to ask for (SNI) and to verify, where it is not that of the URL.")
    )
    min_tls: TlsVersion = field(default="1.2", metadata=_help("The oldest version of TLS to accept."))
    min_validity: Duration | None = field(default=None, metadata=_help("How long the certificate must still be valid."))
    source: Address | None = field(default=None, metadata=_help("The local address to connect from."))
    ip_version: IpVersion = field(default="any", metadata=_help("Which version of IP to use: any, 4 or 6."))

    def __post_init__(self) -> None:
        url = parse_url(self.url)
        ip_version_for(url.host, self.ip_version, self.source)
        if not self.status:
            raise ValueError("status is empty: no answer could be right")
        if self.method == "HEAD" and (self.body or self.body_matches or self.body_not_matches):
            raise ValueError("method HEAD has no body: use GET, or leave out body, body_matches and body_not_matches")
        for name, value in self.headers.items():
            if name.lower() == "host":
                if isinstance(value, SecretRef):
                    raise ValueError("headers: Host cannot be a secret, as it is the name that TLS verifies")
                parse_authority(value)
        own = [name for name in self.headers if name.lower() == "authorization"]
        if len(own) + (self.basic_auth is not None) + (self.bearer_token is not None) > 1:
            raise ValueError("basic_auth, bearer_token and an Authorization header exclude each other: give one")
        if self.client_key_file and not self.client_cert_file:
            raise ValueError("client_key_file needs client_cert_file")
        if self.ca_file and not self.verify:
            raise ValueError("ca_file has no use with verify: false")
        secured = (self.ca_file, self.client_cert_file, self.server_name, self.min_validity)
        if any(secured) and url.scheme == "http" and not self.follow_redirects:
            raise ValueError("ca_file, client_cert_file, server_name and min_validity need an https URL")


async def probe(options: HttpOptions, context: Context) -> Outcome:
    """One look: a request, the redirects it leads to, and the judgement of the answer that ends them."""
    from collector.http_look import HttpLook

    look = HttpLook(options, context)
    try:
        outcome = await look.run()
    except LookEnded as ended:
        outcome = ended.outcome
    return look.watch.timed(outcome, options.max_latency, look.shown.values())
