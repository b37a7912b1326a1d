"""One look at a web server: what is sent to whom, which redirects are followed, and what the answer is worth."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING

from availability.outcome import Outcome, Reason, could_not_look, failed, ok
from collector.errors import LookEnded
from collector.http_client import Request, Response, exchange
from collector.http_url import Url, is_field_value, parse_authority, parse_url, resolve_url
from collector.streams import Endpoint, Stopwatch, Tls, ip_version_for
from collector.transport_tls import Trust, context_for, from_stream_error, judge_validity, shown_and_refused
from config.settings import SecretRef

if TYPE_CHECKING:
    from availability.certificates import Shown
    from collector.context import Context
    from collector.probes.http import HttpOptions

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OURS_ONLY = frozenset({"authorization", "cookie", "host", "proxy-authorization"})
"""Headers that are meant for the first origin alone."""


class HttpLook:
    """One look, which goes from one URL to the next; `shown` are the certificates of all of them."""

    def __init__(self, options: HttpOptions, context: Context) -> None:
        self.options = options
        self.context = context
        self.watch = Stopwatch()
        self.shown: dict[str, Shown] = {}

    async def run(self) -> Outcome:
        """The judgement of the response that ends the redirects; LookEnded where it comes to none."""
        options = self.options
        text, first = options.url, parse_url(options.url)
        url, method, body = first, options.method, (options.body or "").encode()
        for _ in range(options.max_redirects + 1):
            ours = first.trusts(url)
            response = await self._ask(Request(method, url, _headers(options, ours), body), ours)
            location = response.headers.get("Location")
            if (
                response.status not in _REDIRECTS
                or location is None
                or not options.follow_redirects
                or _accepted(response.status, options.status)
            ):
                return self._judge(response)
            try:
                text = resolve_url(text, location)
                url = parse_url(text)
                ip_version_for(url.host, options.ip_version, options.source)
            except ValueError:
                return failed(Reason.BAD_RESPONSE, "a redirect to what cannot be asked")
            # RFC 9110, 15.4: 307 and 308 repeat the request; the others make a GET of one that changes something.
            if (response.status == 303 and method != "HEAD") or (response.status in (301, 302) and method == "POST"):
                method, body = "GET", b""
        return failed(Reason.TOO_MANY_REDIRECTS, f"more than {options.max_redirects} redirects")

    async def _ask(self, request: Request, ours: bool) -> Response:
        options, url = self.options, request.url
        ip_version = ip_version_for(url.host, options.ip_version, options.source)
        endpoint = Endpoint(url.host, url.port, ip_version, options.source)
        trust = _trust(options, ours)
        tls = Tls(context_for(trust), _server_name(options, url, ours)) if url.scheme == "https" else None
        try:
            response = await exchange(endpoint, tls, request, options.max_body, self.context, self.watch)
        except OSError as error:
            outcome = from_stream_error(error, endpoint)
            if tls and isinstance(error, ssl.SSLCertVerificationError):
                self.watch.stop()
                left = self.context.timeout - self.watch.elapsed_ms() / 1000.0
                self._saw(await shown_and_refused(endpoint, tls, trust, self.context, left, outcome))
            raise LookEnded(outcome) from error
        self._saw(response.shown)
        return response

    def _saw(self, shown: Shown | None) -> None:
        if shown is not None:
            self.shown[shown.place] = shown

    def _judge(self, response: Response) -> Outcome:
        options = self.options
        if not _accepted(response.status, options.status):
            return failed(Reason.BAD_STATUS, f"status {response.status}, wanted {', '.join(options.status)}")
        for name, pattern in options.header_matches.items():
            if not any(pattern.search(value) for value in response.headers.getall(name, ())):
                return failed(Reason.HEADER_MISMATCH, f"header {name} does not match {pattern.pattern}")
        if options.body_matches or options.body_not_matches:
            wrong = _judge_body(options, response)
            if wrong:
                return wrong
        return judge_validity(self.shown.values(), options.min_validity) or ok()


def _judge_body(options: HttpOptions, response: Response) -> Outcome | None:
    """What is wrong with the body; None where nothing is. What lies beyond `max_body` can prove nothing."""
    try:
        text, whole = response.text(options.max_body)
    except ValueError as error:
        return failed(Reason.BODY_MISMATCH, str(error))
    refused, wanted = options.body_not_matches, options.body_matches
    if refused and refused.search(text):
        return failed(Reason.BODY_MISMATCH, f"the body matches {refused.pattern}")
    found = wanted is None or wanted.search(text) is not None
    if not whole and (refused or not found):
        return failed(Reason.TOO_LARGE, f"the body is larger than {options.max_body} bytes")
    if wanted and not found:
        return failed(Reason.BODY_MISMATCH, f"the body does not match {wanted.pattern}")
    return None


def _accepted(status: int, wanted: tuple[str, ...]) -> bool:
    return f"{status // 100}xx" in wanted or str(status) in wanted


def _trust(options: HttpOptions, ours: bool) -> Trust:
    """The client certificate is for the first origin (`ours`) alone, like every secret."""
    return Trust(
        ca_file=options.ca_file,
        cert_file=options.client_cert_file if ours else None,
        key_file=options.client_key_file if ours else None,
        verify=options.verify,
        min_version=options.min_tls,
    )


def _server_name(options: HttpOptions, url: Url, ours: bool) -> str:
    """The name to send and to verify: that of the options, of a Host header given, or of the URL."""
    name = url.host
    if ours:
        asked = next((str(value) for key, value in options.headers.items() if key.lower() == "host"), None)
        name = options.server_name or (parse_authority(asked)[0] if asked else url.host)
    return name.rstrip(".")


def _headers(options: HttpOptions, ours: bool) -> Mapping[str, str]:
    """The headers to send; what is secret goes to the origin it was meant for (`ours`) alone."""
    headers: dict[str, str] = {}
    for name, value in options.headers.items():
        if isinstance(value, SecretRef):
            if ours:
                headers[name] = _reveal(value)
        elif ours or name.lower() not in _OURS_ONLY:
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
    if not is_field_value(value):
        raise LookEnded(could_not_look(Reason.NO_SECRET, "a secret holds what no header can carry")) from None
    return value
