"""A collector that is killed between sending and noting: what may have arrived comes once more, and says so."""

from __future__ import annotations

import urllib.request
from pathlib import Path

from tests.exporters.mailbox import a_mailbox
from tests.waakvlam.commands import a_server, collector, listen_address, metric, stop, wait_until
from tests.waakvlam.paging_desk import TOKEN, webhook, write_oncall


def post(path: Path, body: bytes) -> int:
    request = urllib.request.Request(
        f"http://{listen_address(path)}/api/v1/alerts", body, {"Authorization": f"Bearer {TOKEN}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(answer.status)


def test_killed_between_sending_and_noting_it_sends_the_same_mail_again_marked_as_a_repeat(tmp_path: Path) -> None:
    with a_mailbox() as box, a_server() as server:
        path = write_oncall(tmp_path, box, port=server.getsockname()[1], acknowledge_within="1h")
        box.hanging = True
        with collector(path) as process:
            assert post(path, webhook(("app", "firing"))) == 200
            box.wait(lambda: len(box.taken) == 1)
            process.kill()
        box.hanging = False
        with collector(path) as process:
            box.wait(lambda: len(box.taken) == 2)
            wait_until(lambda: metric(path, "waakvlam_pages_pending") == 0)
            assert metric(path, "waakvlam_pages_open", 'acknowledged="no"') == 1
            assert stop(process)[0] == 0
        with collector(path) as process:
            assert post(path, webhook(("app", "resolved"))) == 200
            box.wait(lambda: len(box.taken) == 3)
            wait_until(lambda: metric(path, "waakvlam_pages_pending") == 0)
            assert stop(process)[0] == 0
    first, again, end = (mail for _, mail in box.taken)
    assert first["Message-ID"] == again["Message-ID"]
    assert (first["X-Waakvlam-Repeat"], again["X-Waakvlam-Repeat"], end["X-Waakvlam-Repeat"]) == (None, "yes", None)
    assert [str(mail["Subject"]) for mail in (first, again, end)] == [
        "P3 storing: app is weg",
        "[nogmaals] P3 storing: app is weg",
        "P3 voorbij: app is weg",
    ]


def test_a_stop_does_not_wait_for_a_mail_server_that_says_nothing(tmp_path: Path) -> None:
    with a_mailbox() as box, a_server() as server:
        path = write_oncall(tmp_path, box, port=server.getsockname()[1], acknowledge_within="1h")
        box.hanging = True
        with collector(path) as process:
            post(path, webhook(("app", "firing")))
            box.wait(lambda: len(box.taken) == 1)
            code, _, log = stop(process)
        assert code == 0 and "Traceback" not in log, log
