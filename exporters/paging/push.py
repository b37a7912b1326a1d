"""Sends a message by any of the services that apprise knows: SMS gateways, Signal, Teams, Matrix, ntfy and so on."""

from __future__ import annotations

import logging
from typing import Any

from exporters.paging.message import Message
from exporters.paging.outcome import SENT, Outcome

_SHORT_LIMIT = 500
"""A service that takes no more characters than this gets the short form."""
_SILENT = logging.CRITICAL + 1


class PushURLError(ValueError):
    """A URL that apprise does not know; the text never repeats the URL, which holds a secret."""


def send_push(message: Message, url: str, seconds: float) -> Outcome:
    """Hand it to the service; blocks at most about `seconds`. What a service answers is not told: it may repeat the
    secret."""
    try:
        service = _service(url, seconds)
        short = int(getattr(service, "body_maxlen", _SHORT_LIMIT + 1)) <= _SHORT_LIMIT
        title, body = ("", message.short) if short else (message.subject, message.body)
        is_sent = bool(service.notify(title=title, body=body, notify_type="warning" if message.urgent else "info"))
    except PushURLError as error:
        return Outcome(str(error))
    except Exception as error:  # whatever a service's own code stumbles over; its text may hold the URL
        return Outcome(f"the service failed ({type(error).__name__})", arrived=True)
    # Apprise does not say whether it was refused or whether the answer got lost.
    return SENT if is_sent else Outcome("the service did not take it")


def is_known(url: str) -> bool:
    """Whether apprise knows what to do with `url`."""
    try:
        _service(url, 1.0)
    except PushURLError:
        return False
    return True


def _service(url: str, seconds: float) -> Any:
    # Only here: few estates need it, and it looks at a hundred services while it is imported.
    import apprise

    # What it logs of its own accord names addresses and keys.
    logging.getLogger("apprise").setLevel(_SILENT)
    asset = apprise.AppriseAsset(app_id="waakvlam", app_desc="waakvlam", service_timeout=seconds)
    try:
        service = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    except Exception:  # its text may hold the URL
        service = None
    if service is None:
        raise PushURLError("the URL of this channel is none that apprise knows: see its list of services")
    service.socket_connect_timeout = service.socket_read_timeout = seconds / 2
    return service
