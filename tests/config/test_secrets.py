"""A secret is read at the moment of use, and what goes wrong names the reference and never the secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.secret_refs import SECRET_LIMIT, SecretRef


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAAKVLAM_TEST_SECRET", "hunter2 ")
    assert SecretRef(env="WAAKVLAM_TEST_SECRET").reveal() == "hunter2 "


@pytest.mark.parametrize("data", [b"hunter2", b"hunter2\n", b"hunter2\r\n"])
def test_from_a_file_without_its_line_end(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(data)
    assert SecretRef(file=path).reveal() == "hunter2"


def test_it_is_read_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    reference = SecretRef(file=path)
    assert reference.reveal() == "old"
    path.write_text("new")
    assert reference.reveal() == "new"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"x" * (SECRET_LIMIT + 1), "holds more than"),
    ],
)
def test_a_file_that_is_of_no_use(tmp_path: Path, data: bytes | None, message: str) -> None:
    path = tmp_path / "secret"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(LookupError, match=message) as error:
        SecretRef(file=path).reveal()
    assert str(path) in str(error.value)


def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAAKVLAM_TEST_SECRET", raising=False)
    with pytest.raises(LookupError, match="environment variable WAAKVLAM_TEST_SECRET is not set"):
        SecretRef(env="WAAKVLAM_TEST_SECRET").reveal()


def test_a_reference_to_nothing() -> None:
    with pytest.raises(LookupError, match="neither"):
        SecretRef().reveal()
