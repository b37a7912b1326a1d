"""Further tables that are given as CSV: read as they are, or refused in a sentence that names the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporters import further
from exporters.further import FurtherError, read_further


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "users.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "header", "rows", "decimal_comma"),
    [
        (b"a,b\n1,2\n", ("a", "b"), (("1", "2"),), False),
        (b"a;b\r\n1,5;2\r\n", ("a", "b"), (("1,5", "2"),), True),
        (b"\xef\xbb\xbfa;b\n", ("a", "b"), (), True),
        (b'"name, first";n\n"x ""y""\nz";2\n', ("name, first", "n"), (('x "y" z', "2"),), True),
        (b"only\n\n1\n\n", ("only",), (("1",),), False),
        ("gemeente,é\nWeert,\x1b[31m\n".encode(), ("gemeente", "é"), (("Weert", "[31m"),), False),
        (b"\n\na,b\n1,2", ("a", "b"), (("1", "2"),), False),
        (b"a,b\r1,2\r", ("a", "b"), (("1", "2"),), False),
    ],
    ids=["commas", "semicolons", "byte order mark", "quotes", "one column", "colours", "blank lines", "old Mac"],
)
def test_a_table_is_read(
    data: bytes, header: tuple[str, ...], rows: tuple[tuple[str, ...], ...], decimal_comma: bool, tmp_path: Path
) -> None:
    table = read_further(written(tmp_path, data))
    assert (table.title, table.header, table.rows) == ("users", header, rows)
    assert table.decimal_comma is decimal_comma


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ":1: the file is empty: the first line names the columns"),
        (b"a,b\n1,2\n1,2,3\n", ":3: 3 cells, where the first line names 2 columns"),
        (b'a,b\n"x\ny",2\n1\n', ":4: 1 cell, where the first line names 2 columns"),
        (b"a,,c\n", ":1: column 2 has no name: the first line names the columns"),
        (b"a\nok\n\xff\n", ":3: is not UTF-8: save it as CSV in UTF-8"),
        (b'a,b\n1,2\n"x,2\n', ":3: unexpected end of data: quotes around a cell come in pairs, one inside it twice"),
        (b",".join([b"x"] * 201), ":1: 201 columns; 200 is the most that is taken"),
    ],
    ids=["empty", "too many cells", "too few cells", "no name", "not UTF-8", "open quote", "too many columns"],
)
def test_a_bad_one_is_refused_with_its_line(data: bytes, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, data)
    with pytest.raises(FurtherError) as refused:
        read_further(path)
    assert str(refused.value) == f"{path}{message}"


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(20_000_001)
    with pytest.raises(FurtherError, match=r"large\.csv: more than 20 MB: give a summary instead"):
        read_further(path)
    monkeypatch.setattr(further, "_ROWS", 2)
    with pytest.raises(FurtherError, match=r"users\.csv:4: more than 2 rows"):
        read_further(written(tmp_path, b"a\n1\n2\n3\n"))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FurtherError, match=r"cannot read .*users\.csv: No such file or directory"):
        read_further(tmp_path / "users.csv")
