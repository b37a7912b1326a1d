"""`waakvlam rules`: the alert rules of Prometheus that follow from the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from dashboards.rules import PREFIX, Wanted, files, one_file
from dashboards.rules_model import Language
from dashboards.rules_text import HEADER
from waakvlam.setup import load_settings
from waakvlam.terminal import refuse, say, say_data, written_whole

_DIFFERS = 1
"""Exit code where what is there is not what would be written."""
_PAGE = re.compile(r"https?://[^\s#{}\"']{1,2000}")
_JOB = re.compile(r"[^\s\"\\{}]{1,200}")
_FAR_LARGER = 256 * 1024 * 1024
"""No file of rules is: it is not read."""


def rules(path: Path, output: Path | None, language: Language, runbooks: str, job: str, *, check: bool) -> None:
    """Write them to a file, to a folder with a file per subject, or print them; with `check` only tell whether they are
    there already."""
    if runbooks and not _PAGE.fullmatch(runbooks):
        refuse("--runbooks: write the address of a page without its #, such as https://wiki.example/alerting")
    if not _JOB.fullmatch(job):
        refuse("--job: write a job_name of prometheus.yml, without spaces and quotes")
    if check and output is None:
        refuse("--check compares with what is there: add --output FILE or FOLDER")
    settings = load_settings(path)
    wanted = Wanted(language, runbooks.rstrip("/"), job)
    if output is None:
        say_data(one_file(settings, wanted))
        return
    is_folder = output.is_dir() or (not output.exists() and not output.suffix)
    texts = (
        {output / name: text for name, text in files(settings, wanted).items()}
        if is_folder
        else {output: one_file(settings, wanted)}
    )
    leftovers = sorted(set(_ours(output)) - texts.keys()) if is_folder else []
    if check:
        _check(texts, leftovers)
    else:
        _write(output if is_folder else None, texts, leftovers)


def _check(texts: Mapping[Path, str], leftovers: list[Path]) -> None:
    wrong = False
    for path, text in texts.items():
        found = _read(path)
        if found != text:
            wrong = True
            say(f"{path}: {'is not there' if found is None else 'is not what would be written'}")
    for path in leftovers:
        wrong = True
        say(f"{path}: would not be written any more")
    if wrong:
        say("Run the same without --check, and let Prometheus reload.")
        raise SystemExit(_DIFFERS)
    say("Everything is as it would be written.")


def _write(folder: Path | None, texts: Mapping[Path, str], leftovers: list[Path]) -> None:
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            refuse(f"cannot make the folder {folder}: {error.strerror}")
    changed = 0
    for path, text in texts.items():
        if not path.is_file() or _read(path) != text:
            with written_whole(path) as temporary:
                temporary.write_text(text, encoding="utf-8", newline="")
            changed += 1
            say(f"{path}: written")
    for path in leftovers:
        try:
            path.unlink()
        except OSError as error:
            refuse(f"cannot remove {path}, which is no longer written: {error.strerror}")
        changed += 1
        say(f"{path}: removed")
    say("Let Prometheus reload." if changed else "Everything was as it would be written.")


def _ours(folder: Path) -> Iterator[Path]:
    """The files in `folder` that were written by this command, whatever for."""
    try:
        found = sorted(folder.glob(f"{PREFIX}*.yml"))
    except OSError as error:
        refuse(f"cannot read the folder {folder}: {error.strerror}")
    for path in found:
        text = _read(path)
        if text is not None and text.startswith(HEADER):
            yield path


def _read(path: Path) -> str | None:
    """The text of a file; None where there is none, or none that could be what is written."""
    try:
        if not path.is_file() or path.stat().st_size > _FAR_LARGER:
            return None
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return None
