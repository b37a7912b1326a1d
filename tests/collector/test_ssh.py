"""The ssh probe against OpenSSH, and against servers that greet badly, break off the key exchange or say nothing."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from availability.outcome import Outcome, Reason, Status
from collector.context import Kind
from collector.probes.ssh import SshOptions, probe
from tests.collector import servers
from tests.collector.daemons import accepts, folder, give, program, running, unprivileged
from tests.collector.looking import leaves_nothing, looked, read
from tests.collector.servers import closed_port, tcp_server
from tests.ports import free_port

BOTH_LOOPS = True
SSH = Kind(probe, SshOptions)
OTHER = "SHA256:" + "A" * 43
KINDS = ("ed25519", "ecdsa", "rsa")


@dataclass(frozen=True)
class Sshd:
    port: int
    keys: Mapping[str, str]
    log: Path


@pytest.fixture(scope="module")
def sshd() -> Iterator[Sshd]:
    """OpenSSH with a host key of each kind."""
    found = program("sshd", "openssh-server")
    with folder() as place:
        port = free_port()
        lines = [f"Port {port}", "ListenAddress 127.0.0.1", "PidFile none", "UsePAM no", "MaxStartups 1000"]
        keys = {kind: made_key(place, kind) for kind in KINDS}
        lines += [f"HostKey {place / kind}" for kind in KINDS]
        (place / "sshd_config").write_text("\n".join(lines) + "\n")
        command = unprivileged(found, "-D", "-e", "-f", str(place / "sshd_config"))
        with running(command, lambda: accepts(port), place / "log"):
            yield Sshd(port, keys, place / "log")


def made_key(place: Path, kind: str) -> str:
    """Makes a host key of that kind; its fingerprint as `ssh-keygen -l` prints it."""
    file = place / kind
    subprocess.run([program("ssh-keygen", "openssh-client"), "-q", "-t", kind, "-N", "", "-f", file], check=True)
    give(file)
    listed = subprocess.run(["ssh-keygen", "-l", "-f", f"{file}.pub"], capture_output=True, text=True, check=True)
    return listed.stdout.split()[1]


async def look_at(sshd: Sshd, timeout: float = 10.0, **values: Any) -> Outcome:
    return await looked(
        SSH, timeout, {"jump.example": ["127.0.0.1"]}, host="jump.example", port=str(sshd.port), **values
    )


async def logged(sshd: Sshd, since: int, text: str, times: int) -> str:
    """What the server logged from `since` on, once it holds `text` that often."""
    async with asyncio.timeout(10):
        while True:
            log = sshd.log.read_text()[since:]
            if log.count(text) >= times:
                return log
            await asyncio.sleep(0.01)


async def test_openssh_greets(sshd: Sshd) -> None:
    outcome = await look_at(sshd)
    assert outcome.status is Status.OK, outcome.detail
    assert list(outcome.phases) == ["resolve", "connect", "first_byte"]


@pytest.mark.parametrize("kind", KINDS)
async def test_openssh_proves_the_pinned_key(sshd: Sshd, kind: str) -> None:
    outcome = await look_at(sshd, host_key=sshd.keys[kind])
    assert outcome.status is Status.OK, outcome.detail
    assert list(outcome.phases) == ["resolve", "connect", "key_exchange"]


async def test_one_of_several_pinned_keys_is_enough(sshd: Sshd) -> None:
    outcome = await look_at(sshd, host_key=[OTHER, sshd.keys["rsa"] + "="])
    assert outcome.status is Status.OK, outcome.detail


async def test_another_key_than_the_pinned_one(sshd: Sshd) -> None:
    outcome = await look_at(sshd, host_key=OTHER)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.WRONG_HOST_KEY)
    assert outcome.detail == f"jump.example:{sshd.port} has the host key {sshd.keys['ed25519']}, which is not pinned"


async def test_nobody_logs_in(sshd: Sshd) -> None:
    before = len(sshd.log.read_text())
    await look_at(sshd, host_key=sshd.keys["ed25519"])
    await look_at(sshd)
    log = await logged(sshd, before, "[preauth]", 2)
    assert "Accepted" not in log
    assert "Failed" not in log
    assert "kex_exchange_identification" not in log


async def test_from_a_chosen_address(sshd: Sshd) -> None:
    assert (await look_at(sshd, source="127.0.0.2", host_key=sshd.keys["ed25519"])).status is Status.OK
    assert await logged(sshd, 0, " by 127.0.0.2", 1)
    outcome = await look_at(sshd, source="192.0.2.1")
    assert (outcome.status, outcome.reason) == (Status.NONE, Reason.COULD_NOT_LOOK)


async def test_what_is_right_but_late_is_slow(sshd: Sshd) -> None:
    assert (await look_at(sshd, max_latency="1ms", host_key=sshd.keys["rsa"])).reason is Reason.SLOW


def greets(data: bytes) -> servers.Handler:
    """Says `data` at once, and closes once the other side has."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        await reader.read()

    return handler


