"""A server of ours that takes what Grafana documents and nothing else, in either family of its API.

After "Dashboard HTTP API", "Folder HTTP API" and "API structure" of Grafana's documentation (12.4 and 13). It keeps a
dashboard as a server may: without what is null, with numbers of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any, Literal

from aiohttp import web

Family = Literal["classic", "v1beta1", "v1", "v1 without folders"]
TOKEN = "glsa_a-token-of-this-test"
UID = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Wrong(Exception):
    """A request that Grafana would not take; the test fails with it."""


@dataclass
class Kept:
    """A dashboard, in the folder `folder`, saved `version` times."""

    spec: dict[str, Any]
    folder: str
    version: int
    number: int


@dataclass
class Grafana:
    """What it holds, what it was asked, and what it is told to refuse: (method, path) to status and answer."""

    family: Family = "classic"
    folders: dict[str, str] = field(default_factory=dict)
    boards: dict[str, Kept] = field(default_factory=dict)
    sources: set[str] = field(default_factory=lambda: {"waakvlam-prometheus"})
    asked: list[tuple[str, str]] = field(default_factory=list)
    refusing: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [one for one in self.asked if one[0] != "GET"]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer as documented, or note what is wrong with the request."""
        self.asked.append((request.method, request.path))
        told = self.refusing.get((request.method, request.path))
        if told is not None:
            status, said = told
            return said if isinstance(said, web.Response) else web.json_response(said, status=status)
        if request.path == "/api/health":
            return web.json_response({"database": "ok", "version": "13.1.0", "commit": "0"})
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"message": "Invalid API key", "statusCode": 401}, status=401)
        body = None
        if request.method in ("POST", "PUT"):
            if request.content_type != "application/json":
                self.wrong.append(f"{request.path}: {request.content_type}")
            body = json.loads(await request.text())
        try:
            return self._answer(request.method, request.path, body)
        except Wrong as wrong:
            self.wrong.append(f"{request.method} {request.path}: {wrong}")
            return web.json_response({"message": str(wrong)}, status=400)

    def _answer(self, method: str, path: str, body: Any) -> web.Response:
        if path == "/apis":
            return _no("404 page not found", 404) if self.family == "classic" else web.json_response(self._groups())
        if path.startswith("/api/datasources/uid/"):
            there = path.rpartition("/")[2] in self.sources
            return web.json_response({"uid": path.rpartition("/")[2]}) if there else _no("Data source not found", 404)
        if path.startswith("/api/folders"):
            return self._classic_folder(method, path.removeprefix("/api/folders").lstrip("/"), body)
        if path.startswith("/api/dashboards/"):
            return self._classic_board(method, path.removeprefix("/api/dashboards/"), body)
        version = self.family.split()[0]
        found = re.fullmatch(
            rf"/apis/(folder|dashboard)\.grafana\.app/{version}/namespaces/default/(\w+)(?:/(.+))?", path
        )
        if found is None or found[2] != f"{found[1]}s":
            raise Wrong("there is no such place")
        if found[1] == "folder":
            if self.family == "v1 without folders":
                raise Wrong("no folders here")
            return self._folder(method, found[3], body, version)
        return self._board(method, found[3], body, version)

    def _groups(self) -> dict[str, Any]:
        offered = [self.family.split()[0], "v0alpha1", "v2"]
        names = ["dashboard.grafana.app", *([] if "without" in self.family else ["folder.grafana.app"])]
        groups = [{"name": name, "versions": [{"version": one} for one in offered]} for name in names]
        return {"kind": "APIGroupList", "groups": [*groups, {"name": "other.grafana.app", "versions": []}]}

    def _classic_folder(self, method: str, uid: str, body: Any) -> web.Response:
        if method == "GET":
            return (
                web.json_response({"uid": uid, "title": self.folders[uid]})
                if uid in self.folders
                else _no("folder not found", 404)
            )
        _only(body, {"uid", "title"}, {"parentUid"})
        return self._new_folder(body["uid"], body["title"], 412) or web.json_response(
            {"uid": body["uid"], "version": 1}
        )

    def _folder(self, method: str, uid: str | None, body: Any, version: str) -> web.Response:
        if method == "GET" and uid:
            if uid not in self.folders:
                return _status("not found", 404)
            return web.json_response(
                {"kind": "Folder", "metadata": {"name": uid}, "spec": {"title": self.folders[uid]}}
            )
        if method != "POST" or uid:
            raise Wrong("a folder is made by POST to the folders")
        _only(body, {"metadata", "spec"}, {"apiVersion", "kind"})
        _only(body["metadata"], {"name"}, {"annotations"})
        _only(body["spec"], {"title"}, {"description"})
        made = {"kind": "Folder", "apiVersion": f"folder.grafana.app/{version}", **body}
        return self._new_folder(body["metadata"]["name"], body["spec"]["title"], 409) or web.json_response(
            made, status=201
        )

    def _new_folder(self, uid: str, title: str, conflict: int) -> web.Response | None:
        if not UID.fullmatch(uid) or not title:
            raise Wrong("no uid, or no title")
        if uid in self.folders:
            return _no("a folder with that uid already exists", conflict)
        self.folders[uid] = title
        return None

    def _classic_board(self, method: str, rest: str, body: Any) -> web.Response:
        if method == "GET":
            kept = self.boards.get(rest.removeprefix("uid/"))
            if kept is None:
                return _no("Dashboard not found", 404)
            dashboard = {**kept.spec, "id": kept.number, "version": kept.version}
            return web.json_response(
                {"dashboard": dashboard, "meta": {"folderUid": kept.folder, "version": kept.version}}
            )
        if (method, rest) != ("POST", "db"):
            raise Wrong("a dashboard is saved by POST to db")
        _only(body, {"dashboard", "overwrite"}, {"folderUid", "message"})
        board = body["dashboard"]
        kept = self.boards.get(board.get("uid"))
        if body["overwrite"] is not False or "id" not in board:
            raise Wrong("nothing of others is overwritten, and an id says whether it is new")
        if kept and (board["id"] != kept.number or board.get("version") != kept.version):
            return web.json_response(
                {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}, status=412
            )
        if not kept and board["id"] is not None:
            raise Wrong("a new dashboard has the id null")
        saved = self._saved(
            board["uid"], {key: value for key, value in board.items() if key != "id"}, body.get("folderUid", "")
        )
        return web.json_response(
            {"id": saved.number, "uid": board["uid"], "status": "success", "version": saved.version}
        )

    def _board(self, method: str, uid: str | None, body: Any, version: str) -> web.Response:
        kept = self.boards.get(uid or "")
        if method == "GET" and uid:
            return web.json_response(self._resource(uid, kept, version)) if kept else _status("not found", 404)
        _only(body, {"metadata", "spec"}, {"apiVersion", "kind"})
        metadata = body["metadata"]
        _only(metadata, {"name"}, {"annotations", "resourceVersion"})
        if not set(metadata.get("annotations", {})) <= {"grafana.app/folder", "grafana.app/message"}:
            raise Wrong("annotations that are not documented")
        name = metadata["name"]
        if method == "POST" and uid is None:
            if "resourceVersion" in metadata:
                raise Wrong("resourceVersion should not be set on objects to be created")
            if name in self.boards:
                return _status(f'dashboards "{name}" already exists', 409)
        elif method == "PUT" and uid == name and kept:
            if metadata.get("resourceVersion") != str(kept.version):
                return _status("the object has been modified; please apply your changes to the latest version", 409)
        else:
            raise Wrong("made by POST to the dashboards, changed by PUT to its name")
        saved = self._saved(name, body["spec"], metadata.get("annotations", {}).get("grafana.app/folder", ""))
        return web.json_response(self._resource(name, saved, version), status=201 if method == "POST" else 200)

    def _resource(self, uid: str, kept: Kept, version: str) -> dict[str, Any]:
        metadata = {
            "name": uid,
            "namespace": "default",
            "resourceVersion": str(kept.version),
            "annotations": {"grafana.app/folder": kept.folder, "grafana.app/createdBy": "service-account:1"},
        }
        return {
            "kind": "Dashboard",
            "apiVersion": f"dashboard.grafana.app/{version}",
            "metadata": metadata,
            "spec": kept.spec,
        }

    def _saved(self, uid: str, spec: Any, folder: str) -> Kept:
        if not (isinstance(spec, dict) and spec.get("title") and isinstance(spec.get("schemaVersion"), int)):
            raise Wrong("no title or no schemaVersion")
        if not UID.fullmatch(uid) or folder not in self.folders:
            raise Wrong(f"no uid, or no folder {folder}")
        before = self.boards.get(uid)
        number = before.number if before else len(self.boards) + 1
        kept = Kept(_kept(spec), folder, before.version + 1 if before else 1, number)
        self.boards[uid] = kept
        return kept


