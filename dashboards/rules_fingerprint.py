"""A number for what alert rules are written from, so that a collector and its rules can tell whether they agree."""

from __future__ import annotations

import hashlib

from availability.backups import RESTORE_TEST
from config.settings import Settings

_BYTES = 6
"""A float of a metric holds 53 bits exactly."""


def fingerprint(settings: Settings) -> int:
    """Another one where rules would be written otherwise, as good as certainly.

    What changes no rule (how a check looks, how often, the window of an agreement) is left out, so that it makes no
    rules out of date.
    """
    estate = settings.estate
    digest = hashlib.sha256()
    named: set[str | None] = set()
    for part in estate.parts.values():
        over = None if part.checks else part.up_when
        told = (part.id, part.name, part.kind, part.is_link, part.site, part.owner, part.behind, part.between)
        digest.update(repr((told, part.runbook, over)).encode())
        named.add(part.owner)
    for service in estate.services.values():
        agreement = estate.agreements[service.agreement]
        told_of = (service.id, service.name, service.priority, service.environment, service.up_when)
        needs = [user.needs for user in service.participants if user.needs]
        digest.update(repr((told_of, needs, agreement.norm, agreement.supplier)).encode())
        named.add(agreement.supplier)
    for pair in estate.pairs:
        digest.update(repr(pair).encode())
    for spec in settings.checks.values():
        within = getattr(spec.options, "within", 0) if estate.parts[spec.part].kind == RESTORE_TEST else 0
        secure = not str(getattr(spec.options, "url", "https:")).startswith("http:")
        digest.update(repr((spec.id, spec.part, spec.probe, within, secure)).encode())
    for site in settings.sites.values():
        digest.update(repr((site.id, site.name, site.kind)).encode())
    for organisation in settings.organisations.values():
        if organisation.id in named:
            digest.update(repr((organisation.id, organisation.name)).encode())
    for licence in settings.licences:
        digest.update(repr((licence.id, licence.what, licence.until is None)).encode())
    for agent in settings.mqtt.agents if settings.mqtt is not None else ():
        vantage = estate.vantages.get(agent.vantage)
        digest.update(repr((agent.id, vantage.site if vantage else None)).encode())
    digest.update(repr((settings.oncall is not None, settings.deadman is not None)).encode())
    return int.from_bytes(digest.digest()[:_BYTES], "big")
