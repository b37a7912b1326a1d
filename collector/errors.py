"""Turns what the operating system said of a socket into an Outcome in the closed vocabulary."""

from __future__ import annotations

import errno
import os
import socket

from availability.outcome import Outcome, Reason, could_not_look, failed

_FAILED: dict[int, Reason] = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.ECONNRESET: Reason.RESET,
    errno.ECONNABORTED: Reason.RESET,
    errno.EPIPE: Reason.RESET,
    errno.ETIMEDOUT: Reason.TIMEOUT,
    errno.EHOSTUNREACH: Reason.UNREACHABLE,
    errno.ENETUNREACH: Reason.UNREACHABLE,
    errno.EHOSTDOWN: Reason.UNREACHABLE,
    errno.ENETDOWN: Reason.UNREACHABLE,
}
"""What the network or the target did: the target was looked at."""

_UNSEEN: dict[int, Reason] = {
    errno.EMFILE: Reason.NO_DESCRIPTOR,
    errno.ENFILE: Reason.NO_DESCRIPTOR,
    errno.EACCES: Reason.NO_PERMISSION,
    errno.EPERM: Reason.NO_PERMISSION,
    errno.EAFNOSUPPORT: Reason.NO_ADDRESS_FAMILY,
    errno.EADDRNOTAVAIL: Reason.COULD_NOT_LOOK,
    errno.EADDRINUSE: Reason.COULD_NOT_LOOK,
    errno.ENOBUFS: Reason.COULD_NOT_LOOK,
    errno.ENOMEM: Reason.COULD_NOT_LOOK,
}
"""What this machine lacks: it says nothing about the target."""

_UNRESOLVED = {
    socket.EAI_NONAME: "does not resolve",
    socket.EAI_AGAIN: "does not resolve: no name server gave an answer",
    socket.EAI_FAIL: "does not resolve: the name server failed",
}


def from_os_error(error: OSError, target: str, latency_ms: float | None = None) -> Outcome:
    """The Outcome that `error` stands for; `target` (a host, or host and port) opens the detail.

    Never raises. A connection error without a number is the event loop's own, raised when the other side closed the
    connection in an orderly way where bytes were still due: that is CLOSED, not RESET.
    """
    if isinstance(error, socket.gaierror):
        why = _UNRESOLVED.get(error.errno or 0, f"does not resolve: {error.strerror}")
        return failed(Reason.DNS_FAILURE, f"{target} {why}", latency_ms)
    if error.errno is None:
        if isinstance(error, TimeoutError):
            return failed(Reason.TIMEOUT, f"{target}: no answer in time", latency_ms)
        if isinstance(error, ConnectionError):
            return failed(Reason.CLOSED, f"{target} closed the connection", latency_ms)
        return could_not_look(Reason.COULD_NOT_LOOK, f"{target}: {error}")
    said = os.strerror(error.errno).lower()
    if reason := _FAILED.get(error.errno):
        return failed(reason, f"{target}: {said}", latency_ms)
    return could_not_look(_UNSEEN.get(error.errno, Reason.COULD_NOT_LOOK), f"{target}: {said}")


class LookEnded(Exception):
    """Carries an Outcome from the depth of a probe to its end; it never leaves the probe."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome
