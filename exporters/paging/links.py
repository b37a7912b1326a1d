"""The link that takes a page up: signed, so that nobody can make one for somebody else (RFC 2104)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from availability.paging import Page
from availability.paging_ports import Link

PATH = "/api/v1/acknowledge"
VALID_MS = 7 * 86_400_000
_BYTES = 16
"""Of the signature: as many as nobody can guess, and few enough for an SMS."""
_LONGEST = 200
_LATEST = 10**11


def sign(secret: bytes, page: Page, person: str, now: int) -> Link:
    """The link with which `person` takes `page` up; valid for a week from `now` (epoch milliseconds)."""
    until = (now + VALID_MS) // 1000
    return Link(page.id, person, until, _signature(secret, page, person, until))


def address(base: str, link: Link) -> str:
    """The link as people follow it, under the public address of the collector."""
    query = urlencode({"page": link.page, "by": link.person, "until": link.until, "sig": link.signature})
    return f"{base.rstrip('/')}{PATH}?{query}"


def is_genuine(secret: bytes, page: Page, link: Link) -> bool:
    """Whether it was made here for this page, in a time that tells nothing of the right signature."""
    right = _signature(secret, page, link.person, link.until)
    return hmac.compare_digest(right.encode(), link.signature.encode(errors="surrogateescape"))


def read_link(query: Mapping[str, str]) -> Link | None:
    """The link of a query; None where it is none."""
    page, person, until, signature = (query.get(key, "") for key in ("page", "by", "until", "sig"))
    if not (until.isascii() and until.isdigit() and len(until) < len(str(_LATEST))):
        return None
    if max(map(len, (page, person, signature))) > _LONGEST:
        return None
    return Link(page, person, int(until), signature)


def _signature(secret: bytes, page: Page, person: str, until: int) -> str:
    """When the page began is signed too: the numbers of a new store begin anew."""
    text = "\0".join((page.id, str(page.opened_at), person, str(until)))
    digest = hmac.new(secret, text.encode(errors="surrogateescape"), hashlib.sha256).digest()[:_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
