"""The types a key can have: what a user writes as text, and what the program gets.

Every scalar in a configuration is text until its key gives it one of these types. Each refuses what it cannot
read with a sentence that says what would be right. Options of probes are frozen dataclasses annotated with them.
"""

from __future__ import annotations

import ipaddress
import re
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator, ValidationInfo

from config.settings import SecretRef

_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LONGEST_MS = 36_500 * 86_400_000
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h|d)")
_PERCENTAGE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)%")
_HOST = re.compile(r"(?=.{1,253}\.?$)[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?")
_PATTERN_LIMIT = 1000
_ENVIRONMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")

SECRET_REFUSED = "is a secret: refer to it as {env: NAME} or {file: PATH}, never write it here"
"""Said of a secret in plain text, which is never repeated."""


def duration(text: Any) -> int:
    """Milliseconds of a text such as 30s; ValueError that says how to write one."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise ValueError("is no duration: write a number with ms, s, m, h or d, such as 500ms, 30s, 5m, 4h, 2d")
    exact = Fraction(match[1]) * _UNITS_MS[match[2]]
    if exact.denominator != 1:
        raise ValueError("is finer than a millisecond: round it to whole milliseconds")
    if exact == 0:
        raise ValueError("is zero: a duration must be longer than nothing")
    if exact > _LONGEST_MS:
        raise ValueError("is longer than 36500d: no duration here lasts a century")
    return int(exact)


def span(milliseconds: int) -> str:
    """Milliseconds as users write them."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


def percentage(text: Any) -> Fraction:
    """The exact fraction of 1 of a text such as 98.0%; ValueError that says how to write one."""
    match = _PERCENTAGE.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise ValueError("is no percentage: write it with its sign, such as 98.0%")
    ratio = Fraction(match[1]) / 100
    if ratio > 1:
        raise ValueError("is more than 100%")
    return ratio


def _flag(text: Any) -> bool:
    if text in ("true", "false"):
        return bool(text == "true")
    raise ValueError("must be true or false")


def _port(text: Any) -> int:
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535:
        return int(text)
    raise ValueError("is no port: write a number from 1 to 65535")


def _count(text: Any) -> int:
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= 100_000:
        return int(text)
    raise ValueError("must be a whole number from 1 to 100000")


def host(text: Any) -> str:
    """A host name or a literal address as it was written; ValueError that says how to write one."""
    if isinstance(text, str):
        try:
            ipaddress.ip_address(text)
        except ValueError:
            if _HOST.fullmatch(text) and not re.fullmatch(r"[\d.]+", text):
                return text
        else:
            return text
    raise ValueError("is no host: write a name (app.venlo.example) or an address (192.0.2.10, 2001:db8::1)")


def _address(text: Any) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("is no IP address: write one such as 192.0.2.10 or 2001:db8::1") from None


def _pattern(text: Any) -> re.Pattern[str]:
    if not isinstance(text, str) or not text:
        raise ValueError("must be a regular expression")
    if len(text) > _PATTERN_LIMIT:
        raise ValueError(f"is longer than {_PATTERN_LIMIT} characters")
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None


def _text(text: Any) -> str:
    if not isinstance(text, str) or not text:
        raise ValueError("must be a text that is not empty")
    return text


def secret(value: Any, folder: Path | None) -> SecretRef:
    """The reference that `{env: NAME}` or `{file: PATH}` is, PATH relative to `folder`.

    ValueError for anything else; plain text is refused without repeating it.
    """
    if isinstance(value, SecretRef):
        return value
    if not isinstance(value, dict) or len(value) != 1 or not value.keys() <= {"env", "file"}:
        raise ValueError(SECRET_REFUSED)
    if "file" in value:
        return SecretRef(file=_absolute(value["file"], folder))
    name = value["env"]
    if not isinstance(name, str) or not _ENVIRONMENT.fullmatch(name):
        raise ValueError("refers to no environment variable: write {env: NAME} with letters, digits and _ in the name")
    return SecretRef(env=name)


def _absolute(value: Any, folder: Path | None) -> Path:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("must be a path")
    return Path(folder, value) if folder else Path(value)


def _folder(info: ValidationInfo) -> Path | None:
    """The folder of the configuration, which the reader gives as context."""
    return info.context["folder"] if info.context else None


def _secret(value: Any, info: ValidationInfo) -> SecretRef:
    return secret(value, _folder(info))


def _path(value: Any, info: ValidationInfo) -> Path:
    return _absolute(value, _folder(info))


Duration = Annotated[int, BeforeValidator(duration)]
"""Milliseconds; written 500ms, 30s, 5m, 4h, 2d."""
Percentage = Annotated[Fraction, PlainValidator(percentage)]
"""An exact fraction of 1; written 98.0%."""
Flag = Annotated[bool, BeforeValidator(_flag)]
"""`true` or `false`; nothing else is a yes or a no."""
Port = Annotated[int, BeforeValidator(_port)]
Count = Annotated[int, BeforeValidator(_count)]
Host = Annotated[str, BeforeValidator(host)]
"""A host name or an IPv4 or IPv6 address."""
Address = Annotated[str, BeforeValidator(_address)]
Pattern = Annotated[re.Pattern[str], PlainValidator(_pattern)]
"""A regular expression of Python's `re`."""
Text = Annotated[str, BeforeValidator(_text)]
Secret = Annotated[SecretRef, PlainValidator(_secret)]
FilePath = Annotated[Path, PlainValidator(_path)]
"""A path, relative to the configuration file; the reader makes it absolute and does not open it."""
