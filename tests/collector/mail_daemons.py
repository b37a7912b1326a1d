"""A real mail server (Postfix), mailbox server (Dovecot) and directory (OpenLDAP) on loopback, with their users."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from tests.collector.certificates import Certificates, Served, make
from tests.collector.daemons import accepts, folder, give, left_out, program, running, unprivileged
from tests.ports import free_port

USER, PASSWORD = "wacht", 'P@s "é\\ w'
NAME = "app.venlo.example"
"""The name that every certificate bears, whatever address it is shown at."""
BASE = "dc=venlo,dc=example"
ADMIN = f"cn=beheer,{BASE}"


@dataclass(frozen=True)
class Mailboxes:
    """Ports of Dovecot: in the clear with STARTTLS, with TLS at once, and for Postfix to ask who somebody is."""

    certificates: Certificates
    imap: int
    imaps: int
    auth: int


SHOWN = {"127.0.0.1": "valid", "127.0.0.2": "expired", "127.0.0.3": "untrusted"}
"""The certificate that is shown at each address."""


def _user() -> str:
    return "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def _group() -> str:
    return grp.getgrgid(pwd.getpwnam(_user()).pw_gid).gr_name


@contextlib.contextmanager
def dovecot() -> Iterator[Mailboxes]:
    """Dovecot as a user without rights, with another certificate at each address of `SHOWN`."""
    binary = program("dovecot", "dovecot-imapd")
    with folder() as path:
        certificates = make(path)
        imap, imaps, auth = free_port(), free_port(), free_port()
        user = _user()
        (path / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}::::::\n")
        locals_ = "\n".join(
            f"local {address} {{\n ssl_cert = <{getattr(certificates, which).file}\n"
            f" ssl_key = <{getattr(certificates, which).file}\n}}"
            for address, which in SHOWN.items()
        )
        config = path / "dovecot.conf"
        config.write_text(f"""
base_dir = {path}/run
state_dir = {path}/run
log_path = {path}/log
protocols = imap
listen = {", ".join(SHOWN)}
default_internal_user = {user}
default_internal_group = {_group()}
default_login_user = {user}
first_valid_uid = 1
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:~/Maildir
ssl = yes
ssl_cert = <{certificates.valid.file}
ssl_key = <{certificates.valid.file}
{locals_}
service anvil {{
 chroot =
 unix_listener anvil-auth-penalty {{
  mode = 0
 }}
}}
service imap-login {{
 chroot =
 inet_listener imap {{
  port = {imap}
 }}
 inet_listener imaps {{
  port = {imaps}
  ssl = yes
 }}
}}
service auth {{
 inet_listener {{
  address = 127.0.0.1
  port = {auth}
 }}
}}
passdb {{
 driver = passwd-file
 args = {path}/users
}}
userdb {{
 driver = static
 args = uid={user} gid={_group()} home={path}/home
}}
""")
        for each in path.iterdir():
            give(each)
        command = unprivileged(binary, "-F", "-c", str(config))
        with running(command, lambda: accepts(imap) and accepts(auth), path / "out"):
            yield Mailboxes(certificates, imap, imaps, auth)


@dataclass(frozen=True)
class MailServer:
    """Ports of Postfix: with STARTTLS, with TLS at once, with STARTTLS and a certificate that has ended or is of a
    stranger, without TLS, and with logins over TLS alone."""

    smtp: int
    smtps: int
    expired: int
    untrusted: int
    plain: int
    encrypting: int


@contextlib.contextmanager
def postfix(mailboxes: Mailboxes) -> Iterator[MailServer]:
    """Postfix, whose master process only root may start, asking Dovecot who somebody is."""
    binary = program("postfix", "postfix")
    if os.geteuid() != 0:
        left_out("only root can start Postfix")
    certificates = mailboxes.certificates
    with folder() as path:
        os.chown(path, 0, 0)
        for name in ("etc", "spool", "lib"):
            (path / name).mkdir()
        os.chown(path / "lib", pwd.getpwnam("postfix").pw_uid, 0)
        server = MailServer(*(free_port() for _ in range(6)))
        (path / "etc" / "main.cf").write_text(f"""
