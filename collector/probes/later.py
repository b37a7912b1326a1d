"""The options of probes that this version reads and validates but cannot run yet: they observe none, `unsupported`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from availability.outcome import Outcome, Reason, could_not_look
from collector.context import Context
from collector.streams import IpVersion, ip_version_for
from config.types import Address, Host, Port, Secret, Text

_FORBID: dict[str, str] = {"extra": "forbid"}


def _oid(value: str) -> str:
    numbers = value.removeprefix(".").split(".")
    if not all(number.isascii() and number.isdigit() for number in numbers) or len(numbers) < 2:
        raise ValueError("is no object identifier: write its numbers, such as 1.3.6.1.2.1.1.3.0")
    return value.removeprefix(".")


def _number(value: str) -> str:
    try:
        float(value)
    except ValueError:
        raise ValueError("must be a number") from None
    return value


ObjectId = Annotated[Text, AfterValidator(_oid)]
"""An object identifier in numbers (RFC 2578, 3.5)."""
Number = Annotated[Text, AfterValidator(_number)]
"""A number, kept as it was written."""


def _help(text: str) -> dict[str, Any]:
    return {"help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Network:
    """What every probe of a host takes."""

    host: Host = field(metadata=_help("The host to ask: a name or an address."))
    source: Address | None = field(default=None, metadata=_help("The local address to connect from."))
    ip_version: IpVersion = field(default="any", metadata=_help("Which version of IP to use: any, 4 or 6."))

    def __post_init__(self) -> None:
        ip_version_for(self.host, self.ip_version, self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpOptions(_Network):
    """One object of an SNMP agent (RFC 3416) and what its value must be."""

    __pydantic_config__: ClassVar[dict[str, str]] = _FORBID

    port: Port = field(default=161, metadata=_help("The UDP port of the agent."))
    oid: ObjectId = field(metadata=_help("The object to read, in numbers."))
    version: Literal["1", "2c", "3"] = field(default="2c", metadata=_help("The version of SNMP: 1, 2c or 3."))
    community: Secret | None = field(default=None, metadata=_help("The community of versions 1 and 2c, by reference."))
    user: Text | None = field(default=None, metadata=_help("The user name of version 3."))
    auth: Literal["md5", "sha", "sha224", "sha256", "sha384", "sha512"] = field(
        default="sha", metadata=_help("How version 3 authenticates, where auth_key is given.")
    )
    auth_key: Secret | None = field(default=None, metadata=_help("The authentication key, by reference."))
    priv: Literal["des", "aes128", "aes192", "aes256"] = field(
        default="aes128", metadata=_help("How version 3 encrypts, where priv_key is given.")
    )
    priv_key: Secret | None = field(default=None, metadata=_help("The privacy key, by reference."))
    equals: Text | None = field(default=None, metadata=_help("The value must be this."))
    one_of: tuple[Text, ...] = field(default=(), metadata=_help("The value must be one of these."))
    below: Number | None = field(default=None, metadata=_help("The value must be a number below this."))
    above: Number | None = field(default=None, metadata=_help("The value must be a number above this."))

    def __post_init__(self) -> None:
        _Network.__post_init__(self)
        if self.version == "3":
            if self.user is None:
                raise ValueError("version 3 needs user")
            if self.community is not None:
                raise ValueError("community belongs to versions 1 and 2c: version 3 has user, auth_key and priv_key")
            if self.priv_key is not None and self.auth_key is None:
                raise ValueError("priv_key needs auth_key: there is no privacy without authentication")
            return
        if self.community is None:
            raise ValueError(f"version {self.version} needs community")
        if self.user is not None or self.auth_key is not None or self.priv_key is not None:
            raise ValueError("user, auth_key and priv_key need version 3")


async def probe(options: object, context: Context) -> Outcome:
    """Nothing was looked at."""
    return could_not_look(Reason.UNSUPPORTED, "this version cannot run this probe yet")
