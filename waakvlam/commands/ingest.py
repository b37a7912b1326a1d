"""`waakvlam ingest`: a worker that only stores what agents send, beside others that do the same, until stopped."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import time
from pathlib import Path

from collector.store import SqlStore, StoreError
from collector.transport.receiver import Receiver
from config.mqtt_settings import Mqtt
from waakvlam.collecting import set_up_logging
from waakvlam.loop import run_in_loop
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import refuse

_TELL_EVERY_S = 60.0

_log = logging.getLogger(__name__)


def ingest(path: Path) -> None:
    """Store what agents send with the configuration at `path` until SIGTERM or SIGINT.

    Any number of workers share what comes in; each acknowledges only what it stored.
    """
    settings = load_settings(path)
    if settings.mqtt is None:
        refuse(f"{path}: mqtt: a worker needs this section, which says where the broker is and who may speak")
    if settings.mqtt.ingest != "workers":
        refuse(f"{path}: mqtt.ingest: is here, so `waakvlam run` stores what agents send: write workers to use this")
    if settings.store_url.startswith("sqlite:"):
        refuse(f"{path}: store: a file has one writer, `waakvlam run`: several workers need postgresql://")
    store = load_store(settings, create=True)
    set_up_logging()
    try:
        run_in_loop(_work(settings.mqtt, store))
    except StoreError as error:
        refuse(str(error))
    finally:
        store.close()


async def _work(mqtt: Mqtt, store: SqlStore) -> None:
    receiver = Receiver(mqtt, f"ingest-{secrets.token_hex(6)}", store, _now_ms, shared=True)
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(receiver.run(), name="receiver"),
            group.create_task(_tell(receiver), name="telling"),
        ]
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, lambda: [task.cancel() for task in tasks])
        _log.info("storing what %d agents send to %s:%d in %s", len(mqtt.agents), mqtt.host, mqtt.port, store.place)
    _log.info("stopped; what was not acknowledged is sent again")


async def _tell(receiver: Receiver) -> None:
    """Log now and then how much was stored."""
    told = 0
    while True:
        await asyncio.sleep(_TELL_EVERY_S)
        stored = sum(state.observations for state in receiver.states(""))
        if stored != told:
            _log.info("%d observations stored since the start", stored)
        told = stored


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
