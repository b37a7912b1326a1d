"""The probe of web servers over TLS: what it trusts, what it shows, and when the certificate ends."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path
from typing import Any

import pytest

from availability.outcome import Outcome, Reason, Status
from collector.context import Kind
from collector.probes.http import HttpOptions, probe
from tests.collector import servers
from tests.collector.certificates import Certificates, Served, make
from tests.collector.looking import leaves_nothing, looked
from tests.collector.servers import Website, reply, says, tcp_server

BOTH_LOOPS = True
HTTP = Kind(probe, HttpOptions)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("certificates"))


async def look_at(
    served: Served, handler: servers.Handler | None = None, host: str = "127.0.0.1", **values: Any
) -> Outcome:
    """One look at a server with this certificate, by default one that answers 200."""
    async with tcp_server(handler or says(reply(200, "ok")), tls=served.server_context()) as port:
        names = {"app.venlo.example": ["127.0.0.1"], "elders.example": ["127.0.0.1"]}
        return await looked(HTTP, names=names, url=f"https://{host}:{port}/", **values)


FAULTS: dict[str, tuple[str, str, Reason, str]] = {
    "expired": ("expired", "127.0.0.1", Reason.TLS_EXPIRED, "the certificate has expired"),
    "not yet valid": ("not_yet_valid", "127.0.0.1", Reason.TLS_UNTRUSTED, "certificate is not yet valid"),
    "of a stranger": ("untrusted", "127.0.0.1", Reason.TLS_UNTRUSTED, "unable to get local issuer certificate"),
    "signed by itself": ("self_signed", "127.0.0.1", Reason.TLS_UNTRUSTED, "self-signed certificate"),
    "for another address": ("wrong_name", "127.0.0.1", Reason.TLS_NAME_MISMATCH, "IP address mismatch"),
    "for another name": ("valid", "elders.example", Reason.TLS_NAME_MISMATCH, "Hostname mismatch"),
}


@pytest.mark.parametrize("case", FAULTS)
async def test_a_certificate(case: str, certificates: Certificates) -> None:
    which, host, reason, why = FAULTS[case]
    served: Served = getattr(certificates, which)
    outcome = await look_at(served, host=host, ca_file=str(certificates.ca_file))
    assert (outcome.status, outcome.reason) == (Status.FAILED, reason)
    assert why in outcome.detail
    assert outcome.not_after_ms == served.not_after_ms


async def test_a_valid_certificate_is_dated(certificates: Certificates) -> None:
    outcome = await look_at(certificates.valid, host="app.venlo.example", ca_file=str(certificates.ca_file))
    assert outcome.status is Status.OK, outcome.detail
    assert outcome.not_after_ms == certificates.valid.not_after_ms
    assert set(outcome.phases) == {"resolve", "connect", "tls", "first_byte", "transfer"}


async def test_a_certificate_that_ends_soon(certificates: Certificates) -> None:
    trusted: dict[str, Any] = {"ca_file": str(certificates.ca_file)}
    assert (await look_at(certificates.soon, min_validity="4d", **trusted)).status is Status.OK
    outcome = await look_at(certificates.soon, min_validity="21d", **trusted)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TLS_EXPIRES_SOON)
    assert outcome.detail == (await look_at(certificates.soon, min_validity="21d", **trusted)).detail
    down = await look_at(certificates.soon, says(reply(503)), min_validity="21d", **trusted)
    assert down.reason is Reason.BAD_STATUS


async def test_a_certificate_that_is_not_verified(certificates: Certificates) -> None:
    outcome = await look_at(certificates.self_signed, verify="false")
    assert outcome.status is Status.OK
    assert outcome.not_after_ms == certificates.self_signed.not_after_ms


async def test_a_name_given_for_an_address(certificates: Certificates) -> None:
    trusted: dict[str, Any] = {"ca_file": str(certificates.ca_file)}
    assert (await look_at(certificates.valid, server_name="app.venlo.example", **trusted)).status is Status.OK
    site = Website({"/": reply(200)})
    headers = {"Host": "app.venlo.example"}
    assert (await look_at(certificates.valid, site, headers=headers, **trusted)).status is Status.OK
    assert "\r\nHost: app.venlo.example\r\n" in site.requests[0]
    wrong = await look_at(certificates.valid, server_name="elders.example", **trusted)
    assert wrong.reason is Reason.TLS_NAME_MISMATCH


async def test_over_ipv6(certificates: Certificates) -> None:
    tls = certificates.valid.server_context()
    async with tcp_server(says(reply(200)), "::1", tls) as port:
        outcome = await looked(HTTP, url=f"https://[::1]:{port}/", ca_file=str(certificates.ca_file))
    assert outcome.status is Status.OK, outcome.detail


async def test_plain_http_where_tls_is_due_and_the_other_way_round(certificates: Certificates) -> None:
    async with tcp_server(says(reply(400))) as port:
        outcome = await looked(HTTP, url=f"https://127.0.0.1:{port}/")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TLS_FAILURE)
    async with tcp_server(says(reply(200)), tls=certificates.valid.server_context()) as port:
        outcome = await looked(HTTP, url=f"http://127.0.0.1:{port}/")
    assert outcome.status is Status.FAILED
    assert outcome.reason in (Reason.BAD_RESPONSE, Reason.CLOSED, Reason.RESET)


SILENCED = {"closes": servers.close_at_once, "resets": servers.reset_at_once, "is silent": servers.silence}


@pytest.mark.parametrize("case", SILENCED)
async def test_a_server_that_within_the_handshake(case: str) -> None:
    async with tcp_server(SILENCED[case]) as port:
        outcome = await looked(HTTP, 0.3, url=f"https://127.0.0.1:{port}/")
    expected = {"closes": {Reason.CLOSED, Reason.RESET}, "resets": {Reason.RESET}, "is silent": {Reason.TIMEOUT}}
    assert outcome.status is Status.FAILED
    assert outcome.reason in expected[case], outcome.detail


async def test_an_old_version_of_tls(certificates: Certificates) -> None:
    tls = certificates.valid.server_context()
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    with servers.alerting_server(tls, reply(200)) as port:
        values: dict[str, Any] = {"url": f"https://127.0.0.1:{port}/", "ca_file": str(certificates.ca_file)}
        assert (await looked(HTTP, **values)).status is Status.OK
        outcome = await looked(HTTP, min_tls="1.3", **values)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.TLS_FAILURE)


async def test_a_client_certificate(certificates: Certificates) -> None:
    tls = certificates.valid.server_context()
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(certificates.ca_file)
    with servers.alerting_server(tls, reply(200)) as port:
        values: dict[str, Any] = {"url": f"https://127.0.0.1:{port}/", "ca_file": str(certificates.ca_file)}
        without = await looked(HTTP, **values)
        wrong = await looked(HTTP, client_cert_file=str(certificates.untrusted.file), **values)
        right = await looked(HTTP, client_cert_file=str(certificates.soon.file), **values)
    assert (without.status, without.reason) == (Status.FAILED, Reason.TLS_FAILURE)
    assert without.detail.endswith("certificate required")
    assert (wrong.status, wrong.reason) == (Status.FAILED, Reason.TLS_FAILURE)
    assert right.status is Status.OK, right.detail


async def test_files_that_are_of_no_use(certificates: Certificates, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate")
    useless: list[dict[str, Any]] = [
        {"ca_file": str(tmp_path / "absent.pem")},
        {"ca_file": str(empty)},
        {"client_cert_file": str(empty)},
        {"client_cert_file": str(certificates.ca_file)},
    ]
    for values in useless:
        outcome = await look_at(certificates.valid, **values)
        assert (outcome.status, outcome.reason) == (Status.NONE, Reason.COULD_NOT_LOOK)
        assert next(iter(values.values())) in outcome.detail


async def test_a_ca_file_that_is_replaced_is_read_anew(certificates: Certificates, tmp_path: Path) -> None:
    trusted = tmp_path / "ca.pem"
    shutil.copy(certificates.stranger.file, trusted)
    assert (await look_at(certificates.valid, ca_file=str(trusted))).reason is Reason.TLS_UNTRUSTED
    shutil.copy(certificates.ca_file, trusted)
    assert (await look_at(certificates.valid, ca_file=str(trusted))).status is Status.OK


async def test_the_end_of_a_body_may_be_a_closed_connection_that_says_so(certificates: Certificates) -> None:
    handler = says(b"HTTP/1.1 200 OK\r\n\r\nok")
    outcome = await look_at(certificates.valid, handler, ca_file=str(certificates.ca_file), body_matches="^ok$")
    assert outcome.status is Status.OK, outcome.detail


@pytest.mark.parametrize("trusted", [True, False])
async def test_nothing_is_left_open(certificates: Certificates, trusted: bool) -> None:
    ca = certificates.authority if trusted else certificates.stranger
    async with tcp_server(says(reply(200)), tls=certificates.valid.server_context()) as port:
        await leaves_nothing(lambda: looked(HTTP, url=f"https://127.0.0.1:{port}/", ca_file=str(ca.file)), 200)


async def test_nothing_is_left_open_by_a_handshake_cut_off() -> None:
    async with tcp_server(servers.silence) as port:
        await leaves_nothing(lambda: looked(HTTP, 0.002, url=f"https://127.0.0.1:{port}/"), 200)
