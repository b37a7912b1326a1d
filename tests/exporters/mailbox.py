"""A real SMTP server on loopback that keeps what it is given, and can refuse it or never answer."""

from __future__ import annotations

import asyncio
import email.policy
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from ssl import SSLContext
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.ports import free_port


class Mailbox:
    """`answer` is what it says to DATA; `hanging` makes it take a mail and say nothing any more."""

    def __init__(self, port: int = 0) -> None:
        self.port = port or free_port()
        self.answer = "250 taken"
        self.hanging = False
        self.taken: list[tuple[str, EmailMessage]] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.changed = threading.Condition()

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        mail: Any = BytesParser(policy=email.policy.default).parsebytes(content)
        if self.hanging or self.answer.startswith("250"):
            with self.changed:
                self.taken.append((envelope.rcpt_tos[0], mail))
                self.changed.notify_all()
        while self.hanging:  # noqa: ASYNC110 - it is set from another thread
            await asyncio.sleep(0.05)
        return self.answer

    def authenticate(self, _: SMTP, __: Session, ___: Envelope, ____: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right")

    def wait(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        """Until `condition` holds, looked at with every mail that comes in."""
        ends = time.monotonic() + seconds
        with self.changed:
            while not condition():
                left = ends - time.monotonic()
                assert left > 0, f"it did not come about; there are {self.subjects()}"
                self.changed.wait(min(left, 0.2))

    def subjects(self, to: str = "") -> list[str]:
        return [str(mail["Subject"]) for recipient, mail in self.taken if to in recipient]

    def link(self, to: str) -> str:
        """Where the last mail to somebody says that they take it up: path and query."""
        text = next(mail.get_content() for recipient, mail in reversed(self.taken) if to in recipient)
        found = re.search(r"https://[^/\s]+(/api/v1/acknowledge\S+)", text)
        assert found is not None, text
        return found[1]


@contextmanager
def a_mailbox(port: int = 0, tls: SSLContext | None = None, **options: Any) -> Iterator[Mailbox]:
    """A mailbox that listens; with `tls` it offers STARTTLS, and takes mail only behind it where that is required."""
    box = Mailbox(port)
    if tls is not None:
        options |= {"tls_context": tls}
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        box.hanging = False
        controller.stop(no_assert=True)
