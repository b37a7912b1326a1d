"""`waakvlam agent`: probe from another vantage, and give the centre what was observed, until stopped."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path

from collector.outbox import Outbox
from collector.probes import OPTIONS
from collector.store.errors import StoreError
from collector.transport.signed import read_verify_key
from config.mqtt_settings import Agent, Mqtt
from config.problems import ConfigError
from config.problems import refuse as refuse_file
from config.reader import read
from config.settings import Settings
from waakvlam.agent import AgentCollecting
from waakvlam.agent_config import GivenConfig, TakenUp
from waakvlam.collecting import set_up_logging
from waakvlam.commands.run import settle
from waakvlam.loop import run_in_loop, short_turns
from waakvlam.setup import load_settings, own_vantage
from waakvlam.single import lock_beside
from waakvlam.terminal import refuse

_log = logging.getLogger(__name__)


def agent(path: Path, vantage: str | None) -> None:
    """Observe from `vantage` with the configuration at `path`, or the one the centre gives, until SIGTERM or SIGINT.

    Exit 1 where not everything observed is in the outbox in the end.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    settings = load_settings(path)
    mqtt, who = _agent_of(path, settings, vantage)
    file = mqtt.outbox.file or path.absolute().parent / f"outbox-{who.vantage}.db"
    set_up_logging()
    with lock_beside(file, f"an agent already uses the outbox {file}"), short_turns():
        try:
            given = _given(path, file, who, mqtt)
            outbox = Outbox(file, who.vantage, mqtt.outbox.limit_bytes)
        except (StoreError, ValueError) as error:
            refuse(str(error))
        try:
            kept = run_in_loop(_serve(path, settings, mqtt, who, outbox, given))
        finally:
            outbox.close()
    if not kept:
        raise SystemExit(1)


def _agent_of(path: Path, settings: Settings, vantage: str | None) -> tuple[Mqtt, Agent]:
    """How the centre is reached, and as whom; exit 2 where the configuration does not say."""
    if settings.mqtt is None:
        refuse(f"{path}: mqtt: an agent needs this section, which says where the broker is and what it may speak for")
    who = None
    if vantage is None and len(settings.mqtt.agents) == 1:
        who = settings.mqtt.agents[0]
    place = own_vantage(settings, who.vantage if who else vantage)
    who = who or settings.mqtt.agent_at(place)
    if who is None:
        known = ", ".join(agent.vantage for agent in settings.mqtt.agents)
        refuse(f"{path}: mqtt.agents: nobody speaks for {place}: add an agent, or choose one of {known}")
    return settings.mqtt, who


def _given(path: Path, file: Path, who: Agent, mqtt: Mqtt) -> GivenConfig | None:
    """Where the checks come from the centre, what takes them."""
    if mqtt.verify_key is None:
        return None
    return GivenConfig(path, file.with_suffix(".config"), who.vantage, read_verify_key(mqtt.verify_key))


async def _serve(
    path: Path, settings: Settings, mqtt: Mqtt, who: Agent, outbox: Outbox, given: GivenConfig | None
) -> bool:
    """Whether everything observed is in the outbox in the end."""
    loop = asyncio.get_running_loop()
    again = asyncio.Event()
    offered: asyncio.Queue[bytes] = asyncio.Queue(maxsize=4)

    def offer(payload: bytes) -> None:
        if not offered.full():
            offered.put_nowait(payload)

    last = await asyncio.to_thread(given.last) if given else None
    collecting = AgentCollecting(
        last.settings if last else settings, mqtt, who, outbox, on_config=offer if given else None
    )
    if last:
        collecting.reload(last.settings, last.digest)
    elif given:
        _log.info("there is no configuration from the centre yet: nothing is probed until one comes")
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, collecting.stop)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    async with asyncio.TaskGroup() as group:
        _log.info("the agent %s probes from %s; what waits for the centre is in %s", who.id, who.vantage, outbox.place)
        taking = _take_given(given, offered, collecting, again) if given else _reload(path, collecting, again)
        beside = [group.create_task(taking, name="reloading"), group.create_task(settle(again), name="settling")]
        kept = await collecting.run()
        for task in beside:
            task.cancel()
    waiting = outbox.state().observations
    _log.info("stopped; %d observations wait for the centre", waiting)
    return kept


async def _take_given(
    given: GivenConfig, offered: asyncio.Queue[bytes], collecting: AgentCollecting, settled: asyncio.Event
) -> None:
    """Go on with whatever the centre gives."""
    while True:
        payload = await offered.get()
        taken: TakenUp | None = await asyncio.to_thread(given.take, payload)
        if taken is not None:
            collecting.reload(taken.settings, taken.digest)
            _log.info("the configuration of the centre is in use: %d checks", len(taken.settings.checks))
            settled.set()


async def _reload(path: Path, collecting: AgentCollecting, again: asyncio.Event) -> None:
    """Read the configuration again whenever asked; one that is refused changes nothing."""
    while True:
        await again.wait()
        again.clear()
        try:
            settings = await asyncio.to_thread(read, path, OPTIONS)
            if collecting.vantage not in settings.estate.vantages:
                raise refuse_file(path, f"vantages: there is no {collecting.vantage!r} any more, where this agent is")
        except ConfigError as error:
            _log.error("the configuration is refused, and the old one goes on:\n%s", error)
        else:
            collecting.reload(settings, settings.digest)
            _log.info("the configuration was read again: %d checks", len(settings.checks))
