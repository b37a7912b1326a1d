"""`waakvlam check`: what a configuration holds, or everything that is wrong with it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from waakvlam.setup import load_settings
from waakvlam.terminal import say


def check(path: Path) -> None:
    """Print what the configuration at `path` holds; it reads no secret, no certificate and no network."""
    settings = load_settings(path)
    estate = settings.estate
    components = [part for part in estate.parts.values() if not part.is_link]
    probes = Counter(spec.probe for spec in settings.checks.values())
    listed = ", ".join(f"{count} {probe}" for probe, count in sorted(probes.items()))
    lines = [
        f"{path}: good",
        f"  components      {len(components)}",
        f"  links           {len(estate.parts) - len(components)}",
        f"  checks          {len(settings.checks)}" + (f" ({listed})" if listed else ""),
        f"  vantages        {', '.join(estate.vantages)}",
        f"  services        {len(estate.services)}",
        f"  agreements      {', '.join(estate.agreements) or 'none'}",
        f"  failover pairs  {len(estate.pairs)}",
        f"  maintenance     {len(estate.maintenance)}",
        f"  store           {settings.store_url}",
        f"  listens on      {settings.listen[0]}:{settings.listen[1]}",
    ]
    say("\n".join(lines))
