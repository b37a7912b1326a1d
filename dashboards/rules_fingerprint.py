"""A number for what alert rules are written from, so that a collector and its rules can tell whether they agree."""

from __future__ import annotations

import hashlib

from config.settings import Settings

_BYTES = 6
"""A float of a metric holds 53 bits exactly."""


def fingerprint(settings: Settings) -> int:
    """The same for two configurations whose rules are the same, and as good as never for others.

    What changes no rule (how a check looks, how often, a norm's window) is left out, so that it makes no rules out of
    date.
    """
    estate = settings.estate
    digest = hashlib.sha256()
    for part in estate.parts.values():
        over = None if part.checks else part.up_when
        told = (part.id, part.name, part.kind, part.is_link, part.site, part.owner, part.behind, part.between)
        digest.update(repr((told, part.runbook, over)).encode())
    for service in estate.services.values():
        agreement = estate.agreements[service.agreement]
        told_of = (service.id, service.name, service.priority, service.environment, service.up_when)
        digest.update(repr((told_of, service.participants, agreement.norm, agreement.supplier)).encode())
    for pair in estate.pairs:
        digest.update(repr(pair).encode())
    for spec in settings.checks.values():
        times = [getattr(spec.options, key, None) for key in ("within", "grace")]
        secure = not str(getattr(spec.options, "url", "https:")).startswith("http:")
        digest.update(repr((spec.id, spec.part, spec.probe, times, secure)).encode())
    for site in settings.sites.values():
        digest.update(repr((site.id, site.name, site.kind)).encode())
    for organisation in settings.organisations.values():
        digest.update(repr((organisation.id, organisation.name)).encode())
    digest.update(repr(settings.oncall is not None).encode())
    return int.from_bytes(digest.digest()[:_BYTES], "big")
