"""Who enters something: the account that the operating system knows, never a name that was typed."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """`account` is certain, as far as the system is; `through` is who came to it by sudo, as sudo tells it.

    Whoever may become another account may also tell anything about that. So `through` counts against two entries being
    of two people, and never for it.
    """

    account: str
    through: str = ""

    def __str__(self) -> str:
        return f"{self.account} (sudo by {self.through})" if self.through else self.account


def who() -> Person:
    """The person behind this process."""
    account = _name_of(os.getuid())
    hint = os.environ.get("SUDO_USER", "")
    return Person(account, hint if hint != account and _is_account(hint) else "")


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _is_account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except (KeyError, ValueError):
        return False
    return True
