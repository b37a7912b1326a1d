"""Agents for tests of SNMP: the real snmpd of Net-SNMP, and one that answers as a test wants."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.collector.daemons import folder, give, program, running, unprivileged
from tests.ports import free_port

COMMUNITY = "Geheim2"
AUTH_KEY = "Geheim3-om-te-tekenen"
PRIV_KEY = "Geheim4-om-te-versleutelen"
BASE = "1.3.6.1.4.1.8072.9999.9999"
"""Where a test puts objects of its own (the playground of Net-SNMP)."""

_TABLE = r"""
use strict;
$| = 1;
sub order { my @a = split /[.]/, $_[0]; my @b = split /[.]/, $_[1];
    for my $i (0 .. $#a) { return 1 if $i > $#b; my $c = $a[$i] <=> $b[$i]; return $c if $c; }
    return @a <=> @b; }
while (my $command = <STDIN>) {
    chomp $command;
    if ($command eq "PING") { print "PONG\n"; next; }
    chomp(my $asked = <STDIN>); $asked =~ s/^[.]//;
    open(my $file, "<", $ARGV[0]) or die; my @rows = map { chomp; [split / /, $_, 3] } <$file>; close $file;
    my ($row) = $command eq "get" ? grep { $_->[0] eq $asked } @rows
        : grep { order($_->[0], $asked) > 0 } sort { order($a->[0], $b->[0]) } @rows;
    print $row ? ".$row->[0]\n$row->[1]\n$row->[2]\n" : "NONE\n";
}
"""
"""What snmpd asks for the objects of a test: the protocol of pass_persist (snmpd.conf(5))."""

USERS: Mapping[str, tuple[str, str]] = {
    "niemand": ("", ""),
    "getekend": ("SHA-256", ""),
    "oud": ("SHA", "AES"),
    "sha224": ("SHA-224", "AES"),
    "sha256": ("SHA-256", "AES"),
    "sha384": ("SHA-384", "AES"),
    "sha512": ("SHA-512", "AES"),
    "aes192": ("SHA-256", "AES-192"),
    "aes256": ("SHA-512", "AES-256"),
    "kort256": ("SHA", "AES-256"),
}
"""The users that snmpd knows: how each authenticates and encrypts."""


@dataclass
class Snmpd:
    """A running agent; `put` changes what its own objects say, `restart` begins it anew at the same port."""

    port: int
    place: Path
    objects: dict[str, tuple[str, str]]
    restart: Callable[[], None]

    def put(self, values: Mapping[str, str]) -> None:
        """Objects by their numbers, as `kind value`."""
        for name, text in values.items():
            kind, _, value = text.partition(" ")
            self.objects[name] = (kind, value)
        write(self.place, self.objects)


def write(place: Path, objects: Mapping[str, tuple[str, str]]) -> None:
    """The objects of a test, one a line."""
    (place / "new").write_text("".join(f"{name} {kind} {value}\n" for name, (kind, value) in objects.items()))
    (place / "new").replace(place / "objects")


def _configuration(port: int, place: Path) -> str:
    script = f"/usr/bin/perl {place / 'table.pl'} {place / 'objects'}"
    lines = [
        f"agentaddress udp:127.0.0.1:{port},udp6:[::1]:{port}",
        "engineID waakvlam",
        f"rocommunity {COMMUNITY} 127.0.0.1",
        f"rocommunity6 {COMMUNITY} ::1",
        "rocommunity alleen-van-negen 127.0.0.9",
        *(f"pass_persist .{table} {script}" for table in (BASE, "1.3.6.1.2.1.2.2", "1.3.6.1.2.1.31.1.1")),
    ]
    for name, (auth, priv) in USERS.items():
        keys = f" {auth} {AUTH_KEY}" * bool(auth) + f" {priv} {PRIV_KEY}" * bool(priv)
        lines += [f"createUser {name}{keys}", f"rouser {name} {'priv' if priv else 'auth' if auth else 'noauth'}"]
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def snmpd(objects: Mapping[str, tuple[str, str]]) -> Iterator[Snmpd]:
    """The real agent with these objects besides its own."""
    server = program("snmpd", "snmpd")
    with folder() as place, contextlib.ExitStack() as stack:
        port = free_port(socket.SOCK_DGRAM)
        (place / "snmpd.conf").write_text(_configuration(port, place))
        (place / "table.pl").write_text(_TABLE)
        write(place, objects)
        (place / "state").mkdir()
        give(place / "state")
        environment = ["env", "MIBS=", f"SNMP_PERSISTENT_DIR={place / 'state'}"]
        options = ["-C", "-c", str(place / "snmpd.conf"), "-f", "-Lo", "-r", "-I", "-ifTable,ifXTable"]
        command = unprivileged(*environment, server, *options)

        def start() -> None:
            stack.enter_context(running(command, lambda: _answers(port), place / "snmpd.log"))

        def restart() -> None:
            stack.close()
            start()

        start()
        yield Snmpd(port, place, dict(objects), restart)


def _answers(port: int) -> bool:
    """Whether an agent answers a request for sysUpTime."""
    request = encoded(["1.3.6.1.2.1.1.3.0"], COMMUNITY)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.1)
        sock.connect(("127.0.0.1", port))
        try:
            sock.send(request)
            return bool(sock.recv(4096))
        except OSError:
            return False


def encoded(objects: list[str], community: str) -> bytes:
    """A request of version 2c."""
    from pyasn1.codec.ber import encoder
    from pysnmp.proto.api import v2c

    pdu = v2c.GetRequestPDU()
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_varbinds(pdu, [(name, v2c.null) for name in objects])
    message = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, community)
    v2c.apiMessage.set_pdu(message, pdu)
    return bytes(encoder.encode(message))


def answered(
    wire: bytes, values: Callable[[str], list[tuple[str, Any]]], status: int = 0, request_id: int | None = None
) -> bytes:
    """The response to a request of version 2c: what `values` says of each object that is asked for."""
    from pyasn1.codec.ber import decoder, encoder
    from pysnmp.proto.api import v2c

    message, _ = decoder.decode(wire, asn1Spec=v2c.Message())
    response = v2c.apiMessage.get_response(message)
    asked = v2c.apiPDU.get_varbinds(v2c.apiMessage.get_pdu(message))
    pdu = v2c.apiMessage.get_pdu(response)
    v2c.apiPDU.set_varbinds(pdu, [pair for name, _ in asked for pair in values(str(name))])
    v2c.apiPDU.set_error_status(pdu, status)
    if request_id is not None:
        v2c.apiPDU.set_request_id(pdu, request_id)
    return bytes(encoder.encode(response))
