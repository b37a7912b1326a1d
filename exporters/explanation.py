"""Shows why something is up, down or unknown as a tree on a terminal, words beside the colours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group as Together
from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from availability.explaining import Explanation, Group, Node
from availability.looked import CheckView, VantageView
from availability.outcome import Status
from availability.ports import PartState
from availability.states import DOWN, STATE_NAMES, UNKNOWN, UP
from exporters.explanation_words import ExplanationWords, latency
from exporters.figures import duration
from exporters.standing_words import why

_COLOURS = {UP: "green", DOWN: "bold red", UNKNOWN: "bright_black"}
_WORSE = "yellow"
_FEW = 3
"""So many parts that are well have a line of their own where it is to be brief."""
_DEEPEST = 12
"""Levels of parts that are drawn; eighty columns hold no more."""


def explanation_tree(
    explanation: Explanation, timezone: str, worse: Sequence[PartState] = (), *, brief: bool = False
) -> RenderableType:
    """The summary, the tree, what is up and `worse` than it should be, and the maintenance that runs. With `brief`,
    what is below a part that is well is left out."""
    words = ExplanationWords(explanation, timezone)
    drawing = _Drawing(explanation, words, brief=brief)
    return Together(
        Text(words.heading()),
        Text(),
        Text(words.summary(), "bold"),
        Text(),
        *drawing.trees(),
        *_worse(worse, words),
        *_sections(explanation, words),
    )


def _worse(states: Sequence[PartState], words: ExplanationWords) -> Iterator[RenderableType]:
    if states:
        yield Text("\nUp, and yet not as it should be", "bold")
    for state in states:
        since = words.since(state.degraded.since) if state.degraded else ""
        degraded = f"degraded{since}: " if state.degraded else ""
        yield Text(f"{state.id}: {degraded}{why(state, spoken=True)}", _WORSE)


def _sections(explanation: Explanation, words: ExplanationWords) -> Iterator[RenderableType]:
    pair, now = explanation.pair, explanation.pair_now
    if pair is not None and now is not None:
        yield Text()
        for role, id_ in (("primary", pair.primary), ("standby", pair.standby)):
            node = explanation.nodes[id_]
            yield Text(f"The {role}, {id_}, is {words.state(node.state, node.since)}.")
        if now.last is not None:
            ended = "on" if now.last.ended_at is None else f"to {words.clock(now.last.ended_at)}"
            yield Text(
                f"Its last event, from {words.clock(now.last.started_at)} {ended}: "
                f"{now.last.outcome.replace('_', ' ')}; longest interruption {duration(now.last.interrupted_ms)}; "
                f"verdict {now.last.verdict}."
            )
    if explanation.maintenance:
        yield Text("\nMaintenance that runs", "bold")
        for one in explanation.maintenance:
            yield Text(f"{one.record.id}: {words.applies(one)}")


class _Drawing:
    """The tree in the making: each part is drawn out once, and named where it comes back."""

    def __init__(self, explanation: Explanation, words: ExplanationWords, *, brief: bool) -> None:
        self._told = explanation
        self._words = words
        self._drawn: set[str] = set()
        self._well = _well(explanation) if brief else frozenset()

    def trees(self) -> Iterator[RenderableType]:
        told = self._told
        if told.kind == "pair":
            top = Tree(self._label(told.id, told.state, told.since, (told.name,)))
            self._draw(top, told.roots)
            yield top
        else:
            yield self._drawn_out(told.roots[0])
        needed = [id_ for one in told.participants for id_ in one.parts]
        for title, ids in (("What participants need besides", needed), ("What stands in between", told.in_between)):
            if ids:
                yield Text(f"\n{title}", "bold")
                yield from (self._drawn_out(id_) for id_ in dict.fromkeys(ids) if id_ not in self._drawn)

    def _drawn_out(self, id_: str) -> Tree:
        top = Tree("", hide_root=True)
        self._draw(top, (id_,))
        return top.children[0]

    def _draw(self, top: Tree, ids: Iterable[str]) -> None:
        waiting: list[tuple[Tree, str | Group, int]] = [(top, id_, 0) for id_ in [*ids][::-1]]
        while waiting:
            branch, member, depth = waiting.pop()
            if isinstance(member, Group):
                below = branch.add(Text.assemble(self._words.rule(member), style=_COLOURS[member.state]))
                waiting += [(below, each, depth + 1) for each in self._unfolded(below, member)]
                continue
            node = self._told.nodes[member]
            below = branch.add(self._node(node))
            if member in self._drawn or member in self._well:
                continue
            self._drawn.add(member)
            if node.checks:
                self._checks(below, node)
            elif depth >= _DEEPEST:
                below.add(Text(f"`waakvlam explain {member}` tells what is below"))
            else:
                waiting += [(below, each, depth + 1) for each in self._unfolded(below, node.rule)]

    def _unfolded(self, branch: Tree, group: Group) -> list[str | Group]:
        """The members of a group from the last to the first, many that are well told in one line instead."""
        well = [member for member in group.members if member in self._well]
        if len(well) <= _FEW:
            return [*group.members[::-1]]
        branch.add(
            Text.assemble(", ".join(map(str, well[:_FEW])), f" and {len(well) - _FEW} more ", ("up", _COLOURS[UP]))
        )
        return [member for member in group.members[::-1] if member not in self._well]

    def _node(self, node: Node) -> Text:
        again = "see above" if node.id in self._drawn else ""
        blame = "to blame" if node.cause else "nobody knows" if node.undecided else ""
        presumed = self._words.presumed(node.presumed)
        rule = self._words.rule(node.rule)
        return self._label(node.id, node.state, node.since, (node.name, rule, presumed, again), blame)

    def _label(self, id_: str, state: int, since: int | None, more: Iterable[str], blame: str = "") -> Text:
        text = Text.assemble((id_, "bold"), " ", (STATE_NAMES[state], _COLOURS[state]), self._words.since(since))
        if blame:
            text.append(f", {blame}", _COLOURS[state])
        for phrase in filter(None, more):
            text.append(f", {phrase}")
        return text

    def _checks(self, branch: Tree, node: Node) -> None:
        for view in node.checks:
            if self._told.kind == "check" and node.id in self._told.roots and view.id != self._told.id:
                continue
            words = self._words
            phrases = (words.agreement(view), "" if view.counts else "does not count", latency(view.latency))
            below = branch.add(self._label(view.id, view.state, view.since, (*phrases, words.dark(view))))
            for one in view.vantages:
                below.add(self._vantage(one, view))

    def _vantage(self, one: VantageView, view: CheckView) -> Text:
        text = Text.assemble(
            f"from {one.id} ", (STATE_NAMES[one.state], _COLOURS[one.counted]), self._words.since(one.since)
        )
        return text.append(f", {self._words.vantage(one, view)}")


def _well(explanation: Explanation) -> frozenset[str]:
    """The parts that are up and on which nothing fails, nor on anything below them."""
    above: dict[str, list[str]] = {}
    ill = []
    for node in explanation.nodes.values():
        waiting: list[str | Group] = [] if node.checks else [node.rule]
        while waiting:
            member = waiting.pop()
            if isinstance(member, Group):
                waiting.extend(member.members)
            else:
                above.setdefault(member, []).append(node.id)
        if node.state != UP or any(_fails(view) for view in node.checks):
            ill.append(node.id)
    reached = set(ill)
    while ill:
        fresh = [id_ for id_ in above.get(ill.pop(), ()) if id_ not in reached]
        reached.update(fresh)
        ill += fresh
    return frozenset(explanation.nodes.keys() - reached)


def _fails(view: CheckView) -> bool:
    return any(one.state != UP or (one.run and one.run.status is not Status.OK) for one in view.vantages)
