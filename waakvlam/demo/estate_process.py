"""The process that holds the example estate's servers: `python -m waakvlam.demo.estate_process FOLDER`.

It writes `ca.pem` into FOLDER, says on standard output where its servers listen, and then does what each line of
standard input asks. It ends when standard input does, and so with its parent, however that came to its end. Lines
are JSON:

    out  {"ready": {"brp-roermond": ["127.0.1.10", 8443], ...}}
    in   {"mode": "stopped", "servers": ["brp-roermond"]}
    in   {"move": "brp-function", "to": "brp-venlo"}
    out  {"done": true}  or  {"error": "what was wrong"}
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from waakvlam.demo.certificates import Authority, make_authority, server_context
from waakvlam.demo.nameserver import NameServer
from waakvlam.demo.plan import SERVERS, WRONG_ADDRESS, ZONE, ServerPlan
from waakvlam.demo.servers import Forwarder, Mode, Server, TcpServer, banner, web_page

_GARBAGE = "\x00\x01 this is not what you expected"


class Estate:
    """All servers of the plan, by name."""

    def __init__(self, plans: tuple[ServerPlan, ...], authority: Authority) -> None:
        self._forwarders: dict[str, Forwarder] = {}
        self._targets = {plan.name: plan.targets for plan in plans}
        self.servers: dict[str, Server] = {}
        for plan in plans:
            # A certificate has to fit the virtual addresses as well through which its server is reached.
            hosts = [plan.host, *(other.host for other in plans if plan.name in other.targets)]
            tls = server_context(authority, plan.name, hosts, plan.certificate_days) if plan.kind == "https" else None
            self.servers[plan.name] = self._build(plan, tls)

    def _build(self, plan: ServerPlan, tls: ssl.SSLContext | None) -> Server:
        match plan.kind:
            case "http" | "https":
                wrong = web_page("500 Internal Server Error", "something broke")
                return TcpServer(plan.host, plan.port, web_page("200 OK", plan.greeting), wrong, tls)
            case "banner":
                return TcpServer(plan.host, plan.port, banner(plan.greeting), banner(_GARBAGE))
            case "dns":
                return NameServer(plan.host, plan.port, ZONE, WRONG_ADDRESS)
            case "virtual":
                forwarder = self._forwarders[plan.name] = Forwarder(self.servers[plan.targets[0]])
                return TcpServer(plan.host, plan.port, forwarder.talk, banner(_GARBAGE))

    async def start(self) -> Mapping[str, tuple[str, int]]:
        """Start every server; where each of them listens."""
        for server in self.servers.values():
            await server.start()
        return {name: (server.host, server.port) for name, server in self.servers.items()}

    async def close(self) -> None:
        """Stop every server for good."""
        for server in self.servers.values():
            await server.close()

    async def obey(self, command: Mapping[str, Any]) -> None:
        """Do what one line asked; ValueError for what is no command, OSError where a server cannot."""
        match command:
            case {"mode": mode, "servers": [*names]} if mode in get_args(Mode):
                if unknown := [name for name in names if name not in self.servers]:
                    raise ValueError(f"no such server: {unknown[0]!r}")
                for name in names:
                    await self.servers[name].set_mode(mode)
            case {"move": str(name), "to": str(target)} if target in self._targets.get(name, ()):
                self._forwarders[name].target = self.servers[target]
            case _:
                raise ValueError(f"is no command: {json.dumps(command)}")


async def serve(folder: Path) -> None:
    """Run the estate until standard input ends."""
    authority = make_authority()
    estate = Estate(SERVERS, authority)
    (folder / "ca.pem").write_bytes(authority.pem())
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    try:
        _tell({"ready": await estate.start()})
        while line := await commands.readline():
            _tell(await _reply(estate, line))
    except OSError as error:
        _tell({"error": f"the servers cannot start: {error}"})
    finally:
        await estate.close()


async def _reply(estate: Estate, line: bytes) -> Mapping[str, Any]:
    try:
        await estate.obey(json.loads(line))
    except (ValueError, OSError) as error:
        return {"error": str(error)}
    return {"done": True}


def _tell(message: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
