"""Tells the service manager how the collector does: the protocol of sd_notify(3), a datagram to a Unix socket."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import MutableMapping

_log = logging.getLogger(__name__)


class Notifier:
    """Sends notices to the socket at `address`; without one, to nobody.

    `watchdog_s` is how many seconds the service manager waits for the next sign of life; None where it waits for none.
    A notice that cannot be sent is logged once: nothing else depends on it.
    """

    def __init__(self, address: str, watchdog_s: float | None = None) -> None:
        self.watchdog_s = watchdog_s if address else None
        self._socket: socket.socket | None = None
        # A name that begins with @ is one of the abstract namespace, which begins with a zero byte there.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._complained = False
        if address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str]) -> Notifier:
        """As systemd gives it in NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which no child gets to see."""
        address = environment.pop("NOTIFY_SOCKET", "")
        microseconds = environment.pop("WATCHDOG_USEC", "")
        process = environment.pop("WATCHDOG_PID", "")
        if not address.startswith(("/", "@")) or len(address) < len("/x"):
            address = ""
        if not (microseconds.isascii() and microseconds.isdigit() and int(microseconds)):
            return cls(address)
        if process and process != str(os.getpid()):
            return cls(address)
        return cls(address, int(microseconds) / 1e6)

    def ready(self, status: str) -> None:
        """That it began, or goes on after reading its configuration again; `status` is for people."""
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """That it reads its configuration again; `ready` must follow."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """That it ends."""
        self._send("STOPPING=1", "STATUS=storing what was observed last")

    def alive(self) -> None:
        """A sign of life."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """A word for people who ask how the service does."""
        self._send(f"STATUS={text}")

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, *lines: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            if not self._complained:
                self._complained = True
                _log.warning("the service manager cannot be told anything: %s", error.strerror or error)
