"""What is read of a certificate, what looks bring along of it, and how that comes into the store."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from availability.certificates import NAMES_LIMIT, Certificate, Shown, Sighting
from availability.outcome import Outcome, Status
from collector.certificate_register import CertificateRegister
from collector.certificates import read_certificate
from collector.context import Kind
from collector.probes import http, tls
from collector.store import SqlStore
from tests.collector import servers
from tests.collector.certificates import Authority, Certificates, make
from tests.collector.looking import looked
from tests.collector.servers import Website, reply, tcp_server
from tests.collector.stores import Place, Places, opened

TLS = Kind(tls.probe, tls.TlsOptions)
HTTP = Kind(http.probe, http.HttpOptions)
DAY = 86_400_000
T0 = 1_790_834_400_000


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def store(place: Place) -> Iterator[SqlStore]:
    store = opened(place)
    yield store
    store.close()


def der(file: Path) -> bytes:
    pem = file.read_text()
    return ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERTIFICATE") :])


# What is read.


def test_what_a_certificate_says_is_read(certificates: Certificates) -> None:
    from cryptography import x509

    content = der(certificates.valid.file)
    read = read_certificate(content)
    given = x509.load_der_x509_certificate(content)
    assert read is not None
    assert (read.subject, read.issuer) == ("CN=valid", "CN=Proefautoriteit")
    assert read.names == ("127.0.0.1", "::1", "app.venlo.example")
    assert int(read.serial, 16) == given.serial_number
    assert read.not_after_ms == certificates.valid.not_after_ms
    assert read.not_after_ms - read.not_before_ms == 120 * DAY
    assert len(bytes.fromhex(read.fingerprint)) == 32


def test_a_thousand_names_are_bounded(tmp_path: Path) -> None:
    names = [f"host-{number}.venlo.example" for number in range(1000)]
    read = read_certificate(der(Authority(tmp_path).sign("many", *names).file))
    assert read is not None
    assert read.names == tuple(names[:NAMES_LIMIT])


@pytest.mark.parametrize("content", [b"", b"\x30\x82", b"no certificate" * 100], ids=["empty", "cut off", "garbage"])
def test_what_is_none_is_not_read(content: bytes) -> None:
    assert read_certificate(content) is None


def test_the_end_is_told_where_the_names_are_spoilt(certificates: Certificates) -> None:
    content = der(certificates.valid.file).replace(b"app.venlo.example", b"app.venlo.exam\xff\xfe\xff")
    read = read_certificate(content)
    assert read is not None
    assert read.not_after_ms == certificates.valid.not_after_ms


# What looks bring along.

TRUSTED: dict[str, tuple[str, dict[str, str], str]] = {
    "one that is right": ("valid", {}, "trusted"),
    "one that ends soon": ("soon", {"min_validity": "21d"}, "trusted"),
    "one that nobody verifies": ("self_signed", {"verify": "false"}, "not_verified"),
    "one that has ended": ("expired", {}, "expired"),
    "one for another name": ("wrong_name", {}, "name_mismatch"),
    "one of a stranger": ("untrusted", {}, "untrusted"),
}


@pytest.mark.parametrize("case", TRUSTED.values(), ids=TRUSTED)
@pytest.mark.parametrize("kind", [TLS, HTTP], ids=["tls", "http"])
async def test_a_look_brings(kind: Kind, case: tuple[str, dict[str, str], str], certificates: Certificates) -> None:
    which, values, trust = case
    served = getattr(certificates, which)
    values = values if "verify" in values else {"ca_file": str(certificates.ca_file), **values}
    handler = servers.silence if kind is TLS else servers.says(reply(200))
    async with tcp_server(handler, tls=served.server_context()) as port:
        where = {"host": "127.0.0.1", "port": str(port)} if kind is TLS else {"url": f"https://127.0.0.1:{port}/"}
        outcome = await looked(kind, **where, **values)
    (shown,) = outcome.certificates
    assert shown == Shown(f"127.0.0.1:{port}", read_certificate(der(served.file)), trust)
    assert outcome.not_after_ms == served.not_after_ms


async def test_the_name_that_was_asked_for_is_part_of_the_place(certificates: Certificates) -> None:
    async with tcp_server(servers.silence, tls=certificates.valid.server_context()) as port:
        given: dict[str, Any] = {"ca_file": str(certificates.ca_file), "server_name": "app.venlo.example"}
        outcome = await looked(TLS, host="127.0.0.1", port=str(port), **given)
    assert [shown.place for shown in outcome.certificates] == [f"127.0.0.1:{port} as app.venlo.example"]


async def test_every_place_on_the_way_of_a_redirect_is_brought(certificates: Certificates) -> None:
    trusted: dict[str, Any] = {"ca_file": str(certificates.ca_file)}
    last = tcp_server(servers.says(reply(200)), tls=certificates.soon.server_context())
    async with last as end:
        first = Website({"/": reply(302, Location=f"https://127.0.0.1:{end}/")})
        async with tcp_server(first, tls=certificates.valid.server_context()) as port:
            outcome = await looked(HTTP, url=f"https://127.0.0.1:{port}/", **trusted)
    assert outcome.status is Status.OK, outcome.detail
    assert [shown.place for shown in outcome.certificates] == [f"127.0.0.1:{port}", f"127.0.0.1:{end}"]
    assert outcome.not_after_ms == certificates.soon.not_after_ms


async def test_where_nothing_is_shown_nothing_is_brought() -> None:
    async with tcp_server(servers.close_at_once) as port:
        assert (await looked(TLS, host="127.0.0.1", port=str(port))).certificates == ()


# How it comes into the store.


def certificate(fingerprint: str, end: int = T0 + 90 * DAY) -> Certificate:
    return Certificate(fingerprint, "CN=web", ("web.example",), "CN=ca", "0F", T0 - DAY, end)


def outcome(*fingerprints: str) -> Outcome:
    shown = tuple(Shown("web:443", certificate(fingerprint), "trusted") for fingerprint in fingerprints)
    return Outcome(Status.OK, certificates=shown)


class Refusing:
    """A store that refuses until it is mended."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.broken = True

    def see_certificates(self, sightings: Iterable[Sighting]) -> None:
        if self.broken:
            raise OSError("no space left")
        self.store.see_certificates(sightings)


