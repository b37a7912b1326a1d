"""Whose report it is: all of it, one participant's, one service, one supplier's or owner's, or one part's (DSO-LV,
agreement 2023: the chain, all its parts, one part)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from availability.account import Account, ServiceAccount
from availability.estate import Estate, Part, Service
from availability.evaluation import references
from config.problems import remedy


@dataclass(frozen=True, slots=True)
class Choice:
    """What was asked for; at most one of the first four."""

    participant: str | None = None
    service: str | None = None
    supplier: str | None = None
    part: str | None = None
    chain: bool = False
    """Whether the parts of every service's chain are told as well."""


class Narrowing:
    """A report on `estate` narrowed to `choice`; ValueError with the remedy where there is no such thing."""

    def __init__(self, estate: Estate, choice: Choice) -> None:
        self._choice = choice
        self._reach = {id_: _reach(estate, id_) for id_ in estate.services}
        self._refuse_unknown(estate)
        self.chain = choice.chain or bool(choice.service or choice.supplier or choice.part)
        """Whether the parts of a chain are told."""
        self.services: list[str] | None = None
        """The services that are told; None for all."""
        if choice != Choice(chain=choice.chain):
            self.services = [service.id for service in estate.services.values() if self._concerns(estate, service)]
        self.estate = estate
        """The estate to judge."""
        if choice.participant is not None:
            services = {id_: _only_participant(one, choice.participant) for id_, one in estate.services.items()}
            self.estate = replace(estate, services=services)

    def applied(self, account: Account) -> Account:
        """`account` of those services, without what does not concern who asked."""
        if self.services is None:
            return account
        parts = set().union(*(self._reach[id_] for id_ in self.services), self.services)
        pairs = {
            pair.id
            for pair in self.estate.pairs
            if not parts.isdisjoint({pair.primary, pair.standby, pair.function or pair.primary})
        }
        report = account.report
        return replace(
            account,
            report=replace(
                report,
                failovers=tuple(event for event in report.failovers if event.pair in pairs),
                pairs=tuple(pair for pair in report.pairs if pair.pair in pairs),
            ),
            pairs=tuple(pair for pair in account.pairs if pair.pair in pairs),
            services={id_: self._of_service(id_, one) for id_, one in account.services.items()},
        )

    def _of_service(self, id_: str, service: ServiceAccount) -> ServiceAccount:
        """Who made the promise sees all who share in it; a third party sees its own share and its own parts."""
        owners, chain = service.owners, service.chain or ()
        supplier, part = self._choice.supplier, self._choice.part
        if supplier is not None and supplier != self._promised_by(id_):
            owners = tuple(share for share in owners if share.owner == supplier)
            chain = tuple(one for one in chain if one.owner == supplier)
        if part is not None:
            chain = tuple(one for one in chain if one.id == part)
        return replace(service, owners=owners, chain=chain if self.chain else None)

    def _promised_by(self, service: str) -> str | None:
        return self.estate.agreements[self.estate.services[service].agreement].supplier

    def _concerns(self, estate: Estate, service: Service) -> bool:
        choice = self._choice
        if choice.participant is not None:
            return any(one.id == choice.participant for one in service.participants)
        if choice.service is not None:
            return service.id == choice.service
        if choice.part is not None:
            return choice.part in self._reach[service.id]
        owners = {estate.parts[id_].owner for id_ in self._reach[service.id] if id_ in estate.parts}
        return choice.supplier in owners | {estate.agreements[service.agreement].supplier}

    def _refuse_unknown(self, estate: Estate) -> None:
        choice = self._choice
        participants = {one.id for service in estate.services.values() for one in service.participants}
        suppliers = {agreement.supplier for agreement in estate.agreements.values()}
        suppliers |= {part.owner for part in estate.parts.values()}
        leaves = {id_ for reached in self._reach.values() for id_ in reached if id_ in estate.parts}
        _known("--participant", choice.participant, participants, "participants", "no service has a participant")
        _known("--service", choice.service, estate.services, "services", "there is no service")
        _known("--supplier", choice.supplier, suppliers - {None}, "suppliers and owners", "nobody supplies or owns as")
        _known("--part", choice.part, _with_checks(estate, leaves), "parts", "no service rests on a part with checks")


def _known(option: str, given: str | None, known: Collection[str | None], what: str, why: str) -> None:
    if given is not None and given not in known:
        raise ValueError(f"{option}: {why} {given!r}: {remedy(given, sorted(filter(None, known)), what)}")


def _with_checks(estate: Estate, ids: Collection[str]) -> list[str]:
    parts: list[Part] = [estate.parts[id_] for id_ in ids]
    return [part.id for part in parts if part.checks]


def _only_participant(service: Service, participant: str) -> Service:
    return replace(service, participants=tuple(one for one in service.participants if one.id == participant))


def _reach(estate: Estate, service: str) -> set[str]:
    """Everything the state of a service rests on, participants' own parts included."""
    own = [id_ for participant in estate.services[service].participants for id_ in participant.needs]
    waiting = [*references(estate.services[service].up_when), *own]
    reached: set[str] = set()
    while waiting:
        id_ = waiting.pop()
        if id_ in reached:
            continue
        reached.add(id_)
        part = estate.parts.get(id_)
        if part is None:
            waiting.extend(references(estate.services[id_].up_when))
        elif not part.checks:
            waiting.extend(references(part.up_when))
    return reached
