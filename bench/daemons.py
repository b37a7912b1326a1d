"""Starts the real servers from Debian that the tests look at, and says how each kind of probe looks at them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.children import Failed
from bench.estate import SERVER_ADDRESSES
from bench.servers import serving
from bench.snmp import addresses as agent_addresses
from bench.snmp import agents
from bench.snmp_asker import AUTH_KEY, COMMUNITY, PRIV_KEY, USER
from tests.collector.certificates import Authority, Certificates, make
from tests.collector.daemons import accepts, folder, give, program, running, unprivileged
from tests.collector.mail_daemons import BASE, PASSWORD, dovecot, postfix, slapd
from tests.collector.test_ntp import chrony
from tests.ports import free_port

_SECRETS = {"METER_COMMUNITY": COMMUNITY, "METER_AUTH": AUTH_KEY, "METER_PRIV": PRIV_KEY, "METER_MAIL": PASSWORD}
TOKEN = "zonder-dit-komt-er-niets-in"
"""What a job shows when it reports itself; a check finds it in the environment as METER_TOKEN."""
_DATABASE_PASSWORD = "niet-te-raden"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to look at a server: the kind of probe, its options (those of a configuration), and what the server is.

    `at` gives the options of the check with a number, where there is more than one place to look at.
    """

    name: str
    probe: str
    server: str
    at: Callable[[int], Mapping[str, Any]]


@dataclass(slots=True)
class Standing:
    """What runs: the ways to look at it, what those need in the environment, and what could not be started."""

    ways: list[Way] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=lambda: {**_SECRETS, "METER_TOKEN": TOKEN})
    left_out: list[str] = field(default_factory=list)

    def add(self, name: str, server: str, **values: Any) -> None:
        """A way with one place to look at; the kind of probe is the first word of its name."""
        self.add_many(name, server, lambda _: values)

    def add_many(self, name: str, server: str, at: Callable[[int], Mapping[str, Any]]) -> None:
        self.ways.append(Way(name, name.partition(",")[0], server, at))


@contextmanager
def standing(place: Path) -> Iterator[Standing]:
    """Everything that is installed here, while the block runs; `place` is an empty folder."""
    found = Standing()
    with ExitStack() as stack:
        _own_servers(found, stack, place)
        certificates = make(_folder(place, "certificates"))
        starts: Mapping[str, Callable[[], None]] = {
            "snmp": lambda: _agents(found, stack, place),
            "ntp": lambda: _time(found, stack),
            "ldap": lambda: _directory(found, stack, certificates),
            "imap, smtp": lambda: _mail(found, stack),
            "ssh": lambda: _shell(found, stack),
            "sql": lambda: _database(found, stack),
        }
        for what, start in starts.items():
            try:
                start()
            except (pytest.skip.Exception, pytest.fail.Exception, Failed) as missing:
                found.left_out.append(f"{what}: {missing}")
        yield found


def _folder(place: Path, name: str) -> Path:
    (place / name).mkdir()
    return place / name


def _own_servers(found: Standing, stack: ExitStack, place: Path) -> None:
    authority = Authority(_folder(place, "authority"))
    shown = authority.sign("served", *SERVER_ADDRESSES)
    ports = stack.enter_context(serving(SERVER_ADDRESSES, place, certificate=shown.file))

    def address(number: int) -> str:
        return SERVER_ADDRESSES[number % len(SERVER_ADDRESSES)]

    def name(number: int) -> dict[str, Any]:
        return {"name": f"host-{number}.bench.example", "type": "A", "expect": ["192.0.2.10"]}

    ours = "of the benchmark"
    found.add_many("tcp", ours, lambda number: {"host": address(number), "port": ports.tcp})
    found.add_many("http", ours, lambda number: {"url": f"http://{address(number)}:{ports.http}/health?{number}"})
    found.add_many("dns", ours, lambda number: {"server": address(0), "port": ports.dns, **name(number)})
    secured = {"port": ports.tls, "ca_file": str(authority.file)}
    found.add_many("tls", f"{ours}, OpenSSL, a new session each", lambda number: {"host": address(number), **secured})


