"""Asks a web server for a page and judges its answer: status, headers, body, certificate and time."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, PlainValidator

from availability.outcome import Outcome, Reason, Status, could_not_look, failed, ok
from collector.context import Context
from collector.errors import LookEnded
from collector.http_client import Request, Response, Url, exchange, parse_url, resolve_url
from collector.streams import Endpoint, IpVersion, Stopwatch, Tls, ip_version_for
from collector.transport_tls import (
    TlsVersion,
    Trust,
    context_for,
    from_stream_error,
    judge_validity,
)
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
    if isinstance(value, SecretRef) or (isinstance(value, str) and not _breaks(value)):
        return value
    raise ValueError("must be a text on one line, or a secret as {env: NAME} or {file: PATH}")


def _breaks(value: str) -> bool:
    """Whether a value would end its header field and begin another (RFC 9110, 5.5)."""
    return any(character in value for character in "\r\n\0")


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
        ip_version_for(parse_url(self.url).host, self.ip_version, self.source)
        if not self.status:
            raise ValueError("status is empty: no answer could be right")
        if self.method == "HEAD" and (self.body or self.body_matches or self.body_not_matches):
            raise ValueError("method HEAD has no body: use GET, or leave out body, body_matches and body_not_matches")
        own = [name for name in self.headers if name.lower() == "authorization"]
        if len(own) + (self.basic_auth is not None) + (self.bearer_token is not None) > 1:
            raise ValueError("basic_auth, bearer_token and an Authorization header exclude each other: give one")
        if self.client_key_file and not self.client_cert_file:
            raise ValueError("client_key_file needs client_cert_file")
        if self.ca_file and not self.verify:
            raise ValueError("ca_file has no use with verify: false")
        secured = (self.ca_file, self.client_cert_file, self.server_name, self.min_validity)
        if any(secured) and self.url.startswith("http:") and not self.follow_redirects:
            raise ValueError("ca_file, client_cert_file, server_name and min_validity need an https URL")


async def probe(options: HttpOptions, context: Context) -> Outcome:
    """One look: a request, the redirects it leads to, and the judgement of the answer that ends them."""
    watch = Stopwatch()
    look = _Look(options, context, watch)
    try:
        outcome = await look.run()
    except LookEnded as ended:
        outcome = ended.outcome
    if outcome.status is Status.NONE:
        return outcome
    latency = watch.elapsed_ms()
    if outcome.status is Status.OK and options.max_latency is not None and latency > options.max_latency:
        outcome = failed(Reason.SLOW, f"took longer than {options.max_latency} ms")
    return Outcome(outcome.status, outcome.reason, latency, outcome.detail, watch.phases, look.not_after_ms)


class _Look:
    """The state of one look while it goes from one URL to the next."""

    def __init__(self, options: HttpOptions, context: Context, watch: Stopwatch) -> None:
        self.options = options
        self.context = context
        self.watch = watch
        self.not_after_ms: int | None = None

    async def run(self) -> Outcome:
        options = self.options
        first = parse_url(options.url)
        text, url, method, body = options.url, first, options.method, (options.body or "").encode()
        for _ in range(options.max_redirects + 1):
            response = await self._ask(Request(method, url, _headers(options, first.trusts(url)), body), first)
            location = response.headers.get("Location")
            if not options.follow_redirects or response.status not in (301, 302, 303, 307, 308) or location is None:
                return self._judge(response)
            if _accepted(response.status, options.status):
                return self._judge(response)
            text = resolve_url(text, location)
            try:
                url = parse_url(text)
            except ValueError as error:
                return failed(Reason.BAD_RESPONSE, f"a redirect to what {error}")
            # RFC 9110, 15.4: 307 and 308 repeat the request, the others turn what changes something into a GET.
            if (response.status == 303 and method != "HEAD") or (response.status in (301, 302) and method == "POST"):
                method, body = "GET", b""
        return failed(Reason.TOO_MANY_REDIRECTS, f"more than {options.max_redirects} redirects")

    async def _ask(self, request: Request, first: Url) -> Response:
        options, url = self.options, request.url
        ip_version = ip_version_for(url.host, options.ip_version, options.source)
        endpoint = Endpoint(url.host, url.port, ip_version, options.source)
        tls = self._tls(request, first.trusts(url)) if url.scheme == "https" else None
        try:
            response = await exchange(endpoint, tls, request, options.max_body, self.context, self.watch)
        except OSError as error:
            raise LookEnded(from_stream_error(error, str(endpoint))) from error
        if response.not_after_ms is not None:
            self.not_after_ms = min(response.not_after_ms, self.not_after_ms or response.not_after_ms)
        return response

    def _tls(self, request: Request, ours: bool) -> Tls:
        options = self.options
        trust = Trust(options.ca_file, None, None, options.verify, options.min_tls)
        name = request.url.host
        if ours:
            trust = Trust(
                options.ca_file, options.client_cert_file, options.client_key_file, options.verify, options.min_tls
            )
            named = next((value for key, value in request.headers.items() if key.lower() == "host"), name)
            name = options.server_name or named.partition(":")[0]
        return Tls(context_for(trust), name.rstrip("."))

    def _judge(self, response: Response) -> Outcome:
        options = self.options
        if not _accepted(response.status, options.status):
            return failed(Reason.BAD_STATUS, f"status {response.status}, wanted {', '.join(options.status)}")
        for name, pattern in options.header_matches.items():
            if not any(pattern.search(value) for value in response.headers.getall(name, ())):
                return failed(Reason.HEADER_MISMATCH, f"header {name} does not match {pattern.pattern}")
        if options.body_matches or options.body_not_matches:
            outcome = _judge_body(options, response)
            if outcome.status is not Status.OK:
                return outcome
        return judge_validity(self.not_after_ms, options.min_validity) or ok()


def _judge_body(options: HttpOptions, response: Response) -> Outcome:
    text = response.text(options.max_body)
    if text is None:
        return failed(Reason.BODY_MISMATCH, "the body is encoded in a way that cannot be read")
    refused, wanted = options.body_not_matches, options.body_matches
    if refused and refused.search(text):
        return failed(Reason.BODY_MISMATCH, f"the body matches {refused.pattern}")
    found = wanted is None or wanted.search(text)
    if not response.whole and (refused or not found):
        return failed(Reason.TOO_LARGE, f"the body is larger than {options.max_body} bytes")
    if wanted and not found:
        return failed(Reason.BODY_MISMATCH, f"the body does not match {wanted.pattern}")
    return ok()


def _accepted(status: int, wanted: tuple[str, ...]) -> bool:
    return f"{status // 100}xx" in wanted or str(status) in wanted


def _headers(options: HttpOptions, ours: bool) -> Mapping[str, str]:
    """What to send; what is secret goes to the origin it was meant for only (`ours`)."""
    headers: dict[str, str] = {}
    for name, value in options.headers.items():
        if isinstance(value, SecretRef):
            if ours:
                headers[name] = _reveal(value)
        elif ours or name.lower() not in _SENSITIVE | {"host"}:
            headers[name] = value
    if ours and options.basic_auth:
        pair = f"{options.basic_auth.username}:{_reveal(options.basic_auth.password)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    elif ours and options.bearer_token:
        headers["Authorization"] = f"Bearer {_reveal(options.bearer_token)}"
    return headers


def _reveal(secret: SecretRef) -> str:
    try:
        value = secret.reveal()
    except LookupError as error:
        raise LookEnded(could_not_look(Reason.NO_SECRET, str(error.args[0]) if error.args else "")) from error
    if _breaks(value):
        raise LookEnded(could_not_look(Reason.NO_SECRET, "a secret has several lines"))
    return value
