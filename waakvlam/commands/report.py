"""`waakvlam report`: the availability report of a period, for people, programs and municipalities."""

from __future__ import annotations

import gc
import time
from dataclasses import replace
from pathlib import Path

from availability.estate import Estate, Service
from availability.judge import judge
from availability.periods import Period, parse_period
from availability.report import Report
from availability.trail import with_trail
from config.problems import remedy
from config.settings import Settings
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import console, parse_instant, refuse, say_data, written_whole


def report(
    path: Path, label: str, as_of: str | None, format_: str, output: Path | None, participant: str | None
) -> None:
    """Judge the period `label` as known at `as_of` (default: now) and write it as `format_`."""
    # A report is built once and printed: collecting garbage in between only costs time.
    gc.disable()
    settings = load_settings(path)
    estate = settings.estate
    try:
        period = parse_period(label, estate.timezone)
    except ValueError as error:
        refuse(f"--period: {error}")
    now = time.time_ns() // 1_000_000
    instant = parse_instant(as_of, "--as-of") if as_of else now
    if format_ == "xlsx" and output is None:
        refuse("--format xlsx needs a file to write to: add --output report.xlsx")
    if participant is not None:
        estate = _for_participant(settings, participant)
    _write(_judged(settings, estate, period, instant, participant), estate.timezone, format_, output)


def _judged(settings: Settings, estate: Estate, period: Period, as_of: int, participant: str | None) -> Report:
    store = load_store(settings, create=False)
    try:
        facts = store.rows(until=as_of)
        estate = with_trail(estate, store.trail())
    finally:
        store.close()
    chosen = None
    if participant is not None:
        chosen = [service.id for service in estate.services.values() if service.participants]
    return judge(estate, facts, period, as_of, chosen)


def _for_participant(settings: Settings, participant: str) -> Estate:
    """The estate with only `participant` left among the participants of its services."""
    known = sorted({one.id for service in settings.estate.services.values() for one in service.participants})
    if participant not in known:
        refuse(
            f"--participant: no service has a participant {participant!r}: {remedy(participant, known, 'participants')}"
        )

    def only(service: Service) -> Service:
        return replace(service, participants=tuple(one for one in service.participants if one.id == participant))

    services = {id_: only(service) for id_, service in settings.estate.services.items()}
    return replace(settings.estate, services=services)


def _write(report: Report, timezone: str, format_: str, output: Path | None) -> None:
    if format_ == "xlsx" and output is not None:
        from exporters.report_xlsx import write_xlsx

        with written_whole(output) as temporary:
            write_xlsx(report, timezone, temporary)
        return
    if format_ == "table":
        from exporters.report_table import render_report

        if output is None:
            console().print(render_report(report, timezone))
            return
        with written_whole(output) as temporary, temporary.open("w", encoding="utf-8") as file:
            console(file).print(render_report(report, timezone))
        return
    text = _text(report, timezone, format_)
    if output is None:
        say_data(text)
        return
    with written_whole(output) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def _text(report: Report, timezone: str, format_: str) -> str:
    if format_ == "csv":
        from exporters.report_csv import report_csv

        return report_csv(report, timezone)
    from exporters.report_json import report_json

    return report_json(report, timezone)
