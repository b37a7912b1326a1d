"""What is written once is what would be written out by hand: templates, lists of parameters, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.probes import OPTIONS
from config import expansion
from config.document import DEPTH_LIMIT, Document
from config.problems import ConfigError
from config.reader import read, read_alone, read_expanded, read_kept
from config.settings import Expansion, Settings
from config.written import written
from tests.config.standins import PROBES

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"

SWITCH = """\
version: 1
templates:
  - id: switch
    parameters: [host, {name: community, default: {env: SNMP_COMMUNITY}}, {name: port, default: "22"}]
    component:
      kind: network
      asset: {make: Switchmaker, type: S24}
      behind: [core]
      checks:
        - {id: "{id}-ping", probe: icmp, host: "{host}", interval: 10s}
        - {id: "{id}-ssh", probe: tcp, host: "{host}", port: "{port}"}
        - {id: "{id}-uplink", probe: snmp, host: "{host}", oid: 1.3.6, community: "{community}", counts: false}
components:
  - {id: core, checks: [{id: core-ping, probe: icmp, host: 192.0.2.254}]}
"""

BY_HAND = """\
version: 1
components:
  - {id: core, checks: [{id: core-ping, probe: icmp, host: 192.0.2.254}]}
"""


def settings_of(folder: Path, text: str) -> Settings:
    """What a configuration of that text says, but for the text itself."""
    path = folder / "estate.yaml"
    path.write_text(text)
    return replace(read(path, PROBES), digest="", expansions=())


def ping(id_: str, host: str) -> str:
    return f"{{id: {id_}-ping, probe: icmp, host: {host}, interval: 10s}}"


def ssh(id_: str, host: str, rest: str = "port: 22") -> str:
    return f"{{id: {id_}-ssh, probe: tcp, host: {host}, {rest}}}"


def uplink(id_: str, host: str, community: str = "{env: SNMP_COMMUNITY}") -> str:
    return f"{{id: {id_}-uplink, probe: snmp, host: {host}, oid: 1.3.6, community: {community}, counts: false}}"


def component(id_: str, host: str, rest: str = "asset: {make: Switchmaker, type: S24}, behind: [core]") -> str:
    checks = ", ".join((ping(id_, host), ssh(id_, host), uplink(id_, host)))
    return f"  - {{id: {id_}, kind: network, {rest}, checks: [{checks}]}}\n"


SAME: Mapping[str, tuple[str, str]] = {
    "a use is the template with its parameters": (
        "  - {id: sw-1, use: switch, with: {host: 192.0.2.1}}\n",
        component("sw-1", "192.0.2.1"),
    ),
    "a default gives way to what is given, and a mapping is taken as one": (
        "  - {id: sw-1, use: switch, with: {host: 192.0.2.1, community: {env: OTHER}}}\n",
        component("sw-1", "192.0.2.1").replace("SNMP_COMMUNITY", "OTHER"),
    ),
    "own keys win, lists are replaced, and the register is filled in": (
        "  - {id: sw-1, use: switch, with: {host: 192.0.2.1}, kind: hall, behind: [],"
        " asset: {type: S48, serial: A1}}\n",
        component("sw-1", "192.0.2.1", "asset: {make: Switchmaker, type: S48, serial: A1}").replace("network", "hall"),
    ),
    "an own check of the same id changes some of its keys, another one is added": (
        "  - id: sw-1\n    use: switch\n    with: {host: 192.0.2.1}\n"
        '    checks: [{id: sw-1-ssh, port: 23, interval: 5m}, {id: "{id}-web", probe: http, url: "http://{host}/"}]\n',
        component("sw-1", "192.0.2.1")
        .replace("port: 22", "port: 23, interval: 5m")
        .replace("]}\n", ', {id: sw-1-web, probe: http, url: "http://192.0.2.1/"}]}\n'),
    ),
    "own texts take parameters too, and a doubled brace is one": (
        '  - {id: sw-1, use: switch, with: {host: 192.0.2.1}, name: "{id} {{at}} {host}:{port}"}\n',
        component("sw-1", "192.0.2.1").replace("kind", 'name: "sw-1 {at} 192.0.2.1:22", kind'),
    ),
    "a list makes an entry of each, in its order and place": (
        "  - {use: switch, for_each: [{id: sw-2, host: 192.0.2.2}, {id: sw-1, host: 192.0.2.1, port: '22'}]}\n"
        "  - {id: last, checks: [{id: last-ping, probe: icmp, host: 192.0.2.9}]}\n",
        component("sw-2", "192.0.2.2")
        + component("sw-1", "192.0.2.1")
        + "  - {id: last, checks: [{id: last-ping, probe: icmp, host: 192.0.2.9}]}\n",
    ),
    "parameters of a list are renamed by with": (
        '  - {id: "sw-{nr}", use: switch, with: {host: "{ip}"}, for_each: [{nr: "1", ip: 192.0.2.1}]}\n',
        component("sw-1", "192.0.2.1"),
    ),
    "a list needs no template, and a list of texts is a value": (
        '  - {for_each: [{id: a, over: [core]}, {id: b, over: [a, core]}], up_when: {all: "{over}"}}\n',
        "  - {id: a, up_when: {all: [core]}}\n  - {id: b, up_when: {all: [a, core]}}\n",
    ),
    "braces elsewhere are what they are": (
        '  - {id: web, name: "{host} {{", checks: [{id: web-http, probe: http, url: "http://{{a}}/"}]}\n',
        '  - {id: web, name: "{host} {{", checks: [{id: web-http, probe: http, url: "http://{{a}}/"}]}\n',
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_it_is_what_would_be_written_out(case: str, tmp_path: Path) -> None:
    once, by_hand = SAME[case]
    assert settings_of(tmp_path, SWITCH + once) == settings_of(tmp_path, BY_HAND + by_hand)


def test_links_have_templates_of_their_own(tmp_path: Path) -> None:
    once = (
        "version: 1\ntemplates: [{id: line, parameters: [host, to], link: {kind: gemnet, between: [hall, '{to}'],"
        " checks: [{id: '{id}-ping', probe: icmp, host: '{host}'}]}}]\n"
        "links: [{id: gemnet, use: line, with: {host: 192.0.2.1, to: core}}]\n"
    )
    by_hand = (
        "version: 1\nlinks: [{id: gemnet, kind: gemnet, between: [hall, core],"
        " checks: [{id: gemnet-ping, probe: icmp, host: 192.0.2.1}]}]\n"
    )
    assert settings_of(tmp_path, once) == settings_of(tmp_path, by_hand)


def test_what_it_expanded_to_is_told(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    path.write_text(
        SWITCH
        + "  - {id: sw-1, use: switch, with: {host: 192.0.2.1}}\n"
        + "  - {use: switch, for_each: [{id: sw-2, host: 192.0.2.2}, {id: sw-3, host: 192.0.2.3}]}\n"
        + '  - {id: "ap-{n}", addresses: 192.0.2.8/30, checks: [{id: "{id}-ping", probe: icmp, host: "{host}"}]}\n'
        + "  - {id: sw-4, use: switch, with: {host: 192.0.2.4}}\n"
    )
    assert read(path, PROBES).expansions == (
        Expansion("components", "switch", "a list", 16, 2),
        Expansion("components", "", "addresses 192.0.2.8/30", 17, 2),
        Expansion("components", "switch", "", 0, 2),
    )


def test_what_may_be_assumed_otherwise_is_what_was_made(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    path.write_text(
        SWITCH + "  - {use: switch, for_each: [{id: sw-1, host: 192.0.2.1}, {id: sw-2, host: 192.0.2.2}]}\n"
    )
    otherwise = read(path, PROBES, ["checks.sw-2-ping.fall=5", "components.sw-2.behind.core=none"])
    falls = {check.id: check.fall for part in otherwise.estate.parts.values() for check in part.checks}
    assert (falls["sw-1-ping"], falls["sw-2-ping"]) == (3, 5)
    assert [otherwise.estate.parts[part].behind for part in ("sw-1", "sw-2")] == [("core",), ()]
    with pytest.raises(ConfigError, match=r"templates\.switch: is a template: assume it of what was made of it"):
        read(path, PROBES, ["templates.switch=none"])


def test_more_than_is_read_is_not_made_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "estate.yaml"
    text = "x" * 1000
    path.write_text(
        "version: 1\ncomponents:\n"
        f'  - {{id: "a-{{n}}", addresses: 192.0.2.0/24, name: {text},'
        ' checks: [{id: "{id}-ping", probe: icmp, host: "{host}"}]}\n'
    )
    assert len(read(path, PROBES).checks) == 254
    monkeypatch.setattr(expansion, "SIZE_LIMIT", 100_000)
    with pytest.raises(ConfigError, match=r":2: components: expands to more than "):
        read(path, PROBES)


def test_a_text_that_doubles_at_every_step_is_bounded(tmp_path: Path) -> None:
    """The value of a parameter is no larger than the file, and stands as often as the template says: no more."""
    path = tmp_path / "estate.yaml"
    many = "{a}" * 20_000
    path.write_text(
        f'version: 1\ntemplates: [{{id: t, parameters: [a], component: {{name: "{many}"}}}}]\n'
        f"components: [{{id: x, use: t, with: {{a: {'y' * 10_000}}}}}]\n"
    )
    with pytest.raises(ConfigError, match=r"components: expands to more than 32 MiB: no configuration needs that$"):
        read(path, PROBES)


def test_parameters_nest_no_deeper_than_a_file_can(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    deep = "[" * (DEPTH_LIMIT - 5) + "]" * (DEPTH_LIMIT - 5)
    path.write_text(
        'version: 1\ntemplates: [{id: t, parameters: [a], component: {up_when: {all: [{any: "{a}"}]}}}]\n'
        f"components: [{{id: x, use: t, with: {{a: {deep}}}}}]\n"
    )
    with pytest.raises(ConfigError, match=rf"is nested deeper than {DEPTH_LIMIT} levels with what its parameters hold"):
        read(path, PROBES)


def test_what_is_kept_of_it_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "sw.csv").write_text("id,host\nsw-1,192.0.2.1\n")
    path = tmp_path / "estate.yaml"
    path.write_text(SWITCH + "  - {use: switch, for_each: {csv: sw.csv}}\n")
    now, text = read_alone(path, PROBES)
    (tmp_path / "sw.csv").unlink()
    assert replace(read_kept(path, text, PROBES), digest="", expansions=()) == replace(now, digest="", expansions=())
    with pytest.raises(ConfigError, match=r"`sw\.csv` is another file: what was kept of a configuration stands alone"):
        read_kept(path, path.read_bytes(), PROBES)


def test_a_file_that_stands_alone_is_kept_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    path.write_text(SWITCH + "  - {id: sw-1, use: switch, with: {host: 192.0.2.1}}  # the first\n")
    assert read_alone(path, PROBES)[1] == path.read_bytes()


# Whatever is made of a template is what would be written by hand, and whatever is written reads the same.

ids = st.lists(st.integers(0, 99), min_size=1, max_size=6, unique=True).map(lambda ns: [f"c-{n}" for n in ns])
texts = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=12)
quick = settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


def doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


@quick
@given(ids=ids, data=st.data())
def test_expanded_equals_written_out(tmp_path: Path, ids: list[str], data: st.DataObject) -> None:
    before, after = data.draw(texts), data.draw(texts)
    names = [data.draw(texts) for _ in ids]
    counts = [data.draw(st.integers(1, 9)) for _ in ids]
    own: dict[str, Any] = {"runbook": after} if data.draw(st.booleans()) else {}
    body = {
        "name": doubled(before) + "{label}" + doubled(after),
        "checks": [{"id": "{id}-ping", "probe": "icmp", "host": "h-{id}", "packets": "{packets}"}],
    }
    template = {"id": "t", "parameters": ["label", "packets"], "component": body}
    rows = [
        {"id": id_, "label": name, "packets": str(count)} for id_, name, count in zip(ids, names, counts, strict=True)
    ]
    once = {"version": "1", "templates": [template], "components": [{"use": "t", "for_each": rows, **_doubled(own)}]}
    by_hand = [
        {
            "id": id_,
            "name": before + name + after,
            "checks": [{"id": f"{id_}-ping", "probe": "icmp", "host": f"h-{id_}", "packets": str(count)}],
            **own,
        }
        for id_, name, count in zip(ids, names, counts, strict=True)
    ]
    written_out = settings_of(tmp_path, written({"version": "1", "components": by_hand}))
    assert settings_of(tmp_path, written(once)) == written_out
    path = tmp_path / "estate.yaml"
    path.write_text(written(once))
    _, text = read_expanded(path, PROBES)
    assert settings_of(tmp_path, text) == written_out


def _doubled(own: Mapping[str, str]) -> dict[str, str]:
    return {key: doubled(value) for key, value in own.items()}


keys = texts.filter(lambda text: text != "<<")
trees = st.recursive(
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=30,
)


@quick
@given(tree=st.dictionaries(keys, trees, min_size=1, max_size=5))
def test_whatever_is_written_reads_the_same(tree: dict[str, Any]) -> None:
    assert Document(Path("estate.yaml"), written(tree).encode()).root == tree


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_an_example_written_out_is_the_same_estate(path: Path, tmp_path: Path) -> None:
    settings, text = read_expanded(path, OPTIONS)
    written_out = tmp_path / path.name
    written_out.write_text(text)
    again = read(written_out, OPTIONS)
    assert (again.estate, again.assets) == (settings.estate, settings.assets)
    assert again.checks.keys() == settings.checks.keys()
    assert again.expansions == ()
