"""Searches a directory (RFC 4511): binds, as somebody or nobody, over TLS where asked to, and must find something."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from availability.outcome import Outcome, Reason
from collector.context import Context
from collector.errors import LookEnded
from collector.ldap_filter import parse_filter
from collector.ldap_messages import (
    BIND_RESPONSE,
    EXTENDED_RESPONSE,
    SEARCH_DONE,
    SEARCH_ENTRY,
    SEARCH_REFERENCE,
    Answer,
    NoLdapError,
    Search,
    bind_request,
    read_answer,
    search_request,
    start_tls_request,
    unbind_request,
)
from collector.stream_look import Manners, StreamOptions, check_login, look_over, revealed
from collector.streams import Stopwatch
from collector.wire import Wire
from config.types import Count, Port, Secret, Text

_LONGEST_MESSAGE = 64 * 1024
_BYTES = 1024 * 1024
_BYTES_AN_ENTRY = 1024
"""Bytes a server may say in all: these, and so many more for each entry it is asked for (its name alone)."""

_TLS, _BIND, _SEARCH, _UNBIND = 1, 2, 3, 4
"""The numbers of our messages: a connection carries each once."""

_SUCCESS, _NO_SUCH_OBJECT, _INVALID_CREDENTIALS = 0, 32, 49
_RESULTS = {
    1: "operationsError",
    2: "protocolError",
    3: "timeLimitExceeded",
    4: "sizeLimitExceeded",
    7: "authMethodNotSupported",
    8: "strongerAuthRequired",
    10: "referral",
    11: "adminLimitExceeded",
    12: "unavailableCriticalExtension",
    13: "confidentialityRequired",
    14: "saslBindInProgress",
    16: "noSuchAttribute",
    17: "undefinedAttributeType",
    18: "inappropriateMatching",
    21: "invalidAttributeSyntax",
    32: "noSuchObject",
    33: "aliasProblem",
    34: "invalidDNSyntax",
    36: "aliasDereferencingProblem",
    48: "inappropriateAuthentication",
    49: "invalidCredentials",
    50: "insufficientAccessRights",
    51: "busy",
    52: "unavailable",
    53: "unwillingToPerform",
    54: "loopDetect",
    80: "other",
}
"""The result codes that can answer a bind, a search or StartTLS (RFC 4511, appendix A)."""


def _filter(text: str) -> str:
    parse_filter(text)
    return text


FilterText = Annotated[Text, AfterValidator(_filter)]
"""A search filter (RFC 4515)."""


def _help(text: str) -> dict[str, Any]:
    return {"help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapOptions(StreamOptions):
    """A search of a directory (RFC 4511) and how much it must find."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    port: Port | None = field(
        default=None, metadata=_help("The port of the directory; without it 389, and 636 where tls is true.")
    )
    base: Text | None = field(
        default=None,
        metadata=_help("The name of the entry where the search begins; without it the server's own (RFC 4512, 5.1)."),
    )
    filter: FilterText = field(default="(objectClass=*)", metadata=_help("What to search for (RFC 4515)."))
    scope: Literal["base", "one", "sub"] = field(
        default="base", metadata=_help("How deep the search goes: the entry itself, those right below it, or all.")
    )
    bind_dn: Text | None = field(default=None, metadata=_help("As whom to bind; without it the bind is anonymous."))
    password: Secret | None = field(
        default=None, metadata=_help("The password of bind_dn, by reference; it is never sent in the clear.")
    )
    min_entries: Count = field(default=1, metadata=_help("How many entries must be found at least."))

    def __post_init__(self) -> None:
        StreamOptions.__post_init__(self)
        check_login(self, "bind_dn and password", self.bind_dn, self.password)


async def probe(options: LdapOptions, context: Context) -> Outcome:
    """One look: StartTLS where asked for, bind, a search that ends as soon as it has found enough, and unbind."""
    port = options.port or (636 if options.tls else 389)
    seconds = max(1, math.ceil(context.timeout))
    most = _BYTES + _BYTES_AN_ENTRY * options.min_entries
    return await look_over(options, port, context, Manners(_turn, partial(_talk, options, seconds), _part, most))


