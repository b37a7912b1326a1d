"""Puts the reports of jobs together with the checks that wait for them, for who looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from collector.heartbeats import Heartbeats
from collector.store import SqlStore
from config.settings import CheckSpec, Settings

_PROBE = "heartbeat"


def heartbeats_of(
    store: SqlStore, settings: Settings, checks: Iterable[CheckSpec], vantage: str, now_ms: Callable[[], int]
) -> Heartbeats:
    """The reports that `checks` wait for at `vantage`, with what the store knows of them."""
    own = [spec for spec in checks if spec.probe == _PROBE]
    # A job that never reported is missing only once it has been waited for long enough, restarts included.
    extents = store.extents() if own else {}
    first_looks = {spec.id: span[0] for spec in own if (span := extents.get((spec.id, vantage))) is not None}
    heartbeats = Heartbeats(store, vantage, now_ms, first_looks)
    heartbeats.replace(own, settings.heartbeat_token)
    return heartbeats
