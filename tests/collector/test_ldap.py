"""The probe of directories: a real OpenLDAP, and servers that say what no honest one would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyasn1.codec.ber import decoder, encoder
from pyasn1_modules import rfc2251

from availability.outcome import Reason, Status
from collector.context import Kind
from collector.probes.ldap import LdapOptions, probe
from config.settings import SecretRef
from tests.collector import servers
from tests.collector.certificates import Certificates, make
from tests.collector.looking import leaves_nothing, looked, read
from tests.collector.mail_daemons import ADMIN, BASE, PASSWORD, Directory, slapd
from tests.collector.servers import tcp_server
from tests.collector.talking import dripping

BOTH_LOOPS = True
LDAP = Kind(probe, LdapOptions)
SECRET = SecretRef(env="TRIED_DIRECTORY_PASSWORD")
LOGIN: dict[str, Any] = {"bind_dn": ADMIN, "password": SECRET}
STARTTLS: dict[str, Any] = {"starttls": "true"}
TLS: dict[str, Any] = {"tls": "true"}
ALL: dict[str, Any] = {"base": BASE, "scope": "sub"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def directory(certificates: Certificates) -> Iterator[Directory]:
    with slapd(certificates, certificates.valid) as running:
        yield running


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIED_DIRECTORY_PASSWORD", PASSWORD)


REAL: dict[str, tuple[str, dict[str, Any], Reason | None, str]] = {
    "tells of itself": ("ldap", {}, None, ""),
    "has the entry": ("ldap", {"base": BASE}, None, ""),
    "has two persons": ("ldap", ALL | {"filter": "(objectClass=person)", "min_entries": "2"}, None, ""),
    "has no third": (
        "ldap",
        ALL | {"filter": "(objectClass=person)", "min_entries": "3"},
        Reason.ANSWER_MISMATCH,
        "does not find 3 entries",
    ),
    "has nobody of that name": (
        "ldap",
        ALL | {"filter": "(cn=niemand)"},
        Reason.ANSWER_MISMATCH,
        "does not find an entry",
    ),
    "finds a name full of signs": ("ldap", ALL | {"filter": "(cn=jan \\28ict\\29 \\2a)"}, None, ""),
    "finds by parts of a name": ("ldap", ALL | {"filter": "(&(cn=e*d*t)(!(sn=jansen))(telephoneNumber=*))"}, None, ""),
    "finds by a rule": ("ldap", ALL | {"filter": "(|(cn:caseExactMatch:=Els de Wit)(sn>=z))"}, None, ""),
    "finds deeper than the first levels": (
        "ldap",
        ALL | {"filter": "(&(|(&(!(!(|(sn=jansen)))))))"},
        None,
        "",
    ),
    "has no such entry": (
        "ldap",
        {"base": f"ou=weg,{BASE}"},
        Reason.NO_SUCH_OBJECT,
        "answers the search with noSuchObject",
    ),
    "refers to another": ("ldap", {"base": "dc=elders,dc=example"}, Reason.BAD_STATUS, "the search with referral"),
    "refers to another within what it finds": (
        "ldap",
        ALL | {"filter": "(objectClass=referral)"},
        Reason.ANSWER_MISMATCH,
        "does not find an entry",
    ),
    "is given no name": ("ldap", {"base": "geen naam"}, Reason.BAD_STATUS, "the search with invalidDNSyntax"),
    "turns to TLS": ("ldap", ALL | STARTTLS, None, ""),
    "begins with TLS": ("ldaps", ALL | TLS, None, ""),
    "knows who binds, on this machine": ("ldap", LOGIN, None, ""),
    "knows who binds, after StartTLS": ("ldap", LOGIN | STARTTLS, None, ""),
    "knows who binds, over TLS": ("ldaps", LOGIN | TLS, None, ""),
    "does not know who binds": (
        "ldaps",
        LOGIN | TLS | {"bind_dn": f"cn=niemand,{BASE}"},
        Reason.WRONG_CREDENTIALS,
        "answers the bind with invalidCredentials",
    ),
    "has a certificate of another name": (
        "ldaps",
        TLS | {"server_name": "elders.example"},
        Reason.TLS_NAME_MISMATCH,
        "Hostname mismatch",
    ),
    "has a certificate that ends too soon": (
        "ldap",
        STARTTLS | {"min_validity": "1000d"},
        Reason.TLS_EXPIRES_SOON,
        "the certificate ends",
    ),
    "is asked in the clear where TLS begins at once": ("ldaps", {}, Reason.CLOSED, "closed the connection"),
    "is asked for TLS at once where it begins in the clear": ("ldap", TLS, Reason.CLOSED, "closed the connection"),
}


@pytest.mark.parametrize("case", REAL)
async def test_openldap(case: str, directory: Directory) -> None:
    which, values, reason, why = REAL[case]
    secured = "tls" in values or "starttls" in values
    if secured:
        values = {"ca_file": str(directory.certificates.ca_file), **values}
    outcome = await looked(LDAP, 20.0, host="127.0.0.1", port=str(getattr(directory, which)), **values)
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail
    assert why in outcome.detail
    assert PASSWORD not in outcome.detail
    if reason is None:
        assert outcome.not_after_ms == (directory.certificates.valid.not_after_ms if secured else None)
        expected = {"resolve", "connect", "login", "transfer"}
        assert set(outcome.phases) == expected | ({"tls"} if secured else set())


async def test_a_wrong_password(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIED_DIRECTORY_PASSWORD", "anders")
    outcome = await looked(LDAP, host="127.0.0.1", port=str(directory.ldap), **LOGIN)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.WRONG_CREDENTIALS)
    monkeypatch.delenv("TRIED_DIRECTORY_PASSWORD")
    outcome = await looked(LDAP, host="127.0.0.1", port=str(directory.ldap), **LOGIN)
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.NO_SECRET)


@pytest.mark.parametrize(("which", "reason"), [("expired", Reason.TLS_EXPIRED), ("untrusted", Reason.TLS_UNTRUSTED)])
async def test_a_certificate_that_is(which: str, reason: Reason, certificates: Certificates) -> None:
    served = getattr(certificates, which)
    trusted: dict[str, Any] = {"host": "127.0.0.1", "ca_file": str(certificates.ca_file)}
    with slapd(certificates, served) as running:
        turned = await looked(LDAP, port=str(running.ldap), starttls="true", **trusted)
        begun = await looked(LDAP, port=str(running.ldaps), tls="true", **trusted)
    for outcome in (turned, begun):
        assert (outcome.status, outcome.reason) == (Status.FAILED, reason)
        assert outcome.not_after_ms == served.not_after_ms


STRICT: dict[str, tuple[str, dict[str, Any], Reason, str]] = {
    "wants no nobody": ("disallow bind_anon", {}, Reason.BAD_STATUS, "the bind with inappropriateAuthentication"),
    "wants TLS": ("security simple_bind=64", LOGIN, Reason.BAD_STATUS, "the bind with confidentialityRequired"),
}


@pytest.mark.parametrize("case", STRICT)
async def test_an_openldap_that(case: str, certificates: Certificates) -> None:
    setting, values, reason, why = STRICT[case]
    with slapd(certificates, certificates.valid, setting) as running:
        outcome = await looked(LDAP, host="127.0.0.1", port=str(running.ldap), **values)
    assert (outcome.status, outcome.reason) == (Status.FAILED, reason), outcome.detail
    assert why in outcome.detail


async def test_looks_at_openldap_leave_nothing(directory: Directory) -> None:
    trusted: dict[str, Any] = {"ca_file": str(directory.certificates.ca_file)}
    values = {"host": "127.0.0.1", "port": str(directory.ldap), "starttls": "true", **LOGIN}
    await leaves_nothing(lambda: looked(LDAP, **values, **trusted), 20)
    await leaves_nothing(lambda: looked(LDAP, 0.002, **values, **trusted), 50)
    await leaves_nothing(lambda: looked(LDAP, **values, ca_file=str(directory.certificates.stranger.file)), 20)


Say = Callable[[int, str], bytes]
"""What to answer to the request of this number and name."""


def result(number: int, name: str, code: int) -> bytes:
    """A response as the library writes it."""
    message = rfc2251.LDAPMessage()
    message["messageID"] = number
    operation = message["protocolOp"][name]
    operation["resultCode"] = code
    operation["matchedDN"] = ""
    operation["errorMessage"] = "something that differs every time"
    encoded: bytes = encoder.encode(message)
    return encoded


def entry(number: int) -> bytes:
    message = rfc2251.LDAPMessage()
    message["messageID"] = number
    message["protocolOp"]["searchResEntry"]["objectName"] = BASE
    message["protocolOp"]["searchResEntry"]["attributes"].clear()
    encoded: bytes = encoder.encode(message)
    return encoded


BOUND = {"bindRequest": "bindResponse", "searchRequest": "searchResDone", "extendedReq": "extendedResp"}


def answering(**codes: int) -> Say:
    """The codes by request; a search that succeeds gives one entry."""

    def say(number: int, name: str) -> bytes:
        code = codes.get(name, 0)
        found = entry(number) if name == "searchRequest" and code == 0 else b""
        return found + result(number, BOUND[name], code)

    return say


def talker(say: Say) -> servers.Handler:
    """A server that reads requests with the library and answers what `say` makes of them."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held = b""
        while data := await reader.read(65_536):
            held += data
            while held and len(held) >= 2 + held[1]:
                message, held = decoder.decode(held, asn1Spec=rfc2251.LDAPMessage())
                name = message["protocolOp"].getName()
                if name != "unbindRequest":
                    writer.write(say(int(message["messageID"]), name))

    return handler


