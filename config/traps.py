"""The section of a configuration that says where traps of SNMP are received, and who may send them."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from config.section import Section
from config.settings import Traps, TrapUser
from config.types import Secret, Text
from config.values import Listen

_ENGINE = re.compile(r"(0x)?(([0-9a-f]{2}){5,32})", re.IGNORECASE)
_LONGEST_USER = 32
"""Bytes of a user name (RFC 3414, 2.4)."""
_LENGTHS = {"md5": 16, "sha": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
_NEEDED = {"aes128": 16, "aes192": 24, "aes256": 32}


def _engine(text: Any) -> str:
    found = _ENGINE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("is no engine id: write 5 to 32 bytes in hexadecimal, such as 80001f8880e9630000d61ff449")
    return found[2].lower()


class TrapUserSection(Section):
    """A user of SNMP version 3 in whose name devices send traps (RFC 3414)."""

    user: Text = Field(description="the name of the user")
    auth: Literal["md5", "sha", "sha224", "sha256", "sha384", "sha512"] = Field(
        "sha256", description="how its traps are signed with `auth_key`"
    )
    auth_key: Secret = Field(description="the password to sign with, by reference; at least 8 characters")
    priv: Literal["aes128", "aes192", "aes256"] = Field(
        "aes128", description="how its traps are encrypted with `priv_key`"
    )
    priv_key: Secret | None = Field(
        None, description="the password to encrypt with, by reference; with it what is not encrypted is refused"
    )
    engine: Annotated[str, BeforeValidator(_engine)] | None = Field(
        None,
        description="the engine id of the one device that may use this name, in hexadecimal",
        json_schema_extra={"otherwise": "any device"},
    )

    @model_validator(mode="after")
    def _fits(self) -> TrapUserSection:
        if len(self.user.encode()) > _LONGEST_USER:
            raise ValueError(f"user is longer than {_LONGEST_USER} bytes, which is all that version 3 has room for")
        if self.priv_key is None and "priv" in self.model_fields_set:
            raise ValueError("priv needs priv_key")
        if self.priv_key is not None and _LENGTHS[self.auth] < _NEEDED[self.priv]:
            raise ValueError(f"{self.auth} makes a key that is too short for {self.priv}: use sha256 or a longer one")
        return self

    def settings(self) -> TrapUser:
        """As the receiver takes it."""
        engine = bytes.fromhex(self.engine) if self.engine else None
        return TrapUser(self.user, self.auth, self.auth_key, self.priv, self.priv_key, engine)


class TrapsSection(Section):
    """Traps of SNMP (linkDown, linkUp): the checks of the device that sends one look at once. They decide nothing."""

    listen: Listen = Field(description="the address and the UDP port to listen on")
    community: Secret | None = Field(
        None,
        description="the community that a trap of version 1 or 2c must show, by reference",
        json_schema_extra={"otherwise": "none is accepted"},
    )
    users: list[TrapUserSection] = Field([], description="who may send traps of version 3")

    @model_validator(mode="after")
    def _somebody_may_send(self) -> TrapsSection:
        if self.community is None and not self.users:
            raise ValueError("nobody may send a trap: give community, users or both")
        names = Counter((user.user, user.engine) for user in self.users)
        for (name, _), number in names.items():
            if number > 1:
                raise ValueError(f"the user {name} stands here twice: write it once, or once for every engine")
        return self

    def settings(self) -> Traps:
        """As the receiver takes it."""
        return Traps(self.listen, self.community, tuple(user.settings() for user in self.users))