compatibility_level = 3.6
queue_directory = {path}/spool
data_directory = {path}/lib
myhostname = post.venlo.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = {path}/log
maillog_file_prefixes = {path}
smtpd_tls_chain_files = {certificates.valid.file}
smtpd_tls_security_level = may
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{mailboxes.auth}
""")
        (path / "etc" / "master.cf").write_text(
            _service(server.smtp)
            + _service(server.smtps, "smtpd_tls_wrappermode=yes")
            + _service(server.expired, f"smtpd_tls_chain_files={certificates.expired.file}")
            + _service(server.untrusted, f"smtpd_tls_chain_files={certificates.untrusted.file}")
            + _service(server.plain, "smtpd_tls_security_level=none", "smtpd_sasl_auth_enable=no")
            + _service(server.encrypting, "smtpd_tls_auth_only=yes", "smtpd_client_connection_count_limit=0")
            + "tlsmgr unix - - n 1000? 1 tlsmgr\n"
            + "anvil unix - - n - 1 anvil\n"
            + "proxymap unix - - n - - proxymap\n"
            + "rewrite unix - - n - - trivial-rewrite\n"
            + "postlog unix-dgram n - n - 1 postlogd\n"
        )
        command = [binary, "-c", str(path / "etc"), "start-fg"]
        with running(command, lambda: accepts(server.encrypting), path / "out"):
            try:
                yield server
            finally:
                subprocess.run([binary, "-c", str(path / "etc"), "stop"], capture_output=True, check=False)


def _service(port: int, *options: str) -> str:
    return f"127.0.0.1:{port} inet n - n - - smtpd\n" + "".join(f" -o {option}\n" for option in options)


@dataclass(frozen=True)
class Directory:
    """Ports of OpenLDAP: `ldap` with StartTLS, `ldaps` with TLS at once."""

    certificates: Certificates
    ldap: int
    ldaps: int


ENTRIES = f"""dn: {BASE}
objectClass: dcObject
objectClass: organization
dc: venlo
o: Venlo

dn: cn=Els de Wit,{BASE}
objectClass: person
cn: Els de Wit
sn: de Wit
telephoneNumber: 14 077

dn: cn=Jan (ict) *,{BASE}
objectClass: person
cn: Jan (ict) *
sn: Jansen

dn: ou=elders,{BASE}
objectClass: referral
objectClass: extensibleObject
ou: elders
ref: ldap://127.0.0.1:1/{BASE}
"""


@contextlib.contextmanager
def slapd(certificates: Certificates, served: Served, settings: str = "") -> Iterator[Directory]:
    """OpenLDAP as a user without rights, with `served` as its certificate; `settings` configure more."""
    binary = program("slapd", "slapd")
    with folder() as path:
        server_certificate = path / "server.pem"
        server_certificate.write_bytes(served.file.read_bytes())
        (path / "db").mkdir()
        config, entries = path / "slapd.conf", path / "entries.ldif"
        config.write_text(f"""
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
referral ldap://127.0.0.1:1
TLSCertificateFile {server_certificate}
TLSCertificateKeyFile {server_certificate}
{settings}
database mdb
maxsize 10485760
suffix "{BASE}"
rootdn "{ADMIN}"
rootpw "{PASSWORD.replace(chr(92), chr(92) * 2).replace('"', chr(92) + '"')}"
directory {path}/db
""")
        entries.write_text(ENTRIES)
        for each in path.iterdir():
            give(each)
        adding = unprivileged(program("slapadd", "slapd"), "-f", str(config), "-l", str(entries))
        subprocess.run(adding, check=True, capture_output=True)
        ldap, ldaps = free_port(), free_port()
        urls = f"ldap://127.0.0.1:{ldap} ldaps://127.0.0.1:{ldaps}"
        command = unprivileged(binary, "-f", str(config), "-h", urls, "-d", "0")
        with running(command, lambda: accepts(ldaps), path / "out"):
            yield Directory(certificates, ldap, ldaps)
