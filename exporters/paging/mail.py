"""Sends a message as mail, with a Message-ID that stays the same when it has to be sent again (RFC 5322, 3.6.4)."""

from __future__ import annotations

import ipaddress
import re
import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from availability.edges import from_ms
from exporters.cells import one_line
from exporters.paging.message import Message
from exporters.paging.outcome import SENT, Outcome

SCHEMES = ("smtp", "smtps", "mailto", "mailtos")
TIMEOUT_S = 20.0
"""For every step of the conversation."""

Security = Literal["none", "starttls", "tls"]
_PORTS: dict[Security, int] = {"none": 25, "starttls": 587, "tls": 465}
_MODES: dict[str, Security] = {"insecure": "none", "none": "none", "starttls": "starttls", "ssl": "tls", "tls": "tls"}
_DEFAULT: dict[str, Security] = {"smtp": "none", "mailto": "none", "mailtos": "starttls", "smtps": "tls"}
_ADDRESS = re.compile(r"[^\s@<>,;:\"\\()\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class MailURLError(ValueError):
    """A mail URL that cannot be used; the text never repeats the URL, which holds a password."""


@dataclass(frozen=True, slots=True)
class Post:
    """How mail goes out, and to whom: `smtp[s]://[user:password@]host[:port]/?from=a@b&to=c@d`."""

    host: str
    port: int
    security: Security
    sender: str
    recipients: tuple[str, ...]
    user: str = ""
    password: str = ""
    sender_name: str = "waakvlam"
    ca_file: str = ""

    def __repr__(self) -> str:
        return f"Post({self.host}:{self.port}, {self.security})"


def read_post(url: str, to: str = "") -> Post:
    """What a URL says, sent to `to` where that is given; MailURLError with the remedy where it cannot be used.

    `mode` is `starttls`, `ssl` or `insecure`; without it `smtps` is TLS from the start (RFC 8314, 3.3), `mailtos` by
    STARTTLS, and the others are plain. A password goes over no line that can be read, but to this machine itself.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise MailURLError("the mail URL cannot be read: write smtps://user:password@host/?from=a@b&to=c@d") from None
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = query.get("smtp", host)
    user, password = unquote(parts.username or query.get("user", "")), unquote(parts.password or "")
    if parts.scheme not in SCHEMES or not host:
        raise MailURLError("the mail URL names no server: write smtps://user:password@host/?from=a@b&to=c@d")
    if query.get("mode", "starttls") not in _MODES:
        raise MailURLError("the mode of the mail URL must be starttls, ssl or insecure")
    security = _MODES[query["mode"]] if "mode" in query else _DEFAULT[parts.scheme]
    if password and security == "none" and not _is_here(host):
        raise MailURLError("the mail URL would send a password that anybody on the way can read: add mode=starttls")
    sender = query.get("from") or (user if "@" in user else f"{user or 'waakvlam'}@{host}")
    recipients = (to,) if to else tuple(filter(None, re.split(r"[,\s]+", query.get("to", ""))))
    if not recipients:
        raise MailURLError("the mail URL names nobody to send to: add to=somebody@example.org")
    for address in (sender, *recipients):
        if not _ADDRESS.fullmatch(address):
            raise MailURLError("the mail URL holds what is no mail address in from= or to=")
    name = one_line(query.get("name", "waakvlam"))
    ca_file = query.get("ca", "")
    return Post(host, port or _PORTS[security], security, sender, recipients, user, password, name, ca_file)


def compose(message: Message, post: Post, now: int) -> EmailMessage:
    """The mail; `now` is its date (epoch milliseconds). `References` puts those of one page together."""
    domain = post.sender.rpartition("@")[2]
    mail = EmailMessage()
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    mail["References"] = f"<{message.thread}@{domain}>"
    mail["Date"] = format_datetime(from_ms(now))
    mail["From"] = Address(post.sender_name, addr_spec=post.sender)
    mail["To"] = ", ".join(post.recipients)
    mail["Subject"] = message.subject
    mail["Auto-Submitted"] = "auto-generated"
    if message.repeated:
        mail["X-Waakvlam-Repeat"] = "yes"
    if message.urgent:
        mail["Importance"] = "high"
    mail.set_content(message.body)
    return mail


def send_mail(message: Message, post: Post, now: int) -> Outcome:
    """Hand it to the server; blocks up to some TIMEOUT_S. What was being handed over when the line broke may have
    arrived, which nobody can know; no error holds a secret."""
    handing_over = handed_over = False
    try:
        with _connected(post) as server:
            if post.user and post.password:
                server.login(post.user, post.password)
            mail = compose(message, post, now)
            handing_over = True
            server.send_message(mail, post.sender, post.recipients)
            handed_over = True
    except smtplib.SMTPResponseException as error:
        # It may still stumble over the goodbye; that is no matter.
        return SENT if handed_over else Outcome(f"{post.host} said {error.smtp_code} {_said(error.smtp_error)}")
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        return Outcome(f"{post.host} said {code} {_said(answer)}")
    except (smtplib.SMTPException, OSError, ValueError) as error:
        if handed_over:
            return SENT
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return Outcome(f"{post.host} does not offer what the mail URL asks for: {error}")
        return Outcome(f"{post.host}:{post.port}: {_why(error)}", arrived=handing_over)
    return SENT


def _connected(post: Post) -> smtplib.SMTP:
    if post.security == "none":
        return smtplib.SMTP(post.host, post.port, timeout=TIMEOUT_S)
    context = ssl.create_default_context(cafile=post.ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if post.security == "tls":
        return smtplib.SMTP_SSL(post.host, post.port, timeout=TIMEOUT_S, context=context)
    server = smtplib.SMTP(post.host, post.port, timeout=TIMEOUT_S)
    try:
        server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "it closed the connection"
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


def _said(answer: bytes | str) -> str:
    return one_line(answer.decode(errors="replace") if isinstance(answer, bytes) else answer)[:200]


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
