"""The conditions that one value of a target can be held to: equal, one of several, below or above a number."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator


def number(text: str) -> Decimal | None:
    """The finite number that `text` is, None where it is none."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _limit(text: Any) -> Decimal:
    value = number(text) if isinstance(text, str) and len(text) <= 100 else None
    if value is None:
        raise ValueError("must be a number")
    return value


Limit = Annotated[Decimal, BeforeValidator(_limit)]
"""A number, exactly as it was written."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a value must be; what is not given is not judged."""

    equals: str | None = None
    one_of: tuple[str, ...] = ()
    below: Decimal | None = None
    above: Decimal | None = None

    def __bool__(self) -> bool:
        return self.equals is not None or bool(self.one_of) or self.below is not None or self.above is not None

    def broken_by(self, value: str) -> str | None:
        """What is wrong with `value`, as the end of a sentence that does not repeat it; None where nothing is.

        Numbers are equal where they are as numbers: 1 and 1.0.
        """
        if self.equals is not None and not _equal(value, self.equals):
            return f"is not {self.equals}"
        if self.one_of and not any(_equal(value, right) for right in self.one_of):
            return f"is none of {', '.join(self.one_of)}"
        if self.below is None and self.above is None:
            return None
        found = number(value)
        if found is None:
            return "is no number"
        if self.below is not None and found >= self.below:
            return f"is not below {self.below}"
        if self.above is not None and found <= self.above:
            return f"is not above {self.above}"
        return None


def _equal(value: str, wanted: str) -> bool:
    if value == wanted:
        return True
    found = number(value)
    return found is not None and found == number(wanted)
