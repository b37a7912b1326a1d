"""The table of probes: what can be written under `probe`, the function that looks, and the options it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from collector.context import Kind


def _icmp() -> Kind:
    from collector.probes import icmp

    return Kind(icmp.probe, icmp.IcmpOptions, opens_socket=False, begin=icmp.begin)


def _tcp() -> Kind:
    from collector.probes import tcp

    return Kind(tcp.probe, tcp.TcpOptions)


def _http() -> Kind:
    from collector.probes import http

    return Kind(http.probe, http.HttpOptions, loads=("collector.http_look", "cryptography.x509"))


def _tls() -> Kind:
    from collector.probes import tls

    return Kind(tls.probe, tls.TlsOptions, loads=("cryptography.x509",))


def _dns() -> Kind:
    from collector.probes import dns

    return Kind(dns.probe, dns.DnsOptions, loads=("dns.message",))


def _snmp() -> Kind:
    from collector.probes import snmp

    return Kind(snmp.probe, snmp.SnmpOptions, loads=("gufo.snmp",))


def _ldap() -> Kind:
    from collector.probes import ldap

    return Kind(ldap.probe, ldap.LdapOptions, loads=("cryptography.x509",))


def _smtp() -> Kind:
    from collector.probes import smtp

    return Kind(smtp.probe, smtp.SmtpOptions, loads=("cryptography.x509",))


def _imap() -> Kind:
    from collector.probes import imap

    return Kind(imap.probe, imap.ImapOptions, loads=("cryptography.x509",))


def _sql() -> Kind:
    from collector.probes import sql

    return Kind(sql.probe, sql.SqlOptions, loads=("collector.sql_look",))


def _ntp() -> Kind:
    from collector.probes import ntp

    return Kind(ntp.probe, ntp.NtpOptions, loads=("ntplib",))


def _ssh() -> Kind:
    from collector.probes import ssh

    return Kind(ssh.probe, ssh.SshOptions, loads=("collector.ssh_key",))


def _plugin() -> Kind:
    from collector.probes import plugin

    return Kind(plugin.probe, plugin.PluginOptions, opens_socket=False, runs_program=True)


def _heartbeat() -> Kind:
    from collector.probes import heartbeat

    return Kind(heartbeat.probe, heartbeat.HeartbeatOptions, opens_socket=False, begin=heartbeat.begin)


class _Table(Mapping[str, Kind]):
    """Lines that are made, and their modules loaded, when they are first asked for: a command that reads a
    configuration loads the kinds that stand in it, and a report is told before all others would be there."""

    def __init__(self, lines: Mapping[str, Callable[[], Kind]]) -> None:
        self._lines = lines
        self._made: dict[str, Kind] = {}

    def __getitem__(self, name: str) -> Kind:
        kind = self._made.get(name)
        if kind is None:
            kind = self._made[name] = self._lines[name]()
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


class _Options(Mapping[str, type[Any]]):
    """The options of every line of a table."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds

    def __getitem__(self, name: str) -> type[Any]:
        return self._kinds[name].options

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)


PROBES: Mapping[str, Kind] = _Table(
    {
        "icmp": _icmp,
        "tcp": _tcp,
        "http": _http,
        "tls": _tls,
        "dns": _dns,
        "snmp": _snmp,
        "ldap": _ldap,
        "smtp": _smtp,
        "imap": _imap,
        "sql": _sql,
        "ntp": _ntp,
        "ssh": _ssh,
        "plugin": _plugin,
        "heartbeat": _heartbeat,
    }
)
"""A new probe is a file beside this one, a function and a line here, a test and a paragraph of documentation."""

OPTIONS: Mapping[str, type[Any]] = _Options(PROBES)
"""What the configuration of each probe is validated against."""
