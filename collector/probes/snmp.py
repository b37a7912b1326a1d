"""Asks an SNMP agent for the values of objects (RFC 3416) and for its ports, and judges them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator

from availability.outcome import Outcome, ok
from collector.conditions import Conditions, Limit
from collector.context import Context
from collector.errors import LookEnded, from_os_error
from collector.snmp_agent import Agent, Target
from collector.snmp_credentials import (
    DEFAULT_AUTH,
    DEFAULT_PRIV,
    Auth,
    Credentials,
    KeyExpansion,
    Priv,
    Version,
)
from collector.snmp_interfaces import SnmpInterfaces, look_at_ports
from collector.snmp_names import object_id
from collector.snmp_objects import Judged, look_at_objects, wanted
from collector.snmp_sessions import Memory
from collector.streams import Endpoint, IpVersion, Stopwatch, ip_version_for
from config.types import Address, Duration, Flag, Host, Port, Secret, Text

_MOST_OBJECTS = 64
_LONGEST_USER = 32


def _help(text: str) -> dict[str, Any]:
    return {"help": text}


def _object(text: Any) -> str:
    object_id(text)
    return str(text)


def _objects(value: tuple[SnmpObject, ...]) -> tuple[SnmpObject, ...]:
    if len(value) > _MOST_OBJECTS:
        raise ValueError(f"has more than {_MOST_OBJECTS} objects: spread them over several checks")
    return value


ObjectName = Annotated[Text, BeforeValidator(_object)]
"""An object as it was written: in numbers, or by a known name with its index."""


def _conditions_of(options: SnmpObject | SnmpOptions) -> Conditions:
    return Conditions(options.equals, options.one_of, options.below, options.above)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpObject:
    """One object of several, and what its value must be; without a condition it must be there."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    oid: ObjectName = field(metadata=_help("The object to read, in numbers or by a known name with its index."))
    equals: Text | None = field(default=None, metadata=_help("The value must be this."))
    one_of: tuple[Text, ...] = field(default=(), metadata=_help("The value must be one of these."))
    below: Limit | None = field(default=None, metadata=_help("The value must be a number below this."))
    above: Limit | None = field(default=None, metadata=_help("The value must be a number above this."))
    increases: Flag = field(default=False, metadata=_help("The value must be a number that grows between two looks."))


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpOptions:
    """Which agent to ask, as whom, and what its objects and ports must be (RFC 3416, RFC 3414, RFC 2863)."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    host: Host = field(metadata=_help("The host to ask: a name or an address."))
    port: Port = field(default=161, metadata=_help("The UDP port of the agent."))
    oid: ObjectName | None = field(
        default=None,
        metadata=_help("The object to read, in numbers or by a known name with its index, such as ifOperStatus.3."),
    )
    equals: Text | None = field(default=None, metadata=_help("The value of oid must be this."))
    one_of: tuple[Text, ...] = field(default=(), metadata=_help("The value of oid must be one of these."))
    below: Limit | None = field(default=None, metadata=_help("The value of oid must be a number below this."))
    above: Limit | None = field(default=None, metadata=_help("The value of oid must be a number above this."))
    increases: Flag = field(
        default=False, metadata=_help("The value of oid must be a number that grows between two looks.")
    )
    oids: Annotated[tuple[SnmpObject, ...], AfterValidator(_objects)] = field(
        default=(), metadata=_help("Several objects, each with its own conditions, instead of oid.")
    )
    interfaces: SnmpInterfaces | None = field(default=None, metadata=_help("The ports of the device to judge."))
    version: Version = field(default="2c", metadata=_help("The version of SNMP: 1, 2c or 3."))
    community: Secret | None = field(default=None, metadata=_help("The community of versions 1 and 2c, by reference."))
    user: Text | None = field(default=None, metadata=_help("The user name of version 3."))
    auth: Auth | None = field(
        default=None, metadata=_help("How version 3 authenticates with auth_key; sha256 where this is not given.")
    )
    auth_key: Secret | None = field(
        default=None, metadata=_help("The password to authenticate with, by reference; at least 8 characters.")
    )
    priv: Priv | None = field(
        default=None, metadata=_help("How version 3 encrypts with priv_key; aes128 where this is not given.")
    )
    priv_key: Secret | None = field(
        default=None, metadata=_help("The password to encrypt with, by reference; at least 8 characters.")
    )
    key_expansion: KeyExpansion = field(
        default="blumenthal",
        metadata=_help("How a key is made longer where aes192 or aes256 needs more than md5, sha or sha224 gives."),
    )
    max_latency: Duration | None = field(
        default=None, metadata=_help("The longest the whole look may take before it counts as slow.")
    )
    source: Address | None = field(default=None, metadata=_help("The local address to ask from."))
    ip_version: IpVersion = field(default="any", metadata=_help("Which version of IP to use: any, 4 or 6."))

    def __post_init__(self) -> None:
        ip_version_for(self.host, self.ip_version, self.source)
        self._check_question()
        self._check_credentials()

    def _check_question(self) -> None:
        if self.oid is not None and self.oids:
            raise ValueError("oid and oids exclude each other: put all objects under oids")
        if self.oid is None and not self.oids and self.interfaces is None:
            raise ValueError("asks nothing: give oid, oids or interfaces")
        if self.oid is None and (_conditions_of(self) or self.increases):
            raise ValueError("equals, one_of, below, above and increases need oid: under oids each object has its own")

    def _check_credentials(self) -> None:
        if self.version != "3":
            if self.community is None:
                raise ValueError(f"version {self.version} needs community")
            if any((self.user, self.auth, self.auth_key, self.priv, self.priv_key)):
                raise ValueError("user, auth, auth_key, priv and priv_key need version 3")
            return
        if self.user is None:
            raise ValueError("version 3 needs user")
        if len(self.user.encode()) > _LONGEST_USER:
            raise ValueError(f"user is longer than {_LONGEST_USER} bytes, which is all that version 3 has room for")
        if self.community is not None:
            raise ValueError("community belongs to versions 1 and 2c: version 3 has user, auth_key and priv_key")
        if self.priv_key is not None and self.auth_key is None:
            raise ValueError("priv_key needs auth_key: there is no privacy without authentication")
        for way, key in (("auth", "auth_key"), ("priv", "priv_key")):
            # To leave the key out must never make the exchange weaker than was written.
            if getattr(self, way) is not None and getattr(self, key) is None:
                raise ValueError(f"{way} needs {key}")

    def credentials(self) -> Credentials:
        """As whom the agent is asked."""
        return Credentials(
            self.version,
            self.community,
            self.user,
            self.auth or DEFAULT_AUTH,
            self.auth_key,
            self.priv or DEFAULT_PRIV,
            self.priv_key,
            self.key_expansion,
        )

    def judged(self) -> tuple[Judged, ...]:
        """The objects to read, in their order."""
        objects: tuple[SnmpObject | SnmpOptions, ...] = self.oids if self.oid is None else (self,)
        return tuple(
            Judged(object_id(each.oid), str(each.oid), _conditions_of(each), each.increases) for each in objects
        )


async def probe(options: SnmpOptions, context: Context) -> Outcome:
    """One look: the objects in one request or a few, then the ports."""
    watch = Stopwatch()
    ip_version = ip_version_for(options.host, options.ip_version, options.source)
    label = str(Endpoint(options.host, options.port))
    try:
        addresses = await context.resolver.resolve(options.host, ip_version)
    except OSError as error:
        return from_os_error(error, options.host)
    if addresses[0] != options.host:
        watch.phase("resolve")
    memory = context.snmp.memory(context.check, options, _begin)
    try:
        agent = context.snmp.take(Target(addresses[0], options.port, options.source, memory.credentials, label))
        try:
            outcome = await _look(options, agent, memory)
        finally:
            context.snmp.give_back(agent)
    except LookEnded as ended:
        outcome = ended.outcome
    watch.phase("first_byte")
    return watch.timed(outcome, options.max_latency)


def _begin(options: SnmpOptions) -> Memory:
    objects = options.judged()
    return Memory(options, options.credentials(), (objects, wanted(objects)))


async def _look(options: SnmpOptions, agent: Agent, memory: Memory) -> Outcome:
    wrong = None
    objects, asked = memory.plan
    if objects:
        wrong = await look_at_objects(objects, asked, agent, memory.growth)
    if wrong is None and options.interfaces is not None:
        wrong = await look_at_ports(options.interfaces, agent, memory)
    return wrong or ok()
