"""The objects of SNMP that may be written by name; every other one is written in numbers (RFC 2578, 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.problems import remedy

_LONGEST = 500
_MOST_NUMBERS = 128
_HIGHEST = 2**32 - 1

_SYSTEM = "1.3.6.1.2.1.1"
_IF_TABLE = "1.3.6.1.2.1.2.2.1"
_IF_X_TABLE = "1.3.6.1.2.1.31.1.1.1"
_HOST = "1.3.6.1.2.1.25"
_UPS = "1.3.6.1.2.1.33.1"
_UCD = "1.3.6.1.4.1.2021"


def _columns(table: str, names: Mapping[str, int]) -> dict[str, str]:
    return {name: f"{table}.{column}" for name, column in names.items()}


NAMES: Mapping[str, str] = {
    # SNMPv2-MIB (RFC 3418)
    **_columns(
        _SYSTEM,
        {"sysDescr": 1, "sysObjectID": 2, "sysUpTime": 3, "sysContact": 4, "sysName": 5, "sysLocation": 6},
    ),
    # SNMP-FRAMEWORK-MIB (RFC 3411)
    **_columns("1.3.6.1.6.3.10.2.1", {"snmpEngineID": 1, "snmpEngineBoots": 2, "snmpEngineTime": 3}),
    # IF-MIB (RFC 2863)
    "ifNumber": "1.3.6.1.2.1.2.1",
    **_columns(
        _IF_TABLE,
        {
            "ifDescr": 2, "ifType": 3, "ifMtu": 4, "ifSpeed": 5, "ifPhysAddress": 6, "ifAdminStatus": 7,
            "ifOperStatus": 8, "ifLastChange": 9, "ifInOctets": 10, "ifInUcastPkts": 11, "ifInDiscards": 13,
            "ifInErrors": 14, "ifOutOctets": 16, "ifOutUcastPkts": 17, "ifOutDiscards": 19, "ifOutErrors": 20,
        },
    ),
    **_columns(
        _IF_X_TABLE,
        {
            "ifName": 1, "ifHCInOctets": 6, "ifHCInUcastPkts": 7, "ifHCInMulticastPkts": 8, "ifHCInBroadcastPkts": 9,
            "ifHCOutOctets": 10, "ifHCOutUcastPkts": 11, "ifHCOutMulticastPkts": 12, "ifHCOutBroadcastPkts": 13,
            "ifHighSpeed": 15, "ifAlias": 18, "ifCounterDiscontinuityTime": 19,
        },
    ),
    # BGP4-MIB (RFC 4273), ENTITY-SENSOR-MIB (RFC 3433)
    "bgpPeerState": "1.3.6.1.2.1.15.3.1.2",
    **_columns("1.3.6.1.2.1.99.1.1.1", {"entPhySensorValue": 4, "entPhySensorOperStatus": 5}),
    # HOST-RESOURCES-MIB (RFC 2790)
    **_columns(f"{_HOST}.1", {"hrSystemUptime": 1, "hrSystemNumUsers": 5, "hrSystemProcesses": 6}),
    **_columns(f"{_HOST}.2.3.1", {"hrStorageDescr": 3, "hrStorageSize": 5, "hrStorageUsed": 6}),
    "hrProcessorLoad": f"{_HOST}.3.3.1.2",
    # UPS-MIB (RFC 1628)
    **_columns(
        f"{_UPS}.2",
        {
            "upsBatteryStatus": 1, "upsSecondsOnBattery": 2, "upsEstimatedMinutesRemaining": 3,
            "upsEstimatedChargeRemaining": 4, "upsBatteryTemperature": 7,
        },
    ),
    "upsOutputSource": f"{_UPS}.4.1",
    "upsOutputPercentLoad": f"{_UPS}.4.4.1.5",
    "upsAlarmsPresent": f"{_UPS}.6.1",
    # UCD-SNMP-MIB, of Net-SNMP
    **_columns(f"{_UCD}.4", {"memTotalSwap": 3, "memAvailSwap": 4, "memTotalReal": 5, "memAvailReal": 6}),
    **_columns(f"{_UCD}.9.1", {"dskPath": 2, "dskPercent": 9}),
    **_columns(f"{_UCD}.10.1", {"laLoad": 3, "laLoadInt": 5}),
    "ssCpuIdle": f"{_UCD}.11.11",
}  # fmt: skip
"""By name: the numbers of a scalar or of a column, without the index that stands behind them."""


def object_id(text: Any) -> str:
    """The numbers of an object written in numbers or as a known name with its index, such as sysUpTime.0.

    ValueError that says what would be right for anything else.
    """
    if not isinstance(text, str) or not text or len(text) > _LONGEST:
        raise ValueError("is no object identifier: write its numbers, such as 1.3.6.1.2.1.1.3.0, or sysUpTime.0")
    name, point, index = text.partition(".")
    if not name[:1].isalpha():
        return _numbers(text.removeprefix("."), text)
    if name not in NAMES:
        near = remedy(name, NAMES, "names")
        raise ValueError(f"names an object that is not known by its name: {near} Any other is written in numbers")
    if not point or not index:
        raise ValueError(f"names no instance: write the index behind it, such as {name}.0 or {name}.1")
    return _numbers(f"{NAMES[name]}.{index}", text)


def _numbers(text: str, written: str) -> str:
    """`text` in its one spelling: no number with a zero before it."""
    parts = text.split(".")
    if not all(part.isascii() and part.isdigit() and len(part) <= len(str(_HIGHEST)) for part in parts):
        raise ValueError("is no object identifier: write its numbers, such as 1.3.6.1.2.1.1.3.0, or sysUpTime.0")
    numbers = list(map(int, parts))
    if not 2 <= len(numbers) <= _MOST_NUMBERS or max(numbers) > _HIGHEST or numbers[0] > 2 or numbers[1] > 39:
        raise ValueError("is no object identifier: give 2 to 128 numbers, the first of them 1 and 3")
    return ".".join(map(str, numbers))
