"""From facts to the account of a period: its report, and all that surrounds the figures (docs/semantics.md,
section 10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from availability.account import Account, ParticipantAccount, ServiceAccount
from availability.estate import Estate
from availability.evaluation import Evaluation
from availability.exclusions import exclusions
from availability.figures import figures
from availability.forecast import forecast
from availability.judge import Facts, chosen, observe, report_of, service_report, with_pending
from availability.pair_accounts import pair_account
from availability.periods import Period
from availability.planned import planned
from availability.report import Figures, Judged, Report, ServiceReport
from availability.shares import chain as chain_of
from availability.shares import owner_shares
from availability.terms import Case, Terms
from availability.unwatched import UnwatchedStretches


def account(
    estate: Estate,
    facts: Facts,
    period: Period,
    as_of: int,
    services: Iterable[str] | None = None,
    *,
    chain: bool = False,
) -> Account:
    """The account of `period` as known at `as_of` (epoch milliseconds), over all services or those named.

    With `chain` every component and link with checks is judged by itself as well.
    """
    return account_from(Evaluation(estate, observe(estate, facts, as_of)), period, as_of, services, chain=chain)


def account_from(
    evaluation: Evaluation,
    period: Period,
    as_of: int,
    services: Iterable[str] | None = None,
    *,
    chain: bool = False,
) -> Account:
    """The same, from states that were evaluated before."""
    terms = Terms(evaluation, period, as_of)
    told: list[ServiceReport] = []
    about: dict[str, ServiceAccount] = {}
    for service in chosen(evaluation.estate, services):
        # One at a time: what was worked out for it is let go of with it.
        case = Case(terms, service)
        told.append(service_report(case))
        about[service.id] = _service(case, told[-1], chain)
    return _account(terms, with_pending(evaluation, report_of(terms, told)), about)


def account_of(evaluation: Evaluation, report: Report, *, chain: bool = False) -> Account:
    """The account around a report that was made from the states of `evaluation`."""
    terms = Terms(evaluation, report.period, report.as_of)
    services = evaluation.estate.services
    about = {told.id: _service(Case(terms, services[told.id]), told, chain) for told in report.services}
    return _account(terms, report, about)


def _account(terms: Terms, report: Report, about: Mapping[str, ServiceAccount]) -> Account:
    evaluation = terms.evaluation
    estate = evaluation.estate
    cases = [Case(terms, estate.services[told.id]) for told in report.services]
    return Account(
        report=report,
        services=about,
        exclusions=exclusions(terms, cases, {told.id: told.judged for told in report.services}),
        planned=planned(terms, cases),
        pairs=tuple(pair_account(evaluation, pair, report.as_of) for pair in estate.pairs),
        environments=_environments(cases),
        owners={part.id: part.owner for part in estate.parts.values() if part.owner is not None},
    )


def _service(case: Case, told: ServiceReport, chain: bool) -> ServiceAccount:
    owners, unowned = owner_shares(case, told.judged)
    return ServiceAccount(
        forecast=forecast(case, told.judged),
        months=_months(case, told.judged),
        unwatched=UnwatchedStretches(case.whole),
        owners=owners,
        unowned_ms=unowned,
        participants={
            user.id: ParticipantAccount(forecast(case, user.judged), case.participants[user.id].outages())
            for user in told.participants
        },
        chain=chain_of(case) if chain else None,
    )


def _months(case: Case, judged: Judged) -> tuple[tuple[str, Figures], ...]:
    """Figures per month of a longer period, those of the parts where the agreement is by the month."""
    terms = case.terms
    months = terms.parts("month")
    if len(months) == 1:
        return ()
    known = {part.label: part.figures for part in judged.parts or ()} if case.agreement.per == "month" else {}
    return tuple((month.label, known.get(month.label) or _of_month(case, month)) for month in months)


def _of_month(case: Case, month: Period) -> Figures:
    whole = case.whole
    return figures(case.agreed, whole.classes, whole.unconfirmed, month, case.terms.as_of, case.agreement.norm)


def _environments(cases: Sequence[Case]) -> dict[str, tuple[str, ...]]:
    """The services that have other environments, both among those that are reported."""
    reported = {case.service.id for case in cases}
    others: dict[str, tuple[str, ...]] = {}
    for case in cases:
        main = case.service.environment_of
        if main in reported:
            others[main] = (*others.get(main, ()), case.service.id)
    return {case.service.id: others[case.service.id] for case in cases if case.service.id in others}
