"""Receives traps of SNMP (RFC 3416, 4.2.6): a link that goes down or comes up brings looks at its device forward.

A trap is a datagram that anybody can send in anybody's name. It never decides a state: all it does is that a check
looks sooner, at most once a second for a device.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from collector.traps_secured import Refused, TrapUsers
from config.settings import CheckSpec, Traps

_log = logging.getLogger(__name__)

LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
LINK_UP = "1.3.6.1.6.3.1.1.5.4"
"""What a notification is about (RFC 2863, 6)."""
_TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"
_GENERIC = {2: LINK_DOWN, 3: LINK_UP}
"""The same in version 1 (RFC 1157, 4.1.6)."""
_SECURED = 3
"""What a message of version 3 says of its version (RFC 3412, 6)."""
_LARGEST = 8192
OUTCOMES = ("used", "other", "stranger", "refused", "unreadable", "flood")
_BURST = 100
_PER_SECOND = 50
"""Traps that are read: to read one takes half a millisecond, and probing must not suffer."""
_APART_MS = 1000
"""Between two looks at a device that traps bring forward."""
_TELL_EVERY_S = 60.0
_MOST_BINDINGS = 8
"""Among the first of which the notification says what it is about: it is the second (RFC 3416, 4.2.6)."""

Forward = Callable[[str, int], object]
"""Brings the next look of a check forward to an instant (epoch milliseconds), if it would come later."""


class Forwarding:
    """Which checks look at which device, and when a trap of it has them look."""

    def __init__(self, forward: Forward, now_ms: Callable[[], int]) -> None:
        self._forward = forward
        self._now_ms = now_ms
        self._checks: Mapping[str, Sequence[str]] = {}
        self._named: Mapping[str, Sequence[str]] = {}
        self._found: dict[tuple[str, str], tuple[str, ...]] = {}
        self._names: dict[str, set[str]] = {}
        self._next: dict[str, int] = {}

    def watch(self, checks: Iterable[CheckSpec]) -> None:
        """From now on these are the checks."""
        by_address: dict[str, list[str]] = {}
        by_name: dict[str, list[str]] = {}
        for spec in checks:
            host = str(getattr(spec.options, "host", None) or getattr(spec.options, "server", ""))
            if address := canonical(host):
                by_address.setdefault(address, []).append(spec.id)
            elif host:
                by_name.setdefault(host, []).append(spec.id)
        self._checks, self._named = by_address, by_name
        for name, version in [key for key in self._found if key[0] not in by_name]:
            self._forget(name, version)
        self._next = {address: at for address, at in self._next.items() if self.knows(address)}

    def resolved(self, name: str, version: str, addresses: Iterable[str]) -> None:
        """A look found these addresses of its host; a trap from one of them is one of that device until others are."""
        if name not in self._named:
            return
        found = tuple(canonical(address) for address in addresses)
        if found == self._found.get((name, version)):
            return
        self._forget(name, version)
        self._found[name, version] = found
        for address in found:
            self._names.setdefault(address, set()).add(name)

    def _forget(self, name: str, version: str) -> None:
        for address in self._found.pop((name, version), ()):
            others = (found for (other, _), found in self._found.items() if other == name)
            if any(address in found for found in others):
                continue  # it is an address of the name in the other version of IP as well
            names = self._names[address]
            names.discard(name)
            if not names:
                del self._names[address]

    def knows(self, address: str) -> bool:
        """Whether a check looks at the address."""
        return address in self._checks or address in self._names

    def trapped(self, address: str) -> None:
        """A link of the device went down or came up: its checks look now, or a second after they did so last."""
        now = self._now_ms()
        last = self._next.get(address)
        if last is not None and last > now:
            return  # a look that will see this too is on its way
        at = now if last is None else max(now, last + _APART_MS)
        self._next[address] = at
        for check in self._checks.get(address, ()):
            self._forward(check, at)
        for name in self._names.get(address, ()):
            for check in self._named.get(name, ()):
                self._forward(check, at)


class TrapReceiver(asyncio.DatagramProtocol):
    """Listens for traps of versions 1 and 2c with the right community, informs among them, and for those of version 3
    of the right users, from devices that are watched.

    `counts` says what came of them: `used`, `other` (about something else), `stranger` (from an address that no check
    looks at), `refused` (another community or user), `unreadable`, `flood` (more than are read in a second).
    """

    def __init__(self, wanted: Traps, forwarding: Forwarding) -> None:
        from pysnmp.proto.api import v1, v2c

        self._versions: Mapping[int, Any] = {0: v1, 1: v2c}
        self.listen = wanted.listen
        self._community = wanted.community
        self._users = TrapUsers(wanted.users)
        self._forwarding = forwarding
        self._transport: asyncio.DatagramTransport | None = None
        self._room = float(_BURST)
        self._filled = time.monotonic()
        self.counts: Counter[str] = Counter()
        self.address: tuple[str, int] | None = None
        """Where it listens, while it does."""

    async def run(self) -> None:
        """Listen until cancelled; OSError where that is not possible."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=self.listen)
        self.address = transport.get_extra_info("sockname")[:2]
        _log.info("listening for SNMP traps on %s port %d", *self.address)
        told: Counter[str] = Counter()
        try:
            while True:
                await asyncio.sleep(_TELL_EVERY_S)
                told = self._tell(told)
        finally:
            self.address = None
            transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        address = canonical(str(addr[0]))
        what = self._received(data, address, addr)
        self.counts[what] += 1
        if what == "used":
            self._forwarding.trapped(address)

    def _received(self, data: bytes, address: str, sender: tuple[Any, ...]) -> str:
        """What came of a datagram. What costs nothing is looked at first."""
        if not self._forwarding.knows(address):
            return "stranger"
        if not self._has_room():
            return "flood"
        if len(data) > _LARGEST:
            return "unreadable"
        try:
            return self._read(data, sender)
        except LookupError as error:
            if not self.counts["refused"]:
                _log.error("traps: %s", error)
            return "refused"
        except Refused:
            return "refused"
        except Exception:  # whatever a stranger's bytes make the decoder raise is the stranger's mistake
            return "unreadable"

    def _has_room(self) -> bool:
        now = time.monotonic()
        self._room = min(float(_BURST), self._room + (now - self._filled) * _PER_SECOND)
        self._filled = now
        if self._room < 1:
            return False
        self._room -= 1
        return True

    def _read(self, data: bytes, sender: tuple[Any, ...]) -> str:
        from pyasn1.codec.ber import decoder, encoder
        from pysnmp.proto.api import decodeMessageVersion, v2c

        version = int(decodeMessageVersion(data))
        if version == _SECURED and self._users.users:
            return _about(v2c, self._users.pdu(data))
        if version not in self._versions:
            return "unreadable"
        api = self._versions[version]
        message, rest = decoder.decode(data, asn1Spec=api.Message())
        if rest:
            return "unreadable"
        given = bytes(api.apiMessage.get_community(message))
        if self._community is None or not hmac.compare_digest(given, self._community.reveal().encode()):
            return "refused"
        pdu = api.apiMessage.get_pdu(message)
        if version == 0:
            is_trap = pdu.tagSet == api.TrapPDU.tagSet
            return "used" if is_trap and int(api.apiTrapPDU.get_generic_trap(pdu)) in _GENERIC else "other"
        if pdu.tagSet == api.InformRequestPDU.tagSet and self._transport is not None:
            # Who informs sends again until it is answered with what it said (RFC 3416, 4.2.7).
            response = api.apiMessage.get_response(message)
            api.apiPDU.set_varbinds(api.apiMessage.get_pdu(response), api.apiPDU.get_varbinds(pdu))
            self._transport.sendto(encoder.encode(response), sender)
        return _about(api, pdu)

    def _tell(self, told: Counter[str]) -> Counter[str]:
        """Say what of the last minute an operator should know; what was said before is `told`."""
        for what, why in (
            ("refused", "of another community or user"),
            ("unreadable", "that are no trap of a version that is received"),
            ("flood", "beyond what is read in a second"),
        ):
            if number := self.counts[what] - told[what]:
                _log.warning("traps: %d %s were passed over", number, why)
        return self.counts.copy()


def _about(api: Any, pdu: Any) -> str:
    """Whether a PDU of version 2 or 3 notifies of a link: `used` or `other`."""
    if pdu.tagSet not in (api.SNMPv2TrapPDU.tagSet, api.InformRequestPDU.tagSet):
        return "other"
    told = {str(name): str(value) for name, value in api.apiPDU.get_varbinds(pdu)[:_MOST_BINDINGS]}
    return "used" if told.get(_TRAP_OID) in _GENERIC.values() else "other"


def canonical(text: str) -> str:
    """An address in its one spelling, an IPv4 address as such also where it comes over IPv6; empty for what is none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
