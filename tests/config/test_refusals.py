"""Every kind of configuration that is refused, with the exact message: NAME.yaml beside NAME.txt in bad/."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.problems import ConfigError
from config.reader import read
from tests.config.standins import PROBES

BAD = Path(__file__).parent / "bad"
NAMES = sorted(path.stem for path in BAD.glob("*.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_the_message_is_exactly_this(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(ConfigError) as refusal:
        read(Path(f"{name}.yaml"), PROBES)
    assert f"{refusal.value}\n" == (BAD / f"{name}.txt").read_text()


def test_every_message_has_its_file() -> None:
    assert sorted(path.stem for path in BAD.glob("*.txt")) == NAMES


def test_no_message_repeats_a_secret() -> None:
    assert any(b"hunter2" in path.read_bytes() for path in BAD.glob("*.yaml"))
    for path in BAD.glob("*.txt"):
        assert "hunter2" not in path.read_text(), path.name


def test_all_problems_are_told_at_once_and_in_order_of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(ConfigError) as refusal:
        read(Path("several-problems.yaml"), PROBES)
    lines = [problem.line for problem in refusal.value.problems]
    assert len(lines) > 8
    assert lines == sorted(line for line in lines if line)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.yaml: cannot be read: No such file or directory$"):
        read(tmp_path / "missing.yaml", PROBES)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read: Is a directory$"):
        read(tmp_path, PROBES)


def test_a_file_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.document.SIZE_LIMIT", 1024 * 1024)
    with pytest.raises(ConfigError, match=r"^/dev/zero: is larger than 1 MiB: no configuration needs that$"):
        read(Path("/dev/zero"), PROBES)


def test_special_days_are_bounded(tmp_path: Path) -> None:
    days = [
        f"{year}-{month:02d}-{day:02d}: closed"
        for year in range(2026, 2030)
        for month in range(1, 13)
        for day in range(1, 29)
    ]
    path = tmp_path / "many.yaml"
    path.write_text(
        "version: 1\nagreements:\n  - id: a\n    norm: 98%\n"
        f'    window: {{from: "07:00", to: "23:00", special_days: {{{", ".join(days)}}}}}\n'
    )
    with pytest.raises(ConfigError, match="special_days: has too many entries: at most 1000 are allowed"):
        read(path, PROBES)


def test_thousands_of_problems_are_told_soon(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    parts = (f"  - {{id: c{n}, behind: [nothing-{n}], up_when: {{all: [c{n + 1}x]}}}}\n" for n in range(2000))
    path.write_text("version: 1\ncomponents:\n" + "".join(parts))
    with pytest.raises(ConfigError) as refusal:
        read(path, PROBES)
    assert len(refusal.value.problems) == 4000


def test_a_long_circle_is_found_without_recursion(tmp_path: Path) -> None:
    path = tmp_path / "circle.yaml"
    parts = (f"  - {{id: c{n}, up_when: {{all: [c{(n + 1) % 3000}]}}}}\n" for n in range(3000))
    path.write_text("version: 1\ncomponents:\n" + "".join(parts))
    with pytest.raises(
        ConfigError, match=r"c2999.up_when.all\[0\]: closes a circle: c0 -> c1 -> .* -> \.\.\. -> c2999 -> c0: "
    ) as refusal:
        read(path, PROBES)
    assert len(refusal.value.problems) == 1
