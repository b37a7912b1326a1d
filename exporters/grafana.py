"""Brings dashboards into a Grafana through its HTTP API, and says what that changed.

Grafana 12 and later offer resources under /apis (v1beta1 in 12, v1 in 13); before them, and as long as it is kept,
there is /api (Grafana's documentation, "Dashboard HTTP API" and "Folder HTTP API"). Which of the two is asked follows
from what the server offers. Nothing is ever deleted, and what somebody saved meanwhile is not overwritten.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from exporters.grafana_wire import GrafanaError, Refused, Wire

_DASHBOARDS = "dashboard.grafana.app"
_FOLDERS = "folder.grafana.app"
_VERSIONS = ("v1", "v1beta1")
"""Those whose `spec` is the JSON of a dashboard as it has always been, the best first."""
_FOLDER = "grafana.app/folder"
_OF_THE_SERVER = frozenset({"id", "uid", "version"})
"""What Grafana fills in by itself, in a dashboard that it keeps."""
_MESSAGE = "waakvlam grafana push"
"""What stands in the history of versions."""

What = Literal["created", "updated", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Change:
    """What came of one folder or dashboard; `why` says what kept it from being done."""

    what: What
    kind: Literal["folder", "dashboard"]
    uid: str
    title: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A dashboard as the server has it: its JSON, the uid of its folder, and what a change has to name."""

    spec: Any
    folder: str
    version: Any
    number: Any = None


class Library(Protocol):
    """One of the two ways to the folders and dashboards of a Grafana."""

    name: str

    async def has_folder(self, uid: str) -> bool:
        """Whether there is such a folder."""

    async def make_folder(self, uid: str, title: str) -> None:
        """Make it."""

    async def kept(self, uid: str) -> Kept | None:
        """The dashboard as it is now; None without one."""

    async def save(self, spec: Mapping[str, Any], folder: str, before: Kept | None) -> None:
        """Make it, or change what it was `before`; Refused with 409 or 412 where that is not so any more."""


async def library_of(wire: Wire, namespace: str = "default") -> Library:
    """The way that this Grafana offers; GrafanaError where there is none."""
    health = await _answer(wire, "/api/health")
    if not (isinstance(health, dict) and "database" in health):
        raise GrafanaError(f"{wire.where} is no Grafana: /api/health does not answer as one does")
    offered = await _offered(wire)
    version = next((one for one in _VERSIONS if one in offered.get(_DASHBOARDS, ())), None)
    if version is None:
        return _Classic(wire)
    folders = next((one for one in _VERSIONS if one in offered.get(_FOLDERS, ())), None)
    return _Resources(wire, version, folders, namespace)


async def push(
    library: Library, dashboards: Sequence[Mapping[str, Any]], folder: str, title: str, *, dry_run: bool = False
) -> AsyncIterator[Change]:
    """Bring `dashboards` (their JSON) into the folder with that uid and title, and say of each what was done.

    With `dry_run` say what would be. A no to one is told, and the next is tried; GrafanaError ends it.
    """
    try:
        there = await library.has_folder(folder)
        if not there and not dry_run:
            await library.make_folder(folder, title)
    except Refused as refused:
        yield Change("failed", "folder", folder, title, _explained(refused))
        return
    yield Change("unchanged" if there else "created", "folder", folder, title)
    for spec in dashboards:
        uid, name = str(spec["uid"]), str(spec["title"])
        try:
            before = await library.kept(uid)
            same = before is not None and before.folder == folder and says_all(before.spec, spec)
            if not same and not dry_run:
                await library.save(spec, folder, before)
        except Refused as refused:
            yield Change("failed", "dashboard", uid, name, _explained(refused))
        else:
            yield Change("unchanged" if same else "updated" if before else "created", "dashboard", uid, name)


def _explained(refused: Refused) -> str:
    """A no, with what can be done about it."""
    if refused.status == 403:
        return f"the token may not do this ({refused}): give its service account the role Editor"
    if refused.status in (409, 412):
        return f"somebody changed it meanwhile, or another has this uid or title ({refused}): look, and push again"
    return f"Grafana refuses it ({refused.status}: {refused})"


def says_all(kept: Any, ours: Any, *, top: bool = True) -> bool:
    """Whether what is kept says all that ours does; Grafana may have filled in what was left open."""
    if isinstance(ours, Mapping):
        return isinstance(kept, Mapping) and all(
            says_all(kept.get(key), value, top=False)
            for key, value in ours.items()
            if not (top and key in _OF_THE_SERVER)
        )
    if isinstance(ours, list):
        return (
            isinstance(kept, list)
            and len(kept) == len(ours)
            and all(says_all(one, other, top=False) for one, other in zip(kept, ours, strict=True))
        )
    return bool(kept == ours) and isinstance(kept, bool) == isinstance(ours, bool)


async def data_source_is_there(wire: Wire, uid: str) -> bool | None:
    """Whether Grafana has a data source with that uid; None where the token may not know."""
    try:
        return (await wire.ask("GET", f"/api/datasources/uid/{uid}")).status != 404
    except Refused:
        return None


