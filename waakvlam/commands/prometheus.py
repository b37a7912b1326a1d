"""`waakvlam import prometheus`: facts from what an existing Prometheus has scraped."""

from __future__ import annotations

import asyncio
import base64
import ssl
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from availability.edges import from_ms
from availability.ports import Batch, Merged
from collector.prometheus import Progress, PrometheusImport, Wanted
from collector.prometheus_api import Access, PrometheusApi, PrometheusError
from collector.store import SqlStore, StoreError
from config.problems import remedy
from config.settings import SecretRef, Settings
from config.types import duration, span
from waakvlam.setup import load_settings, load_store
from waakvlam.terminal import parse_instant, refuse, say


@dataclass(frozen=True, slots=True)
class Login:
    """What is shown to the server, as it was given on the command line; secrets by reference only."""

    token_env: str | None = None
    token_file: Path | None = None
    user: str | None = None
    password_env: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, as it was given on the command line."""

    query: str
    check_label: str
    start: str
    end: str
    vantage: str | None = None
    vantage_label: str | None = None
    latency_query: str | None = None
    step: str | None = None
    ignore_unknown: bool = False


def import_prometheus(url: str, path: Path, asked: Asked, login: Login) -> None:
    """Add the samples that are asked for to the store of the configuration at `path`.

    Exit 2 where nothing was changed; exit 1 where it ended half-way, and what came is kept.
    """
    settings = load_settings(path)
    wanted = _wanted(asked, settings)
    try:
        access = Access(url, _headers(login), _trust(login.ca_file))
    except PrometheusError as error:
        refuse(str(error))
    store = _Store(settings)
    try:
        _run(access, store, settings, wanted)
    finally:
        store.close()


class _Store:
    """The store, opened (and made) when there is something to put into it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: SqlStore | None = None

    def add(self, batches: Collection[Batch]) -> Merged:
        if self._opened is None:
            self._opened = load_store(self._settings, create=True)
        return self._opened.add(batches)

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()


def _run(access: Access, store: _Store, settings: Settings, wanted: Wanted) -> None:
    api = PrometheusApi(access)
    work = PrometheusImport(api, store.add, settings.checks, settings.estate.vantages, wanted)

    async def all_of_it() -> None:
        with _bar(wanted) as on_page:
            async with api:
                await work.run(on_page)

    trouble = None
    try:
        asyncio.run(all_of_it())
    except (PrometheusError, StoreError) as error:
        trouble = str(error)
    except KeyboardInterrupt:
        trouble = "stopped by hand"
    for warning in sorted(api.warnings):
        print(f"the server warns: {warning}", file=sys.stderr)  # noqa: T201 - this is where the command line speaks
    progress = work.progress
    if trouble is not None and progress.reached is None:
        refuse(trouble)
    say(_done(progress, wanted))
    if trouble is not None:
        reached = from_ms(progress.reached or 0).isoformat()
        print(  # noqa: T201 - this is where the command line speaks
            f"{trouble}\nit came as far as {reached}, and that is kept; run it again, or with --from {reached}, for "
            "the rest",
            file=sys.stderr,
        )
        raise SystemExit(1)


def _wanted(asked: Asked, settings: Settings) -> Wanted:
    """What is asked for, read and held against the configuration and the clock."""
    start, end = parse_instant(asked.start, "--from"), parse_instant(asked.end, "--to")
    now = time.time_ns() // 1_000_000
    if start >= end:
        refuse(f"--from {asked.start} is not before --to {asked.end}")
    if end > now:
        refuse(f"--to {asked.end} is in the future: nothing was measured there yet")
    if start < 0:
        refuse(f"--from {asked.start} is before 1970; nothing that old can be stored")
    step = None
    if asked.step is not None:
        try:
            step = duration(asked.step)
        except ValueError as error:
            refuse(f"--step: {asked.step!r} {error}")
    return Wanted(
        query=_filled(asked.query, "--query"),
        check_label=_filled(asked.check_label, "--check-label"),
        start=start,
        end=end,
        vantage="" if asked.vantage_label is not None else _vantage(asked.vantage, settings),
        vantage_label=_vantage_label(asked),
        latency_query=None if asked.latency_query is None else _filled(asked.latency_query, "--latency-query"),
        step=step,
        ignore_unknown=asked.ignore_unknown,
    )


