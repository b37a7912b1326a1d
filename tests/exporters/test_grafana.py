"""Dashboards into a Grafana by either family of its API: once, again, and when it says no."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from exporters.grafana import Change, library_of, push, says_all
from exporters.grafana_wire import MOST_BYTES, GrafanaError, Wire, connected
from tests.collector.certificates import make
from tests.exporters.grafana_double import TOKEN, Family, Grafana, serving
from tests.ports import free_port

BOARDS = [
    {"uid": "one", "title": "One", "schemaVersion": 42, "panels": [{"gridPos": {"x": 0}, "value": None, "id": 1}]},
    {"uid": "two", "title": "Two", "schemaVersion": 42, "panels": []},
]
EITHER: list[Family] = ["classic", "v1beta1", "v1", "v1 without folders"]
either = pytest.mark.parametrize("family", EITHER)


async def pushed(
    url: str, boards: Any = BOARDS, *, dry_run: bool = False, token: str = TOKEN, **more: Any
) -> list[Change]:
    async with connected(url, token, **more) as wire:
        library = await library_of(wire)
        return [change async for change in push(library, boards, "waakvlam", "Waakvlam", dry_run=dry_run)]


def what(changes: list[Change]) -> list[str]:
    return [f"{change.kind} {change.uid} {change.what}" for change in changes]


@either
async def test_it_makes_them_once_and_leaves_them_alone_then(family: Family) -> None:
    grafana = Grafana(family)
    async with serving(grafana) as url:
        assert what(await pushed(url)) == ["folder waakvlam created", "dashboard one created", "dashboard two created"]
        assert grafana.folders == {"waakvlam": "Waakvlam"}
        assert {board.folder for board in grafana.boards.values()} == {"waakvlam"}
        made = len(grafana.writes)
        assert made == 3
        again = await pushed(url)
        assert what(again) == ["folder waakvlam unchanged", "dashboard one unchanged", "dashboard two unchanged"]
        assert len(grafana.writes) == made, "what is as it should be is not saved again"


@either
async def test_what_differs_is_updated_and_the_rest_is_not(family: Family) -> None:
    grafana = Grafana(family)
    async with serving(grafana) as url:
        await pushed(url)
        changed = [BOARDS[0] | {"title": "First"}, BOARDS[1]]
        assert what(await pushed(url, changed))[1:] == ["dashboard one updated", "dashboard two unchanged"]
        assert grafana.boards["one"].spec["title"] == "First" and grafana.boards["one"].version == 2
        grafana.boards["two"].folder = "elsewhere"
        assert what(await pushed(url, changed))[2:] == ["dashboard two updated"]
        assert grafana.boards["two"].folder == "waakvlam"


@either
async def test_a_dry_run_tells_the_same_and_changes_nothing(family: Family) -> None:
    grafana = Grafana(family)
    async with serving(grafana) as url:
        would = await pushed(url, dry_run=True)
        assert grafana.writes == []
        assert what(would) == what(await pushed(url))
        assert what(await pushed(url, [BOARDS[0] | {"tags": ["x"]}], dry_run=True))[1:] == ["dashboard one updated"]
        assert "tags" not in grafana.boards["one"].spec


@pytest.mark.parametrize(("family", "way"), [("classic", "/api"), ("v1beta1", "/v1beta1"), ("v1", "/v1")])
async def test_it_takes_the_best_way_that_is_offered(family: Family, way: str) -> None:
    grafana = Grafana(family)
    async with serving(grafana) as url, connected(url, TOKEN) as wire:
        assert (await library_of(wire)).name.endswith(way)


async def test_versions_that_keep_dashboards_otherwise_are_passed_over() -> None:
    grafana = Grafana("v1")
    groups = {"groups": [{"name": "dashboard.grafana.app", "versions": [{"version": "v2"}, {"version": "v0alpha1"}]}]}
    grafana.refusing["GET", "/apis"] = (200, groups)
    async with serving(grafana) as url, connected(url, TOKEN) as wire:
        assert (await library_of(wire)).name == "/api"


@pytest.mark.parametrize("said", [[], "text", None, {"groups": 5}, {"groups": [None, {"versions": 3}, {"name": 1}]}])
async def test_a_list_of_groups_that_is_none_means_the_classic_way(said: Any) -> None:
    grafana = Grafana("classic")
    grafana.refusing["GET", "/apis"] = (200, said)
    async with serving(grafana) as url:
        assert what(await pushed(url))[0] == "folder waakvlam created"


@either
async def test_what_somebody_saves_meanwhile_is_not_overwritten(family: Family) -> None:
    grafana = Grafana(family)
    async with serving(grafana) as url:
        await pushed(url)
        async with connected(url, TOKEN) as wire:
            library = await library_of(wire)
            before = await library.kept("one")
            grafana.boards["one"].version += 1
            changing = push(_Known(library, before), [BOARDS[0] | {"title": "Mine"}], "waakvlam", "Waakvlam")
            changes = [change async for change in changing]
        assert what(changes) == ["folder waakvlam unchanged", "dashboard one failed"]
        assert "somebody changed it meanwhile" in changes[1].why
        assert grafana.boards["one"].spec["title"] == "One"


class _Known:
    """A library whose reader looked a moment ago."""

    def __init__(self, library: Any, before: Any) -> None:
        self._library = library
        self._before = before

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    async def kept(self, uid: str) -> Any:
        return self._before


@either
async def test_a_no_to_one_is_told_and_the_next_is_tried(family: Family) -> None:
    grafana = Grafana(family)
    async with serving(grafana) as url:
        await pushed(url)
        path = (
            "/api/dashboards/uid/one"
            if family == "classic"
            else f"/apis/dashboard.grafana.app/{family.split()[0]}/namespaces/default/dashboards/one"
        )
        grafana.refusing["GET", path] = (403, {"message": "You'll need additional permissions"})
        changes = await pushed(url)
        assert what(changes) == ["folder waakvlam unchanged", "dashboard one failed", "dashboard two unchanged"]
        assert "role Editor" in changes[1].why


async def test_a_folder_that_may_not_be_made_ends_it() -> None:
    grafana = Grafana()
    grafana.refusing["POST", "/api/folders"] = (403, {"message": "no permission"})
    async with serving(grafana) as url:
        (change,) = await pushed(url)
        assert (change.kind, change.what) == ("folder", "failed")
        assert grafana.boards == {}


async def test_a_provisioned_dashboard_is_told_in_grafanas_own_words() -> None:
    grafana = Grafana()
    async with serving(grafana) as url:
        grafana.refusing["POST", "/api/dashboards/db"] = (400, {"message": "Cannot save provisioned dashboard"})
        changes = await pushed(url)
        assert [change.why for change in changes[1:]] == [
            "Grafana refuses it (400: Cannot save provisioned dashboard)"
        ] * 2


async def test_a_refused_token_is_told_and_not_shown() -> None:
    async with serving(Grafana()) as url:
        with pytest.raises(GrafanaError, match="refuses the token") as told:
            await pushed(url, token="glsa_wrong")
        assert "glsa_wrong" not in str(told.value)


async def test_a_server_that_repeats_the_token_or_steers_the_terminal_is_cleaned() -> None:
    grafana = Grafana()
    async with serving(grafana) as url:
        text = f"no\x1b[2J for {TOKEN}\nand " + "x" * 500
        grafana.refusing["POST", "/api/dashboards/db"] = (400, {"message": text})
        why = (await pushed(url))[1].why
        assert TOKEN not in why and "\x1b" not in why and "\n" not in why and len(why) < 260
        assert "[the token]" in why


STRANGERS = {
    "a page for people": web.Response(text="<html>Welcome</html>", content_type="text/html"),
    "another program's health": web.json_response({"status": "UP"}),
    "a list": web.json_response([1]),
    "nothing": web.Response(),
    "json without end": web.Response(text="[" * 100_000, content_type="application/json"),
}


@pytest.mark.parametrize("said", STRANGERS)
async def test_what_is_no_grafana_is_told(said: str) -> None:
    grafana = Grafana()
    made = STRANGERS[said]
    grafana.refusing["GET", "/api/health"] = (200, web.Response(body=made.body, content_type=made.content_type))
    async with serving(grafana) as url:
        with pytest.raises(GrafanaError, match="is no Grafana"):
            await pushed(url)
    assert grafana.writes == []


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (302, {"Location": "https://login.example/x?y"}, "leads on to https://login.example: give that address"),
        (503, {}, "is not ready"),
    ],
)
async def test_an_answer_that_ends_it(status: int, body: dict[str, str], told: str) -> None:
    grafana = Grafana()
    grafana.refusing["GET", "/api/health"] = (status, web.Response(status=status, headers=body))
    async with serving(grafana) as url:
        with pytest.raises(GrafanaError, match=told):
            await pushed(url)


async def test_an_answer_without_end_is_cut_off() -> None:
    grafana = Grafana()
    grafana.refusing["GET", "/api/health"] = (200, web.Response(body=b" " * (MOST_BYTES + 2)))
    async with serving(grafana) as url:
        with pytest.raises(GrafanaError, match="more than 16 MiB"):
            await pushed(url)


@pytest.mark.parametrize("said", [{"dashboard": []}, [], {"meta": {}}, None])
async def test_an_answer_that_is_not_as_documented_ends_it(said: Any) -> None:
    grafana = Grafana()
    grafana.refusing["GET", "/api/dashboards/uid/one"] = (200, said)
    async with serving(grafana) as url:
        with pytest.raises(GrafanaError, match="otherwise than Grafana documents"):
            await pushed(url)


async def test_nobody_there() -> None:
    with pytest.raises(GrafanaError, match=r"cannot reach http://127.0.0.1:\d+: Connection refused"):
        await pushed(f"http://127.0.0.1:{free_port()}")


async def test_a_server_that_is_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporters.grafana_wire._WHOLE_S", 0.2)

    async def listen_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(listen_only, "127.0.0.1", 0)
    async with server:
        with pytest.raises(GrafanaError, match="did not answer within"):
            await pushed(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")


async def test_certificates_are_verified(tmp_path: Path) -> None:
    certificates = make(tmp_path)
    async with serving(Grafana(), certificates.valid.server_context()) as url:
        with pytest.raises(GrafanaError, match=r"is not trusted \(.+\).*--ca-file"):
            await pushed(url)
        assert what(await pushed(url, ca_file=certificates.ca_file))[0] == "folder waakvlam created"
        with pytest.raises(GrafanaError, match="is not trusted"):
            await pushed(url.replace("127.0.0.1", "localhost"), ca_file=certificates.ca_file)
    for missing in (tmp_path / "none.pem", tmp_path / "empty.pem"):
        (tmp_path / "empty.pem").write_text("no certificate")
        with pytest.raises(GrafanaError, match=f"cannot use .*{missing.name}"):
            async with connected("https://127.0.0.1:1", TOKEN, missing):
                pass


async def test_a_grafana_under_a_path_is_asked_there() -> None:
    grafana = Grafana()
    grafana.refusing["GET", "/under/api/health"] = (200, {"database": "ok"})
    grafana.refusing["GET", "/under/apis"] = (404, {})
    async with serving(grafana) as url, connected(f"{url}/under/", TOKEN) as wire:
        assert isinstance(wire, Wire) and (await library_of(wire)).name == "/api"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(json_values)
def test_a_dashboard_says_what_itsays_all(value: Any) -> None:
    assert says_all(value, value)


@given(st.dictionaries(st.text(max_size=3), json_values), st.text(max_size=3), json_values)
def test_what_a_server_fills_in_is_no_difference_and_what_it_lacks_is(
    board: dict[str, Any], key: str, value: Any
) -> None:
    without = {one: inner for one, inner in board.items() if one != key}
    assert says_all({**without, key: value}, without)
    if value is not None and key not in ("id", "uid", "version"):
        assert not says_all(without, {**without, key: value})
