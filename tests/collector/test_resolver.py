"""The resolver: literals at once whatever hangs, one lookup for many askers, failures remembered for a moment."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from collector.resolver import SystemResolver, ask_system, is_address

BOTH_LOOPS = True


class NameServer:
    """Answers names in threads of the resolver, and counts; `hang.example` waits until `let_go`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let_go = threading.Event()

    def __call__(self, host: str, family: int) -> list[str]:
        self.asked.append(host)
        if host.startswith("hang"):
            self.let_go.wait(10)
        if host.startswith("missing"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ["192.0.2.1", "2001:db8::1"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("fe80::1%lo", True),
        ("2001:db8::1", True),
        ("localhost", False),
        ("1.2.3", False),
        ("a:b", False),
    ],
)
def test_an_address_is_told_from_a_name(text: str, address: bool) -> None:
    assert is_address(text) is address


async def test_a_literal_address_needs_no_name_server_and_no_thread() -> None:
    server = NameServer()
    resolver = SystemResolver(lookup=server)
    before = set(threading.enumerate())
    assert await resolver.resolve("192.0.2.7", "any") == ["192.0.2.7"]
    assert await resolver.resolve("2001:db8::7", "6") == ["2001:db8::7"]
    assert not server.asked
    assert not set(threading.enumerate()) - before


async def test_a_literal_address_of_the_other_version_does_not_resolve() -> None:
    with pytest.raises(socket.gaierror):
        await SystemResolver().resolve("192.0.2.7", "6")


async def test_a_name_server_that_hangs_holds_up_neither_literals_nor_other_names() -> None:
    server = NameServer()
    resolver = SystemResolver(threads=2, lookup=server)
    hanging = asyncio.ensure_future(resolver.resolve("hang.example", "any"))
    assert await resolver.resolve("192.0.2.7", "any") == ["192.0.2.7"]
    assert await asyncio.wait_for(resolver.resolve("app.example", "any"), 2) == ["192.0.2.1", "2001:db8::1"]
    server.let_go.set()
    assert await asyncio.wait_for(hanging, 2) == ["192.0.2.1", "2001:db8::1"]
    resolver.close()


async def test_threads_are_bounded_and_what_nobody_waits_for_is_not_asked() -> None:
    server = NameServer()
    resolver = SystemResolver(threads=2, lookup=server)
    before = set(threading.enumerate())
    tasks = [asyncio.ensure_future(resolver.resolve(f"hang{number}.example", "any")) for number in range(20)]
    await asyncio.sleep(0.05)
    assert len(set(threading.enumerate()) - before) == 2
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    server.let_go.set()
    assert await asyncio.wait_for(resolver.resolve("app.example", "any"), 2)
    assert len(server.asked) == 3
    resolver.close()


async def test_many_who_ask_the_same_share_one_lookup() -> None:
    server = NameServer()
    resolver = SystemResolver(lookup=server)
    answers = await asyncio.gather(*(resolver.resolve("app.example", "any") for _ in range(50)))
    assert len(server.asked) == 1
    answers[0].clear()
    assert answers[1] == ["192.0.2.1", "2001:db8::1"]
    resolver.close()


async def test_one_who_is_cancelled_takes_nothing_from_the_others() -> None:
    server = NameServer()
    resolver = SystemResolver(lookup=server)
    first, second = (asyncio.ensure_future(resolver.resolve("hang.example", "any")) for _ in range(2))
    await asyncio.sleep(0.02)
    first.cancel()
    server.let_go.set()
    assert await asyncio.wait_for(second, 2)
    resolver.close()


async def test_a_failure_is_remembered_for_a_moment_only() -> None:
    server = NameServer()
    resolver = SystemResolver(remember=0.1, lookup=server)
    for _ in range(5):
        with pytest.raises(socket.gaierror):
            await resolver.resolve("missing.example", "any")
    assert len(server.asked) == 1
    await asyncio.sleep(0.15)
    with pytest.raises(socket.gaierror):
        await resolver.resolve("missing.example", "any")
    assert len(server.asked) == 2
    resolver.close()


async def test_a_success_is_asked_for_every_time() -> None:
    server = NameServer()
    resolver = SystemResolver(lookup=server)
    for _ in range(3):
        await resolver.resolve("app.example", "any")
    assert len(server.asked) == 3
    resolver.close()


async def test_a_name_that_cannot_be_written_does_not_resolve() -> None:
    with pytest.raises(OSError, match="name"):
        await SystemResolver().resolve("a" * 70 + ".example", "any")


def test_a_lookup_that_hangs_does_not_hold_up_the_end_of_the_loop() -> None:
    server = NameServer()

    async def body() -> None:
        resolver = SystemResolver(lookup=server)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(resolver.resolve("hang.example", "any"), 0.05)
        resolver.close()

    started = time.monotonic()
    asyncio.run(body())
    assert time.monotonic() - started < 2
    server.let_go.set()


async def test_the_system_knows_this_machine() -> None:
    assert "127.0.0.1" in ask_system("localhost", socket.AF_INET)
