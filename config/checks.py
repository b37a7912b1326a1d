"""Reads checks: their pace with what they inherit, where they are probed from, and the options of their probe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from availability.estate import Check
from config.grammar import keys_of
from config.models import FALL, INTERVAL_MS, RISE, STALE_INTERVALS, TIMEOUT_MS, CheckSection, Pace
from config.problems import Loc, remedy, shown
from config.sentences import sentences
from config.settings import CheckSpec
from config.types import secret, span
from config.values import is_id

_OWN_KEYS = tuple(keys_of(CheckSection))


class CheckReader:
    """Reads the checks of one file.

    `vantages` are those that a check without `from` is probed from; `context` is what the types of keys need to
    know of the file. Problems go to `add`.
    """

    def __init__(
        self,
        probes: Mapping[str, type],
        defaults: Pace,
        vantages: tuple[str, ...],
        context: dict[str, Any],
        add: Callable[[Loc, str], None],
    ) -> None:
        self._probes = probes
        self._defaults = defaults
        self._vantages = vantages
        self._context = context
        self._add = add
        self._adapters: dict[str, TypeAdapter[Any]] = {}

    def read(self, raw: Any, loc: Loc, part: str) -> tuple[CheckSpec, Check] | None:
        """How the check is probed and how it is judged; None (and problems) where it cannot be read."""
        if not isinstance(raw, dict):
            self._add(loc, "must be a check with its keys, such as {id: web, probe: icmp, host: 192.0.2.10}")
            return None
        own = self._own(raw, loc)
        options = self._options(raw, loc)
        if own is None:
            return None
        pace = self._pace(own, loc)
        if pace is None or options is None:
            return None
        interval, timeout, stale_after, retry = pace
        defaults = self._defaults
        vantages = self._vantages if own.from_ is None else tuple(own.from_)
        judged = Check(
            own.id,
            interval,
            stale_after,
            own.fall or defaults.fall or FALL,
            own.rise or defaults.rise or RISE,
            own.vantages_agree or defaults.vantages_agree or "any",
            own.counts,
        )
        degraded = own.degraded_latency
        self._hold_against(degraded, timeout, options, loc)
        return CheckSpec(own.id, part, own.probe, options, interval, timeout, retry, vantages, degraded), judged

    def _hold_against(self, degraded: int | None, timeout: int, options: Any, loc: Loc) -> None:
        """A latency that is degraded lies below what fails: the time-out, and `max_latency` where the probe has it."""
        longest = getattr(options, "max_latency", None)
        for limit, name in ((longest, "max_latency"), (timeout, "the timeout")):
            if degraded is not None and limit is not None and degraded >= limit:
                message = f"must be less than {name} ({span(limit)}): a look that takes longer has failed"
                self._add((*loc, "degraded_latency"), message)
                return

    def _own(self, raw: dict[str, Any], loc: Loc) -> CheckSection | None:
        own = {key: value for key, value in raw.items() if key in _OWN_KEYS}
        try:
            return CheckSection.model_validate(own, context=self._context)
        except ValidationError as error:
            self._tell(error, own, loc, CheckSection)
            return None

    def _options(self, raw: dict[str, Any], loc: Loc) -> Any:
        """The options of the probe, filled and validated."""
        probe = raw.get("probe")
        if not isinstance(probe, str) or not probe:
            return None
        cls = self._probes.get(probe)
        if cls is None:
            self._add((*loc, "probe"), f"{shown(probe)} is no probe: {remedy(probe, list(self._probes), 'probes')}")
            return None
        known = keys_of(cls)
        options = {}
        for key, value in raw.items():
            if key in known:
                options[key] = _with_references(value, self._context)
            elif key not in _OWN_KEYS:
                self._add((*loc, key), f"is no key here: {remedy(key, [*known, *_OWN_KEYS], 'keys')}")
        try:
            return self._adapter(probe, cls).validate_python(options, context=self._context)
        except ValidationError as error:
            self._tell(error, options, loc, cls)
            return None

    def _adapter(self, probe: str, cls: type) -> TypeAdapter[Any]:
        if probe not in self._adapters:
            self._adapters[probe] = TypeAdapter(cls)
        return self._adapters[probe]

    def _tell(self, error: ValidationError, value: Any, loc: Loc, cls: type) -> None:
        for place, sentence in sentences(error, value, cls):
            self._add((*loc, *place), sentence)

    def _pace(self, own: CheckSection, loc: Loc) -> tuple[int, int, int, int | None] | None:
        """Interval, timeout, stale_after and retry_interval, held against each other (milliseconds).

        What a check inherits gives way to its own interval, except stale_after: that decides figures.
        """
        defaults = self._defaults
        interval = own.interval or defaults.interval or INTERVAL_MS
        sound = True
        for key, written in (("timeout", own.timeout), ("retry_interval", own.retry_interval)):
            if written is not None and written > interval:
                self._add((*loc, key), f"is longer than the interval ({span(interval)}): make it at most that")
                sound = False
        stale_after = own.stale_after or defaults.stale_after or STALE_INTERVALS * interval
        if stale_after < interval:
            whose = "is" if own.stale_after else f"inherits {span(stale_after)} from defaults, which is"
            message = f"{whose} shorter than the interval ({span(interval)}): give the check at least that"
            self._add((*loc, "stale_after"), message)
            sound = False
        timeout = own.timeout or min(defaults.timeout or TIMEOUT_MS, interval)
        retry = own.retry_interval or defaults.retry_interval
        return (interval, timeout, stale_after, retry if retry and retry < interval else None) if sound else None


def checks_that_count(raw: Any) -> list[str]:
    """The ids of those checks in a list as written that take part in the state of their component."""
    return [
        check["id"]
        for check in raw
        if isinstance(check, dict) and is_id(check.get("id")) and check.get("counts") != "false"
    ]


def _with_references(value: Any, context: dict[str, Any]) -> Any:
    """An option that is a mapping, with the references to secrets in it made out: its values may be text or secret."""
    if not isinstance(value, dict):
        return value
    return {key: _reference(inner, context) if isinstance(inner, dict) else inner for key, inner in value.items()}


def _reference(value: dict[str, Any], context: dict[str, Any]) -> Any:
    try:
        return secret(value, context["folder"])
    except ValueError:
        return value
