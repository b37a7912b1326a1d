"""A real MariaDB on loopback for tests, and what the start of its protocol looks like for servers that are none."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.collector.certificates import Certificates, make
from tests.collector.daemons import accepts, folder, give, program, running, unprivileged
from tests.ports import free_port

PASSWORD = "Zeer-Geheim-7"

_USERS = f"""
create database register;
create table register.backups (job text);
create procedure register.breaks_out() begin commit; insert into register.backups values ('x'); end;
create user keeper@'127.0.0.1' identified by '{PASSWORD}';
grant all on register.* to keeper@'127.0.0.1';
grant process, reload on *.* to keeper@'127.0.0.1';
create user nobodies@'127.0.0.1';
create user modern@'127.0.0.1' identified via ed25519 using password('{PASSWORD}');
create user elsewhere@'192.0.2.1' identified by '{PASSWORD}';
create user crowded@'127.0.0.1' identified by '{PASSWORD}' with max_connections_per_hour 1;
"""


@dataclass(frozen=True)
class MariaDb:
    """The server: where it listens, the certificates it can show, and its folder."""

    port: int
    certificates: Certificates
    folder: Path

    def url(self, password: str = PASSWORD, user: str = "keeper", name: str = "register", query: str = "") -> str:
        return f"mariadb://{user}:{password}@127.0.0.1:{self.port}/{name}{query}"

    def place(self, certificate: str) -> None:
        """Puts this one of the certificates where the server reads it when it is told to (`flush ssl`)."""
        wanted = getattr(self.certificates, certificate).file.read_text()
        for name in ("server.crt", "server.key"):
            (self.folder / name).write_text(wanted)


@contextlib.contextmanager
def mariadb(certificates_folder: Path) -> Iterator[MariaDb]:
    """MariaDB in a folder of its own, with a database, users and TLS."""
    install, server = program("mariadb-install-db", "mariadb-server"), program("mariadbd", "mariadb-server")
    certificates = make(certificates_folder)
    with folder() as place:
        data = place / "data"
        made = unprivileged(install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal")
        with running([*made, "--skip-test-db"], lambda: True, place / "log") as process:
            assert process.wait(60) == 0, (place / "log").read_text()
        started = MariaDb(free_port(), certificates, place)
        for name in ("server.crt", "server.key"):
            (place / name).touch(0o600)
            give(place / name)
        started.place("valid")
        (place / "users.sql").write_text("\n".join(line for line in _USERS.splitlines() if line) + "\n")
        options = [f"--datadir={data}", f"--socket={place / 'socket'}", f"--port={started.port}"]
        options += ["--bind-address=127.0.0.1", f"--init-file={place / 'users.sql'}", "--skip-name-resolve"]
        options += [f"--ssl-cert={place / 'server.crt'}", f"--ssl-key={place / 'server.key'}"]
        options += [
            "--innodb-buffer-pool-size=8M",
            "--innodb-flush-log-at-trx-commit=0",
            "--plugin-load-add=auth_ed25519",
        ]
        with running(
            unprivileged(server, "--no-defaults", *options), lambda: accepts(started.port), place / "server.log"
        ):
            yield started


def packet(number: int, data: bytes) -> bytes:
    """A packet of the protocol, with its length and its number."""
    return len(data).to_bytes(3, "little") + bytes((number,)) + data


def greeting(plugin: bytes = b"mysql_native_password", more: int = 0, version: bytes = b"8.4.3") -> bytes:
    """What a server says first; it has no TLS unless `more` says so (0x800)."""
    capabilities = (0x00A8_8201 | 0x0008_0000 | more).to_bytes(4, "little")
    said = b"\x0a" + version + b"\0" + b"\x01\0\0\0" + b"salt-of-" + b"\0" + capabilities[:2] + b"\x2d\x02\0"
    said += capabilities[2:] + bytes((21,)) + bytes(10) + b"twelve-bytes" + b"\0" + plugin + b"\0"
    return packet(0, said)


OK = b"\0\0\0\x02\0\0\0"
"""What says that a statement was done, or that a login was right."""


def shown(port: int) -> str:
    """The certificate that the server shows, as PEM."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 5) as sock:
        sock.recv(4096)
        sock.sendall(packet(1, (0x0008_8A00).to_bytes(4, "little") + b"\xff\xff\xff\0\x2d" + bytes(23)))
        with context.wrap_socket(sock) as secured:
            return ssl.DER_cert_to_PEM_cert(secured.getpeercert(binary_form=True) or b"")
