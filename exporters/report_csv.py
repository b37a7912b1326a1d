"""Writes a report as one flat CSV: a row per service, per part of its period and per participant."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from availability.report import Judged, Report
from exporters.report_json import Document, figures_document, period_document

_FORMULA_STARTS = ("=", "+", "-", "@")


def report_csv(report: Report, timezone: str) -> str:
    """The rows with the keys of the JSON report as their header; a figure that does not exist is an empty cell.

    `row` says what a row is about: `service` (the whole period), `part` (one of the agreement's periods in it),
    `participant` or `participant_part`.
    """
    rows = list(_rows(report, period_document(report, timezone)))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)
    for row in rows:
        writer.writerow([_cell(row.get(key)) for key in _HEADER])
    return out.getvalue()


_HEADER = (
    *("period", "from", "to", "as_of", "service", "name", "agreement", "norm", "row", "participant", "part"),
    *("verdict", "availability", "availability_low", "availability_high", "coverage", "agreed_seconds", "up_seconds"),
    *("down_seconds", "unknown_seconds", "excluded_seconds", "budget_seconds", "budget_left_seconds"),
    "unconfirmed_failed_seconds",
)


def _rows(report: Report, period: Document) -> Iterator[Document]:
    about = {"period": period["label"], "from": period["from"], "to": period["to"], "as_of": period["as_of"]}
    for service in report.services:
        named: Document = {
            **about,
            "service": service.id,
            "name": service.name,
            "agreement": service.agreement,
            "norm": float(service.norm),
        }
        yield from _judged(named, "service", "part", service.judged)
        for participant in service.participants:
            named_too = {**named, "participant": participant.id}
            yield from _judged(named_too, "participant", "participant_part", participant.judged)


def _judged(named: Document, whole: str, part_of_it: str, judged: Judged) -> Iterator[Document]:
    yield {**named, "row": whole, **figures_document(judged.figures), "verdict": judged.verdict}
    for part in judged.parts or ():
        yield {
            **named,
            "row": part_of_it,
            "part": part.label,
            **figures_document(part.figures),
            "verdict": part.verdict,
        }


def _cell(value: object) -> object:
    """Text on one line, with an apostrophe before what a spreadsheet would run as a formula; numbers stay numbers."""
    if not isinstance(value, str):
        return value
    text = " ".join(value.split())
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