def _kept(value: Any) -> Any:
    """As a server may keep it: what is null is left out, and what was left open is filled in."""
    if isinstance(value, dict):
        kept = {key: _kept(inner) for key, inner in value.items() if inner is not None}
        return {**kept, "hideFrom": {}} if "gridPos" in kept else kept
    return [_kept(inner) for inner in value] if isinstance(value, list) else value


def _only(body: Any, needed: set[str], may: set[str]) -> None:
    if not isinstance(body, dict) or not needed <= body.keys() <= needed | may:
        raise Wrong(f"has the keys {sorted(body) if isinstance(body, dict) else body}")


def _no(message: str, status: int) -> web.Response:
    return web.json_response({"message": message}, status=status)


def _status(message: str, code: int) -> web.Response:
    """An error of /apis."""
    return web.json_response({"kind": "Status", "status": "Failure", "message": message, "code": code}, status=code)


@asynccontextmanager
async def serving(grafana: Grafana, ssl: SSLContext | None = None) -> AsyncIterator[str]:
    """Its address while the block runs; what was wrong with a request fails the test at its end."""
    app = web.Application(client_max_size=16 * 2**20)
    app.router.add_route("*", "/{path:.*}", grafana.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"{'https' if ssl else 'http'}://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
    assert grafana.wrong == []
