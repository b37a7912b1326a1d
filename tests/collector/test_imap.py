"""The probe of mailbox servers: a real Dovecot, and servers that say what no honest one would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from availability.outcome import Reason, Status
from collector.context import Kind
from collector.probes.imap import ImapOptions, probe
from config.settings import SecretRef
from tests.collector import servers
from tests.collector.looking import leaves_nothing, looked, read
from tests.collector.mail_daemons import NAME, PASSWORD, SHOWN, USER, Mailboxes, dovecot
from tests.collector.servers import tcp_server
from tests.collector.talking import Turns, dripping

BOTH_LOOPS = True
IMAP = Kind(probe, ImapOptions)
SECRET = SecretRef(env="TRIED_MAIL_PASSWORD")
LOGIN: dict[str, Any] = {"user": USER, "password": SECRET}
STARTTLS: dict[str, Any] = {"starttls": "true"}
TLS: dict[str, Any] = {"tls": "true"}


@pytest.fixture(scope="module")
def mailboxes() -> Iterator[Mailboxes]:
    with dovecot() as running:
        yield running


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIED_MAIL_PASSWORD", PASSWORD)


REAL: dict[str, tuple[str, str, dict[str, Any], Reason | None, str]] = {
    "greets": ("imap", "127.0.0.1", {}, None, ""),
    "turns to TLS": ("imap", "127.0.0.1", STARTTLS, None, ""),
    "begins with TLS": ("imaps", "127.0.0.1", TLS, None, ""),
    "knows the user, on this machine": ("imap", "127.0.0.1", LOGIN, None, ""),
    "knows the user, after STARTTLS": ("imap", "127.0.0.1", LOGIN | STARTTLS, None, ""),
    "knows the user, over TLS": ("imaps", "127.0.0.1", LOGIN | TLS, None, ""),
    "knows no such user": (
        "imaps",
        "127.0.0.1",
        LOGIN | TLS | {"user": "niemand"},
        Reason.WRONG_CREDENTIALS,
        "answers the login with NO (credentials invalid)",
    ),
    "turns to TLS with a certificate that has ended": (
        "imap",
        "127.0.0.2",
        STARTTLS,
        Reason.TLS_EXPIRED,
        "has expired",
    ),
    "begins with a certificate that has ended": ("imaps", "127.0.0.2", TLS, Reason.TLS_EXPIRED, "has expired"),
    "turns to TLS with the certificate of a stranger": (
        "imap",
        "127.0.0.3",
        STARTTLS,
        Reason.TLS_UNTRUSTED,
        "unable to get local issuer",
    ),
    "begins with a certificate of another name": (
        "imaps",
        "127.0.0.1",
        TLS | {"server_name": "elders.example"},
        Reason.TLS_NAME_MISMATCH,
        "Hostname mismatch",
    ),
    "is asked in the clear where TLS begins at once": ("imaps", "127.0.0.1", {}, Reason.TIMEOUT, "no answer in time"),
    "is asked for TLS at once where it begins in the clear": (
        "imap",
        "127.0.0.1",
        TLS,
        Reason.TLS_FAILURE,
        "wrong version number",
    ),
}


@pytest.mark.parametrize("case", REAL)
async def test_dovecot(case: str, mailboxes: Mailboxes) -> None:
    which, address, values, reason, why = REAL[case]
    secured = "tls" in values or "starttls" in values
    if secured:
        values = {"ca_file": str(mailboxes.certificates.ca_file), "server_name": NAME, **values}
    timeout = 1.0 if reason is Reason.TIMEOUT else 20.0
    outcome = await looked(IMAP, timeout, host=address, port=str(getattr(mailboxes, which)), **values)
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail
    assert why in outcome.detail
    assert PASSWORD not in outcome.detail
    if secured and reason is not Reason.TLS_FAILURE:
        assert outcome.not_after_ms == getattr(mailboxes.certificates, SHOWN[address]).not_after_ms
    if reason is None:
        expected = {"resolve", "connect", "first_byte", "transfer"} | ({"tls"} if secured else set())
        assert set(outcome.phases) == expected | ({"login"} if "user" in values else set())


async def test_looks_at_dovecot_leave_nothing(mailboxes: Mailboxes) -> None:
    trusted: dict[str, Any] = {"ca_file": str(mailboxes.certificates.ca_file)}
    values = {"host": "127.0.0.1", "port": str(mailboxes.imap), "starttls": "true", **LOGIN}
    await leaves_nothing(lambda: looked(IMAP, **values, **trusted), 10)
    await leaves_nothing(lambda: looked(IMAP, 0.005, **values, **trusted), 30)
    await leaves_nothing(lambda: looked(IMAP, **values, ca_file=str(mailboxes.certificates.stranger.file)), 10)


GREETING = b"* OK ready\r\n"
PLAIN = b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\nc OK done\r\n"
OLD = b"* CAPABILITY IMAP4rev1\r\nc OK done\r\n"

SAID: dict[str, tuple[bytes, list[bytes], dict[str, Any], Reason | None, str]] = {
    "greets in small letters": (b"* ok\r\n", [b"* capability imap4rev2\r\nc ok\r\n"], {}, None, ""),
    "has us logged in": (b"* PREAUTH hello\r\n", [OLD], {}, None, ""),
    "has us logged in as another": (
        b"* PREAUTH hello\r\n",
        [OLD],
        LOGIN,
        Reason.ANSWER_MISMATCH,
        "has us logged in already",
    ),
    "has us logged in before TLS": (b"* PREAUTH hello\r\n", [OLD], STARTTLS, Reason.TLS_FAILURE, "before TLS"),
    "says goodbye at once": (
        b"* BYE [UNAVAILABLE] later 123\r\n",
        [],
        {},
        Reason.BAD_STATUS,
        "the connection with BYE (temporarily not available)",
    ),
    "says goodbye in between": (GREETING, [b"* BYE ended\r\n"], {}, Reason.BAD_STATUS, "a command with BYE"),
    "offers no TLS": (GREETING, [OLD], STARTTLS, Reason.TLS_FAILURE, "does not offer STARTTLS"),
    "cannot begin TLS": (GREETING, [PLAIN, b"t BAD no\r\n"], STARTTLS, Reason.TLS_FAILURE, "STARTTLS with BAD"),
    "writes on after STARTTLS": (
        GREETING,
        [PLAIN, b"t OK go\r\nc OK injected\r\n"],
        STARTTLS,
        Reason.BAD_RESPONSE,
        "goes on in the clear",
    ),
    "speaks an older IMAP": (
        GREETING,
        [b"* CAPABILITY IMAP4\r\nc OK\r\n"],
        {},
        Reason.BAD_RESPONSE,
        "neither IMAP4rev1 nor IMAP4rev2",
    ),
    "refuses to say what it can": (GREETING, [b"c NO\r\n"], {}, Reason.BAD_STATUS, "CAPABILITY with NO"),
    "tells of other things in between": (GREETING, [b"* 12 EXISTS\r\n* OK fine\r\n" + OLD], {}, None, ""),
    "has LOGIN alone": (GREETING, [OLD, b"a OK\r\n"], LOGIN, None, ""),
    "has no logins": (
        GREETING,
        [b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nc OK\r\n"],
        LOGIN,
        Reason.ANSWER_MISMATCH,
        "offers no login by password",
    ),
    "cannot ask who somebody is": (
        GREETING,
        [PLAIN, b"+\r\n", b"a NO [UNAVAILABLE] 17\r\n"],
        LOGIN,
        Reason.BAD_STATUS,
        "the login with NO (temporarily not available)",
    ),
    "refuses before it has heard the password": (
        GREETING,
        [PLAIN, b"a NO never\r\n"],
        LOGIN,
        Reason.WRONG_CREDENTIALS,
        "the login with NO",
    ),
    "has another password by now": (
        GREETING,
        [PLAIN, b"+ \r\n", b"a NO [EXPIRED] x\r\n"],
        LOGIN,
        Reason.WRONG_CREDENTIALS,
        "NO (password expired)",
    ),
    "answers what was not asked": (GREETING, [b"x OK\r\n"], {}, Reason.BAD_RESPONSE, "does not answer in IMAP"),
    "is a mail server": (b"220 post ESMTP\r\n", [], {}, Reason.BAD_RESPONSE, "does not answer in IMAP"),
    "says a line without end": (b"* OK" * 4000, [], {}, Reason.BAD_RESPONSE, "a line longer than 8 KiB"),
    "says lines without end": (GREETING, [b"* 1 EXISTS\r\n" * 30_000], {}, Reason.TOO_LARGE, "more than 256 KiB"),
    "says nothing to CAPABILITY": (GREETING, [b""], {}, Reason.TIMEOUT, "no answer in time"),
}


@pytest.mark.parametrize("case", SAID)
async def test_a_server_that(case: str) -> None:
    greeting, replies, values, reason, why = SAID[case]
    async with tcp_server(Turns(greeting, [*replies, b"z OK\r\n"] if reason is None else replies)) as port:
        timeout = 0.5 if reason is Reason.TIMEOUT else 5.0
        outcome = await looked(IMAP, timeout, host="127.0.0.1", port=str(port), **values)
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail
    assert why in outcome.detail


async def test_a_login_is_quoted() -> None:
    server = Turns(GREETING, [OLD, b"a OK\r\n", b"* BYE\r\nz OK\r\n"])
    async with tcp_server(server) as port:
        await looked(IMAP, host="127.0.0.1", port=str(port), **LOGIN)
    quoted = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
    assert server.heard == [b"c CAPABILITY", f'a LOGIN "{USER}" "{quoted}"'.encode(), b"z LOGOUT"]


@pytest.mark.parametrize("chunk", [b"*", b"* OK\r\n"])
async def test_a_server_that_drips(chunk: bytes) -> None:
    async with tcp_server(dripping(chunk, 0.01)) as port:
        outcome = await looked(IMAP, 0.5, host="127.0.0.1", port=str(port))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TIMEOUT)


async def test_nobody_listens() -> None:
    with servers.closed_port() as port:
        outcome = await looked(IMAP, host="127.0.0.1", port=str(port))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.REFUSED)


def test_a_password_in_the_clear_is_refused() -> None:
    with pytest.raises(ValueError, match="password would be sent in the clear"):
        read(ImapOptions, {"host": "mail.venlo.example", **LOGIN})
    for host in ("localhost", "127.0.0.9", "::1"):
        assert read(ImapOptions, {"host": host, **LOGIN}).user == USER
