"""What several tables ask of an account: whose figures lead, how a service stands, who owns a part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from availability.account import Account, Forecast, ServiceAccount
from availability.report import Judged, Report, ServiceReport

Light = Literal["on_course", "at_risk", "missed", "not_known"]

_NOTHING = ServiceAccount(None, (), (), (), 0, {})


def as_account(told: Account | Report) -> Account:
    """An account as it is; a report as one of which nothing more is known."""
    return Account(told, {}) if isinstance(told, Report) else told


def around(account: Account, service: str) -> ServiceAccount:
    """What surrounds the figures of a service; nothing where that was not worked out."""
    return account.services.get(service, _NOTHING)


def leading(
    account: Account, service: ServiceReport, participant: str | None
) -> tuple[str | None, Judged, Forecast | None]:
    """The figures that a reader asks for: those of `participant` where it has its own, else those of the service."""
    about = around(account, service.id)
    for each in service.participants:
        if each.id == participant:
            theirs = about.participants.get(each.id)
            return each.id, each.judged, None if theirs is None else theirs.forecast
    return None, service.judged, about.forecast


def below(judged: Judged, forecast: Forecast | None) -> bool:
    """Whether a period that runs is heading below its norm."""
    if judged.verdict != "pending" or forecast is None or forecast.availability is None:
        return False
    return forecast.availability < judged.figures.norm


def light(judged: Judged, forecast: Forecast | None) -> Light:
    """The traffic light (ICT NML DVO 7.2): on course, at risk, missed, or not known, which is never green."""
    if judged.verdict == "met":
        return "on_course"
    if judged.verdict == "missed":
        return "missed"
    if judged.verdict == "pending" and forecast is not None and forecast.availability is not None:
        return "at_risk" if below(judged, forecast) else "on_course"
    return "not_known"


def owners_of(account: Account) -> Mapping[str, str]:
    """The owner of each part, as far as the account tells."""
    known = dict(account.owners)
    for service in account.services.values():
        known.update({part.id: part.owner for part in service.chain or () if part.owner is not None})
    return known


def is_restated(account: Account) -> bool:
    """Whether a closed month within the period would be told otherwise now."""
    return any(closed.restated for _, closed in account.closed)


def changed(before: Judged, after: Judged) -> bool:
    """Whether a figure or the verdict is another one."""
    return (before.verdict, before.figures) != (after.verdict, after.figures)
