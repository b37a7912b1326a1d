"""How tests of probes look: options from text as a configuration gives them, through the one `look`."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

from availability.outcome import Outcome
from collector.context import Context, Kind, Pinger
from collector.look import look
from tests.collector.servers import open_descriptors

_Options = TypeVar("_Options")


def read(options: type[_Options], values: Mapping[str, Any]) -> _Options:
    """`values` (every scalar a text) as a configuration file would give them."""
    return TypeAdapter(options).validate_python(values)


@dataclass
class Names:
    """A resolver that knows these names; everything else that is no address does not resolve."""

    known: Mapping[str, list[str]] = field(default_factory=dict)

    async def resolve(self, host: str, ip_version: str) -> list[str]:
        if host.replace(".", "").isdigit() or ":" in host:
            return [host]
        if host not in self.known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return list(self.known[host])


async def looked(
    kind: Kind, timeout: float = 5.0, names: Mapping[str, list[str]] | None = None, **values: Any
) -> Outcome:
    """What `kind` observes with the options in `values`."""
    surroundings = Context(timeout, cast("Pinger", None), Names(names or {}))
    outcome = await look(kind, read(kind.options, values), surroundings)
    assert not surroundings.bugs.counts, outcome.detail
    return outcome


async def leaves_nothing(run: Callable[[], Awaitable[object]], times: int) -> None:
    """Runs `run` that often and asserts that no descriptor and no task is left of it."""
    await run()
    await _settled()
    descriptors, tasks = open_descriptors(), len(asyncio.all_tasks())
    for _ in range(times):
        await run()
    await _settled()
    assert open_descriptors() <= descriptors
    assert len(asyncio.all_tasks()) <= tasks


async def _settled() -> None:
    """Gives closed connections, ours and the server's, the turns of the loop that they need to be gone."""
    for _ in range(10):
        await asyncio.sleep(0.01)
    gc.collect()