def kept(store: SqlStore) -> list[tuple[str, str, str, int, int]]:
    return [
        (one.check, one.vantage, one.shown.certificate.fingerprint, one.first - T0, one.last - T0)
        for one in store.certificates()
    ]


async def test_one_certificate_is_one_row_however_often_it_is_seen(store: SqlStore) -> None:
    register = CertificateRegister(store)
    for number in range(3):
        register.saw("web", "venlo", T0 + number, outcome("a"))
    await register.write()
    register.saw("web", "venlo", T0 + 9, outcome("a"))
    register.saw("web", "roermond", T0 + 5, outcome("a", "b"))
    await register.write()
    assert kept(store) == [("web", "roermond", "a", 5, 5), ("web", "roermond", "b", 5, 5), ("web", "venlo", "a", 0, 9)]


class Telling:
    """A store that tells the event loop when something was written."""

    def __init__(self) -> None:
        self.written: asyncio.Future[list[Sighting]] = asyncio.get_running_loop().create_future()

    def see_certificates(self, sightings: Iterable[Sighting]) -> None:
        self.written.get_loop().call_soon_threadsafe(self.written.set_result, list(sightings))


async def test_what_is_new_is_written_soon() -> None:
    store = Telling()
    register = CertificateRegister(store)
    running = asyncio.create_task(register.run())
    register.saw("web", "venlo", T0, outcome("a"))
    async with asyncio.timeout(10):
        (sighting,) = await store.written
    assert (sighting.check, sighting.first) == ("web", T0)
    running.cancel()


async def test_what_the_store_refused_is_written_later(store: SqlStore) -> None:
    refusing = Refusing(store)
    register = CertificateRegister(refusing)
    register.saw("web", "venlo", T0, outcome("a"))
    with pytest.raises(OSError, match="no space left"):
        await register.write()
    register.saw("web", "venlo", T0 + 7, outcome("a"))
    refusing.broken = False
    await register.write()
    assert kept(store) == [("web", "venlo", "a", 0, 7)]


async def test_a_server_that_shows_another_one_every_time_does_not_fill_the_store(store: SqlStore) -> None:
    register = CertificateRegister(store)
    for number in range(1000):
        register.saw("web", "venlo", T0 + number, outcome(f"{number:04}"))
    register.saw("mail", "venlo", T0, outcome("mail"))
    await register.write()
    assert len(kept(store)) == 51
    register.saw("web", "venlo", T0 + DAY, outcome("tomorrow"))
    await register.write()
    assert len(kept(store)) == 52


sightings = st.builds(
    lambda check, fingerprint, trust, first, length: Sighting(
        check, "venlo", Shown("web:443", certificate(fingerprint), trust), T0 + first, T0 + first + length
    ),
    st.sampled_from("xy"),
    st.sampled_from("ab"),
    st.sampled_from(["trusted", "expired"]),
    st.integers(0, 50),
    st.integers(0, 50),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(sightings, max_size=8), st.data())
def test_sightings_are_a_set_whatever_their_order(places: Places, seen: list[Sighting], data: st.DataObject) -> None:
    """In any order, in any batches, and twice."""
    again = data.draw(st.permutations(seen))
    cut = data.draw(st.integers(0, len(seen)))
    found = []
    for batches in ([seen], [again[:cut], again[cut:], seen]):
        with places.fresh() as place, closing(opened(place)) as store:
            for batch in batches:
                store.see_certificates(batch)
            found.append(store.certificates())
    assert found[0] == found[1]
    spans: dict[tuple[str, ...], tuple[int, int]] = {}
    for one in seen:
        first, last = spans.get(one.key, (one.first, one.last))
        spans[one.key] = (min(first, one.first), max(last, one.last))
    assert {one.key: (one.first, one.last) for one in found[0]} == spans


FORBIDDEN = {
    "to remove a row": "DELETE FROM certificate",
    "to begin later": "UPDATE certificate SET first_seen = first_seen + 1",
    "to end sooner": "UPDATE certificate SET last_seen = last_seen - 1",
    "to tell another end of it": "UPDATE certificate SET not_after = not_after + 1",
    "to tell another trust": "UPDATE certificate SET trust = 'trusted'",
}


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_database_refuses(store: SqlStore, place: Place, statement: str) -> None:
    store.see_certificates([Sighting("web", "venlo", Shown("web:443", certificate("a"), "expired"), T0, T0 + 5)])
    with pytest.raises(place.refused, match="only ever added to"):
        place.execute(statement)
    assert kept(store) == [("web", "venlo", "a", 0, 5)]
