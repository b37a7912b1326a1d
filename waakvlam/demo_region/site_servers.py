"""The process that holds the servers of one site: `python -m waakvlam.demo_region.site_servers SITE JOURNAL`.

It says `ready` on standard output, and then does what each line of standard input asks: `stop NAME` or `restore NAME`,
answered by `done`. It ends when standard input does, and writes into the journal when each server comes and goes.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from waakvlam.demo.servers import TcpServer, banner, web_page
from waakvlam.demo_region.journal import Journal
from waakvlam.demo_region.places import Server, servers_at


def _built(server: Server) -> TcpServer:
    talk = web_page("200 OK", f"ok: {server.name}") if server.kind == "http" else banner("ready")
    return TcpServer(server.host, server.port, talk, talk)


async def serve(site: str, journal: Journal) -> None:
    """Run the servers of a site until standard input ends."""
    servers = {server.name: _built(server) for server in servers_at(site)}
    with journal.changing(list(servers), is_up=True):
        for server in servers.values():
            await server.start()
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    _say("ready")
    while line := await commands.readline():
        word, name = line.decode().split()
        with journal.changing([name], is_up=word == "restore"):
            await servers[name].set_mode("serving" if word == "restore" else "stopped")
        _say("done")
    with journal.changing(list(servers), is_up=False):
        for server in servers.values():
            await server.close()


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Journal(Path(sys.argv[2]))))
