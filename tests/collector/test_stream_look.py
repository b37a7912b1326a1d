"""What holds for every protocol over one stream: where secrets go, and which port is asked."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any, cast

import pytest

from availability.outcome import Reason, Status
from collector.context import Kind
from collector.errors import LookEnded
from collector.probes import OPTIONS, PROBES
from collector.stream_look import revealed
from collector.streams import Endpoint
from collector.wire import Wire
from config.problems import ConfigError
from config.reader import read
from config.settings import SecretRef
from tests.collector import servers
from tests.collector.certificates import make
from tests.collector.looking import looked
from tests.collector.servers import tcp_server

BOTH_LOOPS = True


class _Elsewhere:
    """A socket whose other side is a machine that no test can reach."""

    def getpeername(self) -> tuple[str, int]:
        return ("192.0.2.25", 25)


def test_a_password_is_not_sent_in_the_clear_to_where_a_name_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """`localhost` may be another machine in the eyes of a resolver."""
    monkeypatch.setenv("TRIED_MAIL_PASSWORD", "geheim")
    wire = Wire(cast("socket.socket", _Elsewhere()), Endpoint("localhost", 25), 1024)
    with pytest.raises(LookEnded) as ended:
        revealed(SecretRef(env="TRIED_MAIL_PASSWORD"), wire)
    assert ended.value.outcome.status is Status.NONE
    assert ended.value.outcome.reason is Reason.COULD_NOT_LOOK
    assert "geheim" not in ended.value.outcome.detail


PORTS = {"smtp": (25, 465), "imap": (143, 993), "ldap": (389, 636)}


@pytest.mark.parametrize("name", PORTS)
async def test_the_port_that_is_meant(name: str) -> None:
    """Nobody listens at this address, whose refusal names the port."""
    plain, tls = PORTS[name]
    kind: Kind = PROBES[name]
    host: dict[str, Any] = {"host": "127.9.9.9"}
    assert f":{plain}:" in (await looked(kind, **host)).detail
    assert f":{plain}:" in (await looked(kind, starttls="true", **host)).detail
    assert f":{tls}:" in (await looked(kind, tls="true", **host)).detail


@pytest.mark.parametrize("name", PORTS)
async def test_a_handshake_that(name: str, tmp_path: Path) -> None:
    certificates = make(tmp_path)
    values: dict[str, Any] = {"host": "127.0.0.1", "tls": "true", "ca_file": str(certificates.ca_file)}
    misbehaviour = {
        "closes": (servers.close_at_once, {Reason.CLOSED, Reason.RESET}),
        "resets": (servers.reset_at_once, {Reason.RESET, Reason.CLOSED}),
        "is silent": (servers.silence, {Reason.TIMEOUT}),
        "sends garbage": (servers.endless(b"\x16\x03", b"\xff" * 100), {Reason.TLS_FAILURE}),
    }
    for case, (handler, reasons) in misbehaviour.items():
        async with tcp_server(handler) as port:
            outcome = await looked(PROBES[name], 0.3, port=str(port), **values)
        assert outcome.status is Status.FAILED
        assert outcome.reason in reasons, (case, outcome.detail)


@pytest.mark.parametrize("name", PORTS)
async def test_a_server_that_goes_away_or_on_within_tls(name: str, tmp_path: Path) -> None:
    certificates = make(tmp_path)
    tls = certificates.valid.server_context()
    values: dict[str, Any] = {"host": "127.0.0.1", "tls": "true", "ca_file": str(certificates.ca_file)}

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"\n" * 16_384)
            await writer.drain()

    for handler, reasons in (
        (servers.close_at_once, {Reason.CLOSED, Reason.RESET}),
        (flood, {Reason.BAD_RESPONSE, Reason.TOO_LARGE}),
        (servers.silence, {Reason.TIMEOUT}),
    ):
        async with tcp_server(handler, tls=tls) as port:
            outcome = await looked(PROBES[name], 0.5, port=str(port), **values)
        assert outcome.status is Status.FAILED
        assert outcome.reason in reasons, outcome.detail
        assert outcome.not_after_ms == certificates.valid.not_after_ms or outcome.reason is Reason.TIMEOUT


WRONG = """version: 1
components:
  - id: mail
    checks:
      - {id: a, probe: smtp, host: mail.venlo.example, user: wacht, password: {env: MAIL_PASSWORD}}
      - {id: b, probe: imap, host: mail.venlo.example, ca_file: ca.pem}
      - {id: c, probe: ldap, host: ldap.venlo.example, filter: "(&(cn=a)(sn=b)"}
"""


def test_what_is_wrong_is_told_with_its_line_and_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("estate.yaml").write_text(WRONG)
    with pytest.raises(ConfigError) as refused:
        read(Path("estate.yaml"), OPTIONS)
    assert str(refused.value).splitlines() == [
        "estate.yaml:5: components.mail.checks.a: password would be sent in the clear: give starttls or tls "
        "(only loopback needs neither)",
        "estate.yaml:6: components.mail.checks.b: ca_file, server_name and min_validity need starttls or tls",
        "estate.yaml:7: components.mail.checks.c.filter: `(&(cn=a)(sn=b)` is no search filter: at its end: "
        "here comes another filter in parentheses, or the ) that ends this one",
    ]