async def _answer(wire: Wire, path: str) -> Any:
    try:
        answer = await wire.ask("GET", path)
    except Refused as refused:
        raise GrafanaError(
            f"{wire.where} is no Grafana, or not for this token: {path} is refused ({refused})"
        ) from None
    return answer.said if answer.status != 404 else None


async def _offered(wire: Wire) -> Mapping[str, Sequence[str]]:
    """The versions of each group of resources; none where the server knows of no groups."""
    try:
        said = (await wire.ask("GET", "/apis")).said
    except Refused:
        return {}
    found: dict[str, Sequence[str]] = {}
    groups = said.get("groups") if isinstance(said, dict) else None
    for group in groups if isinstance(groups, list) else ():
        if isinstance(group, dict) and isinstance(group.get("versions"), list):
            found[str(group.get("name"))] = [
                str(one.get("version")) for one in group["versions"] if isinstance(one, dict)
            ]
    return found


class _Classic:
    """/api, of every Grafana until it is taken away."""

    name = "/api"

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def has_folder(self, uid: str) -> bool:
        return (await self._wire.ask("GET", f"/api/folders/{uid}")).status != 404

    async def make_folder(self, uid: str, title: str) -> None:
        await _done(self._wire, "POST", "/api/folders", {"uid": uid, "title": title})

    async def kept(self, uid: str) -> Kept | None:
        answer = await self._wire.ask("GET", f"/api/dashboards/uid/{uid}")
        if answer.status == 404:
            return None
        dashboard, meta = _objects(self._wire, answer.said, "dashboard", "meta")
        return Kept(dashboard, str(meta.get("folderUid", "")), dashboard.get("version"), dashboard.get("id"))

    async def save(self, spec: Mapping[str, Any], folder: str, before: Kept | None) -> None:
        dashboard = {**spec, "id": before.number if before else None}
        if before:
            dashboard["version"] = before.version
        body = {"dashboard": dashboard, "folderUid": folder, "message": _MESSAGE, "overwrite": False}
        await _done(self._wire, "POST", "/api/dashboards/db", body)


class _Resources:
    """/apis, of Grafana 12 and later; folders by /api where the server keeps them there."""

    def __init__(self, wire: Wire, version: str, folders: str | None, namespace: str) -> None:
        self.name = f"/apis/{_DASHBOARDS}/{version}"
        self._wire = wire
        self._path = f"{self.name}/namespaces/{namespace}/dashboards"
        self._folders = f"/apis/{_FOLDERS}/{folders}/namespaces/{namespace}/folders" if folders else None

    async def has_folder(self, uid: str) -> bool:
        if self._folders is None:
            return await _Classic(self._wire).has_folder(uid)
        return (await self._wire.ask("GET", f"{self._folders}/{uid}")).status != 404

    async def make_folder(self, uid: str, title: str) -> None:
        if self._folders is None:
            await _Classic(self._wire).make_folder(uid, title)
        else:
            await _done(self._wire, "POST", self._folders, {"metadata": {"name": uid}, "spec": {"title": title}})

    async def kept(self, uid: str) -> Kept | None:
        answer = await self._wire.ask("GET", f"{self._path}/{uid}")
        if answer.status == 404:
            return None
        spec, metadata = _objects(self._wire, answer.said, "spec", "metadata")
        annotations = metadata.get("annotations")
        folder = annotations.get(_FOLDER, "") if isinstance(annotations, dict) else ""
        return Kept(spec, str(folder), metadata.get("resourceVersion"))

    async def save(self, spec: Mapping[str, Any], folder: str, before: Kept | None) -> None:
        uid = str(spec["uid"])
        metadata: dict[str, Any] = {"name": uid, "annotations": {_FOLDER: folder, "grafana.app/message": _MESSAGE}}
        if before is None:
            await _done(self._wire, "POST", self._path, {"metadata": metadata, "spec": {**spec}})
            return
        if before.version is not None:
            metadata["resourceVersion"] = before.version
        await _done(self._wire, "PUT", f"{self._path}/{uid}", {"metadata": metadata, "spec": {**spec}})


async def _done(wire: Wire, method: str, path: str, body: object) -> None:
    """Ask for a change; that there is no such place is a no."""
    if (await wire.ask(method, path, body)).status == 404:
        raise Refused(404, "no such folder or dashboard, or no such place in this Grafana")


def _objects(wire: Wire, said: Any, *keys: str) -> tuple[dict[str, Any], ...]:
    """The objects under `keys` of an answer; GrafanaError where it is not as documented."""
    found = tuple(said.get(key) if isinstance(said, dict) else None for key in keys)
    if not all(isinstance(one, dict) for one in found):
        raise GrafanaError(f"{wire.where} answers otherwise than Grafana documents: no {' and '.join(keys)}")
    return tuple(one for one in found if isinstance(one, dict))
