"""An independent reading of docs/semantics.md sections 2 to 8: every instant at which anything may change is judged
by itself, from the text alone, and the report is counted together from those instants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

from availability.estate import AllOf, AnyOf, Estate, Expression, FailoverPair, Per, Ref, Service
from availability.periods import Period, parse_period
from availability.report import (
    Failover,
    FailoverOutcome,
    FailoverVerdict,
    Figures,
    Judged,
    Outage,
    PairReport,
    ParticipantReport,
    PartOfPeriod,
    Report,
    ServiceReport,
    Verdict,
)
from tests.availability.oracle_calendar import Span, inside, maintenance_spans, window_spans
from tests.availability.oracle_states import DOWN, UNKNOWN, UP, Facts, Instant, World

LENGTH: dict[Per, int] = {"month": 1, "quarter": 3, "year": 12}


def parts_of_period(period: Period, per: Per, timezone: str) -> list[Period]:
    """The whole `per` periods inside a period, by their names."""
    year, _, rest = period.label.partition("-")
    first = 1 if not rest else 3 * int(rest[1:]) - 2 if rest.startswith("Q") else int(rest)
    months = range(first, first + LENGTH[period.per])
    if per == "month":
        return [parse_period(f"{year}-{month:02d}", timezone) for month in months]
    if per == "quarter":
        quarters = [(month + 2) // 3 for month in months if month % 3 == 1 and month + 2 in months]
        return [parse_period(f"{year}-Q{quarter}", timezone) for quarter in quarters]
    return [period] if len(months) == 12 else []


def verdict_of(figures: Figures, over: bool) -> Verdict:
    """Section 7, compared as fractions."""
    up, down, unknown, rest = figures.up_ms, figures.down_ms, figures.unknown_ms, figures.rest_ms
    if over:
        if up + down == 0:
            return "no_data"
        if Fraction(up, up + down + unknown) >= figures.norm:
            return "met"
        return "missed" if Fraction(up + unknown, up + down + unknown) < figures.norm else "undetermined"
    whole = up + down + unknown + rest
    if whole == 0:
        return "no_data"
    if Fraction(up + unknown + rest, whole) < figures.norm:
        return "missed"
    return "met" if Fraction(up, whole) >= figures.norm else "pending"


def verdict_of_parts(verdicts: Sequence[Verdict]) -> Verdict:
    """Section 7: a good June does not pay for a bad May; where no part has agreed time, nothing is known."""
    if not verdicts:
        return "no_data"
    order: tuple[Verdict, ...] = ("missed", "undetermined", "pending", "no_data")
    return next((verdict for verdict in order if verdict in verdicts), "met")


class Oracle:
    """One report, counted from instants."""

    def __init__(self, estate: Estate, facts: Facts, period: Period, as_of: int) -> None:
        self.estate, self.period, self.as_of = estate, period, as_of
        self.world = World(estate, facts, as_of)
        edges = {as_of, period.start, period.end, *self.world.instants()}
        self.records = {
            record.id: maintenance_spans(record, estate.timezone, min(edges), max(edges))
            for record in estate.maintenance
        }
        self.windows = {
            agreement.id: window_spans(agreement.window, agreement.timezone, estate.calendar, period.start, period.end)
            for agreement in estate.agreements.values()
        }
        for spans in (*self.records.values(), *self.windows.values()):
            edges |= {edge for span in spans for edge in span}
        for service in estate.services.values():
            edges |= {edge for edge in (service.since_ms, service.until_ms) if edge is not None}
            for part in parts_of_period(period, estate.agreements[service.agreement].per, estate.timezone):
                edges |= {part.start, part.end}
        self.ticks = [(edge, until, Instant(self.world, edge)) for edge, until in _neighbours(sorted(edges))]
        self.past = [tick for tick in self.ticks if tick[0] < as_of]
        self.now = Instant(self.world, as_of)

    def report(self) -> Report:
        """The whole report."""
        events = [event for pair in self.estate.pairs for event in self._failovers(pair)]
        return Report(
            self.period,
            self.as_of,
            tuple(self._service(service) for service in self.estate.services.values()),
            tuple(events),
            tuple(PairReport(pair.id, self._protected(pair)) for pair in self.estate.pairs),
        )

    # sections 5 and 6

    def agreed(self, service: Service, instant: int) -> bool:
        """Whether the service was promised at an instant of the period."""
        if service.since_ms is not None and instant < service.since_ms:
            return False
        if service.until_ms is not None and instant >= service.until_ms:
            return False
        return inside(self.windows[service.agreement], instant) and self.period.start <= instant < self.period.end

    def _class(self, service: Service, expression: Expression, instant: Instant) -> str:
        agreement = self.estate.agreements[service.agreement]
        presumed_up = set(agreement.assumes_up)
        for record in self.estate.maintenance:
            if record.category in agreement.excluded and inside(self.records[record.id], instant.instant):
                presumed_up |= set(record.affects)
        state = instant.of(expression)
        if state == UP:
            return "up"
        presumed = instant.presumed(expression, presumed_up)
        if presumed == UP:
            return "excluded"
        return "down" if state == DOWN and presumed == DOWN else "unknown"

    # section 7

    def _figures(self, service: Service, expression: Expression, period: Period) -> Figures:
        agreement = self.estate.agreements[service.agreement]
        leaves = self.world.leaves(expression)
        total = {"up": 0, "down": 0, "unknown": 0, "excluded": 0, "rest": 0, "unconfirmed": 0}
        for start, end, instant in self.ticks:
            if not (period.start <= start < period.end and self.agreed(service, start)):
                continue
            if start >= self.as_of:
                total["rest"] += end - start
                continue
            kind = self._class(service, expression, instant)
            total[kind] += end - start
            if kind == "up" and instant.unconfirmed(leaves):
                total["unconfirmed"] += end - start
        return Figures(
            total["up"],
            total["down"],
            total["unknown"],
            total["excluded"],
            total["rest"],
            total["unconfirmed"],
            agreement.norm,
        )

    def _judged(self, service: Service, expression: Expression) -> Judged:
        figures = self._figures(service, expression, self.period)
        per = self.estate.agreements[service.agreement].per
        periods = parts_of_period(self.period, per, self.estate.timezone)
        if not periods:
            return Judged(figures, None, None)
        if len(periods) == 1:
            return Judged(figures, verdict_of(figures, self.as_of >= self.period.end), None)
        parts = []
        for period in periods:
            of_part = self._figures(service, expression, period)
            if of_part.agreed_ms + of_part.rest_ms:
                parts.append(PartOfPeriod(period.label, of_part, verdict_of(of_part, self.as_of >= period.end)))
        return Judged(figures, verdict_of_parts([part.verdict for part in parts]), tuple(parts))

    def _service(self, service: Service) -> ServiceReport:
        expression = Ref(service.id)
        participants = tuple(
            ParticipantReport(
                participant.id, self._judged(service, AllOf((expression, *(Ref(need) for need in participant.needs))))
            )
            for participant in service.participants
            if participant.needs
        )
        return ServiceReport(
            service.id,
            service.name,
            service.agreement,
            self.estate.agreements[service.agreement].norm,
            self._judged(service, expression),
            participants,
            self._owners(service),
            tuple(self._outages(service)),
        )

    def _owners(self, service: Service) -> dict[str, int]:
        shares: dict[str, int] = {}
        for start, end, instant in self.past:
            if self.agreed(service, start) and self._class(service, Ref(service.id), instant) == "down":
                causes = instant.causes(Ref(service.id))
                for owner in {self.estate.parts[cause].owner for cause in causes} - {None}:
                    assert owner is not None
                    shares[owner] = shares.get(owner, 0) + end - start
        return shares

    def stretches(self, condition: Callable[[Instant], bool]) -> list[tuple[int, int, bool]]:
        """Maximal stretches before `as_of` in which a condition holds, and whether it still does then."""
        found: list[tuple[int, int, bool]] = []
        for start, end, instant in self.past:
            if condition(instant):
                if found and found[-1][1] == start:
                    found[-1] = (found[-1][0], end, False)
                else:
                    found.append((start, end, False))
        if found and found[-1][1] == self.as_of and condition(self.now):
            found[-1] = (found[-1][0], self.as_of, True)
        return found

    def _outages(self, service: Service) -> list[Outage]:
        outages = []
        for start, end, lasts in self.stretches(lambda instant: instant.state(service.id) == DOWN):
            if not (start < self.period.end and end > self.period.start):
                continue
            causes: set[str] = set()
            total = {"down": 0, "excluded": 0, "unknown": 0}
            for tick, tick_end, instant in self.past:
                if start <= tick < end:
                    causes |= instant.causes(Ref(service.id))
                    if self.agreed(service, tick):
                        total[self._class(service, Ref(service.id), instant)] += tick_end - tick
            outages.append(
                Outage(
                    start,
                    None if lasts else end,
                    total["down"],
                    total["excluded"],
                    total["unknown"],
                    tuple(sorted(causes)),
                )
            )
        return outages

    # section 8

    def _protected(self, pair: FailoverPair) -> Fraction | None:
        total = {UP: 0, DOWN: 0, UNKNOWN: 0}
        for start, end, instant in self.past:
            if self.period.start <= start < self.period.end:
                total[instant.state(pair.standby)] += end - start
        known = total[UP] + total[DOWN]
        return Fraction(total[UP], known) if known else None

    def _failovers(self, pair: FailoverPair) -> list[Failover]:
        function: Expression = Ref(pair.function) if pair.function else AnyOf((Ref(pair.primary), Ref(pair.standby)))
        tests = [
            span
            for record in self.estate.maintenance
            if record.category == "failover_test" and {pair.id, pair.primary} & set(record.affects)
            for span in self.records[record.id]
        ]
        events = []
        for start, end, lasts in self.stretches(lambda instant: instant.state(pair.primary) != UP):
            downs = [
                tick
                for tick, _, instant in self.past
                if start <= tick < end and DOWN in (instant.state(pair.primary), instant.of(function))
            ]
            if downs and self.period.start <= downs[0] < self.period.end:
                events.append(self._event(pair, function, (downs[0], end), lasts, inside(tests, downs[0])))
        return events

    def _interruptions(self, function: Expression, event: Span) -> list[tuple[int, int, bool]]:
        found = []
        downs = [tick for tick, _, instant in self.past if instant.of(function) == DOWN]
        for start, end, lasts in self.stretches(lambda instant: instant.of(function) != UP):
            if start <= event[1] and end >= event[0]:
                first_down = min((down for down in downs if start <= down < end), default=event[0])
                trimmed = max(start, min(event[0], first_down))
                if trimmed < end:
                    found.append((trimmed, end, lasts))
        return found

    def _event(self, pair: FailoverPair, function: Expression, event: Span, event_lasts: bool, test: bool) -> Failover:
        interruptions = self._interruptions(function, event)
        down_stretches = self.stretches(lambda instant: instant.of(function) == DOWN)
        low = 0
        for start, end, _ in down_stretches:
            if any(first <= start and end <= last for first, last, _ in interruptions):
                low = max(low, end - start)
        longest = max((end - start for start, end, _ in interruptions), default=0)
        restored_at: int | None = None
        for start, end, lasts in interruptions:
            if end - start == longest:
                restored_at = None if lasts else end
                break
        still = any(lasts for _, _, lasts in interruptions)
        outcome: FailoverOutcome
        if not interruptions:
            outcome = "seamless"
        elif still:
            outcome = "interrupted"
        else:
            primary_then = Instant(self.world, interruptions[-1][1]).state(pair.primary)
            outcome = "recovered" if primary_then == UP else "taken_over"
        verdict: FailoverVerdict
        if low > pair.within_ms:
            verdict = "missed"
        elif still:
            verdict = "pending"
        else:
            verdict = "met" if longest <= pair.within_ms else "undetermined"
        return Failover(
            pair.id,
            event[0],
            None if event_lasts else event[1],
            restored_at,
            longest,
            low,
            outcome,
            verdict,
            test,
        )


def _neighbours(edges: Sequence[int]) -> list[Span]:
    return list(pairwise(edges))


def judged_by_the_text(estate: Estate, facts: Facts, period: Period, as_of: int) -> Report:
    """What docs/semantics.md says of a period."""
    return Oracle(estate, facts, period, as_of).report()
