"""Makes settings of a file whose every part was read and found right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from availability.estate import (
    OFFICE_HOURS,
    Agreement,
    Calendar,
    Check,
    Estate,
    Expression,
    FailoverPair,
    Maintenance,
    Part,
    Participant,
    ResponseTime,
    Service,
    Vantage,
    Window,
)
from availability.recovery import PriorityLimits, Targets
from config.models import AssetSection, CalendarSection, FileSection, PartSection
from config.names import LOCAL
from config.oncall_settings import OnCall
from config.promises import AgreementSection, MaintenanceSection, RecoverySection, ServiceSection, WindowSection
from config.settings import PLUGINS_AT_ONCE, Asset, CheckSpec, HelpDesk, Organisation, Settings, Site
from config.store import spool_folder


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the sections, the expressions by the id they belong to, the checks by theirs."""

    path: Path
    digest: str
    file: FileSection
    store_url: str
    up_when: Mapping[str, Expression]
    checks: Mapping[str, tuple[CheckSpec, Check]]


def build(reading: Reading) -> Settings:
    """The settings; nothing can be wrong any more."""
    file = reading.file
    estate = _estate(reading)
    retention = file.retention.latency if file.retention else None
    return Settings(
        path=reading.path,
        store_url=reading.store_url,
        listen=file.listen,
        estate=estate,
        checks={name: spec for name, (spec, _) in reading.checks.items()},
        organisations=_organisations(file),
        sites=_sites(file),
        assets={part.id: _asset(part.asset) for part in (*file.components, *file.links) if part.asset},
        latency_retention_ms=retention,
        recovery=_recovery(file.recovery) if file.recovery else None,
        help_desk=_help_desk(file),
        licences=tuple(licence.settings() for licence in file.licences),
        cmdb=file.cmdb.settings() if file.cmdb else None,
        heartbeat_token=file.heartbeats.token if file.heartbeats else None,
        plugins_at_once=file.plugins.at_once if file.plugins else PLUGINS_AT_ONCE,
        traps=file.traps.settings() if file.traps else None,
        deadman=file.deadman.settings() if file.deadman else None,
        mqtt=file.mqtt.settings() if file.mqtt else None,
        oncall=_oncall(file, estate.office_hours),
        spool=spool_folder(file.spool, reading.store_url, reading.path.parent),
        digest=reading.digest,
    )


def _estate(reading: Reading) -> Estate:
    file = reading.file
    components = [_part(component, component.kind, (), reading) for component in file.components]
    links = [_part(link, link.kind or "", tuple(link.between), reading, is_link=True) for link in file.links]
    vantages = [Vantage(v.id, v.site, v.retired) for v in file.vantages or ()]
    calendar = _calendar(file.calendar)
    return Estate(
        timezone=file.timezone.key,
        parts={part.id: part for part in (*components, *links)},
        services={service.id: _service(service, reading) for service in file.services},
        agreements={agreement.id: _agreement(agreement, file) for agreement in file.agreements},
        pairs=tuple(
            FailoverPair(p.id, p.primary, p.standby, p.within, p.function, p.name, p.test_every)
            for p in file.failover_pairs
        ),
        maintenance=tuple(_maintenance(record, calendar) for record in file.maintenance),
        vantages={vantage.id: vantage for vantage in vantages} or {LOCAL: Vantage(LOCAL)},
        calendar=calendar,
        office_hours=_window(file.recovery.working_hours) if file.recovery else OFFICE_HOURS,
    )


def _oncall(file: FileSection, working_hours: Window) -> OnCall | None:
    if file.oncall is None:
        return None
    hours = file.oncall.office_hours
    return file.oncall.settings(file.timezone.key, _window(hours) if hours else working_hours)


def _calendar(section: CalendarSection | None) -> Calendar:
    return Calendar(section.country, section.liberation_day, section.good_friday) if section else Calendar()