def _filled(text: str, option: str) -> str:
    if not text.strip():
        refuse(f"{option}: it is empty")
    return text


def _vantage_label(asked: Asked) -> str | None:
    if asked.vantage_label is None:
        return None
    if asked.vantage is not None:
        refuse("--vantage and --vantage-label exclude each other")
    return _filled(asked.vantage_label, "--vantage-label")


def _vantage(vantage: str | None, settings: Settings) -> str:
    """The vantage of all samples: also one that has retired may have measured them."""
    known = sorted(settings.estate.vantages)
    if vantage is None:
        if len(known) == 1:
            return known[0]
        refuse(f"--vantage or --vantage-label is required, since several are configured: {', '.join(known)}")
    if vantage not in known:
        refuse(f"--vantage: there is no vantage {vantage!r}: {remedy(vantage, known, 'vantages')}")
    return vantage


def _headers(login: Login) -> dict[str, str]:
    """The header that authenticates, if any."""
    tokens = [one for one in (login.token_env, login.token_file) if one is not None]
    passwords = [one for one in (login.password_env, login.password_file) if one is not None]
    if len(tokens) + len(passwords) > 1:
        refuse("one secret is enough: a token or a password, from the environment or from a file")
    if bool(passwords) != (login.user is not None):
        refuse("--user goes with --password-env or --password-file, and they with it")
    if tokens:
        secret = _secret(login.token_env, login.token_file)
        if not secret.isascii() or not secret.isprintable():
            refuse("the token holds characters that no token has: is it the right one?")
        return {"Authorization": f"Bearer {secret}"}
    if passwords:
        user = login.user or ""
        if ":" in user or not user.isprintable():
            refuse("--user: a name holds no colon and no control character")
        pair = f"{user}:{_secret(login.password_env, login.password_file)}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    return {}


def _secret(env: str | None, file: Path | None) -> str:
    try:
        return SecretRef(env=env, file=file).reveal()
    except LookupError as error:
        refuse(str(error))


def _trust(ca_file: Path | None) -> ssl.SSLContext | None:
    if ca_file is None:
        return None
    try:
        context = ssl.create_default_context(cafile=str(ca_file))
        # Python 3.13 asks more of a certificate than 3.11 does, and than the probes do: trust depends on no version.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context
    except ssl.SSLError:
        refuse(f"--ca-file: {ca_file} holds no certificate in PEM")
    except OSError as error:
        refuse(f"--ca-file: {ca_file} cannot be read: {error.strerror}")


@contextmanager
def _bar(wanted: Wanted) -> Iterator[Callable[[Progress], None]]:
    """A progress bar on a terminal, nothing anywhere else; it is told after each page."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[samples]} samples"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(from_ms(wanted.start).strftime("%Y-%m-%d"), total=wanted.end - wanted.start, samples="0")

        def on_page(progress: Progress) -> None:
            reached = progress.reached or wanted.start
            bar.update(
                task,
                completed=reached - wanted.start,
                description=from_ms(reached).strftime("%Y-%m-%d"),
                samples=f"{progress.samples:,}",
            )

        yield on_page


def _done(progress: Progress, wanted: Wanted) -> str:
    how = f"worked out every {span(wanted.step)}" if progress.stepped and wanted.step else "as scraped"
    lines = [
        f"{progress.samples} samples {how}, {progress.timed} with a latency: {progress.added} new, "
        f"{progress.known} already known, {progress.conflicts} in conflict with another outcome for the same instant"
    ]
    if progress.unknown:
        lines.append(f"left out, not in the configuration: {', '.join(sorted(progress.unknown))}")
    return "\n".join(lines)
