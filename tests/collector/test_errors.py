"""What the operating system says of a socket, as an outcome: the target failed, or we could not look."""

from __future__ import annotations

import errno
import socket

import pytest

from availability.outcome import Reason, Status
from collector.errors import from_os_error

SAID: dict[str, tuple[OSError, Status, Reason, str]] = {
    "refused": (OSError(errno.ECONNREFUSED, ""), Status.FAILED, Reason.REFUSED, "a: connection refused"),
    "reset": (OSError(errno.ECONNRESET, ""), Status.FAILED, Reason.RESET, "a: connection reset by peer"),
    "broken": (OSError(errno.EPIPE, ""), Status.FAILED, Reason.RESET, "a: broken pipe"),
    "no route": (OSError(errno.EHOSTUNREACH, ""), Status.FAILED, Reason.UNREACHABLE, "a: no route to host"),
    "no network": (OSError(errno.ENETUNREACH, ""), Status.FAILED, Reason.UNREACHABLE, "a: network is unreachable"),
    "the kernel gave up": (OSError(errno.ETIMEDOUT, ""), Status.FAILED, Reason.TIMEOUT, "a: connection timed out"),
    "closed, as the event loop says it": (
        ConnectionResetError(),
        Status.FAILED,
        Reason.CLOSED,
        "a closed the connection",
    ),
    "late, as the event loop says it": (TimeoutError(), Status.FAILED, Reason.TIMEOUT, "a: no answer in time"),
    "unknown name": (
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
        Status.FAILED,
        Reason.DNS_FAILURE,
        "a does not resolve",
    ),
    "a resolver without an answer": (
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        Status.FAILED,
        Reason.DNS_FAILURE,
        "a does not resolve: no name server gave an answer",
    ),
    "no descriptor": (OSError(errno.EMFILE, ""), Status.NONE, Reason.NO_DESCRIPTOR, "a: too many open files"),
    "no descriptor in the whole machine": (
        OSError(errno.ENFILE, ""),
        Status.NONE,
        Reason.NO_DESCRIPTOR,
        "a: too many open files in system",
    ),
    "not allowed": (OSError(errno.EPERM, ""), Status.NONE, Reason.NO_PERMISSION, "a: operation not permitted"),
    "no IPv6": (
        OSError(errno.EAFNOSUPPORT, ""),
        Status.NONE,
        Reason.NO_ADDRESS_FAMILY,
        "a: address family not supported by protocol",
    ),
    "not our address": (
        OSError(errno.EADDRNOTAVAIL, ""),
        Status.NONE,
        Reason.COULD_NOT_LOOK,
        "a: cannot assign requested address",
    ),
    "something else": (OSError(errno.EIO, ""), Status.NONE, Reason.COULD_NOT_LOOK, "a: input/output error"),
    "something without a number": (OSError("odd"), Status.NONE, Reason.COULD_NOT_LOOK, "a: odd"),
}


@pytest.mark.parametrize("case", SAID)
def test_the_operating_system_says(case: str) -> None:
    error, status, reason, detail = SAID[case]
    outcome = from_os_error(error, "a")
    assert (outcome.status, outcome.reason, outcome.detail) == (status, reason, detail)
