"""Network namespaces of a test's own, where hosts can be silent and routers can refuse without touching the machine."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import socket
import struct
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

_Result = TypeVar("_Result")
_CLONE_NEWNET = 0x40000000

ANYBODY_MAY_PING = "0 2147483647"
NOBODY_MAY_PING = "1 0"


def in_namespace(
    body: Callable[[], Awaitable[_Result]],
    *,
    commands: tuple[str, ...] = (),
    ping_group_range: str = NOBODY_MAY_PING,
    silent_loopback: bool = False,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
) -> _Result:
    """What `body` gives in an event loop of its own, in a thread that alone sits in a new network namespace.

    It has a loopback, which answers no echo where `silent_loopback`; `commands` are run in it first.
    """
    result: list[_Result] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.unshare(_CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "unshare")
            run("ip link set lo up")
            _set("net/ipv4/ping_group_range", ping_group_range)
            if silent_loopback:
                _set("net/ipv4/icmp_echo_ignore_all", "1")
                _set("net/ipv6/icmp/echo_ignore_all", "1")
            for command in commands:
                run(command)
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                result.append(runner.run(_awaited(body)))
        except BaseException as error:  # the test's own thread raises it again
            errors.append(error)

    thread = threading.Thread(target=work, name="namespace")
    thread.start()
    thread.join()
    if errors and isinstance(errors[0], PermissionError) and "CI" not in os.environ:
        pytest.skip(f"a network namespace needs root: {errors[0]}")
    if errors:
        raise errors[0]
    return result[0]


async def _awaited(body: Callable[[], Awaitable[_Result]]) -> _Result:
    return await body()


def run(command: str) -> None:
    subprocess.run(command.split(), check=True, capture_output=True)


def _set(name: str, value: str) -> None:
    # /proc/sys/net is that of the thread that opens it.
    Path("/proc/sys", name).write_text(value)


@contextlib.contextmanager
def router(refused: str) -> Iterator[None]:
    """A router next door (10.9.0.2, where we are 10.9.0.1) that says of `refused` that its hosts are unreachable."""
    with subprocess.Popen(["unshare", "-n", "sleep", "60"]) as process:
        try:
            while Path(f"/proc/{process.pid}/ns/net").readlink() == Path("/proc/thread-self/ns/net").readlink():
                pass
            within = f"nsenter -t {process.pid} -n"
            run("ip link add near type veth peer name far")
            run(f"ip link set far netns {process.pid}")
            run("ip addr add 10.9.0.1/24 dev near")
            run("ip link set near up")
            run(f"ip route add {refused} via 10.9.0.2")
            run(f"{within} ip addr add 10.9.0.2/24 dev far")
            run(f"{within} ip link set far up")
            run(f"{within} sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0")
            run(f"{within} ip route add unreachable {refused}")
            yield
        finally:
            process.terminate()


class Host:
    """A host played by the test on a loopback that is silent: it sees each echo request and answers as it is told."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self._socket.setblocking(False)

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    async def request(self) -> tuple[bytes, str]:
        """The next echo request (from its ICMP header on) and the address it was sent to."""
        while True:
            packet = await asyncio.get_running_loop().sock_recv(self._socket, 2048)
            if packet[20] == 8:
                return packet[20:], socket.inet_ntoa(packet[16:20])

    def say(self, message: bytes, source: str, target: str = "127.0.0.1") -> None:
        """Send an ICMP message, its checksum filled in, from `source`."""
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
            sock.bind((source, 0))
            sock.sendto(summed(message), (target, 0))


def reply_to(request: bytes, *, token: bytes | None = None, sequence: int | None = None) -> bytes:
    """The reply to an echo request, with another token or sequence where one is given."""
    number = request[6:8] if sequence is None else struct.pack(">H", sequence)
    return bytes(4) + request[4:6] + number + request[8:16] + (request[16:] if token is None else token)


def unreachable(request: bytes, target: str, quoted: int) -> bytes:
    """A router's word that `target` cannot be reached, quoting `quoted` bytes after the IP header (RFC 792)."""
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(request), 0, 0, 1, 1, 0, bytes(4), socket.inet_aton(target))
    return bytes([3, 1]) + bytes(6) + header + request[:quoted]


def summed(message: bytes) -> bytes:
    """`message` with its ICMP checksum (RFC 1071)."""
    plain = message[:2] + bytes(2) + message[4:]
    total = sum(struct.unpack(f">{len(plain) // 2}H", plain))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return plain[:2] + struct.pack(">H", ~total & 0xFFFF) + plain[4:]
