"""The table of probes: what can be written under `probe`, the function that looks, and the options it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collector.context import Kind
from collector.probes import dns, heartbeat, http, icmp, imap, ldap, ntp, plugin, smtp, snmp, sql, ssh, tcp, tls

PROBES: Mapping[str, Kind] = {
    "icmp": Kind(icmp.probe, icmp.IcmpOptions, opens_socket=False, begin=icmp.begin),
    "tcp": Kind(tcp.probe, tcp.TcpOptions),
    "http": Kind(http.probe, http.HttpOptions, loads=("collector.http_look", "cryptography.x509")),
    "tls": Kind(tls.probe, tls.TlsOptions, loads=("cryptography.x509",)),
    "dns": Kind(dns.probe, dns.DnsOptions, loads=("dns.message",)),
    "snmp": Kind(snmp.probe, snmp.SnmpOptions, loads=("gufo.snmp",)),
    "ldap": Kind(ldap.probe, ldap.LdapOptions, loads=("cryptography.x509",)),
    "smtp": Kind(smtp.probe, smtp.SmtpOptions, loads=("cryptography.x509",)),
    "imap": Kind(imap.probe, imap.ImapOptions, loads=("cryptography.x509",)),
    "sql": Kind(sql.probe, sql.SqlOptions, loads=("collector.sql_look",)),
    "ntp": Kind(ntp.probe, ntp.NtpOptions, loads=("ntplib",)),
    "ssh": Kind(ssh.probe, ssh.SshOptions, loads=("collector.ssh_key",)),
    "plugin": Kind(plugin.probe, plugin.PluginOptions, opens_socket=False, runs_program=True),
    "heartbeat": Kind(heartbeat.probe, heartbeat.HeartbeatOptions, opens_socket=False, begin=heartbeat.begin),
}
"""A new probe is a file beside this one, a line here, a test and a paragraph of documentation."""

OPTIONS: Mapping[str, type[Any]] = {name: kind.options for name, kind in PROBES.items()}
"""What the configuration of each probe is validated against."""
