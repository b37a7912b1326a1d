"""The types of keys that only the `oncall` section has: levels, web addresses, whom to tell, terms by priority."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, PlainValidator, ValidationInfo

from config.secret_refs import SecretRef
from config.types import duration, host, secret
from config.values import Id

ACKNOWLEDGE_WITHIN_MS = 15 * 60_000
PRIORITIES = range(1, 10)
_URL_LIMIT = 2000
_URL = re.compile(r"[!-~]+")
_EXAMPLE = "write one such as https://waakvlam.example:9770"


def web_url(text: Any, schemes: tuple[str, ...] = ("http", "https")) -> str:
    """An address of http or https without a user or a password; ValueError that says how to write one."""
    if not isinstance(text, str) or len(text) > _URL_LIMIT or not _URL.fullmatch(text):
        raise ValueError(f"is no web address: {_EXAMPLE}")
    try:
        parts = urlsplit(text)
        named = host(parts.hostname) if parts.hostname else ""
        numbered = parts.port is None or parts.port > 0
    except ValueError:
        named, numbered = "", False
    if not named or not numbered:
        raise ValueError(f"is no web address: {_EXAMPLE}")
    if parts.scheme not in schemes:
        raise ValueError(f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if "@" in parts.netloc:
        raise ValueError("holds a user or a password: leave them out, secrets have keys of their own")
    return text


def _public_url(text: Any) -> str:
    url = web_url(text)
    if "?" in url or "#" in url:
        raise ValueError("must be an address without ? and #: links add their own")
    return url.rstrip("/")


def _calendar_url(value: Any, info: ValidationInfo) -> str | SecretRef:
    if isinstance(value, str):
        return web_url(value, ("https",))
    return secret(value, info.context["folder"] if info.context else None)


def _watchdog_url(value: Any, info: ValidationInfo) -> str | Path:
    if isinstance(value, str):
        return web_url(value)
    reference = secret(value, info.context["folder"] if info.context else None)
    if reference.file is None:
        raise ValueError("must be {file: PATH}: Alertmanager can read it from a file only")
    return reference.file


def _level(text: Any) -> int:
    if isinstance(text, str) and text in ("1", "2", "3"):
        return int(text)
    raise ValueError("is no level: write 1, 2 or 3")


def _weeks(text: Any) -> int:
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= 52:
        return int(text)
    raise ValueError("must be a whole number of weeks from 1 to 52")


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _by_priority(value: Any) -> Any:
    """One duration stands for that of every priority; what is left out has the default."""
    if isinstance(value, str):
        ms = duration(value)
        return {str(priority): f"{ms}ms" for priority in PRIORITIES}
    return value


WebUrl = Annotated[str, BeforeValidator(web_url)]
"""http or https, without a user or a password."""
PublicUrl = Annotated[str, BeforeValidator(_public_url)]
"""As WebUrl, without a query; a slash at the end is left out."""
CalendarUrl = Annotated[str | SecretRef, PlainValidator(_calendar_url)]
"""https, or a secret that holds such an address."""
WatchdogUrl = Annotated[str | Path, PlainValidator(_watchdog_url)]
"""http or https, or the file that holds such an address."""
LevelNumber = Annotated[int, BeforeValidator(_level)]
Weeks = Annotated[int, BeforeValidator(_weeks)]
Who = Annotated[list[Id], BeforeValidator(_one_or_more), Field(min_length=1)]
"""Ids of people, teams and rotas; one of them may stand alone."""
by_priority = BeforeValidator(_by_priority)
