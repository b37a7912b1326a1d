"""`waakvlam check`: what a configuration holds, or everything that is wrong with it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from config.oncall_settings import OnCall
from config.settings import Expansion, Settings
from exporters.harmless import harmless
from waakvlam.commands.oncall import near_problems
from waakvlam.setup import load_expanded, load_settings
from waakvlam.terminal import note_aside, say, say_data


def check(path: Path, *, expanded: bool = False) -> None:
    """Print what the configuration at `path` holds, or the configuration itself as `expanded`: written out, as YAML.

    It reads files of targets and calendars of rotas; no secret, no certificate and no network.
    """
    if expanded:
        say_data(load_expanded(path))
    else:
        settings = load_settings(path)
        say("\n".join(_held(path, settings)))
        if settings.oncall is not None:
            for line in near_problems(settings.oncall, time.time_ns() // 1_000_000):
                note_aside(harmless(line))


def _held(path: Path, settings: Settings) -> Iterator[str]:
    """What the configuration holds, a line each."""
    estate = settings.estate
    components = [part for part in estate.parts.values() if not part.is_link]
    probes = Counter(spec.probe for spec in settings.checks.values())
    listed = ", ".join(f"{count} {probe}" for probe, count in sorted(probes.items()))
    yield f"{path}: good"
    yield f"  components      {len(components)}"
    yield f"  links           {len(estate.parts) - len(components)}"
    for number, expansion in enumerate(settings.expansions):
        yield f"  {'' if number else 'written once':<16}{_made(expansion)}"
    yield f"  checks          {len(settings.checks)}" + (f" ({listed})" if listed else "")
    yield f"  vantages        {', '.join(estate.vantages)}"
    yield f"  services        {len(estate.services)}"
    yield f"  agreements      {', '.join(estate.agreements) or 'none'}"
    yield f"  failover pairs  {len(estate.pairs)}"
    yield f"  maintenance     {len(estate.maintenance)}"
    if settings.oncall is not None:
        yield f"  on call         {_on_call(settings.oncall)}"
    yield f"  store           {settings.store_url}"
    yield f"  listens on      {settings.listen[0]}:{settings.listen[1]}"


def _on_call(oncall: OnCall) -> str:
    people = f"{len(oncall.people)} people" if len(oncall.people) != 1 else "1 person"
    rotas = f"{len(oncall.rotas)} rotas" if len(oncall.rotas) != 1 else "1 rota"
    return f"{people}, {rotas}, {len(oncall.levels)} of 3 levels"


def _made(expansion: Expansion) -> str:
    """What a template or a list expanded to."""
    what = expansion.section if expansion.count != 1 else expansion.section.removesuffix("s")
    of = f" by template {expansion.template}" if expansion.template else ""
    where = f" from {expansion.source} (line {expansion.line})" if expansion.source else ""
    return harmless(f"{expansion.count} {what}{where}{of}")
