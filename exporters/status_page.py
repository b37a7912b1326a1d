"""Writes the small status page: what is wrong first, everything escaped, nothing fetched from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from zoneinfo import ZoneInfo

from availability.estate import Estate
from availability.ports import PartState
from availability.report import ServiceReport
from availability.states import DOWN, STATE_NAMES, UNKNOWN, UP
from exporters.figures import hours_minutes, norm, percent
from exporters.report_table import when
from exporters.source import MetricsSource
from exporters.standing_words import is_as_it_should_be, why, word
from exporters.status_json import kind_of, name_of

ROWS = 200
"""Rows of a table before it says how many more there are: a page stays a page, however much is wrong."""
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; color: #222; }
table { border-collapse: collapse; width: 100%; margin-bottom: 2em; }
th, td { text-align: left; padding: .3em .8em .3em 0; border-bottom: 1px solid #ddd; vertical-align: top; }
.up, .met { color: #176f2c; } .down, .missed { color: #b3261e; font-weight: bold; } .pending { color: #8a5a00; }
.unknown, .undetermined, .no_data { color: #666; }
"""
CONTENT_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
"""Content-Security-Policy of the page: its own style and nothing else."""


def status_page(source: MetricsSource) -> str:
    """The page as HTML, which a browser asks for again every half minute."""
    estate = source.estate()
    states = sorted(source.parts(), key=lambda state: (state.state, state.since is None, -(state.since or 0), state.id))
    return "".join(_page(source, estate, states))


def _page(source: MetricsSource, estate: Estate, states: Sequence[PartState]) -> Iterator[str]:
    zone = ZoneInfo(estate.timezone)
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="30">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>waakvlam: {escape(_headline(states))}</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>{escape(_headline(states))}</h1>"
    missing = source.not_ready()
    if missing:
        yield f'<p class="down">Not ready. {escape(" ".join(missing))}</p>'
    wrong = [state for state in states if not is_as_it_should_be(state)]
    if wrong:
        yield "<h2>What is wrong</h2>"
        yield from _table(
            ("State", "What", "Type", "Since", "Why"), (_wrong(state, estate, zone) for state in wrong), len(wrong)
        )
    standing = source.standing()
    if standing and standing.current:
        yield f"<h2>Services, judged up to {escape(when(standing.as_of, zone))}</h2>"
        columns = ("Service", "Norm", "Availability", "Lower", "Upper", "Watched", "Budget left", "Verdict")
        yield from _table(columns, (_service(each) for each in standing.current), len(standing.current))
    more = ", ".join(f'<a href="{path}">{path}</a>' for path in ("/metrics", "/api/v1/status", "/api/v1/report"))
    up = sum(state.state == UP for state in states)
    yield f"<p>{up} of {len(states)} are up. See also {more}.</p></body></html>\n"


def _headline(states: Sequence[PartState]) -> str:
    down = sum(state.state == DOWN for state in states)
    unknown = sum(state.state == UNKNOWN for state in states)
    if not states:
        return "nothing is watched yet"
    degraded = sum(state.degraded is not None for state in states)
    lost = sum(state.redundancy is not None and state.redundancy.is_lost for state in states)
    counts = ((down, "down"), (unknown, "unknown"), (degraded, "degraded"), (lost, "with less redundancy"))
    told = ", ".join(f"{count} {what}" for count, what in counts if count)
    return told if down or unknown else f"everything is up{f', {told}' if told else ''}"


def _table(columns: Sequence[str], rows: Iterable[str], total: int) -> Iterator[str]:
    yield f"<table><tr>{''.join(f'<th>{escape(column)}</th>' for column in columns)}</tr>"
    for shown, row in enumerate(rows):
        if shown == ROWS:
            yield f'<tr><td colspan="{len(columns)}">and {total - ROWS} more: see /api/v1/status</td></tr>'
            break
        yield row
    yield "</table>"


def _wrong(state: PartState, estate: Estate, zone: ZoneInfo) -> str:
    name = name_of(state.id, estate)
    called = f"{name} ({state.id})" if name else state.id
    since = state.degraded.since if state.degraded is not None else state.since
    style = STATE_NAMES[state.state] if state.state != UP else "pending"
    return _row(style, (word(state), called, kind_of(state.id, estate), when(since, zone), why(state, spoken=True)))


def _service(service: ServiceReport) -> str:
    figures, verdict = service.judged.figures, service.judged.verdict or ""
    ratios = (figures.availability, figures.availability_low, figures.availability_high, figures.coverage)
    cells = (service.name or service.id, norm(service.norm), *(percent(ratio) for ratio in ratios))
    return _row(verdict, (*cells, hours_minutes(figures.budget_left_ms), verdict.replace("_", " ")))


def _row(style: str, cells: Iterable[str]) -> str:
    return f'<tr class="{escape(style)}">{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
