"""Says in words why something is up, down or unknown: one summary, and a phrase for every line below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from availability.edges import from_ms
from availability.explaining import Applies, Explanation, Group, Node, Standing
from availability.looked import CheckView, GoingOn, VantageView
from availability.outcome import Outcome, Status
from availability.ports import LatencySummary
from availability.states import DOWN, STATE_NAMES, UNKNOWN, UP

_NAMED = 3
"""So many are named in a sentence; of the others it is told how many there are."""
_AGREE = {"any": "any vantage is enough", "all": "every vantage must", "majority": "more than half must"}
_MADE_OF: dict[Standing, str] = {
    "excluded": "excluded by agreement {}",
    "awaits_approval": "agreement {} would exclude it, but it waits for approval",
    "counts": "not excluded by agreement {}",
}


class ExplanationWords:
    """The phrases of one explanation; clock times stand alone on the day that it is about."""

    def __init__(self, explanation: Explanation, timezone: str) -> None:
        self._explained = explanation
        self._zone = ZoneInfo(timezone)
        self._day = from_ms(explanation.at, self._zone).date()

    def heading(self) -> str:
        """The instant that it is about."""
        return f"As known at {from_ms(self._explained.at, self._zone):%Y-%m-%d %H:%M:%S %Z}"

    def clock(self, instant: int) -> str:
        """An instant: the time alone on the day that it is about."""
        moment = from_ms(instant, self._zone)
        return f"{moment:%H:%M:%S}" if moment.date() == self._day else f"{moment:%Y-%m-%d %H:%M:%S}"

    def summary(self) -> str:
        """What it is, since when and because of what, and what is not to blame."""
        told = self._explained
        sentences = [self._why(), *self._beside(), *self._presumed(told.presumed, "it")]
        return " ".join(sentences)

    def state(self, state: int, since: int | None) -> str:
        """A state and since when it has been so."""
        return STATE_NAMES[state] + self.since(since)

    def since(self, since: int | None) -> str:
        """Nothing where it was never otherwise."""
        return "" if since is None else f" since {self.clock(since)}"

    def rule(self, group: Group) -> str:
        """A rule and how it stands, such as `all of 3: 1 down`; empty for a rule over one."""
        total = len(group.members)
        if total == 1:
            return ""
        not_up = ", ".join(f"{n} {word}" for n, word in ((group.down, "down"), (group.unknown, "unknown")) if n)
        if group.rule == "all":
            return f"all of {total}: {not_up or 'all up'}"
        name = f"any of {total}" if group.rule == "any" else f"at least {group.needed} of {total}"
        verdict = {UP: "met", DOWN: "not met", UNKNOWN: "undecided"}[group.state]
        return f"{name}: {verdict}" + (f", {not_up}" if not_up else "")

    def agreement(self, view: CheckView) -> str:
        """How the vantages of a check make one state; empty where one vantage looks."""
        if len(view.vantages) < 2:
            return ""
        known = [one for one in view.vantages if one.counted != UNKNOWN]
        if not known:
            return "no vantage knows"
        up = sum(one.counted == UP for one in known)
        left_out = len(view.vantages) - len(known)
        note = f", {left_out} left out" if left_out else ""
        return f"{_AGREE[view.agree]}: {up} of {len(known)} see it up{note}"

    def vantage(self, one: VantageView, view: CheckView) -> str:
        """What one vantage makes of a check: its own state is told before this."""
        phrases = []
        if one.counted != one.state:
            phrases.append(f"which is no news: {_listed(view.blocked_by)} {_is(view.blocked_by)} down")
        if one.run is not None:
            phrases.append(_run(one.run))
        phrases.append(self._last(one))
        return "; ".join(phrases)

    def dark(self, view: CheckView) -> str:
        """Why a failure counts though something in front of it is down; empty where that is not so."""
        if not view.dark:
            return ""
        return f"counts though {_listed(view.blocked_by)} {_is(view.blocked_by)} down: {_silent(view)}"

    def presumed(self, presumed: Iterable[tuple[str, int]]) -> str:
        """Under which agreements it is taken for something else; empty where under none."""
        return ", ".join(f"presumed {STATE_NAMES[state]} under {agreement}" for agreement, state in presumed)

    def applies(self, one: Applies) -> str:
        """A maintenance record that runs."""
        until = "without an end in the next days" if one.until is None else f"until {self.clock(one.until)}"
        made_of = "; ".join(_MADE_OF[standing].format(id_) for id_, standing in one.under)
        reason = f" ({one.record.reason})" if one.record.reason else ""
        affects = _listed(one.affects)
        return f"{one.record.category} {until} on {affects}{reason}" + (f": {made_of}" if made_of else "")

    # The summary, sentence by sentence.

    def _why(self) -> str:
        told = self._explained
        head = f"{told.id} is {self.state(told.state, told.since)}"
        if told.state == UP:
            return f"{head}."
        view = told.check
        if view is not None:
            clauses = [self._failing(view) if told.state == DOWN else self._unwatched(view)]
        elif told.state == DOWN:
            clauses = [self._cause(told.nodes[id_]) for id_ in told.causes]
        else:
            clauses = [self._not_known(told.nodes[id_]) for id_ in told.undecided]
        more = f", and {len(clauses) - _NAMED} more" if len(clauses) > _NAMED else ""
        because = "; and ".join(clauses[:_NAMED]) + more
        return f"{head} because {because}." if because else f"{head}."

    def _cause(self, node: Node) -> str:
        failing = [view for view in node.checks if view.counts and view.state == DOWN]
        clauses = [self._failing(view) for view in failing[:_NAMED]]
        more = f" and {len(failing) - _NAMED} more of its checks" if len(failing) > _NAMED else ""
        return " and ".join(clauses) + more

    def _failing(self, view: CheckView) -> str:
        """Who sees a check fail, and how; those that see the same together."""
        by_reason: dict[str, list[str]] = {}
        for one in view.failing:
            by_reason.setdefault(_why_failed(one), []).append(one.id)
        seen = "; ".join(
            f"from {_listed(vantages)}" + (f": {reason}" if reason else "") for reason, vantages in by_reason.items()
        )
        return f"{view.id} fails {seen}"

    def _not_known(self, node: Node) -> str:
        unknown = [view for view in node.checks if view.counts and view.state == UNKNOWN]
        return " and ".join(self._unwatched(view) for view in unknown[:_NAMED])

    def _unwatched(self, view: CheckView) -> str:
        """Why nobody knows how a check stands."""
        silenced = [one.id for one in view.vantages if one.counted != one.state]
        if silenced:
            since = self._explained.nodes[view.blocked_by[0]].since if len(view.blocked_by) == 1 else None
            blocked = f"{_listed(view.blocked_by)} {_is(view.blocked_by)} down{self.since(since)}"
            return f"{view.id} is out of reach from {_listed(silenced)}: {blocked}"
        if all(one.last is None for one in view.vantages):
            return f"{view.id} was never looked at"
        blind = [one for one in view.vantages if one.last is not None and one.last.outcome.status is Status.NONE]
        if blind and blind[0].last is not None:
            return f"{view.id} could not be looked at from {_ids(blind)}: {_words(blind[0].last.outcome)}"
        if any(one.run is not None for one in view.vantages):
            return f"{view.id} has not been seen often enough to say"
        last = max(one.last.at for one in view.vantages if one.last is not None)
        return f"{view.id} was not looked at after {self.clock(last)}"

    def _beside(self) -> Iterable[str]:
        """What else is not up, or that nothing else is to blame."""
        told = self._explained
        leaves = [node for node in told.nodes.values() if node.checks and node.id not in told.in_between]
        others = [] if told.kind == "check" else [one for one in leaves if not one.cause and not one.undecided]
        needed = {id_ for one in told.participants for id_ in one.parts} | set(told.roots)
        down = [node.id for node in others if node.state == DOWN and node.id not in needed]
        unknown = [node.id for node in others if node.state == UNKNOWN and node.id not in needed]
        if down:
            yield f"Without consequence for it, {_listed(down)} {_is(down)} down."
        if unknown:
            yield f"Without consequence for it, {_listed(unknown)} {_is(unknown)} unknown."
        well, front = self._well(), self._in_front()
        if told.state == DOWN and not (down or unknown or front) and well:
            yield f"Nothing else is to blame: {_listed(well)} {_is(well)} up."
        if told.state == UP and told.in_between:
            since = f" since {self.clock(start)}" if (start := told.nodes[told.in_between[0]].since) else ""
            where = _listed(told.in_between)
            yield f"It is not seen from everywhere: {where} {_is(told.in_between)} down{since}."
        dark = [view for id_ in told.causes for view in told.nodes[id_].checks if view.counts and view.dark]
        for view in dark[:_NAMED]:
            yield f"That counts though {_listed(view.blocked_by)} {_is(view.blocked_by)} down: {_silent(view)}."
        for one in told.participants[:_NAMED]:
            yield f"For {one.participant} it is {self.state(one.state, one.since)}: it needs {_listed(one.parts)}."
        unconfirmed = [
            f"{view.id} fails from {seen.id}, {_run(seen.run)}."
            for node in told.nodes.values()
            for view in node.checks
            for seen in view.vantages
            if seen.run is not None and seen.state == UP and seen.run.status is Status.FAILED
        ]
        yield from unconfirmed[:_NAMED]

    def _well(self) -> list[str]:
        """What could have been to blame and is up: what stands beside the causes, and what they are behind."""
        told = self._explained
        beside = [] if told.kind == "check" else [id_ for root in told.roots for id_ in _ids_of(told.nodes[root])]
        behind = [id_ for id_ in told.causes or told.roots for id_, state in told.nodes[id_].behind if state == UP]
        known = [id_ for id_ in beside if id_ in told.nodes and told.nodes[id_].state == UP]
        return list(dict.fromkeys([*known, *behind]))

    def _in_front(self) -> list[str]:
        """What the causes are behind and is not up."""
        told = self._explained
        behind = (one for id_ in told.causes for one in told.nodes[id_].behind)
        return list(dict.fromkeys(id_ for id_, state in behind if state != UP))

    def _presumed(self, presumed: Iterable[tuple[str, int]], what: str) -> Iterable[str]:
        for agreement, state in presumed:
            yield f"Under agreement {agreement} {what} is presumed {STATE_NAMES[state]}."

    def _last(self, one: VantageView) -> str:
        if one.last is None:
            return "never looked"
        status = one.last.outcome.status
        stale = one.run is None and status is not Status.NONE
        said = {Status.OK: "ok", Status.FAILED: "failed", Status.NONE: "could not look"}[status]
        why = one.last.outcome
        reason = f", {why.reason}: {why.detail}" if why.detail else f", {why.reason}" if why.reason else ""
        return f"last look {self.clock(one.last.at)}: {said}{reason}" + (", too long ago to say" if stale else "")


def latency(summary: LatencySummary | None) -> str:
    """How long looks took in the last hour; empty where nothing was timed."""
    if summary is None or summary.mean_ms is None:
        return ""
    p95 = f", 95% within {summary.p95_ms:.0f} ms" if summary.p95_ms is not None else ""
    return f"looks of the last hour took {summary.mean_ms:.0f} ms on average{p95}"


def _silent(view: CheckView) -> str:
    """The exception of the dark site (docs/semantics.md, section 3)."""
    return f"{_listed(view.dark)}, beside it, answered in the last seven days and {_is(view.dark)} silent now"


def _run(run: GoingOn) -> str:
    ok = run.status is Status.OK
    if run.count >= run.needed:
        return f"{run.count} {'ok' if ok else 'failed'} in a row"
    what = ("successes" if ok else "failures") if run.needed != 1 else ("success" if ok else "failure")
    return f"{run.count} of the {run.needed} {what} that make it {'up' if ok else 'down'}"


def _why_failed(one: VantageView) -> str:
    if one.last is None or one.last.outcome.status is not Status.FAILED:
        return ""
    return _words(one.last.outcome)


def _words(outcome: Outcome) -> str:
    return outcome.detail or (outcome.reason or "").replace("_", " ")


def _ids(views: Iterable[VantageView]) -> str:
    return _listed([one.id for one in views])


def _ids_of(node: Node) -> Iterable[str]:
    """The ids that an expression names, at whatever depth of it."""
    waiting: list[str | Group] = [node.rule]
    while waiting:
        member = waiting.pop(0)
        if isinstance(member, str):
            yield member
        else:
            waiting[:0] = member.members


def _is(ids: Sequence[str]) -> str:
    return "is" if len(ids) == 1 else "are"


def _listed(ids: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`, `a, b, c and 4 more`."""
    named = list(ids[:_NAMED])
    if len(ids) > _NAMED:
        return f"{', '.join(named)} and {len(ids) - _NAMED} more"
    return " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))
