"""Mail to a real server: what arrives, what is refused, what may have arrived, and what never leaves."""

from __future__ import annotations

import ssl
from email.message import EmailMessage

import pytest

from availability.paging import Alert, Notice, Page
from exporters.paging.mail import MailURLError, Post, compose, read_post, send_mail
from exporters.paging.message import Message, Telling, write
from exporters.paging.push import send_push
from exporters.paging.sending import Way, send
from tests.collector.certificates import Certificates, make
from tests.exporters.mailbox import a_mailbox
from tests.ports import free_port

NOON = 1_790_000_000_000


def a_page(**changes: object) -> Page:
    alert = Alert("f", NOON, "Down", 2, site="dc", id="app", summary={"nl": "De app is weg", "en": "The app is gone"})
    given: dict[str, object] = {"omitted": 0, "groups": {"f": frozenset({"g"})}, "heard_at": NOON, **changes}
    return Page("page-7", NOON, (alert,), **given)  # type: ignore[arg-type]  # by name


def a_message(notice: Notice | None = None, *, repeated: bool = False, link: str = "", language: str = "nl") -> Message:
    telling = Telling(language, "Europe/Amsterdam", {"dc": "Datacenter", "app": "BRP"}, link)
    return write(a_page(), notice or Notice(1, "start", "anna", 1), telling, repeated=repeated)


def post(port: int, extra: str = "", scheme: str = "smtp", to: str = "anna@example.org") -> Post:
    return read_post(f"{scheme}://127.0.0.1:{port}/?from=pager@example.org{extra}", to)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("certificates"))


def served(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.valid.file)
    return context


def test_what_arrives_says_who_what_where_since_when_and_how_to_take_it_up() -> None:
    with a_mailbox() as box:
        message = a_message(link="https://waakvlam.example/api/v1/acknowledge?page=page-7")
        assert send_mail(message, post(box.port), NOON).is_sent
    ((to, mail),) = box.taken
    assert to == "anna@example.org"
    assert mail["Subject"] == "P2 storing: De app is weg"
    assert mail["Auto-Submitted"] == "auto-generated" and mail["X-Waakvlam-Repeat"] is None
    text = mail.get_content()
    for said in (
        "Datacenter",
        "BRP (app)",
        "21 september 2026 16:13",
        "nog niemand",
        "page-7",
        "acknowledge?page=page-7",
    ):
        assert said in text, said


def test_the_same_notice_has_the_same_message_id_and_a_repeat_says_so() -> None:
    with a_mailbox() as box:
        for repeated in (False, True):
            assert send_mail(a_message(repeated=repeated), post(box.port), NOON).is_sent
        send_mail(a_message(Notice(2, "end", "anna", 1)), post(box.port), NOON)
    first, again, end = (mail for _, mail in box.taken)
    assert first["Message-ID"] == again["Message-ID"] != end["Message-ID"]
    assert again["X-Waakvlam-Repeat"] == "yes" and again["Subject"] == "[nogmaals] P2 storing: De app is weg"
    assert first["References"] == end["References"]


def test_another_collectors_page_of_the_same_name_has_another_message_id() -> None:
    telling = Telling("nl", "Europe/Amsterdam", {})
    notice = Notice(1, "start", "anna", 1)
    pages = (a_page(), Page("page-7", NOON + 1, a_page().alerts, 0, {}, NOON))
    assert len({write(page, notice, telling, repeated=False).key for page in pages}) == 2


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("kind", ["start", "escalated", "repeat", "reminder", "end"])
@pytest.mark.parametrize("audience", ["duty", "participant"])
def test_every_notice_has_words_in_both_languages(language: str, kind: str, audience: str) -> None:
    if audience == "participant" and kind not in ("start", "end"):
        return
    notice = Notice(1, kind, "x", 1, audience, 3)  # type: ignore[arg-type]  # all of them
    message = a_message(notice, language=language)
    assert len(message.subject) <= 78 and message.body.strip() and "{" not in message.body + message.subject


