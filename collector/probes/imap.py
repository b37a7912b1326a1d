"""Greets a mailbox server (RFC 9051), turns to TLS and logs in where asked to, and leaves without opening a mailbox."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from availability.outcome import Outcome, Reason
from collector.context import Context
from collector.errors import LookEnded
from collector.stream_look import Manners, StreamOptions, check_login, look_over, revealed
from collector.streams import Stopwatch
from collector.wire import Wire
from config.types import Port, Secret, Text

_STATUS = re.compile(r"(OK|NO|BAD|BYE|PREAUTH)(?: \[([A-Z-]+)[^\]]*\])?(?: .*)?", re.IGNORECASE)
_REVISIONS = {"IMAP4REV1", "IMAP4REV2"}
_WORDS = {
    "AUTHENTICATIONFAILED": "credentials invalid",
    "AUTHORIZATIONFAILED": "not authorised",
    "EXPIRED": "password expired",
    "UNAVAILABLE": "temporarily not available",
    "PRIVACYREQUIRED": "encryption required",
    "CONTACTADMIN": "contact the administrator",
    "SERVERBUG": "an error in the server",
    "LIMIT": "a limit is reached",
    "INUSE": "in use",
}
"""What response codes mean (RFC 9051, 7.1)."""
_OTHER_THAN_CREDENTIALS = {"UNAVAILABLE", "PRIVACYREQUIRED", "CONTACTADMIN", "SERVERBUG", "LIMIT", "INUSE"}


def _help(text: str) -> dict[str, Any]:
    return {"help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapOptions(StreamOptions):
    """A greeting of a mailbox server (RFC 9051) and what it offers, with a login where a user is given."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    port: Port | None = field(
        default=None, metadata=_help("The port of the mailbox server; without it 143, and 993 where tls is true.")
    )
    user: Text | None = field(default=None, metadata=_help("As whom to log in."))
    password: Secret | None = field(
        default=None, metadata=_help("The password of the user, by reference; it is never sent in the clear.")
    )

    def __post_init__(self) -> None:
        StreamOptions.__post_init__(self)
        check_login(self, "user and password", self.user, self.password)


@dataclass(frozen=True, slots=True)
class _Answer:
    """The end of a response: OK, NO, BAD, BYE or PREAUTH, and its code in brackets, "" where it has none."""

    status: str
    code: str


async def probe(options: ImapOptions, context: Context) -> Outcome:
    """One look: greeting, CAPABILITY, STARTTLS, login, as far as the options ask for them, and LOGOUT."""
    port = options.port or (993 if options.tls else 143)
    return await look_over(options, port, context, Manners(_turn, partial(_talk, options), _part))


async def _turn(wire: Wire, watch: Stopwatch) -> None:
    """Greeting, CAPABILITY and STARTTLS (RFC 9051, 6.2.1)."""
    if (await _greeted(wire, watch)).status == "PREAUTH":
        raise wire.fault(Reason.TLS_FAILURE, "is logged in before TLS has begun")
    if "STARTTLS" not in await _capabilities(wire):
        raise wire.fault(Reason.TLS_FAILURE, "does not offer STARTTLS")
    answer = await _asked(wire, "t", "STARTTLS")
    if answer.status != "OK":
        raise wire.fault(Reason.TLS_FAILURE, _said("STARTTLS", answer))
    watch.phase("transfer")


async def _talk(options: ImapOptions, wire: Wire, watch: Stopwatch) -> None:
    greeting = None if options.starttls else await _greeted(wire, watch)
    # What was offered before TLS is forgotten (RFC 9051, 6.2.1), so we ask again.
    offered = await _capabilities(wire)
    watch.phase("transfer")
    if options.user is not None and options.password is not None:
        if greeting and greeting.status == "PREAUTH":
            raise wire.fault(Reason.ANSWER_MISMATCH, "has us logged in already")
        await _log_in(options.user, revealed(options.password, wire), offered, wire)
        watch.phase("login")