async def _turn(wire: Wire, watch: Stopwatch) -> None:
    """StartTLS (RFC 4511, 4.14)."""
    await wire.send(start_tls_request(_TLS))
    code = await _result(wire, _TLS, EXTENDED_RESPONSE)
    watch.phase("transfer")
    if code != _SUCCESS:
        raise wire.fault(Reason.TLS_FAILURE, _said("StartTLS", code))


async def _talk(options: LdapOptions, seconds: int, wire: Wire, watch: Stopwatch) -> None:
    password = "" if options.password is None else revealed(options.password, wire)
    await wire.send(bind_request(_BIND, options.bind_dn or "", password))
    code = await _result(wire, _BIND, BIND_RESPONSE)
    watch.phase("login")
    if code != _SUCCESS:
        reason = Reason.WRONG_CREDENTIALS if code == _INVALID_CREDENTIALS else Reason.BAD_STATUS
        raise wire.fault(reason, _said("the bind", code))
    search = Search(options.base or "", options.scope, options.filter, options.min_entries, seconds)
    await wire.send(search_request(_SEARCH, search))
    await _found(options, wire)
    watch.phase("transfer")


async def _part(wire: Wire) -> None:
    await wire.send(unbind_request(_UNBIND))


async def _found(options: LdapOptions, wire: Wire) -> None:
    """Returns once enough entries have come; LookEnded where the search ends before that.

    References to other servers (RFC 4511, 4.5.3) are not followed, and are no entries.
    """
    found = 0
    while found < options.min_entries:
        answer = await _answer(wire, _SEARCH)
        if answer.tag == SEARCH_ENTRY:
            found += 1
        elif answer.tag == SEARCH_DONE and answer.code == _SUCCESS:
            wanted = "an entry" if options.min_entries == 1 else f"{options.min_entries} entries"
            raise wire.fault(Reason.ANSWER_MISMATCH, f"does not find {wanted}")
        elif answer.tag == SEARCH_DONE:
            reason = Reason.NO_SUCH_OBJECT if answer.code == _NO_SUCH_OBJECT else Reason.BAD_STATUS
            raise wire.fault(reason, _said("the search", answer.code))
        elif answer.tag != SEARCH_REFERENCE:
            raise _no_ldap(wire)


async def _result(wire: Wire, number: int, wanted: int) -> int | None:
    """The result code of the response to our message `number`, which must be of the kind `wanted`."""
    answer = await _answer(wire, number)
    if answer.tag != wanted:
        raise _no_ldap(wire)
    return answer.code


async def _answer(wire: Wire, number: int) -> Answer:
    """The next message, which must answer our `number`.

    The server may say unasked that it ends the connection (number 0; RFC 4511, 4.4.1).
    """
    try:
        answer = read_answer(await _message(wire))
    except NoLdapError:
        raise _no_ldap(wire) from None
    if answer.number == 0 and answer.tag == EXTENDED_RESPONSE:
        raise wire.fault(Reason.BAD_STATUS, f"ends the connection: {_word(answer.code)}")
    if answer.number != number:
        raise _no_ldap(wire)
    return answer


async def _message(wire: Wire) -> bytes:
    """One message: a sequence of a definite length (RFC 4511, 5.1), which is known before it is read."""
    head = await wire.exactly(2)
    length = head[1]
    if head[0] != 0x30 or length == 0x80 or length > 0x84:
        raise _no_ldap(wire)
    if length > 0x80:
        more = await wire.exactly(length - 0x80)
        head += more
        length = int.from_bytes(more, "big")
    if length > _LONGEST_MESSAGE:
        raise wire.fault(Reason.TOO_LARGE, f"says a message longer than {_LONGEST_MESSAGE // 1024} KiB")
    return head + await wire.exactly(length)


def _no_ldap(wire: Wire) -> LookEnded:
    return wire.fault(Reason.BAD_RESPONSE, "does not answer in LDAP")


def _said(what: str, code: int | None) -> str:
    return f"answers {what} with {_word(code)}"


def _word(code: int | None) -> str:
    return _RESULTS.get(code or 0, f"result code {code}")
