"""Keeps any number of echo requests in flight over one socket per version of IP, and gives each its own answer."""

from __future__ import annotations

import asyncio
import errno
import heapq
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial

from availability.outcome import Outcome, Reason, Status, could_not_look, failed
from collector.context import Cancel, Echo, Echoes
from collector.errors import from_os_error
from collector.icmp_socket import TOKEN_BYTES, EchoSocket, Refusal, Reply, canonical, is_ours

_BURST = 64
_GAP_NS = 1_000_000
"""At most `_BURST` requests leave per `_GAP_NS`: a sweep must fit the queues on its way, and ours on the way back."""
_READ_AT_ONCE = 256
_BUCKET_BITS = 23
"""Deadlines are kept to 2**23 ns, 8.4 ms: one look at the clock ends all that are due together."""
_EXPIRE_AT_ONCE = 256
_BETWEEN_PACKETS = 0.1
_REOPEN_AFTER = 10.0
"""Seconds after which a socket that was refused is asked for again: permission can be given while we run."""
_POOL = 4096
_FULL = frozenset((errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN))
_PERMIT = "sending ICMP is not permitted: run sysctl -w net.ipv4.ping_group_range='0 2147483647', or grant CAP_NET_RAW"


class _Flight:
    """One echo request, from the moment it is asked for to its answer; `done` is None once it has ended."""

    __slots__ = ("address", "bucket", "deadline", "done", "peer", "sent", "sequence", "source", "timeout_ns", "token")

    def __init__(self, address: str, timeout_ns: int, source: str | None, done: Callable[[Echo], None]) -> None:
        self.address = address
        self.peer = canonical(address)
        self.timeout_ns = timeout_ns
        self.source = source
        self.done: Callable[[Echo], None] | None = done
        self.deadline = 0
        self.sent = 0
        self.sequence = 0
        self.token = b""
        self.bucket = 0


