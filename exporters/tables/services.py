"""The tables about services: the summary, their figures, the shares of owners, and the parts of their chains."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from availability.account import Account, Forecast, OwnerShare
from availability.report import Figures, Judged, ServiceReport, Verdict
from exporters.tables.standing import around, leading, light
from exporters.tables.table import Column, Row, Table, Typed

_AVAILABILITY = (
    Column("availability", "ratio", share=("{up}", "{up}+{down}")),
    Column("availability_low", "ratio", share=("{up}", "{up}+{down}+{unknown}")),
    Column("availability_high", "ratio", share=("({up}+{unknown})", "{up}+{down}+{unknown}")),
    Column("coverage", "ratio", share=("({up}+{down})", "{up}+{down}+{unknown}")),
)
_CLASSES = (
    Column("up", "duration", exact=True),
    Column("down", "duration", exact=True),
    Column("unknown", "duration", exact=True),
    Column("excluded", "duration", exact=True),
)
_SUMMARY = (
    *(Column("service"), Column("name"), Column("light", "light"), Column("verdict", "verdict")),
    *(Column("norm", "norm"), Column("availability", "ratio"), Column("availability_low", "ratio")),
    *(Column("availability_high", "ratio"), Column("coverage", "ratio"), Column("forecast", "ratio")),
    *(Column("budget_left", "balance"), Column("down", "duration"), Column("unknown", "duration")),
    *(Column("excluded", "duration"), Column("outages", "count")),
)
_SERVICES = (
    *(Column("service"), Column("name"), Column("row", "word"), Column("participant"), Column("part")),
    *(Column("agreement"), Column("norm", "norm"), Column("verdict", "verdict"), *_AVAILABILITY),
    Column("forecast", "ratio"),
    Column("budget_left", "balance", formula="{budget}-{down}"),
    *(Column("lost_at", "instant"), Column("earliest_lost_at", "instant")),
    Column("agreed", "duration", exact=True, formula="{up}+{down}+{unknown}+{excluded}"),
    *(*_CLASSES, Column("rest", "duration", exact=True), Column("unconfirmed_failed", "duration")),
    Column("budget", "duration", exact=True, formula="(1-{norm})*({up}+{down}+{unknown}+{rest})"),
)
_OWNERS = (
    *(Column("service"), Column("owner"), Column("verdict", "verdict"), Column("norm", "norm"), *_AVAILABILITY),
    Column("share", "ratio", share=("{down}", "{service_down}")),
    *(Column("shared", "duration"), *_CLASSES, Column("service_down", "duration", exact=True)),
)
_CHAIN = (
    *(Column("service"), Column("id"), Column("name"), Column("owner"), Column("verdict", "verdict")),
    *(*_AVAILABILITY, Column("caused", "duration"), *_CLASSES, Column("outages", "count")),
)


def summary(account: Account, participant: str | None) -> Table:
    """A row per service: how it stands, for everybody or for one participant."""
    rows = []
    for service in account.report.services:
        theirs, judged, forecast = leading(account, service, participant)
        figures = judged.figures
        outages = service.outages
        if theirs is not None:
            own = around(account, service.id).participants.get(theirs)
            outages = outages if own is None else own.outages
        rows.append(
            (
                *(service.id, service.name, light(judged, forecast), judged.verdict, service.norm),
                *(figures.availability, figures.availability_low, figures.availability_high, figures.coverage),
                *(None if forecast is None else forecast.availability, figures.budget_left_ms, figures.down_ms),
                *(figures.unknown_ms, figures.excluded_ms, len(outages)),
            )
        )
    return Table("summary", _SUMMARY, rows)


def services(account: Account, participant: str | None) -> Table:
    """The figures of every service, of the parts of its period and its months, and of each participant."""
    rows = [row for service in account.report.services for row in _service(account, service, participant)]
    return Table("services", _SERVICES, rows)


def _service(account: Account, service: ServiceReport, participant: str | None) -> Iterator[Row]:
    about = around(account, service.id)
    yield from _judged(service, "service", "part", None, service.judged, about.forecast)
    if [label for label, _ in about.months] != [part.label for part in service.judged.parts or ()]:
        for label, figures in about.months:
            yield _figures(service, "month", None, label, figures, None, None)
    for each in service.participants:
        if participant in (None, each.id):
            theirs = about.participants.get(each.id)
            forecast = None if theirs is None else theirs.forecast
            yield from _judged(service, "participant", "participant_part", each.id, each.judged, forecast)


def _judged(
    service: ServiceReport, whole: str, part: str, participant: str | None, judged: Judged, forecast: Forecast | None
) -> Iterator[Row]:
    yield _figures(service, whole, participant, None, judged.figures, judged.verdict, forecast)
    for each in judged.parts or ():
        yield _figures(service, part, participant, each.label, each.figures, each.verdict, None)


def _figures(
    service: ServiceReport,
    row: str,
    participant: str | None,
    part: str | None,
    figures: Figures,
    verdict: Verdict | None,
    forecast: Forecast | None,
) -> Row:
    ahead = forecast or Forecast(None, None, None)
    named: Row = (service.id, service.name, row, participant, part, service.agreement, figures.norm, verdict)
    future: Row = (ahead.availability, figures.budget_left_ms, ahead.lost_at, ahead.earliest_lost_at)
    rest: Row = (figures.rest_ms, figures.unconfirmed_failed_ms, figures.budget_ms)
    return (*named, *_ratios(figures), *future, figures.agreed_ms, *_lengths(figures), *rest)


def _ratios(figures: Figures) -> tuple[Fraction | None, ...]:
    return figures.availability, figures.availability_low, figures.availability_high, figures.coverage


def _lengths(figures: Figures) -> tuple[int, ...]:
    return figures.up_ms, figures.down_ms, figures.unknown_ms, figures.excluded_ms


def owners(account: Account, _participant: str | None) -> Table:
    """What each organisation's parts did to each service, and what is nobody's; shares may overlap."""
    rows: list[Row] = []
    for service in account.report.services:
        about = around(account, service.id)
        down = service.judged.figures.down_ms
        rows += [_owner(service, share, down) for share in about.owners]
        if not about.owners:
            told = sorted(service.downtime_by_owner_ms.items())
            rows += [_downtime(service, owner, theirs, down) for owner, theirs in told]
        if about.unowned_ms:
            rows.append(_downtime(service, Typed("word", "nobody"), about.unowned_ms, down))
    return Table("owners", _OWNERS, rows, cost="down")


def _owner(service: ServiceReport, share: OwnerShare, down: int) -> Row:
    figures = share.judged.figures
    return (
        *(service.id, share.owner, share.judged.verdict, figures.norm, *_ratios(figures)),
        *(Fraction(figures.down_ms, down) if down else None, share.shared_ms, *_lengths(figures), down),
    )


def _downtime(service: ServiceReport, owner: str | Typed, theirs: int, down: int) -> Row:
    """Downtime alone, where nothing else is known of an owner, or where there is none."""
    share = Fraction(theirs, down) if down else None
    return (service.id, owner, None, None, None, None, None, None, share, None, None, theirs, None, None, down)


def chain(account: Account, _participant: str | None) -> Table:
    """Every part of every service's chain by itself."""
    rows: list[Row] = []
    for service in account.report.services:
        for part in around(account, service.id).chain or ():
            figures = part.judged.figures
            rows.append(
                (
                    *(service.id, part.id, part.name, part.owner, part.judged.verdict, *_ratios(figures)),
                    *(part.caused_ms, *_lengths(figures), len(part.outages)),
                )
            )
    return Table("chain", _CHAIN, rows, cost="caused")
