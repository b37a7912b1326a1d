"""A session with one SNMP agent: requests and answers over a socket of our own, and what goes wrong as an outcome.

Of the library the part that encodes, signs and encrypts is used, and not its sessions: those take no source address,
cannot tell a refusal from silence, and on Python 3.11 may lose a cancellation that comes together with an answer
(asyncio.wait_for), so that a look would not end.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from availability.outcome import Outcome, Reason, could_not_look, failed
from collector.errors import LookEnded, from_os_error
from collector.snmp_credentials import Credentials, MasterKeys, community, user

if TYPE_CHECKING:
    from gufo.snmp import User
    from gufo.snmp._fast import GetIter, SnmpV1ClientSocket, SnmpV2cClientSocket, SnmpV3ClientSocket

    _Session = SnmpV1ClientSocket | SnmpV2cClientSocket | SnmpV3ClientSocket

_T = TypeVar("_T")
Value = str | bytes | int | float | None
_Rows = list[tuple[str, Value] | None]
"""Objects in their order; None where the column ends."""

AT_ONCE = 12
"""Objects of one request, where each may be a text of 255 characters: the library reads answers up to 4,080 bytes."""
_ROWS_AT_ONCE = 10
_REFRESH_AFTER = 100.0
"""Seconds after which the agent is asked for its clock again; it accepts a request for 150 (RFC 3414, 2.2.3)."""
_IP_RECVERR, _IPV6_RECVERR = 11, 25
_ERROR = struct.Struct("@I")
_ANCILLARY_BYTES = 512
_NOWHERE = "127.0.0.1:9"
_ANYBODY = ("", 0, b"", 0, b"")
"""Nobody's name and no keys: whoever asks an agent what it calls itself needs none (RFC 3414, 4)."""


@dataclass(frozen=True, slots=True)
class Target:
    """An agent, from where it is asked, and by whom. `label` is what details call it."""

    address: str
    port: int
    source: str | None
    credentials: Credentials
    label: str = field(compare=False)


class Agent:
    """A session with one agent; one look uses it at a time.

    What goes wrong is raised as LookEnded, and the session is not used again. A datagram that answers another request
    is passed over by the library.
    """

    __slots__ = ("_descriptor", "_fresh", "_keys", "_refreshed", "_session", "_user", "sound", "target")

    def __init__(self, target: Target, keys: MasterKeys) -> None:
        self.target = target
        self.sound = True
        """Whether it may be used again."""
        self._keys = keys
        self._fresh = True
        self._refreshed = 0.0
        self._user: User | None = None
        self._open()

    async def get(self, objects: Sequence[str], at_once: int = AT_ONCE) -> dict[str, Value]:
        """The values of those `objects` that there are, by their numbers."""
        if len(objects) <= at_once:
            return await self._get(objects)
        found: dict[str, Value] = {}
        for start in range(0, len(objects), at_once):
            found |= await self._get(objects[start : start + at_once])
        return found

    async def walk(self, column: str, most: int) -> dict[str, Value]:
        """The values of a column by their index; LookEnded where there are more than `most`."""
        from gufo.snmp._fast import GetIter

        found: dict[str, Value] = {}
        bulk = self.target.credentials.version != "1"
        place = GetIter(column, _ROWS_AT_ONCE) if bulk else GetIter(column)
        while True:
            rows = await self._request(
                lambda session: session.send_get_bulk(place) if bulk else session.send_get_next(place),
                lambda session: _rows(session, place, bulk),
            )
            found |= {row[0][len(column) + 1 :]: row[1] for row in rows if row is not None}
            if not rows or None in rows:
                return found
            if len(found) > most:
                self.sound = False
                raise LookEnded(failed(Reason.TOO_LARGE, f"{self.target.label} has more than {most} ports"))

    async def _get(self, objects: Sequence[str]) -> dict[str, Value]:
        found = await self._ask(objects)
        if not found and len(objects) > 1:
            # Version 1 answers nothing at all where one is missing (RFC 1157, 4.1.2), and no version says what there is
            # where the answer would be too big: asked one by one, each tells.
            for name in objects:
                found |= await self._ask((name,))
        return found

    async def _ask(self, objects: Sequence[str]) -> dict[str, Value]:
        names = list(objects)
        return await self._request(
            lambda session: session.send_get_many(names), lambda session: session.recv_get_many()
        )

    async def _request(self, send: Callable[[_Session], None], receive: Callable[[_Session], _T]) -> _T:
        self.sound = False
        try:
            if self._user is not None:
                await self._prepare(self._user)
            answer = await self._exchange(send, receive)
        except BaseException as error:
            if self._fresh or not _refused(error):
                raise self._failure(error) from None
            # The agent began anew since, or its clock went away from ours: a new session learns both.
            self._open()
            return await self._request(send, receive)
        self._fresh = False
        self.sound = True
        return answer

    async def _prepare(self, who: User) -> None:
        """Learn what the agent calls itself and what its clock says (RFC 3414, 4), where that is not known or old."""
        since = time.monotonic() - self._refreshed if self._refreshed else None
        if since is not None and (since < _REFRESH_AFTER or not who.require_auth()):
            return
        if since is None:
            await self._exchange(_send_refresh, _receive_refresh)
            keys = who.get_auth_alg(), who.get_auth_key(), who.get_priv_alg(), who.get_priv_key()
            self._session.set_keys(who.name, *keys)  # type: ignore[union-attr]  # only version 3 has a user
        await self._exchange(_send_refresh, _receive_refresh)
        self._refreshed = time.monotonic()

    async def _exchange(self, send: Callable[[_Session], None], receive: Callable[[_Session], _T]) -> _T:
        loop = asyncio.get_running_loop()
        send(self._session)
        while True:
            readable = loop.create_future()
            loop.add_reader(self._descriptor, _settle, readable)
            try:
                await readable
            finally:
                loop.remove_reader(self._descriptor)
            try:
                return receive(self._session)
            except BlockingIOError:
                continue  # it was the answer to another request

    def _open(self) -> None:
        from gufo.snmp import _fast

        # Some answers make the library panic. Where the surroundings ask for backtraces it would look up the names of
        # all that was called, which holds up everything for 50 ms a datagram.
        os.environ["RUST_BACKTRACE"] = "0"
        credentials = self.target.credentials
        self._fresh = True
        self._refreshed = 0.0
        who = None
        if credentials.version == "3":
            self._user = user(credentials, self._keys)
        else:
            who = community(credentials)
        with _connected(self.target) as sock:
            try:
                self._session: _Session
                if who is None:
                    self._session = _fast.SnmpV3ClientSocket(_NOWHERE, b"", *_ANYBODY, 0, 0, 0, 0)
                elif credentials.version == "1":
                    self._session = _fast.SnmpV1ClientSocket(_NOWHERE, who, 0, 0, 0, 0)
                else:
                    self._session = _fast.SnmpV2cClientSocket(_NOWHERE, who, 0, 0, 0, 0)
            except OSError as error:
                raise LookEnded(from_os_error(error, self.target.label)) from None
            # Our socket takes the place of the library's, which has sent nothing.
            self._descriptor = self._session.get_fd()
            os.dup2(sock.fileno(), self._descriptor, inheritable=False)

    def _failure(self, error: BaseException) -> BaseException:
        """What to raise for what the library raised."""
        from gufo.snmp import SnmpError

        if _refused(error):
            return LookEnded(failed(Reason.WRONG_CREDENTIALS, _refusal(self.target)))
        if isinstance(error, OSError):
            # The library says "time-out" of every error of the network.
            told = _queued_error(self._descriptor) or error
            if told.errno is not None:
                return LookEnded(from_os_error(told, self.target.label))
            return LookEnded(_no_snmp(self.target))
        # Some answers make the library panic, which is no Exception; a RuntimeError is a value it could not convert.
        if isinstance(error, SnmpError | RuntimeError) or type(error).__name__ == "PanicException":
            return LookEnded(_no_snmp(self.target))
        return error


