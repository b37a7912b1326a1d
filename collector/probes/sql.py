"""Asks a database a question, without changing anything, and judges the first value of its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from availability.outcome import Outcome, Reason, could_not_look, failed, ok
from collector.conditions import Conditions, Limit
from collector.context import Context
from collector.errors import LookEnded
from collector.streams import Stopwatch
from config.types import Duration, Secret, Text

_LONGEST_QUERY = 16 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave: whether there was a row, and its first value as a text, None for null."""

    row: bool
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlOptions:
    """Which database to ask, the query, and what the first value of its first row must be."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    url: Secret = field(
        metadata={
            "help": "The URL of the database, by reference: `postgresql://`, `mariadb://`, `mysql://` or `oracle://`, "
            "then `user:password@host/name`."
        }
    )
    query: Text = field(
        default="select 1", metadata={"help": "The query: one statement, which cannot change anything."}
    )
    equals: Text | None = field(default=None, metadata={"help": "The first value of the first row must be this."})
    one_of: tuple[Text, ...] = field(default=(), metadata={"help": "The first value must be one of these."})
    below: Limit | None = field(default=None, metadata={"help": "The first value must be a number below this."})
    above: Limit | None = field(default=None, metadata={"help": "The first value must be a number above this."})
    max_latency: Duration | None = field(
        default=None, metadata={"help": "The longest the whole look may take before it counts as slow."}
    )

    def __post_init__(self) -> None:
        if "\0" in self.query or len(self.query) > _LONGEST_QUERY:
            raise ValueError(f"query holds a NUL or more than {_LONGEST_QUERY} characters")
        if self.below is not None and self.above is not None and self.above >= self.below:
            raise ValueError("no number is above `above` and below `below`: above must be the smaller")


async def probe(options: SqlOptions, context: Context) -> Outcome:
    """One look: a connection of its own, one read-only transaction with one statement, and its first row."""
    from collector.sql_look import first_value

    watch = Stopwatch()
    try:
        url = options.url.reveal()
    except LookupError as error:
        return could_not_look(Reason.NO_SECRET, str(error))
    try:
        answer = await first_value(url, options.query, context, watch)
        outcome = _judge(options, answer)
    except LookEnded as ended:
        outcome = ended.outcome
    return watch.timed(outcome, options.max_latency)


def _judge(options: SqlOptions, answer: Answer) -> Outcome:
    conditions = Conditions(options.equals, options.one_of, options.below, options.above)
    if not conditions:
        return ok()
    if not answer.row:
        return failed(Reason.ANSWER_MISMATCH, "the query gave no row")
    if answer.value is None:
        return failed(Reason.ANSWER_MISMATCH, "the first value is null")
    broken = conditions.broken_by(answer.value)
    return failed(Reason.ANSWER_MISMATCH, f"the first value {broken}") if broken else ok()
