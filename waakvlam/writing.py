"""Writes an account as it was asked for: to standard output, a file, or a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from availability.account import Account
from exporters.words import Language
from waakvlam.terminal import console, refuse, say, say_data, written_whole
from waakvlam.version import VERSION


@dataclass(frozen=True, slots=True)
class Wanted:
    """How and where: `further` are CSV files with tables to add to a workbook."""

    format: str
    output: Path | None
    language: Language = "nl"
    further: tuple[Path, ...] = ()
    per_participant: bool = False

    def refuse_what_does_not_fit(self) -> None:
        """Exit 2 with a sentence where these options cannot go together."""
        if self.format == "xlsx" and self.output is None:
            refuse("--format xlsx needs a file to write to: add --output report.xlsx")
        if self.further and self.format != "xlsx":
            refuse("--table adds a sheet to a workbook: add --format xlsx")
        if self.per_participant and self.format != "xlsx":
            refuse("--per-participant makes workbooks: add --format xlsx --output FOLDER")


def write(account: Account, timezone: str, wanted: Wanted, participant: str | None = None) -> None:
    """Write `account`, of which `participant` says whose it is, in the one format that is wanted."""
    if wanted.format == "xlsx" and wanted.output is not None:
        _workbook(account, timezone, wanted.output, wanted, participant)
    elif wanted.format == "table":
        _table(account, timezone, wanted.output, participant)
    elif wanted.format == "csv" and wanted.output is not None and _is_folder(wanted.output):
        _folder(account, timezone, wanted.output, participant)
    else:
        text = _text(account, timezone, wanted.format)
        if wanted.output is None:
            say_data(text)
        else:
            with written_whole(wanted.output) as temporary:
                temporary.write_text(text, encoding="utf-8", newline="")


def _is_folder(path: Path) -> bool:
    """Whether a file per table is meant: a folder that is there, or a name without an ending."""
    return path.is_dir() or not path.suffix


def write_per_participant(accounts: Mapping[str, Account], timezone: str, wanted: Wanted) -> None:
    """A workbook for every participant into the folder `wanted.output`, named after the period and who it is for."""
    if wanted.output is None:
        raise ValueError("a workbook needs a place")
    try:
        wanted.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refuse(f"cannot make the folder {wanted.output}: {error.strerror}")
    for participant, account in accounts.items():
        path = wanted.output / f"{account.report.period.label}-{participant}.xlsx"
        _workbook(account, timezone, path, wanted, participant)
        say(str(path))


def _workbook(account: Account, timezone: str, path: Path, wanted: Wanted, participant: str | None) -> None:
    from exporters.further import FurtherError, read_further
    from exporters.report_xlsx import write_xlsx

    try:
        further = [read_further(one) for one in wanted.further]
    except FurtherError as error:
        refuse(f"--table: {error}")
    with written_whole(path) as temporary:
        write_xlsx(account, timezone, temporary, wanted.language, further, participant, VERSION)


def _table(account: Account, timezone: str, output: Path | None, participant: str | None) -> None:
    from exporters.report_table import render_report

    if output is None:
        console().print(render_report(account, timezone, participant=participant))
        return
    with written_whole(output) as temporary, temporary.open("w", encoding="utf-8") as file:
        console(file).print(render_report(account, timezone, participant=participant))


def _folder(account: Account, timezone: str, folder: Path, participant: str | None) -> None:
    from exporters.report_csv import write_csv_folder

    try:
        write_csv_folder(account, timezone, folder, participant=participant, version=VERSION)
    except OSError as error:
        refuse(f"cannot write the folder {folder}: {error.strerror}")


def _text(account: Account, timezone: str, format_: str) -> str:
    if format_ == "csv":
        from exporters.report_csv import report_csv

        return report_csv(account.report, timezone)
    from exporters.report_json import report_json

    return report_json(account, timezone)
