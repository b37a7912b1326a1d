"""The options of probes that this version reads and validates but cannot run yet: they observe none, `unsupported`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from availability.outcome import Outcome, Reason, could_not_look
from collector.context import Context
from collector.streams import IpVersion, ip_version_for
from config.types import Address, Count, FilePath, Flag, Host, Port, Secret, Text

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Directory(_Network):
    """What every protocol takes that can turn to TLS after it has begun."""

    starttls: Flag = field(default=False, metadata=_help("Whether to turn to TLS on the open connection."))
    tls: Flag = field(default=False, metadata=_help("Whether to begin with TLS."))
    verify: Flag = field(default=True, metadata=_help("Whether the certificate's chain and name are verified."))
    ca_file: FilePath | None = field(
        default=None, metadata=_help("The certificates to trust (PEM) instead of the system's.")
    )
    server_name: Host | None = field(
        default=None, metadata=_help("The name that the certificate must bear, where it is not the host.")
    )

    def __post_init__(self) -> None:
        _Network.__post_init__(self)
        if self.starttls and self.tls:
            raise ValueError("starttls and tls exclude each other: give one")
        if (self.ca_file or self.server_name) and not (self.starttls or self.tls):
            raise ValueError("ca_file and server_name need starttls or tls")


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapOptions(_Directory):
    """A search of a directory (RFC 4511)."""

    __pydantic_config__: ClassVar[dict[str, str]] = _FORBID

    port: Port = field(default=389, metadata=_help("The port of the directory."))
    base: Text = field(metadata=_help("Where the search begins."))
    filter: Text = field(default="(objectClass=*)", metadata=_help("What to search for (RFC 4515)."))
    scope: Literal["base", "one", "sub"] = field(default="base", metadata=_help("How deep the search goes."))
    bind_dn: Text | None = field(default=None, metadata=_help("As whom to bind; without it nobody's name is given."))
    password: Secret | None = field(default=None, metadata=_help("The password of bind_dn, by reference."))
    min_entries: Count = field(default=1, metadata=_help("How many entries must be found at least."))

    def __post_init__(self) -> None:
        _Directory.__post_init__(self)
        if (self.bind_dn is None) != (self.password is None):
            raise ValueError("bind_dn and password belong together: give both or neither")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpOptions(_Directory):
    """A greeting of a mail server (RFC 5321)."""

    __pydantic_config__: ClassVar[dict[str, str]] = _FORBID

    port: Port = field(default=25, metadata=_help("The port of the mail server."))
    helo: Host | None = field(default=None, metadata=_help("The name to introduce ourselves with."))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapOptions(_Directory):
    """A greeting of a mailbox server (RFC 9051), and a login where a user is given."""

    __pydantic_config__: ClassVar[dict[str, str]] = _FORBID

    port: Port = field(default=143, metadata=_help("The port of the mailbox server."))
    user: Text | None = field(default=None, metadata=_help("As whom to log in."))
    password: Secret | None = field(default=None, metadata=_help("The password of the user, by reference."))

    def __post_init__(self) -> None:
        _Directory.__post_init__(self)
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together: give both or neither")


async def probe(options: object, context: Context) -> Outcome:
    """Nothing was looked at."""
    return could_not_look(Reason.UNSUPPORTED, "this version cannot run this probe yet")