async def _part(wire: Wire) -> None:
    await wire.send(b"z LOGOUT\r\n")
    while not (await wire.line()).startswith("z "):
        pass


async def _greeted(wire: Wire, watch: Stopwatch) -> _Answer:
    line = await wire.line()
    watch.phase("first_byte")
    answer = _answer(line.removeprefix("* ")) if line.startswith("* ") else None
    if answer is None or answer.status not in ("OK", "PREAUTH", "BYE"):
        raise _no_imap(wire)
    if answer.status == "BYE":
        raise wire.fault(Reason.BAD_STATUS, _said("the connection", answer))
    return answer


async def _capabilities(wire: Wire) -> set[str]:
    """What the server offers, in upper case (RFC 9051, 7.2.2)."""
    offered: set[str] = set()
    answer = await _asked(wire, "c", "CAPABILITY", offered)
    if answer.status != "OK":
        raise wire.fault(Reason.BAD_STATUS, _said("CAPABILITY", answer))
    if not offered & _REVISIONS:
        raise wire.fault(Reason.BAD_RESPONSE, "offers neither IMAP4rev1 nor IMAP4rev2")
    return offered


async def _log_in(user: str, password: str, offered: set[str], wire: Wire) -> None:
    """AUTHENTICATE PLAIN (RFC 4616) where it is offered, as it carries every character; LOGIN otherwise."""
    if "AUTH=PLAIN" in offered:
        await wire.send(b"a AUTHENTICATE PLAIN\r\n")
        line = await wire.line()
        if line.startswith("+"):
            await wire.send(base64.b64encode(f"\0{user}\0{password}".encode()) + b"\r\n")
            line = ""
        answer = await _tagged(wire, "a", line)
    elif "LOGINDISABLED" in offered:
        raise wire.fault(Reason.ANSWER_MISMATCH, "offers no login by password")
    else:
        answer = await _asked(wire, "a", f"LOGIN {_quoted(user)} {_quoted(password)}")
    if answer.status == "NO" and answer.code not in _OTHER_THAN_CREDENTIALS:
        raise wire.fault(Reason.WRONG_CREDENTIALS, _said("the login", answer))
    if answer.status != "OK":
        raise wire.fault(Reason.BAD_STATUS, _said("the login", answer))


def _quoted(text: str) -> str:
    """A quoted string (RFC 9051, 4.3)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


async def _asked(wire: Wire, tag: str, command: str, offered: set[str] | None = None) -> _Answer:
    await wire.send(f"{tag} {command}\r\n".encode())
    return await _tagged(wire, tag, "", offered)


async def _tagged(wire: Wire, tag: str, line: str = "", offered: set[str] | None = None) -> _Answer:
    """The answer that bears `tag`; what is offered before it goes into `offered`, all else is passed over."""
    while True:
        line = line or await wire.line()
        mark, _, rest = line.partition(" ")
        answer = _answer(rest)
        if mark == tag and answer is not None and answer.status in ("OK", "NO", "BAD"):
            return answer
        if mark != "*":
            raise _no_imap(wire)
        if answer is not None and answer.status == "BYE":
            raise wire.fault(Reason.BAD_STATUS, _said("a command", answer))
        words = rest.upper().split()
        if offered is not None and words[:1] == ["CAPABILITY"]:
            offered.update(words[1:])
        line = ""


def _answer(text: str) -> _Answer | None:
    match = _STATUS.fullmatch(text)
    return _Answer(match[1].upper(), (match[2] or "").upper()) if match else None


def _no_imap(wire: Wire) -> LookEnded:
    return wire.fault(Reason.BAD_RESPONSE, "does not answer in IMAP")


def _said(what: str, answer: _Answer) -> str:
    """The answer in words of our own: the server's may differ at every look."""
    meaning = f" ({_WORDS[answer.code]})" if answer.code in _WORDS else ""
    return f"answers {what} with {answer.status}{meaning}"
