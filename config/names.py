"""The ids of a configuration: each given once, each reference to one that is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from config.problems import Loc, nearest, shown
from config.values import is_id

SHARED = ("components", "links", "services", "failover_pairs")
"""Sections whose ids share one name space."""
PARTS = ("components", "links")
STATES = ("components", "links", "services")
"""What has a state that an expression can use."""
_OF_THEIR_OWN = ("organisations", "sites", "vantages", "agreements", "maintenance", "licences")
_SINGULAR = {
    "components": "component",
    "links": "link",
    "services": "service",
    "failover_pairs": "failover pair",
    "organisations": "organisation",
    "sites": "site",
    "vantages": "vantage",
    "agreements": "agreement",
    "checks": "check",
    "maintenance": "maintenance record",
    "licences": "licence",
}

_COMPARISONS = 100_000
"""Words that are compared at most in the search for those that were meant: about a second."""
LOCAL = "local"
"""The one vantage there is without a section of them."""

Add = Callable[[Loc, str], None]


def entries(root: Mapping[str, Any], section: str) -> Iterator[tuple[Loc, dict[str, Any]]]:
    """The entries of a section that are mappings, as written, with their place."""
    raw = root.get(section)
    if isinstance(raw, list):
        for number, entry in enumerate(raw):
            if isinstance(entry, dict):
                yield (section, number), entry


class Names:
    """All ids of a file by section; ids given twice go to `add`."""

    def __init__(self, root: Mapping[str, Any], line: Callable[[Loc], int | None], add: Add) -> None:
        self._root = root
        self._line = line
        self._add = add
        self.shared: dict[str, str] = {}
        """Ids of SHARED to their section."""
        self._own: dict[str, dict[str, str]] = {}
        """By section its ids, in the order of the file, to that section."""
        self._gather(SHARED, self.shared)
        for section in _OF_THEIR_OWN:
            found: dict[str, str] = {}
            self._gather((section,), found)
            self._own[section] = found
        self._own["checks"] = self._gather_checks()
        self.retired = {
            e["id"] for _, e in entries(root, "vantages") if e.get("retired") == "true" and is_id(e.get("id"))
        }
        """Vantages that probe no longer."""
        recovery = root.get("recovery")
        limits = recovery.get("priorities") if isinstance(recovery, dict) else None
        self.priorities = list(limits) if isinstance(limits, dict) else None
        """Priorities with limits; None where the file gives none."""
        self._comparisons = _COMPARISONS
        if not self.has_section("vantages"):
            self._own["vantages"] = {LOCAL: "vantages"}

    def has_section(self, section: str) -> bool:
        """Whether the section is in the file; one that is absent declares its ids by their use."""
        return isinstance(self._root.get(section), list)

    def known(self, *sections: str) -> list[str]:
        """The ids of these sections."""
        own = [name for section in sections for name in self._own.get(section, ())]
        return [name for name, section in self.shared.items() if section in sections] + own

    def expect(self, loc: Loc, name: Any, *sections: str) -> None:
        """`name`, which stands at `loc`, must be the id of an entry of one of these sections."""
        if not is_id(name) or self._is_known(name, sections):
            return
        what = _either(sections)
        actual = self.shared.get(name) if any(section in SHARED for section in sections) else None
        if actual:
            self._add(loc, f"{shown(name)} is {_article(_SINGULAR[actual])}: only {_article(what)} can stand here")
            return
        self._add(loc, f"there is no {what} {shown(name)}: {self._remedy(name, sections)}")

    def _remedy(self, name: str, sections: tuple[str, ...]) -> str:
        known = self.known(*sections)
        self._comparisons -= len(known)
        near = nearest(name, known) if self._comparisons >= 0 else None
        if near:
            return f"did you mean {shown(near)}?"
        if sections == ("vantages",) and not self.has_section("vantages"):
            return f"without a `vantages` section there is only {shown(LOCAL)}"
        return f"add it under `{sections[0]}` or name one that is there"

    def _is_known(self, name: str, sections: tuple[str, ...]) -> bool:
        return self.shared.get(name) in sections or any(name in self._own.get(section, ()) for section in sections)

    def _gather(self, sections: tuple[str, ...], found: dict[str, str]) -> None:
        first: dict[str, Loc] = {}
        for section in sections:
            for loc, entry in entries(self._root, section):
                name = entry.get("id")
                if not is_id(name):
                    continue
                if name in first:
                    self._twice(name, first[name], (*loc, "id"), found[name])
                else:
                    found[name] = section
                    first[name] = (*loc, "id")

    def _gather_checks(self) -> dict[str, str]:
        first: dict[str, Loc] = {}
        for section in PARTS:
            for loc, entry in entries(self._root, section):
                checks = entry.get("checks")
                for number, check in enumerate(checks if isinstance(checks, list) else ()):
                    name = check.get("id") if isinstance(check, dict) else None
                    if not is_id(name):
                        continue
                    place = (*loc, "checks", number, "id")
                    if name in first:
                        self._twice(name, first[name], place, "checks")
                    else:
                        first[name] = place
        return dict.fromkeys(first, "checks")

    def _twice(self, name: str, first: Loc, second: Loc, section: str) -> None:
        taken = f"{shown(name)} is taken by {_article(_SINGULAR[section])} on line {self._line(first)}"
        self._add(second, f"{taken}: give this one another id")


def _either(sections: tuple[str, ...]) -> str:
    words = [_SINGULAR[section] for section in sections]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