def _settle(readable: asyncio.Future[None]) -> None:
    if not readable.done():
        readable.set_result(None)


def _send_refresh(session: _Session) -> None:
    session.send_refresh()  # type: ignore[union-attr]  # only version 3 has a clock


def _receive_refresh(session: _Session) -> None:
    session.recv_refresh()  # type: ignore[union-attr]  # as above


def _rows(session: _Session, place: GetIter, bulk: bool) -> _Rows:
    from gufo.snmp import NoSuchInstance

    try:
        return session.recv_get_bulk(place) if bulk else [session.recv_get_next(place)]
    except (StopAsyncIteration, NoSuchInstance):
        return [None]


def _connected(target: Target) -> socket.socket:
    """A socket that only the agent's address and port get through to, and that is told of all the network's errors."""
    version6 = ":" in target.address
    try:
        sock = socket.socket(socket.AF_INET6 if version6 else socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    except OSError as error:
        raise LookEnded(from_os_error(error, target.label)) from None
    try:
        level, option = (socket.IPPROTO_IPV6, _IPV6_RECVERR) if version6 else (socket.IPPROTO_IP, _IP_RECVERR)
        sock.setsockopt(level, option, 1)
        if target.source:
            sock.bind((target.source, 0))
        sock.connect((target.address, target.port))
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise LookEnded(
                could_not_look(Reason.NO_ADDRESS_FAMILY, f"this machine has no address {target.source}")
            ) from None
        raise LookEnded(from_os_error(error, target.label)) from None
    return sock


def _queued_error(descriptor: int) -> OSError | None:
    """What the network said of the last datagram (the error queue of ip(7)); None where it said nothing."""
    with socket.socket(fileno=os.dup(descriptor)) as sock:
        try:
            _, ancillary, _, _ = sock.recvmsg(0, _ANCILLARY_BYTES, socket.MSG_ERRQUEUE)
        except OSError:
            return None
    number = next((_ERROR.unpack_from(data)[0] for _, _, data in ancillary if len(data) >= _ERROR.size), 0)
    return OSError(number, os.strerror(number)) if number else None


def _refused(error: BaseException) -> bool:
    from gufo.snmp import SnmpAuthError

    return isinstance(error, SnmpAuthError)


def _refusal(target: Target) -> str:
    if target.credentials.version == "3":
        return f"{target.label} refuses the user {target.credentials.user}, its keys, or how they are used"
    return f"{target.label} refuses access with this community"


def _no_snmp(target: Target) -> Outcome:
    return failed(Reason.BAD_RESPONSE, f"{target.label} does not answer in SNMP {target.credentials.version}")