def disconnecting(number: int, name: str) -> bytes:
    """The notice that nobody asked for (RFC 4511, 4.4.1)."""
    return result(0, "extendedResp", 52)


SAID: dict[str, tuple[Say, dict[str, Any], Reason | None, str]] = {
    "finds": (answering(), {}, None, ""),
    "is busy": (answering(bindRequest=51), {}, Reason.BAD_STATUS, "answers the bind with busy"),
    "is not available": (answering(searchRequest=52), {}, Reason.BAD_STATUS, "answers the search with unavailable"),
    "has a code that nobody knows": (answering(searchRequest=99), {}, Reason.BAD_STATUS, "with result code 99"),
    "does not know TLS": (answering(extendedReq=2), STARTTLS, Reason.TLS_FAILURE, "StartTLS with protocolError"),
    "ends the connection": (disconnecting, {}, Reason.BAD_STATUS, "ends the connection: unavailable"),
    "goes on in the clear": (
        lambda number, name: answering()(number, name) + result(2, "bindResponse", 0),
        STARTTLS,
        Reason.BAD_RESPONSE,
        "goes on in the clear",
    ),
    "answers another request": (
        lambda number, name: result(number + 1, BOUND[name], 0),
        {},
        Reason.BAD_RESPONSE,
        "does not answer in LDAP",
    ),
    "answers in another way": (
        lambda number, name: result(number, "searchResDone", 0),
        {},
        Reason.BAD_RESPONSE,
        "does not answer in LDAP",
    ),
    "says how long a message is and lies": (
        lambda number, name: b"\x30\x84\x7f\xff\xff\xff",
        {},
        Reason.TOO_LARGE,
        "a message longer than 64 KiB",
    ),
    "does not say how long a message is": (
        lambda number, name: b"\x30\x80\x02\x01\x01\x00\x00",
        {},
        Reason.BAD_RESPONSE,
        "does not answer in LDAP",
    ),
    "says an empty message": (lambda number, name: b"\x30\x00", {}, Reason.BAD_RESPONSE, "does not answer in LDAP"),
    "says a message that ends within": (
        lambda number, name: b"\x30\x05\x02\x01\x02\x61\x7f",
        {},
        Reason.BAD_RESPONSE,
        "does not answer in LDAP",
    ),
    "says the message half": (lambda number, name: b"\x30\x0c\x02\x01", {}, Reason.TIMEOUT, "no answer in time"),
    "says nothing": (lambda number, name: b"", {}, Reason.TIMEOUT, "no answer in time"),
    "is a mail server": (lambda number, name: b"220 post\r\n", {}, Reason.BAD_RESPONSE, "does not answer in LDAP"),
}


