"""The story of `make demo-paging` comes about, in time: real servers, Prometheus, Alertmanager and SMTP."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.exporters.mailbox import Mailbox, a_mailbox
from waakvlam.demo_paging.chain import started
from waakvlam.demo_paging.story import tell


class Box:
    """A real SMTP server as the story sees it."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.port = mailbox.port
        self._mailbox = mailbox

    def mails(self) -> Sequence[tuple[str, EmailMessage]]:
        return list(self._mailbox.taken)


async def test_from_the_plug_to_the_mail_and_back(tmp_path: Path) -> None:
    for name in ("prometheus", "prometheus-alertmanager"):
        if shutil.which(name) is None:
            text = f"{name} is not installed: apt-get install {name}"
            pytest.fail(text) if os.environ.get("CI") == "true" else pytest.skip(text)
    said: list[str] = []
    with a_mailbox() as mailbox:
        async with started(tmp_path, Box(mailbox), "night") as chain:
            measured = await tell(chain, said.append)
    assert len(measured) == 6 and len(said) > 10
    # Machines that test are busy: how long each step took is what `make demo-paging` holds against what is configured.
    assert all(step.seconds > 0 for step in measured)