def _agents(found: Standing, stack: ExitStack, place: Path) -> None:
    port, places = stack.enter_context(agents(_folder(place, "snmp"))), agent_addresses()
    community: dict[str, Any] = {"community": {"env": "METER_COMMUNITY"}}
    keys = {"auth_key": {"env": "METER_AUTH"}, "priv_key": {"env": "METER_PRIV"}}
    user: dict[str, Any] = {"version": "3", "user": USER, "auth": "sha256", "priv": "aes128", **keys}
    asked: dict[str, dict[str, Any]] = {
        "one object": {"oid": "1.3.6.1.2.1.1.3.0"},
        "five objects": {"oids": [{"oid": f"1.3.6.1.2.1.1.{number}.0"} for number in (1, 3, 4, 5, 6)]},
        "a port": {"interfaces": {"named": ["lo"]}},
    }

    def ask(turn: int, values: Mapping[str, Any]) -> Callable[[int], Mapping[str, Any]]:
        # Who asks in version 3 asks other devices than who asks in version 2c.
        return lambda number: {"host": places[(2 * number + turn) % len(places)], "port": port, **values}

    for turn, (version, who) in enumerate((("2c", community), ("3", user))):
        for what, objects in asked.items():
            server = "snmpd (Net-SNMP) at 1,000 addresses"
            found.add_many(f"snmp, version {version}, {what}", server, ask(turn, {**who, **objects}))


def _time(found: Standing, stack: ExitStack) -> None:
    port = stack.enter_context(chrony("local stratum 5"))
    found.add("ntp", "chronyd", host="127.0.0.1", port=port)


def _directory(found: Standing, stack: ExitStack, certificates: Certificates) -> None:
    served = stack.enter_context(slapd(certificates, certificates.valid))
    search = {"host": "127.0.0.1", "port": served.ldap, "base": BASE, "scope": "sub", "filter": "(sn=jansen)"}
    found.add("ldap", "slapd (OpenLDAP), a search", **search)
    found.add("ldap, StartTLS", "the same", **search, starttls=True, ca_file=str(certificates.ca_file))


def _mail(found: Standing, stack: ExitStack) -> None:
    mailboxes = stack.enter_context(dovecot())
    secured = {"starttls": True, "ca_file": str(mailboxes.certificates.ca_file)}
    imap = {"host": "127.0.0.1", "port": mailboxes.imap}
    found.add("imap", "Dovecot", **imap)
    found.add("imap, STARTTLS", "the same", **imap, **secured)
    # Its port for logins has no bound on the connections of one client.
    smtp = {"host": "127.0.0.1", "port": stack.enter_context(postfix(mailboxes)).encrypting}
    found.add("smtp", "Postfix", **smtp)
    found.add("smtp, STARTTLS", "the same", **smtp, **secured)


def _shell(found: Standing, stack: ExitStack) -> None:
    server = program("sshd", "openssh-server")
    place, port = stack.enter_context(folder()), free_port()
    key = place / "key"
    subprocess.run([program("ssh-keygen", "openssh-client"), "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    give(key)
    listed = subprocess.run(["ssh-keygen", "-l", "-f", f"{key}.pub"], capture_output=True, text=True, check=True)
    lines = [f"Port {port}", "ListenAddress 127.0.0.1", "PidFile none", "UsePAM no", "MaxStartups 1000"]
    (place / "config").write_text("\n".join([*lines, f"HostKey {key}"]) + "\n")
    command = unprivileged(server, "-D", "-e", "-f", str(place / "config"))
    stack.enter_context(running(command, lambda: accepts(port), place / "log"))
    found.add("ssh", "sshd (OpenSSH), its greeting", host="127.0.0.1", port=port)
    pinned = listed.stdout.split()[1]
    found.add("ssh, pinned key", "the same, with the exchange of keys", host="127.0.0.1", port=port, host_key=pinned)


def _database(found: Standing, stack: ExitStack) -> None:
    initdb, server = program("initdb", "postgresql"), program("postgres", "postgresql")
    place, port = stack.enter_context(folder()), free_port()
    (place / "password").write_text(_DATABASE_PASSWORD + "\n")
    command = [initdb, "-D", str(place / "data"), "-U", "keeper", "-A", "scram-sha-256", "--no-sync", "--locale=C"]
    subprocess.run(unprivileged(*command, "--pwfile", str(place / "password")), check=True, capture_output=True)
    settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": place, "fsync": "off"}
    arguments = [argument for key, value in settings.items() for argument in ("-c", f"{key}={value}")]
    url = f"postgresql://keeper:{_DATABASE_PASSWORD}@127.0.0.1:{port}/postgres"
    command = unprivileged(server, "-D", str(place / "data"), *arguments)
    stack.enter_context(running(command, lambda: _takes_connections(url), place / "log"))
    found.environment["METER_DATABASE"] = url
    found.add("sql", "PostgreSQL, SCRAM and one query", url={"env": "METER_DATABASE"})


def _takes_connections(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def plugins() -> Sequence[tuple[str, str]]:
    """Programs that can be run as a plugin here: what it is called, and the program."""
    known = (("/bin/true", "/bin/true"), ("check_dummy", "/usr/lib/nagios/plugins/check_dummy"))
    return [(name, path) for name, path in known if os.access(path, os.X_OK)]
