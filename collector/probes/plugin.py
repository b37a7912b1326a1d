"""Runs a monitoring plugin and takes its exit code as the answer."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, PlainValidator

from availability.outcome import DETAIL_LIMIT, Degraded, Outcome, Reason, Status, could_not_look, failed
from collector.context import Context
from collector.errors import from_os_error
from collector.plugin_output import first_line, last_line, performance_data
from collector.processes import MOST_PRINTED, Ended, run_program
from collector.streams import Stopwatch
from config.settings import SecretRef
from config.types import Text

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_SURROUNDINGS = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
}
"""All that a plugin finds in its environment without `env`: programs, and the language its output is read in."""
_OK, _WARNING, _CRITICAL, _UNKNOWN = range(4)
_ASKED_S = 0.1
_KILLED_S = 0.02
"""Seconds before the end of the time-out at which a plugin is asked to end, and at which it is killed."""


def _command(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("is empty: give the program and its arguments as a list")
    if any("\0" in word for word in value):
        raise ValueError("holds a NUL character, which no argument can")
    return value


def _env_name(text: Any) -> str:
    if isinstance(text, str) and _NAME.fullmatch(text):
        return text
    raise ValueError("is no name of a variable: write letters, digits and _, such as PGUSER")


def _env_value(value: Any) -> str | SecretRef:
    if isinstance(value, SecretRef) or (isinstance(value, str) and "\0" not in value):
        return value
    raise ValueError("must be a text, or a secret as {env: NAME} or {file: PATH}")


EnvName = Annotated[str, BeforeValidator(_env_name)]
EnvValue = Annotated[str | SecretRef, PlainValidator(_env_value)]
"""A text, or a secret by reference."""


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginOptions:
    """A monitoring plugin that says by its exit code how things are: 0 ok, 1 warning, 2 critical, 3 unknown."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    command: Annotated[tuple[Text, ...], AfterValidator(_command)] = field(
        metadata=_help("The program and its arguments, as a list; no shell reads them.")
    )
    env: Mapping[EnvName, EnvValue] = field(
        default_factory=dict,
        metadata=_help("Its environment, besides PATH and LC_ALL; a value that is secret is given by reference."),
    )
    warning: Literal["ok", "failed"] = field(
        default="ok",
        metadata=_help("What a warning counts as: ok, up but degraded, since it is no outage as a rule; or failed."),
    )


async def probe(options: PluginOptions, context: Context) -> Outcome:
    """One run of the plugin, judged by its exit code."""
    env: dict[str, str] = dict(_SURROUNDINGS)
    secrets = []
    for name, value in options.env.items():
        if isinstance(value, SecretRef):
            try:
                env[name] = value.reveal()
            except LookupError as error:
                return could_not_look(Reason.NO_SECRET, str(error))
            if "\0" in env[name]:
                return could_not_look(Reason.NO_SECRET, f"the secret for {name} holds a NUL character")
            secrets.append(env[name])
        else:
            env[name] = value
    timeout, watch = context.timeout, Stopwatch()
    try:
        ended = await run_program(
            options.command, env, timeout - min(_ASKED_S, timeout / 5), timeout - min(_KILLED_S, timeout / 20)
        )
    except OSError as error:
        return from_os_error(error, options.command[0])
    return _judged(options, ended, secrets, watch.elapsed_ms())


def _judged(options: PluginOptions, ended: Ended, secrets: list[str], took_ms: float) -> Outcome:
    """What the exit code means (Monitoring Plugins Development Guidelines, "Plugin Return Codes")."""
    code = ended.code
    if ended.cut == "time":
        return failed(Reason.TIMEOUT, "the plugin did not end in time")
    if ended.cut == "output":
        text = f"the plugin printed more than {MOST_PRINTED // 1024 // 1024} MiB and was ended"
        return could_not_look(Reason.COULD_NOT_LOOK, text)
    if code is None:
        return could_not_look(Reason.COULD_NOT_LOOK, "nobody knows how the plugin ended: SIGCHLD is ignored here")
    said = first_line(ended.output, secrets)
    measures = performance_data(ended.output, secrets)
    told = said or last_line(ended.errors, secrets)
    if code == _OK:
        return Outcome(Status.OK, None, took_ms, "", measures=measures)
    if code == _WARNING and said:
        if options.warning == "failed":
            return Outcome(Status.FAILED, Reason.WARNING, took_ms, said, measures=measures)
        return Outcome(Status.OK, None, took_ms, said, measures=measures, degraded=Degraded(Reason.WARNING, said))
    if code == _CRITICAL:
        detail = told or "the plugin ended with 2 (critical) and said nothing"
        return Outcome(Status.FAILED, Reason.FAILED, took_ms, detail, measures=measures)
    # A warning without a word is none: a script that breaks, as Python does with a traceback, ends with 1 as well.
    detail = told if code == _UNKNOWN and told else _strange(code, told)
    return Outcome(Status.NONE, Reason.COULD_NOT_LOOK, None, detail, measures=measures)


def _strange(code: int, told: str) -> str:
    """What is said of an end that is none of a plugin's."""
    how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with {code}"
    return f"the plugin {how}{f': {told}' if told else ' and said nothing'}"[:DETAIL_LIMIT]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