class IcmpPinger:
    """The pinger of one event loop (see `collector.context.Pinger`); to be opened in it, and closed.

    A reply counts only if its token, its sequence and its sender are those of a request that still waits, so that
    a late reply is never another's. Round trips end where the kernel received the reply, however busy the event loop
    is (SO_TIMESTAMPNS), and are clamped to the monotonic clock, as that stamp is of the wall clock.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sockets: dict[int, EchoSocket] = {}
        self._refused: dict[int, tuple[float, Outcome]] = {}
        self._flights: dict[bytes, _Flight] = {}
        self._queue: deque[_Flight] = deque()
        self._pump: asyncio.TimerHandle | None = None
        self._window = 0
        self._room = _BURST
        self._buckets: dict[int, dict[bytes, _Flight]] = {}
        self._order: list[int] = []
        self._sweeper: asyncio.TimerHandle | None = None
        self._sweep_at = 0
        self._pool = b""
        self._used = 0
        self._sequence = int.from_bytes(os.urandom(2), "big")
        self.strays = 0
        """Replies that nobody waited for: late, repeated, or meant for another program."""

    def open(self) -> Mapping[int, Outcome]:
        """Belong to the running event loop from now on. What comes back says, per version of IP, why it has no socket;
        requests over it have that outcome, and a socket is asked for again from time to time."""
        self._loop = asyncio.get_running_loop()
        for version in (4, 6):
            self._open_socket(version)
        return {version: outcome for version, (_, outcome) in self._refused.items()}

    def close(self) -> None:
        """Give the sockets back; whoever still waits gets no answer."""
        for handle in (self._pump, self._sweeper):
            if handle is not None:
                handle.cancel()
        self._pump = self._sweeper = None
        for flight in (*self._flights.values(), *self._queue):
            flight.done = None
        for state in (self._flights, self._queue, self._buckets, self._order):
            state.clear()
        for sock in self._sockets.values():
            self._running().remove_reader(sock.fileno())
            sock.close()
        self._sockets.clear()

    @property
    def in_flight(self) -> int:
        """Requests sent or queued that have no answer yet."""
        return len(self._flights) + len(self._queue)

    async def ping(
        self, address: str, packets: int, timeout: float, source: str | None, spacing: float | None = None
    ) -> Echoes | Outcome:
        """`packets` requests, `spacing` (a tenth of a second) apart or less, so that the last still has half of
        `timeout`.

        Where none was answered and a router said why, that is the Outcome.
        """
        loop = self._running()
        ends = time.monotonic() + timeout
        gap = min(spacing or _BETWEEN_PACKETS, timeout / 2 / packets)
        answers: list[Echo] = [None] * packets
        finished: asyncio.Future[None] = loop.create_future()
        cancels: list[Cancel] = []
        left = packets

        def answered(number: int, echo: Echo) -> None:
            nonlocal left
            answers[number] = echo
            left -= 1
            if not finished.done() and (left == 0 or (isinstance(echo, Outcome) and echo.status is Status.NONE)):
                finished.set_result(None)

        try:
            for number in range(packets):
                if number:
                    await asyncio.sleep(gap)
                if finished.done():
                    break
                cancels.append(self.begin(address, ends - time.monotonic(), source, partial(answered, number)))
            await finished
        finally:
            for cancel in cancels:
                cancel()
        outcomes = [answer for answer in answers if isinstance(answer, Outcome)]
        trips = tuple(answer if isinstance(answer, float) else None for answer in answers)
        if outcomes and not any(trip is not None for trip in trips):
            return next((outcome for outcome in outcomes if outcome.status is Status.NONE), outcomes[0])
        return Echoes(trips)

    def begin(self, address: str, timeout: float, source: str | None, done: Callable[[Echo], None]) -> Cancel:
        """One request (see `collector.context.Pinger.begin`)."""
        flight = _Flight(address, max(0, int(timeout * 1e9)), source, done)
        now = time.monotonic_ns()
        flight.deadline = now + flight.timeout_ns
        if now - self._window >= _GAP_NS:
            self._window = now
            self._room = _BURST
        if self._queue or not self._room:
            self._queue.append(flight)
            self._pump_later()
        else:
            self._room -= 1
            self._send(flight)
        return partial(self._end, flight)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("the pinger is not open")
        return self._loop

    def _open_socket(self, version: int) -> EchoSocket | None:
        refused = self._refused.get(version)
        if refused is not None and time.monotonic() - refused[0] < _REOPEN_AFTER:
            return None
        try:
            sock = EchoSocket(version)
        except OSError as error:
            outcome = from_os_error(error, f"ICMP over IPv{version}")
            if outcome.reason is Reason.NO_PERMISSION:
                outcome = could_not_look(Reason.NO_PERMISSION, _PERMIT)
            self._refused[version] = time.monotonic(), outcome
            return None
        self._refused.pop(version, None)
        self._sockets[version] = sock
        self._running().add_reader(sock.fileno(), self._readable, sock)
        return sock

    def _pump_later(self) -> None:
        if self._pump is None:
            self._pump = self._running().call_later(_GAP_NS / 1e9, self._pump_queue)

    def _pump_queue(self) -> None:
        self._pump = None
        self._window = time.monotonic_ns()
        self._room = _BURST
        queue = self._queue
        while queue and self._room:
            flight = queue.popleft()
            if flight.done is not None:
                self._room -= 1
                self._send(flight)
        if queue:
            self._pump_later()

    def _send(self, flight: _Flight) -> None:
        """Send now; where that fails the answer comes later, as `begin` promises."""
        version = 6 if ":" in flight.address else 4
        sock = self._sockets.get(version) or self._open_socket(version)
        if sock is None:
            self._running().call_soon(self._answer, flight, self._refused[version][1])
            return
        if self._used == len(self._pool):
            self._pool = os.urandom(_POOL)
            self._used = 0
        flight.token = token = self._pool[self._used : self._used + TOKEN_BYTES]
        self._used += TOKEN_BYTES
        flight.sequence = self._sequence = (self._sequence + 1) & 0xFFFF
        flight.sent = time.monotonic_ns()
        try:
            sock.send(flight.address, flight.sequence, token, flight.source)
        except OSError as error:
            self._not_sent(flight, sock, error)
            return
        flight.deadline = deadline = flight.sent + flight.timeout_ns
        self._flights[token] = flight
        flight.bucket = number = (deadline >> _BUCKET_BITS) + 1
        bucket = self._buckets.get(number)
        if bucket is None:
            self._buckets[number] = {token: flight}
            heapq.heappush(self._order, number)
            if self._sweeper is None or number < self._sweep_at:
                self._sweep_later(number)
        else:
            bucket[token] = flight

    def _not_sent(self, flight: _Flight, sock: EchoSocket, error: OSError) -> None:
        if error.errno in _FULL and time.monotonic_ns() < flight.deadline:
            # The queue of a network card is full: what waits there leaves within milliseconds.
            self._room = 0
            self._queue.appendleft(flight)
            self._pump_later()
            return
        refusals = sock.receive_errors(_READ_AT_ONCE)
        if refusals:
            # On a datagram socket the error may be another request's, told to whoever calls next.
            self._refuse(refusals)
            if self._queue or not self._room:
                self._queue.append(flight)
                self._pump_later()
                return
            self._room -= 1
            self._send(flight)
            return
        outcome = from_os_error(error, flight.address)
        if flight.source and not is_ours(flight.source):
            outcome = could_not_look(Reason.NO_ADDRESS_FAMILY, f"this machine has no address {flight.source}")
        elif error.errno == errno.EADDRNOTAVAIL:
            outcome = could_not_look(Reason.NO_ADDRESS_FAMILY, f"{flight.address}: no address to send from")
        self._running().call_soon(self._answer, flight, outcome)

    def _readable(self, sock: EchoSocket) -> None:
        try:
            replies, refusals = sock.receive(_READ_AT_ONCE)
        except OSError:
            self._lose(sock)
            return
        if replies:
            now = time.monotonic_ns()
            ahead = time.time_ns() - now
            for reply in replies:
                self._match(reply, now, ahead)
        if not sock.raw:
            refusals += sock.receive_errors(_READ_AT_ONCE)
        if refusals:
            self._refuse(refusals)

    def _match(self, reply: Reply, now: int, ahead: int) -> None:
        """`ahead` is how far the wall clock is ahead of the monotonic one, in nanoseconds."""
        flight = self._flights.get(reply.token)
        if flight is None or flight.sequence != reply.sequence or flight.peer != reply.source:
            self.strays += 1
            return
        longest = now - flight.sent
        trip = longest if reply.stamp_ns is None else min(max(reply.stamp_ns - ahead - flight.sent, 0), longest)
        self._answer(flight, trip / 1e6)

    def _refuse(self, refusals: list[Refusal]) -> None:
        for refusal in refusals:
            flight = self._flights.get(refusal.token) if refusal.token else self._find(refusal)
            if flight is None or flight.sequence != refusal.sequence or flight.peer != refusal.destination:
                self.strays += 1
            else:
                self._answer(flight, failed(Reason.UNREACHABLE, f"{flight.address}: {refusal.why}"))

    def _find(self, refusal: Refusal) -> _Flight | None:
        """Old routers quote eight bytes only (RFC 792), without the token; identifier, sequence and address remain."""
        for flight in self._flights.values():
            if flight.sequence == refusal.sequence and flight.peer == refusal.destination:
                return flight
        return None

    def _lose(self, sock: EchoSocket) -> None:
        """A socket that fails as a whole (its interface namespace is gone) is opened anew by the next request."""
        self._running().remove_reader(sock.fileno())
        sock.close()
        self._sockets.pop(sock.version, None)

    def _end(self, flight: _Flight) -> Callable[[Echo], None] | None:
        """Take a request out of everything; what it would have called, None where it had ended already."""
        done, flight.done = flight.done, None
        if done is not None and self._flights.pop(flight.token, None) is not None:
            bucket = self._buckets.get(flight.bucket)
            if bucket is not None:
                bucket.pop(flight.token, None)
        return done

    def _answer(self, flight: _Flight, echo: Echo) -> None:
        done = self._end(flight)
        if done is None:
            return
        try:
            done(echo)
        except Exception as error:
            # A mistake of one asker must not cost the others their answers.
            self._running().call_exception_handler({"message": "an echo's callback failed", "exception": error})

    def _sweep_later(self, number: int) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._sweep_at = number
        delay = ((number << _BUCKET_BITS) - time.monotonic_ns()) / 1e9
        self._sweeper = self._running().call_later(max(0.0, delay) + 0.001, self._sweep)

    def _sweep(self) -> None:
        """End what got no answer in time, and go on to the first bucket in which somebody still waits."""
        self._sweeper = None
        current = time.monotonic_ns() >> _BUCKET_BITS
        expired = 0
        while self._order:
            number = self._order[0]
            bucket = self._buckets[number]
            if bucket and (number > current or expired >= _EXPIRE_AT_ONCE):
                self._sweep_later(number)
                return
            for flight in list(bucket.values())[:_EXPIRE_AT_ONCE]:
                expired += 1
                self._answer(flight, None)
            if not bucket:
                heapq.heappop(self._order)
                del self._buckets[number]
