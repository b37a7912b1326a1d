"""Section `snmp`: what a request for nine objects costs over 1,000 agents, next to pysnmp, in versions 2c and 3."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.children import Failed, hear, module, running, tell
from bench.figures import Figure, Say, amount, spread, table
from bench.snmp_asker import AUTH_KEY, COMMUNITY, PRIV_KEY, USER, Answers, Questions

_AGENTS = 1000
_OBJECTS = [
    *(f"1.3.6.1.2.1.1.{number}.0" for number in range(1, 7)),
    "1.3.6.1.2.1.2.1.0",
    "1.3.6.1.2.1.11.1.0",
    "1.3.6.1.6.3.10.2.1.3.0",
]
_STARTS_IN = 20.0
_COUNTED = """\
1,000 agents, each at an address of its own: one snmpd of Net-SNMP that answers at all of them, and signs and encrypts
for itself. Counted is the process that asks, user and system: ours from the options of the probe to its outcome,
pysnmp's `get_cmd` with targets and objects prepared and its MIBs left out; both on the same event loop, 64 requests
under way. The first request to each agent is told apart: there sessions are made, and in version 3 engines discovered
and keys derived.
"""


def section(say: Say, quick: bool) -> list[Figure]:
    """Both versions, in turns with pysnmp."""
    say(_COUNTED)
    figures = []
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with agents(folder) as port:
            for version in ("2c", "3"):
                figures += _version(say, version, port, folder, 1 if quick else 3)
    return figures


def _version(say: Say, version: str, port: int, folder: Path, turns: int) -> list[Figure]:
    ours, theirs = [], []
    for _ in range(turns):
        ours.append(_ask(Questions("ours", version, port, addresses(), _OBJECTS, 20), folder))
        theirs.append(_ask(Questions("pysnmp", version, port, addresses(), _OBJECTS, 1), folder))
    rows = [
        (
            name,
            spread([each.cpu / each.gets * 1e6 for each in several], "µs"),
            amount(median(each.gets / each.wall for each in several), ""),
            spread([each.first for each in several], "s"),
        )
        for name, several in ((f"waakvlam snmp, version {version}", ours), (f"pysnmp, version {version}", theirs))
    ]
    say("\n".join(table(("", "CPU per request", "requests/s", "first contact with all"), rows)))
    ratio = median((mine.cpu / mine.gets) / (his.cpu / his.gets) for mine, his in zip(ours, theirs, strict=True))
    say(f"version {version}: pysnmp takes {amount(1 / ratio, '×')} as much\n")
    return [
        Figure(f"snmp version {version}, CPU next to pysnmp's", ratio, "×", 1 / 30),
        Figure(f"snmp version {version}, first contact with 1,000", median(each.first for each in ours), "s", 3.0),
    ]


def addresses() -> list[str]:
    """Where the agents are."""
    return [f"127.16.{number // 250}.{number % 250 + 1}" for number in range(_AGENTS)]


def _ask(questions: Questions, folder: Path) -> Answers:
    with running(module("snmp_asker"), folder) as child:
        tell(child, asdict(questions))
        answers = Answers(**hear(child))
    if answers.failures > answers.gets / 100:
        raise Failed(f"{answers.failures} requests by {questions.who} in version {questions.version} failed")
    return answers


@contextmanager
def agents(folder: Path) -> Iterator[int]:
    """The port at which snmpd answers, at every address of this machine."""
    server = shutil.which("snmpd", path="/usr/sbin:/sbin:/usr/local/sbin:/usr/bin")
    if server is None:
        raise Failed("snmpd is not installed: apt-get install snmpd")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    configuration = folder / "snmpd.conf"
    lines = [
        f"agentaddress udp:0.0.0.0:{port}",
        f"rocommunity {COMMUNITY} 127.0.0.0/8",
        f"createUser {USER} SHA-256 {AUTH_KEY} AES {PRIV_KEY}",
        f"rouser {USER} priv",
        "dontLogTCPWrappersConnects yes",
    ]
    configuration.write_text("\n".join(lines) + "\n")
    environment = ["env", "MIBS=", f"SNMP_PERSISTENT_DIR={folder / 'state'}"]
    with running([*environment, server, "-C", "-c", str(configuration), "-f", "-LE", "3", "-r"], folder):
        until = time.monotonic() + _STARTS_IN
        while not _listens(port):
            if time.monotonic() > until:
                raise Failed("snmpd does not begin to listen")
            time.sleep(0.05)
        yield port


def _listens(port: int) -> bool:
    """Whether somebody has the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(("0.0.0.0", port))
        except OSError:
            return True
    return False