def _part(part: PartSection, kind: str, between: tuple[str, ...], reading: Reading, is_link: bool = False) -> Part:
    return Part(
        id=part.id,
        up_when=reading.up_when[part.id],
        checks=tuple(reading.checks[check["id"]][1] for check in part.checks or ()),
        name=part.name,
        kind=kind,
        is_link=is_link,
        site=part.site,
        owner=part.owner,
        behind=tuple(part.behind),
        between=between,
        runbook=part.runbook,
    )


def _service(service: ServiceSection, reading: Reading) -> Service:
    response = service.response_time
    return Service(
        id=service.id,
        agreement=service.agreement,
        up_when=reading.up_when[service.id],
        name=service.name,
        participants=tuple(Participant(p.id, tuple(p.needs)) for p in service.participants),
        priority=service.priority,
        environment=service.environment,
        environment_of=service.environment_of,
        response_time=ResponseTime(response.check, response.mean_below) if response else None,
        since_ms=service.since,
        until_ms=service.until,
    )


def _agreement(agreement: AgreementSection, file: FileSection) -> Agreement:
    return Agreement(
        id=agreement.id,
        norm=agreement.norm,
        window=_window(agreement.window),
        timezone=(agreement.timezone or file.timezone).key,
        per=agreement.per,
        excluded=frozenset(agreement.excluded),
        assumes_up=frozenset(agreement.assumes_up),
        supplier=agreement.supplier,
        upgrade_at_most_ms=agreement.upgrades.at_most if agreement.upgrades else None,
        approval_required=agreement.corrections is not None and agreement.corrections.approval == "required",
    )


def _window(window: WindowSection) -> Window:
    special = {day: hours.slot() if hours else None for day, hours in window.special_days.items()}
    return Window(window.days, window.slot(), window.holidays == "excluded", special)


def _maintenance(record: MaintenanceSection, calendar: Calendar) -> Maintenance:
    return Maintenance(
        id=record.id,
        category=record.category,
        affects=tuple(record.affects),
        reason=record.reason,
        start_ms=record.from_,
        end_ms=record.to,
        every=record.every.every(calendar) if record.every else None,
        ticket=record.ticket,
        notice_ms=record.notice,
    )


def _asset(asset: AssetSection) -> Asset:
    purchased = asset.purchased.isoformat() if asset.purchased else None
    return Asset(asset.make, asset.type, asset.supplier, purchased, asset.property_of, asset.serial)


def _recovery(recovery: RecoverySection) -> Targets:
    limits = {number: PriorityLimits(p.reaction, p.recovery) for number, p in recovery.priorities.items()}
    return Targets(recovery.norm, limits)


def _help_desk(file: FileSection) -> HelpDesk | None:
    section = file.recovery.incidents if file.recovery else None
    return section.settings(file.timezone.key) if section else None


def _organisations(file: FileSection) -> dict[str, Organisation]:
    """Those of the section; without it, those that are named somewhere."""
    if file.organisations is not None:
        return {
            o.id: Organisation(o.id, o.name or o.id, o.role, o.contact.email if o.contact else None)
            for o in file.organisations
        }
    owners = [part.owner for part in (*file.components, *file.links)]
    suppliers = [agreement.supplier for agreement in file.agreements]
    participants = [participant.id for service in file.services for participant in service.participants]
    return {name: Organisation(name, name) for name in _used((*owners, *suppliers, *participants))}


def _sites(file: FileSection) -> dict[str, Site]:
    """Those of the section; without it, those that are named somewhere."""
    if file.sites is not None:
        return {site.id: Site(site.id, site.name or site.id, site.kind) for site in file.sites}
    named = [place.site for place in (*(file.vantages or ()), *file.components, *file.links)]
    ends = [end for link in file.links for end in link.between]
    return {name: Site(name, name) for name in _used((*named, *ends))}


def _used(names: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(name for name in names if name is not None))
