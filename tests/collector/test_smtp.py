"""The probe of mail servers: a real Postfix, and servers that say what no honest one would."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from availability.outcome import Outcome, Reason, Status
from collector.context import Kind
from collector.probes.smtp import SmtpOptions, probe
from config.settings import SecretRef
from tests.collector import servers
from tests.collector.looking import leaves_nothing, looked, read
from tests.collector.mail_daemons import PASSWORD, USER, Mailboxes, MailServer, dovecot, postfix
from tests.collector.servers import tcp_server
from tests.collector.talking import Turns, dripping

BOTH_LOOPS = True
SMTP = Kind(probe, SmtpOptions)
SECRET = SecretRef(env="TRIED_MAIL_PASSWORD")
LOGIN: dict[str, Any] = {"user": USER, "password": SECRET}


@pytest.fixture(scope="module")
def mailboxes() -> Iterator[Mailboxes]:
    with dovecot() as running:
        yield running


@pytest.fixture(scope="module")
def mail(mailboxes: Mailboxes) -> Iterator[MailServer]:
    with postfix(mailboxes) as running:
        yield running


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIED_MAIL_PASSWORD", PASSWORD)


STARTTLS: dict[str, Any] = {"starttls": "true"}
TLS: dict[str, Any] = {"tls": "true"}

REAL: dict[str, tuple[str, dict[str, Any], Reason | None, str]] = {
    "greets": ("smtp", {}, None, ""),
    "greets who gives a name": ("smtp", {"helo": "wacht.venlo.example"}, None, ""),
    "turns to TLS": ("smtp", STARTTLS, None, ""),
    "begins with TLS": ("smtps", TLS, None, ""),
    "knows the user, on this machine": ("smtp", LOGIN, None, ""),
    "knows the user, over TLS": ("encrypting", LOGIN | STARTTLS, None, ""),
    "knows no such user": ("smtp", LOGIN | {"user": "niemand"}, Reason.WRONG_CREDENTIALS, "535 (credentials invalid"),
    "takes no password in the clear": ("encrypting", LOGIN, Reason.ANSWER_MISMATCH, "offers neither AUTH PLAIN"),
    "offers no TLS": ("plain", STARTTLS, Reason.TLS_FAILURE, "does not offer STARTTLS"),
    "turns to TLS with a certificate that has ended": (
        "expired",
        STARTTLS,
        Reason.TLS_EXPIRED,
        "the certificate has expired",
    ),
    "turns to TLS with the certificate of a stranger": (
        "untrusted",
        STARTTLS,
        Reason.TLS_UNTRUSTED,
        "unable to get local issuer",
    ),
    "turns to TLS with a certificate of another name": (
        "smtp",
        STARTTLS | {"server_name": "elders.example"},
        Reason.TLS_NAME_MISMATCH,
        "Hostname mismatch",
    ),
    "has a certificate that ends too soon": (
        "smtps",
        TLS | {"min_validity": "1000d"},
        Reason.TLS_EXPIRES_SOON,
        "the certificate ends",
    ),
    "is asked in the clear where TLS begins at once": ("smtps", {}, Reason.TIMEOUT, "no answer in time"),
    "is asked for TLS at once where it begins in the clear": ("smtp", TLS, Reason.TLS_FAILURE, "wrong version number"),
}


@pytest.mark.parametrize("case", REAL)
async def test_postfix(case: str, mail: MailServer, mailboxes: Mailboxes) -> None:
    which, values, reason, why = REAL[case]
    if "tls" in values or "starttls" in values:
        values = {"ca_file": str(mailboxes.certificates.ca_file), **values}
    timeout = 1.0 if reason is Reason.TIMEOUT else 20.0
    outcome = await looked(SMTP, timeout, host="127.0.0.1", port=str(getattr(mail, which)), **values)
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail
    assert why in outcome.detail
    assert PASSWORD not in outcome.detail
    if reason is None:
        expected = {"resolve", "connect", "first_byte", "transfer"}
        expected |= {"tls"} if "ca_file" in values else set()
        assert set(outcome.phases) == expected | ({"login"} if "user" in values else set())


TRUST = {"valid": "trusted", "expired": "expired", "untrusted": "untrusted"}


@pytest.mark.parametrize("which", TRUST)
async def test_the_certificate_and_its_end_are_told(which: str, mail: MailServer, mailboxes: Mailboxes) -> None:
    port = mail.smtp if which == "valid" else getattr(mail, which)
    trusted = str(mailboxes.certificates.ca_file)
    outcome = await looked(SMTP, 20.0, host="127.0.0.1", port=str(port), starttls="true", ca_file=trusted)
    assert outcome.not_after_ms == getattr(mailboxes.certificates, which).not_after_ms
    assert [shown.trust for shown in outcome.certificates] == [TRUST[which]]


async def test_what_is_not_verified_is_still_dated(mail: MailServer, mailboxes: Mailboxes) -> None:
    outcome = await looked(SMTP, host="127.0.0.1", port=str(mail.expired), starttls="true", verify="false")
    assert outcome.status is Status.OK
    assert outcome.not_after_ms == mailboxes.certificates.expired.not_after_ms


async def test_looks_at_postfix_leave_nothing(mail: MailServer, mailboxes: Mailboxes) -> None:
    trusted: dict[str, Any] = {"ca_file": str(mailboxes.certificates.ca_file)}
    values = LOGIN | {"host": "127.0.0.1", "port": str(mail.smtp), "starttls": "true"}
    await leaves_nothing(lambda: looked(SMTP, **values, **trusted), 20)
    await leaves_nothing(lambda: looked(SMTP, 0.004, **values, **trusted), 50)
    await leaves_nothing(lambda: looked(SMTP, **values, ca_file=str(mailboxes.certificates.stranger.file)), 20)


EHLO = b"250-post.venlo.example\r\n250-STARTTLS\r\n250 AUTH LOGIN PLAIN\r\n"
OLD = b"250-post.venlo.example\r\n250 AUTH LOGIN\r\n"
GREETING = b"220 post.venlo.example ESMTP\r\n"

SAID: dict[str, tuple[bytes, list[bytes], dict[str, Any], Reason | None, str]] = {
    "is full": (b"421 4.7.0 too busy\r\n", [], {}, Reason.BAD_STATUS, "421 (service not available, temporary failure)"),
    "serves nobody": (b"554 go away\r\n", [], {}, Reason.BAD_STATUS, "554 (no service here, permanent failure)"),
    "greets on two lines": (b"220-post\r\n220 post\r\n", [b"250 post\r\n"], {}, None, ""),
    "says only the code": (b"220\r\n", [b"250\r\n"], {}, None, ""),
    "ends its lines with LF": (b"220 post\n", [b"250 post\n"], {}, None, ""),
    "knows no EHLO": (GREETING, [b"502 what\r\n"], {}, Reason.BAD_STATUS, "EHLO with 502 (command not implemented"),
    "refuses with a code of its own": (
        GREETING,
        [b"455 no\r\n"],
        {},
        Reason.BAD_STATUS,
        "EHLO with 455 (temporary failure)",
    ),
    "answers out of place": (b"250 hello\r\n", [], {}, Reason.BAD_STATUS, "250 (out of place)"),
    "cannot begin TLS now": (GREETING, [EHLO, b"454 later\r\n"], STARTTLS, Reason.TLS_FAILURE, "STARTTLS with 454"),
    "writes on after STARTTLS": (
        GREETING,
        [EHLO, b"220 go\r\n250 injected\r\n"],
        STARTTLS,
        Reason.BAD_RESPONSE,
        "goes on in the clear",
    ),
    "takes the password in two steps": (
        GREETING,
        [OLD, b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n", b"235 ok\r\n"],
        LOGIN,
        None,
        "",
    ),
    "refuses the user at once": (
        GREETING,
        [OLD, b"334 \r\n", b"535 no\r\n"],
        LOGIN,
        Reason.WRONG_CREDENTIALS,
        "535 (credentials invalid",
    ),
    "cannot ask who somebody is": (
        GREETING,
        [EHLO, b"454 4.7.0 later\r\n"],
        LOGIN,
        Reason.BAD_STATUS,
        "the login with 454 (temporarily not available, temporary failure)",
    ),
    "changes the code within a reply": (b"220-a\r\n250 b\r\n", [], {}, Reason.BAD_RESPONSE, "does not answer in SMTP"),
    "has a code that is none": (b"999 a\r\n", [], {}, Reason.BAD_RESPONSE, "does not answer in SMTP"),
    "has digits of another script": ("٢٢٠ a\r\n".encode(), [], {}, Reason.BAD_RESPONSE, "does not answer in SMTP"),
    "is a web server": (b"HTTP/1.1 400 Bad Request\r\n", [], {}, Reason.BAD_RESPONSE, "does not answer in SMTP"),
    "says a line without end": (b"2" * 10_000, [], {}, Reason.BAD_RESPONSE, "a line longer than 8 KiB"),
    "says lines without end": (b"220-x\r\n" * 50_000, [], {}, Reason.TOO_LARGE, "more than 256 KiB"),
    "says nothing to EHLO": (GREETING, [b""], {}, Reason.TIMEOUT, "no answer in time"),
}


@pytest.mark.parametrize("case", SAID)
async def test_a_server_that(case: str) -> None:
    greeting, replies, values, reason, why = SAID[case]
    async with tcp_server(Turns(greeting, [*replies, b"221 bye\r\n"] if reason is None else replies)) as port:
        timeout = 0.5 if reason is Reason.TIMEOUT else 5.0
        outcome = await looked(SMTP, timeout, host="127.0.0.1", port=str(port), **values)
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail
    assert why in outcome.detail


async def test_what_is_said() -> None:
    server = Turns(GREETING, [EHLO, b"235 ok\r\n", b"221 bye\r\n"])
    async with tcp_server(server) as port:
        await looked(SMTP, host="127.0.0.1", port=str(port), **LOGIN)
    token = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode())
    assert server.heard == [b"EHLO [127.0.0.1]", b"AUTH PLAIN " + token, b"QUIT"]
    server = Turns(GREETING, [EHLO, b"221 bye\r\n"])
    async with tcp_server(server, "::1") as port:
        await looked(SMTP, host="::1", port=str(port), source="::1")
    assert server.heard == [b"EHLO [IPv6:::1]", b"QUIT"]


DRIPS: dict[str, bytes] = {"within a line": b"2", "line by line": b"220-x\r\n"}


@pytest.mark.parametrize("case", DRIPS)
async def test_a_server_that_drips(case: str) -> None:
    async with tcp_server(dripping(DRIPS[case], 0.01)) as port:
        outcome = await looked(SMTP, 0.5, host="127.0.0.1", port=str(port))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)


async def test_a_goodbye_that_is_not_answered_spoils_nothing() -> None:
    async with tcp_server(Turns(GREETING, [EHLO])) as port:
        outcome = await looked(SMTP, 0.4, host="127.0.0.1", port=str(port))
    assert outcome.status is Status.OK


async def test_nobody_listens() -> None:
    with servers.closed_port() as port:
        outcome = await looked(SMTP, host="127.0.0.1", port=str(port))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.REFUSED)


async def test_a_secret_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIED_MAIL_PASSWORD")
    outcome = await said_up_to_the_login("127.0.0.1", "127.0.0.1")
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.NO_SECRET)
    assert "TRIED_MAIL_PASSWORD is not set" in outcome.detail


async def test_a_secret_that_breaks_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIED_MAIL_PASSWORD", "a\r\nQUIT")
    outcome = await said_up_to_the_login("127.0.0.1", "127.0.0.1")
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.NO_SECRET)


async def said_up_to_the_login(host: str, address: str) -> Outcome:
    async with tcp_server(Turns(GREETING, [EHLO]), address) as port:
        return await looked(SMTP, names={host: [address]}, host=host, port=str(port), **LOGIN)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a password in the clear": ({"host": "mail.venlo.example", **LOGIN}, "password would be sent in the clear"),
    "a password in the clear to an address": ({"host": "192.0.2.25", **LOGIN}, "password would be sent in the clear"),
    "half a login": ({"host": "a", "user": "u", "tls": "true"}, "user and password belong together"),
    "a user of two lines": ({"host": "a", "tls": "true", **LOGIN, "user": "u\r\nQUIT"}, "user holds characters"),
    "trust that is not used": (
        {"host": "a", "tls": "true", "ca_file": "ca.pem", "verify": "false"},
        "ca_file has no use with verify: false",
    ),
    "a name that is none": ({"host": "a", "helo": "a b"}, "is no host"),
    "a password in plain text": ({"host": "a", "tls": "true", "user": "u", "password": "geheim"}, "is a secret"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_options_with(case: str) -> None:
    values, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        read(SmtpOptions, values)
