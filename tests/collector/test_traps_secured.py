"""Traps of SNMP version 3, sent by net-snmp: who is believed, what is decrypted, and what is sent again."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from dataclasses import replace

import pytest

from collector.traps import LINK_DOWN
from config.settings import SecretRef, TrapUser
from tests.collector.daemons import program
from tests.collector.test_traps import COLD_START, COMMUNITY, Asked, notification, receiving, sent, until

ENGINE = "80001f8880e9630000d61ff449"
AUTH, PRIV = "Teken-Geheim-1", "Sleutel-Geheim-2"
USER = TrapUser("keeper", "sha256", SecretRef(env="SIGNS"), "aes128", SecretRef(env="ENCRYPTS"))


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAPS", COMMUNITY)
    monkeypatch.setenv("SIGNS", AUTH)
    monkeypatch.setenv("ENCRYPTS", PRIV)


def options(auth: str = "SHA-256", priv: str = "AES", level: str = "authPriv", user: str = "keeper") -> list[str]:
    """How net-snmp is told to sign and encrypt."""
    said = ["-v", "3", "-e", f"0x{ENGINE}", "-u", user, "-l", level]
    if level != "noAuthNoPriv":
        said += ["-a", auth, "-A", AUTH]
    return [*said, "-x", priv, "-X", PRIV] if level == "authPriv" else said


async def trap(to: tuple[str, int], said: list[str], about: str = LINK_DOWN) -> None:
    command = [program("snmptrap", "snmp"), *said, f"{to[0]}:{to[1]}", "5", about, "1.3.6.1.2.1.2.2.1.1.3", "i", "3"]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, env={"MIBS": ""}, timeout=20, check=False
    )
    assert done.returncode == 0, done.stderr


async def datagram(said: list[str], about: str = LINK_DOWN) -> bytes:
    """What net-snmp sends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
        sock.bind(("127.0.0.1", 0))
        await trap(sock.getsockname(), said, about)
        return await asyncio.get_running_loop().sock_recv(sock, 8192)


SENT: dict[str, tuple[TrapUser, list[str], str]] = {
    "signed and encrypted": (USER, options(), "used"),
    "signed by SHA-512 and encrypted by AES-256": (
        replace(USER, auth="sha512", priv="aes256"),
        options("SHA-512", "AES-256"),
        "used",
    ),
    "signed by SHA-224 and encrypted by AES-192": (
        replace(USER, auth="sha224", priv="aes192"),
        options("SHA-224", "AES-192"),
        "used",
    ),
    "signed by SHA-384": (replace(USER, auth="sha384", priv_key=None), options("SHA-384", level="authNoPriv"), "used"),
    "signed by SHA-1": (replace(USER, auth="sha", priv_key=None), options("SHA", level="authNoPriv"), "used"),
    "signed by MD5": (replace(USER, auth="md5", priv_key=None), options("MD5", level="authNoPriv"), "used"),
    "of the engine that is the user's": (replace(USER, engine=bytes.fromhex(ENGINE)), options(), "used"),
    "of another engine than the user's": (replace(USER, engine=b"another"), options(), "refused"),
    "of another user": (USER, options(user="niemand"), "refused"),
    "signed with another password": (replace(USER, auth_key=SecretRef(env="ENCRYPTS")), options(), "refused"),
    "signed with another hash": (replace(USER, auth="sha512"), options(), "refused"),
    "encrypted with another password": (replace(USER, priv_key=SecretRef(env="SIGNS")), options(), "unreadable"),
    "signed, and not encrypted though it should be": (USER, options(level="authNoPriv"), "refused"),
    "encrypted, though nobody can read that": (replace(USER, priv_key=None), options(), "refused"),
    "neither signed nor encrypted": (USER, options(level="noAuthNoPriv"), "refused"),
    "of a user without a secret": (replace(USER, auth_key=SecretRef(env="NOWHERE")), options(), "refused"),
}


@pytest.mark.parametrize("case", SENT)
async def test_a_trap(case: str) -> None:
    user, said, what = SENT[case]
    asked = Asked()
    async with receiving(asked, None, (replace(USER, name="another"), user)) as receiver:
        assert receiver.address is not None
        await trap(receiver.address, said)
        await until(lambda: receiver.counts.total() == 1)
        assert receiver.counts == {what: 1}
    assert bool(asked.forwarded) is (what == "used")


async def test_a_trap_about_something_else() -> None:
    asked = Asked()
    async with receiving(asked, "TRAPS", (USER,)) as receiver:
        await sent(receiver, await datagram(options(), COLD_START), notification(LINK_DOWN))
        assert receiver.counts == {"other": 1, "used": 1}


async def test_without_users_version_3_is_not_read_and_without_a_community_version_2_is_refused() -> None:
    said = await datagram(options())
    async with receiving(Asked()) as receiver:
        await sent(receiver, said)
        assert receiver.counts == {"unreadable": 1}
    async with receiving(Asked(), None, (USER,)) as receiver:
        await sent(receiver, notification(LINK_DOWN))
        assert receiver.counts == {"refused": 1}


async def test_what_was_changed_on_the_way_is_never_used() -> None:
    said = await datagram(options())
    asked = Asked()
    async with receiving(asked, None, (USER,)) as receiver:
        for place in range(0, len(said), 5):
            changed = said[:place] + bytes((said[place] ^ 0x01,)) + said[place + 1 :]
            receiver.datagram_received(changed, ("127.0.0.1", 1))
            receiver.datagram_received(said[:place], ("127.0.0.1", 1))
        assert set(receiver.counts) == {"refused", "unreadable"}
    assert asked.forwarded == []


async def test_what_was_said_before_the_engine_started_anew_is_refused() -> None:
    early = [*options(), "-Z", "7,1000"]
    later = [*options(), "-Z", "8,10"]
    asked = Asked()
    async with receiving(asked, None, (USER,)) as receiver:
        first, second = await datagram(early), await datagram(later)
        await sent(receiver, first, second)
        assert receiver.counts == {"used": 2}
        await sent(receiver, first)
        assert receiver.counts == {"used": 2, "refused": 1}
        await sent(receiver, second)
        assert receiver.counts == {"used": 3, "refused": 1}, "within the window of the protocol"
