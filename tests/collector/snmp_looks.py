"""How tests of the SNMP probe look: its options, its secrets, and the objects that their agent has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from availability.outcome import Outcome
from collector.context import Context, Pinger
from collector.look import look
from collector.probes import PROBES
from collector.probes.snmp import SnmpOptions
from config.settings import SecretRef
from tests.collector.agents import AUTH_KEY, BASE, COMMUNITY, PRIV_KEY
from tests.collector.looking import Names, read

UPTIME = "1.3.6.1.2.1.1.3.0"
COMMUNITY_REF, AUTH_REF, PRIV_REF, OTHER_REF = (SecretRef(env=name) for name in ("COMMUNITY", "AUTH", "PRIV", "OTHER"))
OBJECTS: Mapping[str, tuple[str, str]] = {
    f"{BASE}.1.0": ("integer", "7"),
    f"{BASE}.2.0": ("string", "Roermond"),
    f"{BASE}.3.0": ("string", "0.25"),
    f"{BASE}.4.0": ("octet", "00 1b 21 ff"),
    f"{BASE}.5.0": ("objectid", ".1.3.6.1.4"),
    f"{BASE}.6.0": ("counter64", "18446744073709551615"),
    f"{BASE}.7.0": ("ipaddress", "192.0.2.10"),
    f"{BASE}.8.0": ("integer", "-3"),
}


def set_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("COMMUNITY", COMMUNITY), ("AUTH", AUTH_KEY), ("PRIV", PRIV_KEY), ("OTHER", "Geheim9-fout")):
        monkeypatch.setenv(name, value)


def context(timeout: float = 5.0, check: str = "core-uptime") -> Context:
    return Context(timeout, cast("Pinger", None), Names({"core.example": ["127.0.0.1"]}), check=check)


def options(port: int, **values: Any) -> SnmpOptions:
    """With a community unless a user is given, and asking for sysUpTime unless something else is."""
    least: dict[str, Any] = {"host": "127.0.0.1", "port": str(port)}
    least |= {"version": "3"} if "user" in values else {"community": COMMUNITY_REF}
    least |= {} if {"oid", "oids", "interfaces"} & values.keys() else {"oid": "sysUpTime.0"}
    return read(SnmpOptions, least | values)


async def looked(asked: SnmpOptions, within: Context) -> Outcome:
    outcome = await look(PROBES["snmp"], asked, within)
    assert not within.bugs.counts, outcome.detail
    assert "Geheim" not in outcome.detail
    return outcome
