"""Latencies in little room: per quarter of an hour how many, their exact sum, and how they are spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil, log

from availability.ports import LatencySummary

HOUR_MS = 3_600_000
SLOTS_PER_HOUR = 4
SLOT_MS = HOUR_MS // SLOTS_PER_HOUR
"""Service hours begin and end at quarters of an hour, so that sums over slots are exact within them."""

_ERROR = 0.05
_GAMMA = (1 + _ERROR) / (1 - _ERROR)
_LOG_GAMMA = log(_GAMMA)
_LAST_BUCKET = 255
"""A bucket is a byte; the last one begins beyond a day."""

P95 = Fraction(95, 100)


class Sketch:
    """How many latencies, their sum in microseconds, and how many fell in each bucket.

    Bucket i holds what lies between the powers i-1 (not included) and i of 1.105 microseconds: its middle is
    at most 5% off from anything in it. Merging is addition, so order and grouping do not matter.
    """

    __slots__ = ("buckets", "count", "total_us")

    def __init__(self) -> None:
        self.count = 0
        self.total_us = 0
        self.buckets: dict[int, int] = {}

    def add(self, microseconds: int) -> None:
        """Count one latency."""
        bucket = ceil(log(microseconds) / _LOG_GAMMA) if microseconds > 1 else 0
        if bucket > _LAST_BUCKET:
            bucket = _LAST_BUCKET
        self.count += 1
        self.total_us += microseconds
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    def merge(self, other: Sketch) -> None:
        """Count all that `other` counted."""
        self.count += other.count
        self.total_us += other.total_us
        mine = self.buckets
        for bucket, count in other.buckets.items():
            mine[bucket] = mine.get(bucket, 0) + count

    def quantile_us(self, share: Fraction) -> float:
        """The latency that `share` of all do not exceed (nearest rank), at most 5% off."""
        rank = ceil(share * self.count)
        for bucket in sorted(self.buckets):
            rank -= self.buckets[bucket]
            if rank <= 0:
                return float(2 * _GAMMA**bucket / (_GAMMA + 1))
        raise ValueError("nothing was counted")

    def summary(self) -> LatencySummary:
        """In milliseconds."""
        if not self.count:
            return LatencySummary(0, None, None)
        return LatencySummary(self.count, self.total_us / self.count / 1000, self.quantile_us(P95) / 1000)


class Hour:
    """The sketches of one series in one hour, packed but for the quarter that is being added to."""

    __slots__ = ("_live", "_live_slot", "_packed")

    def __init__(self, blob: bytes = b"") -> None:
        self._packed = dict(quarters(blob))
        self._live_slot = -1
        self._live = Sketch()

    def add(self, instant: int, milliseconds: float) -> None:
        """Count the latency of an observation at `instant`, within this hour."""
        slot = instant % HOUR_MS // SLOT_MS
        if slot != self._live_slot:
            self._freeze()
            packed = self._packed.get(slot)
            self._live = unpack(packed) if packed else Sketch()
            self._live_slot = slot
        self._live.add(round(milliseconds * 1000))

    def pack(self) -> bytes:
        """The bytes of all quarters that hold anything."""
        self._freeze()
        return pack_hour(self._packed)

    def _freeze(self) -> None:
        if self._live.count:
            self._packed[self._live_slot] = pack(self._live)


def pack_hour(packed: Mapping[int, bytes]) -> bytes:
    """The bytes of an hour out of its quarters (0 to 3), each a packed sketch."""
    result = bytearray()
    for slot, content in sorted(packed.items()):
        _put(result, len(content) << 2 | slot)
        result += content
    return bytes(result)


def quarters(blob: bytes) -> Iterator[tuple[int, bytes]]:
    """The quarters (0 to 3) of a packed hour that hold anything, and the packed sketch of each."""
    position = 0
    while position < len(blob):
        head, position = _get(blob, position)
        end = position + (head >> 2)
        yield head & 3, blob[position:end]
        position = end


def pack(sketch: Sketch) -> bytes:
    """A sketch that counted anything, in few bytes: its sum, its lowest bucket, and a count for every bucket from
    there on; empty buckets are a zero and how many there are."""
    result = bytearray()
    _put(result, sketch.total_us)
    buckets = sorted(sketch.buckets)
    expected = buckets[0]
    result.append(expected)
    for bucket in buckets:
        if bucket != expected:
            result.append(0)
            _put(result, bucket - expected)
        _put(result, sketch.buckets[bucket])
        expected = bucket + 1
    return bytes(result)


def unpack(packed: bytes) -> Sketch:
    """The sketch that `pack` gave `packed` for."""
    sketch = Sketch()
    sketch.total_us, position = _get(packed, 0)
    bucket = packed[position]
    position += 1
    while position < len(packed):
        count, position = _get(packed, position)
        if not count:
            gap, position = _get(packed, position)
            bucket += gap
            continue
        sketch.buckets[bucket] = count
        sketch.count += count
        bucket += 1
    return sketch


def _put(result: bytearray, number: int) -> None:
    """Seven bits a byte, the low ones first; the high bit says that more follow."""
    while number > 0x7F:
        result.append(number & 0x7F | 0x80)
        number >>= 7
    result.append(number)


def _get(packed: bytes, position: int) -> tuple[int, int]:
    """The number at `position`, and the position behind it."""
    number = shift = 0
    while packed[position] > 0x7F:
        number |= (packed[position] & 0x7F) << shift
        shift += 7
        position += 1
    return number | packed[position] << shift, position + 1
