"""`waakvlam pages try` sends to whom it is asked by every channel, and says what came of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exporters.mailbox import a_mailbox
from tests.ports import free_port
from tests.waakvlam.paging_desk import write_oncall
from waakvlam.commands.page_try import try_channels


def test_every_channel_is_tried_and_one_that_fails_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "chat").write_text(f"json://me:hunter2@127.0.0.1:{free_port()}/hook")
    anna = {"id": "anna", "email": "anna@example.org", "channels": [{"name": "chat", "url": {"file": "chat"}}]}
    bram = {"id": "bram", "email": "bram@example.org", "language": "en"}
    with a_mailbox() as box:
        path = write_oncall(tmp_path, box, people=[anna, bram])
        try_channels(path, ["bram"])
        with pytest.raises(SystemExit) as ended:
            try_channels(path, [])
    assert ended.value.code == 1
    assert sorted(box.subjects()) == ["a try by waakvlam", "a try by waakvlam", "proefbericht van waakvlam"]
    said = capsys.readouterr().out
    assert "taken" in said and "the service did not take it" in said and "hunter2" not in said


@pytest.mark.parametrize(("to", "said"), [(["nobody"], "there is nobody 'nobody' under oncall")])
def test_whom_nobody_knows_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], to: list[str], said: str
) -> None:
    with a_mailbox() as box, pytest.raises(SystemExit) as ended:
        try_channels(write_oncall(tmp_path, box), to)
    assert ended.value.code == 2 and said in capsys.readouterr().err