@pytest.mark.parametrize("case", SAID)
async def test_a_server_that(case: str) -> None:
    say, values, reason, why = SAID[case]
    async with tcp_server(talker(say)) as port:
        timeout = 0.5 if reason is Reason.TIMEOUT else 5.0
        outcome = await looked(LDAP, timeout, host="127.0.0.1", port=str(port), **values)
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail
    assert why in outcome.detail
    assert "differs" not in outcome.detail


async def test_references_without_end_are_too_much() -> None:
    reference = b"\x30\x82\x04\x0a\x02\x01\x03\x73\x82\x04\x03\x04\x82\x03\xff" + b"x" * 0x3FF

    def say(number: int, name: str) -> bytes:
        return answering()(number, name) if name == "bindRequest" else reference * 2000

    async with tcp_server(talker(say)) as port:
        outcome = await looked(LDAP, 10.0, host="127.0.0.1", port=str(port))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TOO_LARGE), outcome.detail


async def test_a_search_that_has_found_enough_is_not_waited_for() -> None:
    def say(number: int, name: str) -> bytes:
        return answering()(number, name) if name == "bindRequest" else entry(number) * 3

    async with tcp_server(talker(say)) as port:
        outcome = await looked(LDAP, host="127.0.0.1", port=str(port), min_entries="3")
        assert outcome.status is Status.OK, outcome.detail
        outcome = await looked(LDAP, 0.5, host="127.0.0.1", port=str(port), min_entries="4")
    assert outcome.reason is Reason.TIMEOUT


async def test_a_server_that_drips() -> None:
    """What drips is a message of 48 bytes that never comes to its end."""
    async with tcp_server(dripping(b"\x30", 0.05)) as port:
        outcome = await looked(LDAP, 0.5, host="127.0.0.1", port=str(port))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)


async def test_nobody_listens() -> None:
    with servers.closed_port() as port:
        outcome = await looked(LDAP, host="127.0.0.1", port=str(port))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.REFUSED)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a password in the clear": ({"host": "ldap.venlo.example", **LOGIN}, "password would be sent in the clear"),
    "half a login": ({"host": "a", "tls": "true", "bind_dn": ADMIN}, "bind_dn and password belong together"),
    "a filter that is wrong": ({"host": "a", "filter": "(cn=x"}, "is no search filter: at its end"),
    "no entries at all": ({"host": "a", "min_entries": "0"}, "must be a whole number from 1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_options_with(case: str) -> None:
    values, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        read(LdapOptions, values)
