"""The probe of certificates: what it refuses, what it dates, and that it always tells the date it saw."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from availability.outcome import Outcome, Reason, Status
from collector.context import Kind
from collector.probes.tls import TlsOptions, probe
from tests.collector import servers
from tests.collector.certificates import Certificates, Served, make
from tests.collector.looking import leaves_nothing, looked, read
from tests.collector.servers import tcp_server

BOTH_LOOPS = True
TLS = Kind(probe, TlsOptions)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("certificates"))


async def look_at(served: Served, host: str = "127.0.0.1", listen: str = "127.0.0.1", **values: Any) -> Outcome:
    """One look at a server that shows this certificate and then says nothing."""
    async with tcp_server(servers.silence, listen, served.server_context()) as port:
        names = {"app.venlo.example": ["127.0.0.1"], "elders.example": ["127.0.0.1"]}
        names["app.venlo.example."] = names["app.venlo.example"]
        return await looked(TLS, names=names, host=host, port=str(port), **values)


JUDGED: dict[str, tuple[str, dict[str, str], Reason | None]] = {
    "valid": ("valid", {}, None),
    "valid for a name": ("valid", {"host": "app.venlo.example"}, None),
    "valid for a name with its final point": ("valid", {"host": "app.venlo.example."}, None),
    "valid for the name given": ("valid", {"server_name": "app.venlo.example"}, None),
    "expired": ("expired", {}, Reason.TLS_EXPIRED),
    "not yet valid": ("not_yet_valid", {}, Reason.TLS_UNTRUSTED),
    "of a stranger": ("untrusted", {}, Reason.TLS_UNTRUSTED),
    "signed by itself": ("self_signed", {}, Reason.TLS_UNTRUSTED),
    "for another address": ("wrong_name", {}, Reason.TLS_NAME_MISMATCH),
    "for another name": ("valid", {"host": "elders.example"}, Reason.TLS_NAME_MISMATCH),
    "valid long enough": ("soon", {"min_validity": "4d"}, None),
    "valid not long enough": ("soon", {"min_validity": "21d"}, Reason.TLS_EXPIRES_SOON),
}


@pytest.mark.parametrize("case", JUDGED)
async def test_a_certificate_that_is(case: str, certificates: Certificates) -> None:
    which, values, reason = JUDGED[case]
    served: Served = getattr(certificates, which)
    outcome = await look_at(served, ca_file=str(certificates.ca_file), **values)
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail
    assert outcome.not_after_ms == served.not_after_ms


UNVERIFIED: dict[str, tuple[str, dict[str, str], Reason | None]] = {
    "signed by itself": ("self_signed", {}, None),
    "for another address": ("wrong_name", {}, None),
    "expired, with nothing asked of its dates": ("expired", {}, None),
    "expired": ("expired", {"min_validity": "1d"}, Reason.TLS_EXPIRED),
    "valid not long enough": ("soon", {"min_validity": "21d"}, Reason.TLS_EXPIRES_SOON),
}


@pytest.mark.parametrize("case", UNVERIFIED)
async def test_an_unverified_certificate_that_is(case: str, certificates: Certificates) -> None:
    which, values, reason = UNVERIFIED[case]
    served: Served = getattr(certificates, which)
    outcome = await look_at(served, verify="false", **values)
    assert outcome.reason is reason
    assert outcome.not_after_ms == served.not_after_ms


async def test_the_detail_of_a_certificate_that_ends_soon_is_a_date(certificates: Certificates) -> None:
    outcome = await look_at(certificates.soon, ca_file=str(certificates.ca_file), min_validity="21d")
    end = datetime.fromtimestamp(certificates.soon.not_after_ms / 1000, UTC)
    assert outcome.detail == f"the certificate ends {end:%Y-%m-%d %H:%M} UTC"


async def test_the_system_does_not_trust_our_authority(certificates: Certificates) -> None:
    assert (await look_at(certificates.valid)).reason is Reason.TLS_UNTRUSTED


async def test_over_ipv6_from_a_chosen_address(certificates: Certificates) -> None:
    trusted = str(certificates.ca_file)
    outcome = await look_at(certificates.valid, "::1", "::1", ca_file=trusted, source="::1", ip_version="6")
    assert outcome.status is Status.OK, outcome.detail
    assert set(outcome.phases) == {"resolve", "connect", "tls"}
    outcome = await look_at(certificates.valid, ca_file=trusted, source="127.0.0.2")
    assert outcome.status is Status.OK, outcome.detail


async def test_what_is_right_but_late_is_slow(certificates: Certificates) -> None:
    async def looked_late() -> Outcome:
        return await look_at(certificates.valid, ca_file=str(certificates.ca_file), max_latency="1ms")

    outcome = await looked_late()
    if outcome.latency_ms is not None and outcome.latency_ms > 1:
        assert outcome.reason is Reason.SLOW
        assert outcome.not_after_ms == certificates.valid.not_after_ms


MISBEHAVIOUR = {
    "closes": (servers.close_at_once, {Reason.CLOSED, Reason.RESET}),
    "resets": (servers.reset_at_once, {Reason.RESET}),
    "is silent": (servers.silence, {Reason.TIMEOUT}),
    "greets": (servers.says(b"220 mail ESMTP\r\n"), {Reason.TLS_FAILURE}),
    "sends garbage": (servers.endless(b"\x00\xff", b"\x16\x03\x01", 0.01), {Reason.TLS_FAILURE}),
}


@pytest.mark.parametrize("case", MISBEHAVIOUR)
async def test_a_server_that(case: str) -> None:
    handler, reasons = MISBEHAVIOUR[case]
    async with tcp_server(handler) as port:
        outcome = await looked(TLS, 0.3, host="127.0.0.1", port=str(port))
    assert outcome.status is Status.FAILED
    assert outcome.reason in reasons, outcome.detail
    assert outcome.not_after_ms is None


async def test_nobody_listens() -> None:
    with servers.closed_port() as port:
        outcome = await looked(TLS, host="127.0.0.1", port=str(port))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.REFUSED)


async def test_a_name_that_does_not_resolve() -> None:
    outcome = await looked(TLS, host="nergens.venlo.example")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.DNS_FAILURE)


async def test_a_refused_certificate_stays_refused_where_its_date_cannot_be_had(certificates: Certificates) -> None:
    """The second handshake, which only reads the date, may not turn the answer into a time-out."""
    seen = 0
    tls = certificates.untrusted.server_context()

    async with tcp_server(servers.silence, tls=tls) as secured:

        async def first_only(reader: Any, writer: Any) -> None:
            nonlocal seen
            seen += 1
            if seen > 1:
                await servers.silence(reader, writer)
                return
            await servers.relay(reader, writer, secured)

        async with tcp_server(first_only) as port:
            outcome = await looked(TLS, 1.0, host="127.0.0.1", port=str(port), ca_file=str(certificates.ca_file))
    assert outcome.reason is Reason.TLS_UNTRUSTED
    assert outcome.not_after_ms is None
    assert seen == 2


@pytest.mark.parametrize("trusted", [True, False])
async def test_nothing_is_left_open(certificates: Certificates, trusted: bool) -> None:
    ca = certificates.authority if trusted else certificates.stranger
    async with tcp_server(servers.silence, tls=certificates.valid.server_context()) as port:
        values: dict[str, Any] = {"host": "127.0.0.1", "port": str(port), "ca_file": str(ca.file)}
        await leaves_nothing(lambda: looked(TLS, **values), 200)


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "versions that differ": ({"host": "::1", "source": "127.0.0.1"}, "are of different IP versions"),
    "trust that is not used": ({"host": "a", "ca_file": "ca.pem", "verify": "false"}, "ca_file has no use"),
    "a server name that cannot be sent": ({"host": "a", "server_name": "a..b"}, "is no host"),
    "a key that is unknown": ({"host": "a", "sni": "b"}, "sni"),
    "a version that is too old": ({"host": "a", "min_version": "1.0"}, "min_version"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_options_with(case: str) -> None:
    values, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        read(TlsOptions, values)
