"""`waakvlam run`: probe on schedule, keep the facts, tell whoever asks, until stopped."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from pathlib import Path

from collector.probes import OPTIONS
from collector.store import SqlStore, StoreError
from config.problems import ConfigError
from config.problems import refuse as refuse_file
from config.reader import read
from config.settings import Settings
from exporters.face_pages import page_routes
from exporters.http_face import FaceError, serve
from waakvlam.collecting import Collecting, set_up_logging
from waakvlam.loop import run_in_loop, short_turns
from waakvlam.notifying import Notifier
from waakvlam.setup import load_settings, load_store, own_vantage
from waakvlam.single import only_collector
from waakvlam.terminal import refuse
from waakvlam.watchdog import feed

_SETTLING_S = (1.0, 4.0, 10.0, 15.0, 30.0, 60.0)

_log = logging.getLogger(__name__)


def run(path: Path, vantage: str | None) -> None:
    """Observe from `vantage` with the configuration at `path` until SIGTERM or SIGINT; SIGHUP reads it again.

    Exit 1 where the store did not take everything in the end.
    """
    # Until the collector can read its configuration again, the wish to do so waits; else it would end the process.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    notifier = Notifier.from_environment(os.environ)
    settings = load_settings(path)
    place = own_vantage(settings, vantage)
    store = load_store(settings, create=True)
    set_up_logging()
    try:
        with only_collector(store, settings.store_url, place), short_turns():
            stored = run_in_loop(_serve(path, settings, place, store, notifier))
    except (FaceError, StoreError) as error:
        refuse(str(error))
    finally:
        store.close()
        notifier.close()
    if not stored:
        raise SystemExit(1)


async def _serve(path: Path, settings: Settings, vantage: str, store: SqlStore, notifier: Notifier) -> bool:
    """Whether everything observed was stored in the end."""
    collecting = await asyncio.to_thread(Collecting, settings, vantage, store)
    again = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        notifier.stopping()
        collecting.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    paging = collecting.paging
    face = serve(
        collecting.source,
        *settings.listen,
        inbox=collecting.heartbeats,
        past=collecting.history,
        further=page_routes(paging),
        public_name=lambda: paging.public_host,
    )
    async with face as (host, port), asyncio.TaskGroup() as group:
        _log.info("probing from %s; metrics on http://%s:%d/metrics", vantage, host, port)
        notifier.ready(_status(collecting))
        beside = [
            group.create_task(_reload(path, collecting, again, notifier), name="reloading"),
            group.create_task(settle(again), name="settling"),
            group.create_task(feed(notifier, collecting.pace.lacking), name="watchdog"),
        ]
        stored = await collecting.run()
        for task in beside:
            task.cancel()
    _log.info("stopped; everything observed is stored" if stored else "stopped; not everything observed is stored")
    return stored


async def settle(again: asyncio.Event) -> None:
    """Keep garbage collections short: what a configuration and its checks leave in memory stays, and a collection
    that walks through all of it would hold up probes for a quarter of a second.

    It settles while the first looks are made, at the start and after every reload.
    """
    _freeze()
    while True:
        for pause in _SETTLING_S:
            await asyncio.sleep(pause)
            _freeze()
        await again.wait()


def _freeze() -> None:
    """Garbage first: what is frozen is never looked at again. What was frozen before costs nothing here."""
    gc.collect()
    gc.freeze()


async def _reload(path: Path, collecting: Collecting, again: asyncio.Event, notifier: Notifier) -> None:
    """Read the configuration again whenever asked; one that is refused changes nothing."""
    while True:
        await again.wait()
        again.clear()
        notifier.reloading()
        try:
            settings = await _read_again(path)
            if collecting.vantage not in settings.estate.vantages:
                raise refuse_file(path, f"vantages: there is no {collecting.vantage!r} any more, where this process is")
            collecting.reload(settings)
        except ConfigError as error:
            collecting.reloaded = False
            _log.error("the configuration is refused, and the old one goes on:\n%s", error)
        except Exception:  # a mistake of ours must not end probing and storing
            collecting.reloaded = False
            _log.exception("the configuration could not be read again")
        else:
            _log.info("the configuration was read again: %d checks", len(settings.checks))
        notifier.ready(_status(collecting))


def _status(collecting: Collecting) -> str:
    own = sum(collecting.vantage in spec.vantages for spec in collecting.settings.checks.values())
    return f"probing {own} checks from {collecting.vantage}"


async def _read_again(path: Path) -> Settings:
    """What the file says now; no garbage is collected meanwhile, since that would hold up probes several times."""
    gc.disable()
    try:
        return await asyncio.to_thread(read, path, OPTIONS)
    finally:
        gc.enable()