def test_a_summary_cannot_forge_a_header_or_steer_a_terminal() -> None:
    alert = Alert("f", NOON, "x", 2, summary={"": "a\r\nBcc: everybody@example.org\x1b[2J " + "long " * 50})
    page = Page("page-1", NOON, (alert,), 0, {}, NOON)
    message = write(page, Notice(1, "start", "anna", 1), Telling("nl", "Europe/Amsterdam", {}), repeated=False)
    mail: EmailMessage = compose(message, post(25), NOON)
    assert mail["Bcc"] is None and len(message.subject) <= 78 and "\x1b" not in message.subject + message.body


def test_a_refusal_is_told_and_certain() -> None:
    with a_mailbox() as box:
        box.answer = "554 no thank you"
        outcome = send_mail(a_message(), post(box.port), NOON)
    assert (outcome.is_sent, outcome.arrived) == (False, False) and "554 no thank you" in outcome.reason


def test_nobody_there_is_told_and_certain() -> None:
    outcome = send_mail(a_message(), post(free_port()), NOON)
    assert (outcome.is_sent, outcome.arrived) == (False, False) and "refused" in outcome.reason


def test_what_was_handed_over_and_not_answered_may_have_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporters.paging.mail.TIMEOUT_S", 0.3)
    with a_mailbox() as box:
        box.hanging = True
        outcome = send_mail(a_message(), post(box.port), NOON)
    assert (outcome.is_sent, outcome.arrived) == (False, True)


def test_starttls_holds_the_server_to_its_certificate(certificates: Certificates) -> None:
    with a_mailbox(tls=served(certificates), require_starttls=True, auth_required=False) as box:
        trusted = post(box.port, f"&ca={certificates.ca_file}", "mailtos")
        assert send_mail(a_message(), trusted, NOON).is_sent
        outcome = send_mail(a_message(), post(box.port, scheme="mailtos"), NOON)
        assert not outcome.is_sent and "not trusted" in outcome.reason
    assert len(box.taken) == 1


def test_a_password_never_goes_out_in_plain_and_is_never_repeated() -> None:
    with pytest.raises(MailURLError) as refused:
        read_post("smtp://me:hunter2@mail.example/?from=a@example.org", "b@example.org")
    assert "hunter2" not in str(refused.value) and "starttls" in str(refused.value)
    assert "hunter2" not in repr(read_post("smtps://me:hunter2@mail.example/?from=a@example.org", "b@example.org"))
    assert "hunter2" not in repr(Way("smtps://me:hunter2@mail.example/"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://mail.example/", "names no server"),
        ("smtp:///?from=a@example.org", "names no server"),
        ("smtp://mail.example:port/", "cannot be read"),
        ("smtp://mail.example/?mode=maybe", "mode"),
        ("smtp://mail.example/?from=a@example.org", "nobody to send to"),
        ("smtp://mail.example/?from=a@example.org&to=b@example.org%0d%0aBcc:c@example.org", "no mail address"),
        ("smtp://mail.example/?from=nobody&to=b@example.org", "no mail address"),
    ],
)
def test_a_wrong_mail_url_is_refused_with_what_would_be_right(url: str, said: str) -> None:
    with pytest.raises(MailURLError, match=said):
        read_post(url)


async def test_a_url_that_nobody_knows_is_refused_without_repeating_it() -> None:
    outcome = await send(a_message(), Way("nosuch://secret-token@host"), NOON)
    assert not outcome.is_sent and "secret-token" not in outcome.reason


def test_a_service_that_does_not_answer_is_no_exception_and_its_secret_is_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outcome = send_push(a_message(), f"json://me:hunter2@127.0.0.1:{free_port()}/path", 2.0)
    assert not outcome.is_sent and "hunter2" not in outcome.reason
    assert "hunter2" not in caplog.text
