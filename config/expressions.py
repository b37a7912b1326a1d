"""Reads `up_when`: over the checks of a component, or over other components, links and services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from availability.estate import AllOf, AnyOf, AtLeast, Expression, Ref
from config.problems import Loc, shown
from config.values import is_id

_EXAMPLE = "write all, any or at_least with a list, such as {all: [brp, mail]}"
_OVER_CHECKS = "with checks it must be all, any or {at_least: k}"


class ExpressionReader:
    """Reads expressions and remembers what they refer to.

    Problems go to `add`; `refs` are the places and ids of all references that were read, by who refers.
    """

    def __init__(self, add: Callable[[Loc, str], None]) -> None:
        self._add = add
        self.refs: dict[str, list[tuple[Loc, str]]] = {}

    def over_ids(self, raw: Any, loc: Loc, owner: str) -> Expression | None:
        """An expression over other ids; None (and a problem) where it is none. `owner` is the id it belongs to."""
        if not isinstance(raw, dict):
            said = f"{shown(raw)} is no expression: " if isinstance(raw, str) and raw else "must be an expression: "
            example = f"write {{all: [{raw}]}}" if is_id(raw) and raw not in ("all", "any") else _EXAMPLE
            self._add(loc, said + example)
            return None
        if len(raw) != 1 or next(iter(raw)) not in ("all", "any", "at_least"):
            self._add(loc, f"must have exactly one of the keys all, any and at_least: {_EXAMPLE}")
            return None
        key, value = next(iter(raw.items()))
        if key == "at_least":
            return self._at_least(value, (*loc, key), owner)
        parts = self._parts(value, (*loc, key), owner)
        if parts is None:
            return None
        return AllOf(parts) if key == "all" else AnyOf(parts)

    def over_checks(self, raw: Any, loc: Loc, checks: list[str]) -> Expression | None:
        """An expression over the ids of the checks that count; None (and a problem) where it is none."""
        parts = tuple(map(Ref, checks))
        if raw is None or raw == "all":
            return AllOf(parts)
        if raw == "any":
            return AnyOf(parts)
        if not isinstance(raw, dict) or list(raw) != ["at_least"]:
            self._add(loc, f"{_OVER_CHECKS}; an expression over other ids belongs to a part without checks")
            return None
        count = self._count(raw["at_least"], (*loc, "at_least"), len(parts), "checks that count")
        return AtLeast(count, parts) if count else None

    def _at_least(self, raw: Any, loc: Loc, owner: str) -> Expression | None:
        if not isinstance(raw, dict) or set(raw) != {"count", "of"}:
            self._add(loc, "must have the keys count and of, such as {count: 2, of: [a, b, c]}")
            return None
        parts = self._parts(raw["of"], (*loc, "of"), owner)
        most = len(parts) if parts is not None else None
        count = self._count(raw["count"], (*loc, "count"), most, "parts")
        return AtLeast(count, parts) if count and parts is not None else None

    def _count(self, raw: Any, loc: Loc, most: int | None, what: str) -> int | None:
        number = int(raw) if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 8 else 0
        if number and (most is None or number <= most):
            return number
        limit = "" if most is None else f" to {most}, the number of its {what}"
        self._add(loc, f"must be a whole number from 1{limit}")
        return None

    def _parts(self, raw: Any, loc: Loc, owner: str) -> tuple[Expression, ...] | None:
        if not isinstance(raw, list) or not raw:
            self._add(loc, "must be a list of ids with at least one entry, such as [brp, mail]")
            return None
        seen: set[str] = set()
        parts: list[Expression | None] = []
        for number, entry in enumerate(raw):
            place = (*loc, number)
            if not isinstance(entry, str):
                parts.append(self.over_ids(entry, place, owner))
            elif not is_id(entry):
                self._add(place, f"{shown(entry)} is no id: write lower case letters, digits and -")
                parts.append(None)
            elif entry in seen:
                self._add(place, f"{shown(entry)} stands in this list twice: name it once")
                parts.append(None)
            else:
                seen.add(entry)
                self.refs.setdefault(owner, []).append((place, entry))
                parts.append(Ref(entry))
        whole = tuple(part for part in parts if part is not None)
        return whole if len(whole) == len(parts) else None