def ends(data: bytes) -> servers.Handler:
    """Says `data` at once, and hangs up."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(data)
        await writer.drain()

    return handler


GREETINGS: dict[str, tuple[servers.Handler, Reason | None]] = {
    "after lines of its own": (greets(b"Welkom\r\nbij de poort\r\nSSH-2.0-example\r\n"), None),
    "with a line feed alone": (greets(b"SSH-2.0-example\n"), None),
    "as one that speaks version 1 too": (greets(b"SSH-1.99-example\r\n"), None),
    "as one that speaks version 1 only": (greets(b"SSH-1.5-example\r\n"), Reason.BAD_RESPONSE),
    "at too great length": (greets(b"SSH-2.0-" + b"a" * 300 + b"\r\n"), Reason.BAD_RESPONSE),
    "as a mail server, and waits": (greets(b"220 mail ESMTP\r\n"), Reason.TIMEOUT),
    "as a mail server, and hangs up": (ends(b"220 mail ESMTP\r\n"), Reason.BAD_RESPONSE),
    "with garbage without end": (servers.endless(b"", b"\x00\xff" * 4096), Reason.BAD_RESPONSE),
    "with lines without end": (servers.endless(b"", b"a\n" * 4096), Reason.BAD_RESPONSE),
    "in a slow drip": (servers.endless(b"", b"S", 0.01), Reason.TIMEOUT),
    "with silence": (servers.silence, Reason.TIMEOUT),
    "by hanging up": (ends(b""), Reason.CLOSED),
    "by a reset": (servers.reset_at_once, Reason.RESET),
}


@pytest.mark.parametrize("case", GREETINGS)
async def test_a_server_that_greets(case: str) -> None:
    handler, reason = GREETINGS[case]
    async with tcp_server(handler) as port:
        outcome = await looked(SSH, 0.4, host="127.0.0.1", port=str(port))
    assert (outcome.status, outcome.reason) == (Status.FAILED if reason else Status.OK, reason), outcome.detail


EXCHANGES: dict[str, tuple[servers.Handler, set[Reason]]] = {
    "falls silent after its greeting": (greets(b"SSH-2.0-example\r\n"), {Reason.TIMEOUT}),
    "hangs up after its greeting": (ends(b"SSH-2.0-example\r\n"), {Reason.CLOSED, Reason.RESET}),
    "greets in bytes that are no ASCII": (greets(b"SSH-2.0-\xff\xfe\r\n"), {Reason.BAD_RESPONSE}),
    "speaks version 1 only": (greets(b"SSH-1.5-example\r\n"), {Reason.BAD_RESPONSE}),
    "sends garbage for keys": (greets(b"SSH-2.0-example\r\n" + b"\xff\x00" * 4096), {Reason.BAD_RESPONSE}),
    "sends a packet of nothing": (
        greets(b"SSH-2.0-example\r\n\x00\x00\x00\x0c\x0a\x14" + bytes(10)),
        {Reason.BAD_RESPONSE, Reason.CLOSED},
    ),
    "greets in lines without end": (servers.endless(b"", b"a\n" * 4096), {Reason.BAD_RESPONSE}),
    "greets in one line without end": (servers.endless(b"", b"a" * 65_536), {Reason.BAD_RESPONSE}),
    "drips": (servers.endless(b"SSH-2.0-example\r\n", b"\x00", 0.05), {Reason.TIMEOUT}),
    "resets": (servers.reset_at_once, {Reason.RESET, Reason.CLOSED}),
}


@pytest.mark.parametrize("case", EXCHANGES)
async def test_a_server_with_a_pinned_key_that(case: str) -> None:
    handler, reasons = EXCHANGES[case]
    async with tcp_server(handler) as port:
        outcome = await looked(SSH, 0.4, host="127.0.0.1", port=str(port), host_key=OTHER)
    assert outcome.status is Status.FAILED
    assert outcome.reason in reasons, outcome.detail


@pytest.mark.parametrize("values", [{}, {"host_key": OTHER}])
async def test_nobody_listens(values: dict[str, Any]) -> None:
    with closed_port() as port:
        outcome = await looked(SSH, host="127.0.0.1", port=str(port), **values)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.REFUSED)


async def test_a_name_that_does_not_resolve() -> None:
    outcome = await looked(SSH, host="nergens.example")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.DNS_FAILURE)


async def test_nothing_is_left_open(sshd: Sshd) -> None:
    await leaves_nothing(lambda: look_at(sshd), 50)
    await leaves_nothing(lambda: look_at(sshd, host_key=sshd.keys["ed25519"]), 20)
    await leaves_nothing(lambda: look_at(sshd, 0.003, host_key=sshd.keys["ed25519"]), 50)


REFUSED = {
    "a fingerprint of another kind": ({"host_key": "MD5:00:11"}, "is no fingerprint: write SHA256:"),
    "a fingerprint that is too short": ({"host_key": ["SHA256:abc"]}, "is no fingerprint"),
    "versions that differ": ({"source": "::1"}, "are of different IP versions"),
    "a key that is unknown": ({"password": "a"}, "password"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_options_with(case: str) -> None:
    values, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        read(SshOptions, {"host": "127.0.0.1"} | values)
