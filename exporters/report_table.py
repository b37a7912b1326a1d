"""Writes an account for people: tables with a word beside every colour, plain text in a pipe."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from fractions import Fraction
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.text import Text

from availability.account import Account
from availability.report import Report, ServiceReport
from exporters.figures import hours_minutes
from exporters.fitted import Fitted
from exporters.table_text import COLOURS, NUMBERS, SHADES, CellText, until, verdict_text, when
from exporters.table_views import VIEWS, View
from exporters.tables.every import every_table
from exporters.tables.standing import as_account, is_restated
from exporters.tables.table import Row, Table
from exporters.tables.tones import heading_below
from exporters.words import WORDS, Language, Words

__all__ = ["COLOURS", "ROWS_SHOWN", "render_report", "until", "verdict_text", "when"]

ROWS_SHOWN = 100
"""Of every table but that of services; a person reads no more, and a program reads another format."""


def render_report(
    account: Account | Report, timezone: str, language: Language = "en", participant: str | None = None
) -> Group:
    """The account as something rich can print: every table that has a row, services first.

    A console without a terminal prints it as plain text; 160 columns hold every table without a broken line. With
    `participant` no other participant's rows are shown.
    """
    return Group(*_Teller(as_account(account), timezone, WORDS[language], participant).everything())


class _Teller:
    """One account in one language."""

    def __init__(self, account: Account, timezone: str, words: Words, participant: str | None) -> None:
        self._account = account
        self._report = account.report
        self._timezone = timezone
        self._words = words
        self._zone = ZoneInfo(timezone)
        self._text = CellText(words, self._zone)
        self._participant = participant

    def everything(self) -> Iterator[RenderableType]:
        """What stands above all, then table by table."""
        yield from self._warnings()
        yield self._headline()
        if not self._report.services:
            yield Text(f"\n{self._words.sentence('no_services')}")
        for table in every_table(self._account, self._timezone, participant=self._participant, most=ROWS_SHOWN):
            view = VIEWS.get(table.key)
            if view is not None and table.rows:
                yield self._title(table.key)
                yield self._fitted(table, view)
                if table.key == "services":
                    yield from self._budgets(table)
        yield from self._pending()
        head = self._account.head
        if head is not None:
            yield Text(f"\n{self._words.sentence('chain_head', period=head.period, digest=head.digest)}")

    def _warnings(self) -> Iterator[Text]:
        """That it is a supposition, and that it was told otherwise before."""
        account, words = self._account, self._words
        if account.what_if:
            yield Text(words.sentence("what_if", assumed="; ".join(account.what_if)) + "\n", "bold white on red")
        if is_restated(account):
            months = ", ".join(month for month, closed in account.closed if closed.restated)
            yield Text(words.sentence("restated", months=months) + "\n", "bold yellow")

    def _headline(self) -> Text:
        period, words = self._report.period, self._words
        start, end = when(period.start, self._zone), when(period.end, self._zone)
        as_of = when(self._report.as_of, self._zone)
        span = words.sentence("span", start=start, end=end, as_of=as_of, timezone=self._timezone)
        title = words.sentence("availability_of", period=period.label)
        whose = "" if self._participant is None else f", {words.term('for').lower()} {self._participant}"
        return Text.assemble((f"{title}{whose}", "bold"), f"  {span}")

    def _title(self, key: str) -> Text:
        note = self._words.sentences.get(f"note_{key}")
        return Text.assemble((f"\n{self._words.titles[key]}", "bold"), f": {note}" if note else "")

    def _fitted(self, table: Table, view: View) -> Fitted:
        """The table as this view shows it, with the rows that matter most where there are very many."""
        shown = _with_values(table, view)
        heads = {key: self._words.column(table.key, key) for key in shown}
        indexes = [table.index(key) for key in shown]
        right = frozenset(heads[key] for key, at in zip(shown, indexes, strict=True) if _is_number(table, at))
        fitted = Fitted(tuple(heads.values()), right, [heads[key] for key in view.spare if key in heads])
        rows = table.rows if table.key == "services" else _foremost(table)
        for row in rows:
            cells = [self._text.cell(table, row, at) for at in indexes]
            cells[0] = self._about(table, row, cells[0])
            fitted.add(*cells)
        left = len(table.rows) - len(rows) + table.more
        if left:
            note = self._words.sentence("more_cheaper" if table.cost else "more", count=left)
            fitted.add("", note, *[""] * (len(indexes) - 2))
        return fitted

    def _about(self, table: Table, row: Row, first: str | Text) -> str | Text:
        """What a row is about: a service, or one of its parts or participants below it."""
        if table.key == "outages" and row[1] is not None:
            return f"{first}, {self._words.term('for').lower()} {row[1]}"
        if table.key != "services":
            return first
        service, name, kind, participant, part = (str(cell) for cell in row[:5])
        whose = f"{self._words.term('for').lower()} {participant}"
        named = f"{name} ({service})" if name != service else service
        if kind == "service":
            return Text(named, "bold")
        return {"participant": f"  {whose}", "participant_part": f"    {part}"}.get(kind, f"  {part}")

    def _budgets(self, table: Table) -> Iterator[Text]:
        """What is left where it is still open, and when it would be lost: those at risk first."""
        keys = ("service", "participant", "forecast", "budget_left", "lost_at", "earliest_lost_at")
        indexes = [table.index(key) for key in keys]
        open_ = _telling([row for row in table.rows if row[table.index("forecast")] is not None], indexes)
        open_.sort(key=lambda row: not heading_below(table, row))
        for row in open_[:ROWS_SHOWN]:
            service, participant, _, left, lost, earliest = (row[at] for at in indexes)
            whose = f", {self._words.term('for').lower()} {participant}" if participant else ""
            said = [self._left(left)]
            if isinstance(lost, int):
                said.append(self._words.sentence("lost_at", at=self._text.moment(lost)))
            if isinstance(earliest, int):
                said.append(self._words.sentence("lost_earliest", at=self._text.moment(earliest)))
            yield Text(f"{service}{whose}: {', '.join(said)}", SHADES["risk"] if heading_below(table, row) else "")
        if len(open_) > ROWS_SHOWN:
            yield Text(self._words.sentence("more", count=len(open_) - ROWS_SHOWN))

    def _left(self, left: object) -> str:
        amount = left if isinstance(left, int | Fraction) else 0
        if amount < 0:
            return self._words.sentence("overdrawn", left=hours_minutes(amount).removeprefix("-"))
        return self._words.sentence("left", left=hours_minutes(amount))

    def _pending(self) -> Iterator[Text]:
        """A line for every record that waits for approval, with what it would change."""
        words = self._words
        for number, pending in enumerate(self._report.pending):
            record = pending.record
            what = words.sentence("waiting_of", id=record.id, who=record.entered_by, category=record.category)
            if record.start_ms is not None:
                start, end = when(record.start_ms, self._zone), until(record.start_ms, record.end_ms, self._zone)
                what += f", {words.sentence('from_to', start=start, end=end)}"
            changes = "; ".join(self._changed(service) for service in pending.would_change)
            changes = changes or words.sentence("would_change_nothing")
            yield Text(("" if number else "\n") + words.sentence("waiting", what=what, changes=changes))

    def _changed(self, service: ServiceReport) -> str:
        """What would be of a service."""
        judged = service.judged
        verdict = f", {self._words.term(judged.verdict)}" if judged.verdict else ""
        share = self._text.share(judged.figures.availability)
        return self._words.sentence("would_be", service=service.id, share=share) + verdict


def _telling(rows: Sequence[Row], indexes: Sequence[int]) -> list[Row]:
    """Without the rows of participants that stand as the service does; `indexes` begin with service and participant."""
    service, whose, *figures = indexes
    common = {tuple(row[at] for at in (service, *figures)) for row in rows if row[whose] is None}
    return [row for row in rows if row[whose] is None or tuple(row[at] for at in (service, *figures)) not in common]


def _with_values(table: Table, view: View) -> list[str]:
    """The columns of a view, less those in the middle that have nothing in any row."""
    first, last = view.columns[:2], view.columns[-1]
    return [
        key
        for key in view.columns
        if key in first or key == last or any(row[table.index(key)] not in (None, ()) for row in table.rows)
    ]


def _is_number(table: Table, index: int) -> bool:
    return table.columns[index].kind in NUMBERS


def _foremost(table: Table) -> Sequence[Row]:
    """The rows that cost most, or the first where none costs more than another, in the order of the table."""
    rows = table.rows
    if len(rows) <= ROWS_SHOWN:
        return rows
    if table.cost is None:
        return rows[:ROWS_SHOWN]
    cost = table.index(table.cost)

    def weight(at: int) -> tuple[int, int]:
        cell = rows[at][cost]
        return cell if isinstance(cell, int) else 0, -at

    return [rows[at] for at in sorted(heapq.nlargest(ROWS_SHOWN, range(len(rows)), key=weight))]
