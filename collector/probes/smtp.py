"""Greets a mail server (RFC 5321), turns to TLS and logs in where asked to, and leaves without sending mail."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from availability.outcome import Outcome, Reason
from collector.context import Context
from collector.errors import LookEnded
from collector.stream_look import Manners, StreamOptions, check_login, look_over, revealed
from collector.streams import Stopwatch
from collector.wire import Wire
from config.types import Host, Port, Secret, Text

_WORDS = {
    421: "service not available",
    450: "mailbox unavailable",
    451: "local error",
    452: "insufficient storage",
    454: "temporarily not available",
    500: "command not recognised",
    501: "syntax error in parameters",
    502: "command not implemented",
    503: "bad sequence of commands",
    504: "parameter not implemented",
    521: "accepts no mail",
    530: "authentication required",
    534: "authentication mechanism too weak",
    535: "credentials invalid",
    538: "encryption required",
    550: "refused by policy",
    554: "no service here",
}
"""What reply codes mean at this point of the conversation (RFC 5321, 4.2.3; RFC 4954, 6; RFC 3207, 4; RFC 7504)."""
_WRONG_CREDENTIALS = 535


def _help(text: str) -> dict[str, Any]:
    return {"help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpOptions(StreamOptions):
    """A conversation with a mail server up to where mail would begin (RFC 5321), with a login where a user is given."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    port: Port | None = field(
        default=None, metadata=_help("The port of the mail server; without it 25, and 465 where tls is true.")
    )
    helo: Host | None = field(
        default=None, metadata=_help("The name to introduce ourselves with; without it our address.")
    )
    user: Text | None = field(default=None, metadata=_help("As whom to log in."))
    password: Secret | None = field(
        default=None, metadata=_help("The password of the user, by reference; it is never sent in the clear.")
    )

    def __post_init__(self) -> None:
        StreamOptions.__post_init__(self)
        check_login(self, "user and password", self.user, self.password)


async def probe(options: SmtpOptions, context: Context) -> Outcome:
    """One look: greeting, EHLO, STARTTLS, login, as far as the options ask for them, and QUIT."""
    port = options.port or (465 if options.tls else 25)
    return await look_over(options, port, context, Manners(partial(_turn, options), partial(_talk, options), _part))


async def _turn(options: SmtpOptions, wire: Wire, watch: Stopwatch) -> None:
    """Greeting, EHLO and STARTTLS (RFC 3207, 4)."""
    await _greeted(wire, watch)
    extensions = await _introduced(options, wire)
    if "STARTTLS" not in extensions:
        raise wire.fault(Reason.TLS_FAILURE, "does not offer STARTTLS")
    code, _ = await _asked(wire, b"STARTTLS")
    if code != 220:
        raise wire.fault(Reason.TLS_FAILURE, _said("STARTTLS", code))
    watch.phase("transfer")


async def _talk(options: SmtpOptions, wire: Wire, watch: Stopwatch) -> None:
    if not options.starttls:
        await _greeted(wire, watch)
    # What was said before TLS is forgotten (RFC 3207, 4.2), so we introduce ourselves again.
    extensions = await _introduced(options, wire)
    watch.phase("transfer")
    if options.user is not None and options.password is not None:
        await _log_in(options.user, revealed(options.password, wire), extensions.get("AUTH", []), wire)
        watch.phase("login")


async def _part(wire: Wire) -> None:
    await _asked(wire, b"QUIT")


async def _greeted(wire: Wire, watch: Stopwatch) -> None:
    code, _ = await _reply(wire)
    watch.phase("first_byte")
    if code != 220:
        raise _refused(wire, "the connection", code)


async def _introduced(options: SmtpOptions, wire: Wire) -> dict[str, list[str]]:
    """The extensions that the server offers, each with its parameters (RFC 5321, 4.1.1.1)."""
    address = wire.local_address.partition("%")[0]
    literal = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
    code, lines = await _asked(wire, f"EHLO {options.helo or literal}".encode())
    if code != 250:
        raise _refused(wire, "EHLO", code)
    words = [line.upper().split() for line in lines[1:]]
    return {keyword: parameters for keyword, *parameters in filter(None, words)}


async def _log_in(user: str, password: str, mechanisms: list[str], wire: Wire) -> None:
    """PLAIN (RFC 4616) where it is offered, LOGIN otherwise, which older servers have."""
    if "PLAIN" in mechanisms:
        code, _ = await _asked(wire, b"AUTH PLAIN " + _base64(f"\0{user}\0{password}"))
    elif "LOGIN" in mechanisms:
        code, _ = await _asked(wire, b"AUTH LOGIN")
        for answer in (user, password):
            if code == 334:
                code, _ = await _asked(wire, _base64(answer))
    else:
        raise wire.fault(Reason.ANSWER_MISMATCH, "offers neither AUTH PLAIN nor AUTH LOGIN")
    if code == _WRONG_CREDENTIALS:
        raise wire.fault(Reason.WRONG_CREDENTIALS, _said("the login", code))
    if code != 235:
        raise _refused(wire, "the login", code)


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode())


async def _asked(wire: Wire, command: bytes) -> tuple[int, list[str]]:
    await wire.send(command + b"\r\n")
    return await _reply(wire)


async def _reply(wire: Wire) -> tuple[int, list[str]]:
    """The code of the next reply and the text of its lines (RFC 5321, 4.2)."""
    code, lines = "", []
    while True:
        line = await wire.line()
        digits, mark = line[:3], line[3:4]
        known = len(digits) == 3 and digits.isascii() and digits.isdigit() and digits[0] in "2345"
        if not known or mark not in ("", " ", "-") or code not in ("", digits):
            raise wire.fault(Reason.BAD_RESPONSE, "does not answer in SMTP")
        code = digits
        lines.append(line[4:])
        if mark != "-":
            return int(code), lines


def _refused(wire: Wire, what: str, code: int) -> LookEnded:
    return wire.fault(Reason.BAD_STATUS, _said(what, code))


def _said(what: str, code: int) -> str:
    """The code in words of our own: the server's may differ at every look."""
    kind = {4: "temporary failure", 5: "permanent failure"}.get(code // 100, "out of place")
    meaning = f"{_WORDS[code]}, {kind}" if code in _WORDS else kind
    return f"answers {what} with {code} ({meaning})"
