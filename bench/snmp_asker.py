"""The measured process of section `snmp`: asks agents for objects with our probe or with pysnmp, and counts its CPU.

It is told what to do in one line of JSON and answers in one.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, cast

from availability.outcome import Status
from bench.children import raise_descriptors

_AT_ONCE = 64
"""Requests under way: one snmpd stands for all agents, and its socket holds some two hundred that wait."""
_TIMEOUT = 5.0
USER, AUTH_KEY, PRIV_KEY, COMMUNITY = "meter", "zo-lang-als-nodig", "net-zo-lang-als-dat", "meten"


@dataclass(frozen=True, slots=True)
class Questions:
    """Who asks (`ours` or `pysnmp`), in which version, whom, for what, and how often after the first time."""

    who: str
    version: str
    port: int
    addresses: list[str]
    objects: list[str]
    rounds: int


@dataclass(frozen=True, slots=True)
class Answers:
    """Seconds until every agent had answered once; then CPU and clock seconds of all later requests together."""

    first: float
    cpu: float
    wall: float
    gets: int
    failures: int


Ask = Callable[[str], Awaitable[bool]]


def ours(questions: Questions) -> Ask:
    """The probe as the schedule runs it, from its options to its outcome."""
    from collector.context import Context, Pinger
    from collector.look import look
    from collector.probes import PROBES
    from collector.probes.snmp import SnmpObject, SnmpOptions
    from collector.resolver import SystemResolver
    from collector.snmp_sessions import SnmpSessions
    from config.settings import SecretRef

    os.environ.update(COMMUNITY=COMMUNITY, AUTH_KEY=AUTH_KEY, PRIV_KEY=PRIV_KEY)
    who: dict[str, Any] = {"community": SecretRef(env="COMMUNITY")}
    if questions.version == "3":
        keys = {"auth_key": SecretRef(env="AUTH_KEY"), "priv_key": SecretRef(env="PRIV_KEY")}
        who = {"version": "3", "user": USER, "auth": "sha256", "priv": "aes128", **keys}
    sessions, resolver, kind = SnmpSessions(), SystemResolver(), PROBES["snmp"]
    objects = tuple(SnmpObject(oid=name) for name in questions.objects)
    prepared = {
        address: (
            SnmpOptions(host=address, port=questions.port, oids=objects, **who),
            Context(_TIMEOUT, cast("Pinger", None), resolver, check=address, snmp=sessions),
        )
        for address in questions.addresses
    }

    async def ask(address: str) -> bool:
        options, context = prepared[address]
        return (await look(kind, options, context)).status is Status.OK

    return ask


def pysnmp(questions: Questions) -> Ask:
    """The same request by pysnmp, with everything that can be prepared kept, and without its MIBs."""
    from pysnmp.hlapi.v3arch import asyncio as api

    engine, context = api.SnmpEngine(), api.ContextData()
    who: Any = api.CommunityData(COMMUNITY, mpModel=1)
    if questions.version == "3":
        ways = {"authProtocol": api.USM_AUTH_HMAC192_SHA256, "privProtocol": api.USM_PRIV_CFB128_AES}
        who = api.UsmUserData(USER, AUTH_KEY, PRIV_KEY, **ways)
    objects = [api.ObjectType(api.ObjectIdentity(name)) for name in questions.objects]
    targets: dict[str, Any] = {}

    async def ask(address: str) -> bool:
        if address not in targets:
            place = (address, questions.port)
            targets[address] = await api.UdpTransportTarget.create(place, timeout=_TIMEOUT, retries=0)
        error, status, _, found = await api.get_cmd(engine, who, targets[address], context, *objects, lookupMib=False)
        return not error and not status and len(found) == len(questions.objects)

    return ask


async def measure(questions: Questions) -> Answers:
    """Every agent once, then all of them `rounds` times more."""
    ask = {"ours": ours, "pysnmp": pysnmp}[questions.who](questions)
    failures = 0

    async def worker(left: list[str]) -> None:
        nonlocal failures
        while left:
            failures += not await ask(left.pop())

    async def everyone() -> float:
        left, begun = list(questions.addresses), time.perf_counter()
        await asyncio.gather(*(worker(left) for _ in range(_AT_ONCE)))
        return time.perf_counter() - begun

    first = await everyone()
    gc.collect()
    gc.freeze()
    cpu, wall = time.process_time(), 0.0
    for _ in range(questions.rounds):
        wall += await everyone()
    gets = questions.rounds * len(questions.addresses)
    return Answers(first, time.process_time() - cpu, wall, gets, failures)


def main() -> None:
    """Answer one line of JSON."""
    from waakvlam.loop import run_in_loop

    raise_descriptors()
    questions = Questions(**json.loads(sys.stdin.readline()))
    sys.stdout.write(json.dumps(asdict(run_in_loop(measure(questions)))) + "\n")


if __name__ == "__main__":
    main()
