"""`waakvlam grafana`: dashboards into a running Grafana, or as files from which one provisions itself."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from dashboards.packaged import dashboards, provisioning_files
from dashboards.places import HISTORY_UID, PROMETHEUS_UID
from exporters.harmless import harmless
from waakvlam.folders import new_folder
from waakvlam.terminal import note_aside, refuse, say

_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""What Grafana takes as a uid."""


def files(output: Path, prometheus_url: str, history_url: str | None, data_source: str | None, mounted_at: str) -> None:
    """Write the files into the new folder `output`."""
    for option, url in (("--prometheus-url", prometheus_url), ("--history-url", history_url)):
        if url is not None:
            _checked_url(url, option)
    if data_source is not None:
        _checked_uid(data_source, "--datasource-uid")
    if not mounted_at.startswith("/"):
        refuse(f"--mounted-at: {mounted_at!r} is no place on a disk: it begins with a slash, such as /waakvlam")
    made = provisioning_files(mounted_at, prometheus_url, data_source, history_url)
    with new_folder(output) as folder:
        for name, text in made.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    say(
        f"{output}: {len(made)} files for a Grafana that finds this folder at {mounted_at} and is started with "
        f"GF_PATHS_PROVISIONING={mounted_at.rstrip('/')}/provisioning"
    )


def push(
    url: str,
    token_env: str,
    *,
    ca_file: Path | None,
    data_source: str | None,
    folder_uid: str,
    folder_title: str,
    namespace: str,
    history: bool,
    dry_run: bool,
) -> None:
    """Bring the dashboards into the Grafana at `url`; exit 1 where it says no or is not reached."""
    _checked_url(url, "--url")
    token = _token(token_env)
    for option, uid in (("--folder-uid", folder_uid), ("--datasource-uid", data_source), ("--namespace", namespace)):
        if uid is not None:
            _checked_uid(uid, option)
    if ca_file is not None and not url.startswith("https:"):
        refuse("--ca-file belongs to an address with https: nothing is signed on http")
    if url.startswith("http:") and not _is_here(url):
        note_aside("the token goes over the network unencrypted: give an address with https")
    sources = [data_source or PROMETHEUS_UID, *([HISTORY_UID] if history else [])]
    boards = dashboards(data_source, history=history)
    done = asyncio.run(_pushed(url, token, ca_file, boards, folder_uid, folder_title, namespace, sources, dry_run))
    if not done:
        raise SystemExit(1)


async def _pushed(
    url: str,
    token: str,
    ca_file: Path | None,
    boards: list[dict[str, object]],
    folder: str,
    title: str,
    namespace: str,
    sources: list[str],
    dry_run: bool,
) -> bool:
    """Push and tell; whether all of it was done."""
    from exporters.grafana import data_source_is_there, library_of, push
    from exporters.grafana_wire import GrafanaError, connected

    counted: Counter[str] = Counter()
    try:
        async with connected(url, token, ca_file) as wire:
            library = await library_of(wire, namespace)
            say(f"{wire.where}, by {library.name}" + (", as it would be" if dry_run else ""))
            async for change in push(library, boards, folder, title, dry_run=dry_run):
                counted[change.what] += 1
                say(harmless(f"  {change.what:<9}  {change.kind:<9}  {change.title}{_told(change.uid, change.why)}"))
            for uid in sources:
                if await data_source_is_there(wire, uid) is False:
                    note_aside(f"Grafana has no data source with uid {uid}: make one, or name yours (docs/grafana.md)")
    except GrafanaError as error:
        note_aside(str(error))
        return False
    return not counted["failed"]


def _told(uid: str, why: str) -> str:
    return f" ({uid})" + (f": {why}" if why else "")


def _token(name: str) -> str:
    """The token, by the name of the variable that holds it; it is never shown."""
    token = os.environ.get(name, "").strip()
    if not token:
        refuse(f"--token-env: the environment has no {name}: put a service account token of Grafana into it")
    if not (token.isascii() and token.isprintable() and " " not in token):
        refuse(f"--token-env: what {name} holds is no token: it has a space or a letter that no token has")
    return token


def _checked_url(url: str, option: str) -> None:
    # What could hold a secret is not repeated.
    for sign, what in (("@", "a user or a password"), ("?", "a question"), ("#", "a place in a page")):
        if sign in url:
            refuse(f"{option}: the address holds {what} ({sign}): give it without, such as https://grafana.example")
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or not url.isprintable() or " " in url:
        refuse(f"{option}: {url!r} is no address: write it as https://grafana.example")


def _checked_uid(uid: str, option: str) -> None:
    if not _UID.fullmatch(uid):
        refuse(f"{option}: {uid!r} is none: at most 40 letters, digits, - and _")


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
