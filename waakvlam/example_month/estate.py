"""The example of two data centres under made-up names: what happens in a made-up month happens to nobody real."""

from __future__ import annotations

from importlib.resources import files

_NAMES = {
    "Nederweert": "Neerbroek",
    "Roermond": "Kerkdal",
    "Venlo": "Maasveen",
    "Weert": "Peelrade",
    "Asten": "Heidelo",
    "Someren": "Zandoord",
    "ICT NML": "Voorbeeld ICT",
    "ict-nml": "voorbeeld-ict",
}
"""Places and the organisation of the example, to names that no municipality has."""

_HEAD = """\
# MADE UP: the example of two data centres with the names of places and organisations changed, and a few sections more.
# Nothing in the facts beside this file was ever measured; no real party is shown failing.
"""

_MORE = """
recovery:                                                       # made up, after Midden-Groningen SLA 3.3
  norm: 85%
  working_hours: {days: workdays, from: "08:00", to: "18:00", holidays: excluded}
  priorities:
    1: {recovery: 4 working hours}
    2: {reaction: 1 working hour, recovery: 2 working days}
    3: {reaction: 4 working hours, recovery: 5 working days}
    4: {reaction: 8 working hours, recovery: 10 working days}
  incidents:                                                    # incidents.csv beside this file
    columns:
      id: Meldingnummer
      service: Dienst
      priority: Prioriteit
      reported: Aangemeld
      reacted: In behandeling
      closed: Gereed
      waiting: Wacht op klant
      environment: Omgeving
      summary: Korte omschrijving
    delimiter: ";"
    date_format: "%d-%m-%Y %H:%M"
    services: {BAG: bag, BRP: brp, E-mail: mail, Geo: geo-viewer, Werkplek: workplace}
    priorities: {P1: 1, P2: 2, P3: 3, P4: 4}
    environments: {Productie: production, Acceptatie: acceptance}
"""

_ACCEPTANCE = """\
  - id: bag-acceptance
    name: BAG, acceptatieomgeving
    kind: application
    site: dc-roermond
    owner: ict-nml
    checks:
      - {id: bag-acceptance-http, probe: http, url: "https://bag-acceptance.ict-nml.example/health", ca_file: ca.pem}
"""

_ACCEPTANCE_SERVICE = """\
  - id: bag-acceptatie
    name: BAG, acceptatie
    agreement: ict
    up_when: {all: [bag-acceptance]}
    environment: acceptance
    environment_of: bag
    response_time: {check: bag-acceptance-http, mean_below: 800ms}
"""

_UPGRADE = """\
  - {id: upgrade-geo, category: upgrade, from: 2026-10-22T16:00:00+02:00, to: 2026-10-22T21:30:00+02:00,
     affects: [geo], reason: new version of the viewer}
"""


def estate_text() -> str:
    """The configuration, as YAML."""
    text = (files("config") / "examples" / "ict-nml.yaml").read_text(encoding="utf-8")
    text = _without_head(text)
    text = _after(text, "components:\n", _ACCEPTANCE)
    text = _after(text, "services:\n", _ACCEPTANCE_SERVICE)
    text = _after(text, "maintenance:\n", _UPGRADE)
    text = text.replace("    supplier: ict-nml\n", "    supplier: ict-nml\n    upgrades: {at_most: 4h}\n")
    text = text.replace(
        "    priority: 1\n  - id: workplace",
        "    priority: 1\n    response_time: {check: bag-function-http, mean_below: 800ms}\n  - id: workplace",
    )
    text += _MORE
    for real, made_up in _NAMES.items():
        text = text.replace(real, made_up).replace(real.lower(), made_up.lower())
    return _HEAD + text


def _without_head(text: str) -> str:
    """Without the comment at the top, which tells of real agreements."""
    return text[text.index("version: 1") :]


def _after(text: str, line: str, more: str) -> str:
    """`more` behind the only line that is `line`."""
    before, found, after = text.partition(f"\n{line}")
    if not found:
        raise ValueError(f"the example has no line {line!r}")
    return before + found + more + after
