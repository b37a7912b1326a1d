"""How a part stands, in a word and a line for people: also what is up, and yet not as it should be."""

from __future__ import annotations

from collections.abc import Iterator

from availability.ports import PartState, Redundancy
from availability.states import DOWN, STATE_NAMES, UNKNOWN, UP


def word(state: PartState) -> str:
    """Up, down or unknown, and whether what is up is degraded."""
    name = STATE_NAMES[state.state]
    return name if state.degraded is None else f"{name}, degraded"


def is_as_it_should_be(state: PartState) -> bool:
    """Up, not degraded, with all its redundancy, and from neither end of a link otherwise.

    An end from which nobody knows is left out: a collector knows of another's looks what has come to it.
    """
    whole = state.redundancy is None or not state.redundancy.is_lost
    ends = all(each.state != DOWN and not each.degraded for each in state.directions)
    return state.state == UP and state.degraded is None and whole and ends


def why(state: PartState, *, spoken: bool = False) -> str:
    """Why it is not up, or not as it should be; empty where there is nothing to say.

    Reasons stand as programs know them (`no_data`), or as they are `spoken`.
    """
    return "; ".join(_reasons(state, spoken))


def _reasons(state: PartState, spoken: bool) -> Iterator[str]:
    reasons = [(state.reason, state.detail)]
    if state.degraded is not None:
        reasons.append(state.degraded[1:])
    for reason, detail in reasons:
        if reason or detail:
            yield ": ".join(text for text in (reason.replace("_", " ") if spoken else reason, detail) if text)
    if state.redundancy is not None and state.redundancy.is_lost:
        yield _lost(state.redundancy)
    for direction in state.directions:
        if direction.state not in (UNKNOWN, state.state):
            yield f"{direction.start} to {direction.end} is {STATE_NAMES[direction.state]}"
        elif direction.degraded and state.degraded is None:
            yield f"{direction.start} to {direction.end} is degraded"


def _lost(redundancy: Redundancy) -> str:
    verb = "is" if len(redundancy.not_up) == 1 else "are"
    more = f"{redundancy.left} more" if redundancy.left else "none of the others"
    return f"{', '.join(redundancy.not_up)} {verb} not up: {more} may fail"
