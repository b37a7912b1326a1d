"""Assuming a configuration otherwise: every sentence, and that it equals the file edited by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from availability.edges import to_ms
from availability.trail import Entry, Work, records
from collector.probes import OPTIONS
from config.problems import ConfigError
from config.reader import read
from config.settings import Settings
from config.what_if import LENGTH_LIMIT, NUMBER_LIMIT
from config.what_if_trail import apply_to_trail
from tests.config.standins import PROBES

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"

ESTATE = """\
version: 1
components:
  - id: app
    checks: [{id: app-ping, probe: icmp, host: 192.0.2.1}, {id: app-tcp, probe: tcp, host: 192.0.2.1, port: 443}]
  - {id: front, up_when: {all: [app]}}
agreements:
  - {id: standaard, norm: 98.0%, window: {from: "07:00", to: "23:00"}, excluded: [planned],
     corrections: {approval: required}}
services:
  - {id: brp, name: BRP, agreement: standaard, up_when: {all: [front]},
     participants: [venlo, {id: weert, needs: [app]}]}
maintenance:
  - {id: patch, category: planned, affects: [app], from: 2026-10-01, to: 2026-10-02}
"""

REFUSED: dict[str, str] = {
    "agreements.standaard.norm=99": (
        "agreements.standaard.norm: `99` is no percentage: write it with its sign, such as 98.0%"
    ),
    "agreements.standaard.norm=": (
        "agreements.standaard.norm: is empty: it is no percentage: write it with its sign, such as 98.0%"
    ),
    "agreements.standaard.norm": (
        "agreements.standaard.norm: has no value: write PATH=VALUE, such as agreements.standard.norm=99.0%"
    ),
    "=99%": "has no path: write PATH=VALUE, such as agreements.standard.norm=99.0%",
    "agreements..norm=99%": "agreements..norm: has no path: write PATH=VALUE, such as agreements.standard.norm=99.0%",
    "agreements.standard.norm=99%": (
        "agreements.standard.norm: there is no `standard` in agreements: did you mean `standaard`?"
    ),
    "agreement.standaard.norm=99%": (
        "agreement.standaard.norm: there is no section `agreement`: did you mean `agreements`?"
    ),
    "agreements.standaard.nrom=99%": "agreements.standaard.nrom: is no key here: did you mean `norm`?",
    "agreements.standaard.windw.to=22:00": "agreements.standaard.windw: is no key here: did you mean `window`?",
    "agreements.standaard.norm.low=99%": (
        "agreements.standaard.norm.low: leads into `98.0%`, which has nothing inside it"
    ),
    "agreements.standaard.norm=98.0%": "agreements.standaard.norm: is so already: this changes nothing",
    "agreements.standaard.norm=98%": (
        "agreements.standaard.norm: changes nothing: it is so already, or it is not judged"
    ),
    "agreements.standaard.norm=&x 99%": (
        "agreements.standaard.norm: anchors and aliases (&name, *name) are not read: write it out, or give it once "
        "under `defaults`"
    ),
    "agreements.standaard.window={to: 1, to: 2}": (
        "agreements.standaard.window: is given twice, first on line 1: keep one of the two"
    ),
    "agreements.standaard.assumes_up=none": (
        "agreements.standaard.assumes_up: is not there, so that nothing can be taken out: the keys there are id, norm, "
        "window, excluded, corrections"
    ),
    "agreements.standaard.excluded.planed=none": (
        "agreements.standaard.excluded.planed: there is no `planed` in this list: did you mean `planned`? "
        "(or give the list whole)"
    ),
    "checks.app-pin.fall=5": "checks.app-pin.fall: there is no check `app-pin`: did you mean `app-ping`?",
    "checks.app-ping.fal=5": "checks.app-ping.fal: is no key here: did you mean `fall`?",
    "checks.app-ping.fall=0": "checks.app-ping.fall: must be a whole number from 1 to 100000",
    "checks.app-ping.host=192.0.2.9": (
        "checks.app-ping.host: is not judged: it says how a check looks, and what was seen stays what it is"
    ),
    "components.app.checks.app-ping.timeout=1s": (
        "components.app.checks.app-ping.timeout: is not judged: it says how a check looks, and what was seen stays "
        "what it is"
    ),
    "defaults.timeout=1s": (
        "defaults.timeout: is not judged: it says how a check looks, and what was seen stays what it is"
    ),
    "checks=none": "checks: names no check: write checks.ID.KEY=VALUE, such as checks.app-http.fall=5",
    "version=1": "version: is not judged: no figure of a report depends on it",
    "store=sqlite:///other.db": "store: is not judged: no figure of a report depends on it",
    "listen=127.0.0.1:1": "listen: is not judged: no figure of a report depends on it",
    "services.brp.name=Other": "services.brp.name: is not judged: no figure of a report depends on it",
    "services.brp.id=other": "services.brp.id: is an id: it only names a thing, and nothing can be assumed of it",
    "services.brp.up_when={any: [frnt]}": (
        "services.brp.up_when.any[0]: there is no component, link or service `frnt`: did you mean `front`?"
    ),
    "components.front=none": (
        "components.front: leaves this wrong: estate.yaml:10: services.brp.up_when.all[0]: there is no component, link "
        "or service `front`: add it under `components` or name one that is there"
    ),
    "maintenance.extra={category: planned, affects: [app], from: 2026-10-03, to: 2026-10-02}": (
        "maintenance.extra.to: must be after from"
    ),
    "maintenance.extra={id: other, category: planned, affects: [app], from: 2026-10-01, to: 2026-10-02}": (
        "maintenance.extra: has another id in it, `other`: leave that out"
    ),
    "maintenance.work-1.to=2026-10-02": (
        "maintenance.work-1.to: there is no record `work-1` in the configuration: the records are patch (of one that "
        "was entered by command only `none` and `approved` can be assumed)"
    ),
    "maintenance.patch.approved=true": (
        "maintenance.patch.approved: stands in the configuration: it needs no approval"
    ),
    "maintenance.work-1.approved=yes": "maintenance.work-1.approved: must be true or false",
    "calendar.good_friday=feast": "calendar.good_friday: `feast` is not right: write working or holiday",
}


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("estate.yaml")
    path.write_text(ESTATE)
    return path


def refusal(path: Path, *what_if: str) -> str:
    with pytest.raises(ConfigError) as error:
        read(path, PROBES, what_if)
    return str(error.value)


@pytest.mark.parametrize("text", REFUSED)
def test_the_sentence_is_exactly_this(text: str, estate: Path) -> None:
    said = REFUSED[text]
    assert refusal(estate, text) == ("--what-if: " if said.startswith("has no path") else "--what-if ") + said


def test_all_that_is_wrong_is_told_at_once(estate: Path) -> None:
    told = refusal(estate, "checks.none.fall=5", "agreements.a.norm=99%", "defaults.fall=5").splitlines()
    assert [line.split(":")[0] for line in told] == ["--what-if agreements.a.norm", "--what-if checks.none.fall"]


def test_twice_too_many_and_too_long(estate: Path) -> None:
    assert refusal(estate, "defaults.fall=5", "defaults.fall=6") == (
        "--what-if defaults.fall: is assumed twice: give it once"
    )
    assert refusal(estate, *["defaults.fall=5"] * (NUMBER_LIMIT + 1)) == (
        "--what-if: is given 101 times: at most 100 are read"
    )
    assert refusal(estate, f"defaults.fall={'5' * LENGTH_LIMIT}") == (
        "--what-if defaults.fall: is longer than 10000 characters"
    )
    assert "\x1b" not in refusal(estate, "agreements.\x1b[31m.norm=99%")
    assert "not UTF-8" in refusal(estate, "agreements.standaard.norm=\udcff")


def test_a_file_that_is_wrong_in_itself_says_so(estate: Path) -> None:
    estate.write_text(ESTATE.replace("98.0%", "98.0"))
    assert refusal(estate, "agreements.standaard.norm=99%").startswith(
        "estate.yaml:7: agreements.standaard.norm: `98.0`"
    )


def test_several_assumptions_hold_together(estate: Path) -> None:
    settings = read(estate, PROBES, ["maintenance.patch.to=2026-10-05", "maintenance.patch.from=2026-10-03"])
    (patch,) = settings.estate.maintenance
    assert (patch.end_ms or 0) - (patch.start_ms or 0) == 2 * 86_400_000
    assert settings.digest != read(estate, PROBES).digest


def test_a_list_and_a_participant_can_be_assumed_in_part(estate: Path) -> None:
    assumed = ["agreements.standaard.excluded.planned=none", "services.brp.participants.venlo.needs=[app]"]
    whole = read(estate, PROBES, assumed).estate
    assert whole.agreements["standaard"].excluded == frozenset()
    assert [(one.id, one.needs) for one in whole.services["brp"].participants] == [
        ("venlo", ("app",)),
        ("weert", ("app",)),
    ]


def test_a_problem_beside_what_was_taken_out_is_told_of_its_own_place(estate: Path) -> None:
    estate.write_text(
        ESTATE.replace(
            "maintenance:\n",
            "maintenance:\n  - {id: gone, category: planned, affects: [app], from: 2026-10-01, to: 2026-10-02}\n",
        )
    )
    assert refusal(estate, "maintenance.gone=none", "maintenance.patch.to=2026-09-01") == (
        "--what-if maintenance.patch.to: must be after from"
    )


def test_nothing_is_assumed_of_the_file_itself(estate: Path) -> None:
    before = estate.read_bytes()
    read(estate, PROBES, ["agreements.standaard.norm=99%", "maintenance.patch=none"])
    assert estate.read_bytes() == before
    assert [path.name for path in Path().iterdir()] == ["estate.yaml"]


def first(root: Any, section: str) -> Any:
    return root[section][0]


def first_check(root: Any) -> Any:
    return next(part["checks"][0] for part in root["components"] if "checks" in part)


def with_default(root: Any, section: str, key: str, value: Any) -> None:
    root.setdefault(section, {})[key] = value


NEW_WORK = {"category": "planned", "from": "2026-10-03T22:00:00+02:00", "to": "2026-10-04T02:00:00+02:00"}

EDITS: dict[str, tuple[Callable[[Any], str], Callable[[Any], None]]] = {
    "a norm": (
        lambda root: f"agreements.{first(root, 'agreements')['id']}.norm=91.25%",
        lambda root: first(root, "agreements").update(norm="91.25%"),
    ),
    "exclusions": (
        lambda root: f"agreements.{first(root, 'agreements')['id']}.excluded=[planned, restored]",
        lambda root: first(root, "agreements").update(excluded=["planned", "restored"]),
    ),
    "the end of a window": (
        lambda root: f"agreements.{first(root, 'agreements')['id']}.window.to=21:15",
        lambda root: first(root, "agreements")["window"].update(to="21:15"),
    ),
    "a window as a whole": (
        lambda root: f'agreements.{first(root, "agreements")["id"]}.window={{days: [sun], from: "01:00", to: "24:00"}}',
        lambda root: first(root, "agreements").update(window={"days": ["sun"], "from": "01:00", "to": "24:00"}),
    ),
    "a default": (lambda _: "defaults.fall=7", lambda root: with_default(root, "defaults", "fall", "7")),
    "a threshold of one check": (
        lambda root: f"checks.{first_check(root)['id']}.fall=9",
        lambda root: first_check(root).update(fall="9"),
    ),
    "what a service needs": (
        lambda root: f"services.{first(root, 'services')['id']}.up_when={{any: [{first(root, 'components')['id']}]}}",
        lambda root: first(root, "services").update(up_when={"any": [first(root, "components")["id"]]}),
    ),
    "a service that was not configured": (
        lambda root: (
            f"services.extra={{agreement: {first(root, 'agreements')['id']}, "
            f"up_when: {{all: [{first(root, 'components')['id']}]}}}}"
        ),
        lambda root: root["services"].append(
            {
                "id": "extra",
                "agreement": first(root, "agreements")["id"],
                "up_when": {"all": [first(root, "components")["id"]]},
            }
        ),
    ),
    "a day that is a holiday": (
        lambda _: "calendar.good_friday=holiday",
        lambda root: with_default(root, "calendar", "good_friday", "holiday"),
    ),
    "work that was not configured": (
        lambda root: (
            "maintenance.extra={category: planned, from: 2026-10-03T22:00:00+02:00, to: 2026-10-04T02:00:00+02:00, "
            f"affects: [{first(root, 'components')['id']}]}}"
        ),
        lambda root: root.setdefault("maintenance", []).append(
            {"id": "extra", "affects": [first(root, "components")["id"]], **NEW_WORK}
        ),
    ),
    "no maintenance at all": (lambda _: "maintenance=[]", lambda root: root.update(maintenance=[])),
    "a year that begins later": (
        lambda root: f"services.{first(root, 'services')['id']}.since=2026-10-10",
        lambda root: first(root, "services").update(since="2026-10-10"),
    ),
    "another time zone": (lambda _: "timezone=America/New_York", lambda root: root.update(timezone="America/New_York")),
    "participants": (
        lambda root: f"services.{first(root, 'services')['id']}.participants=none",
        lambda root: first(root, "services").pop("participants"),
    ),
}


@pytest.mark.parametrize("example", sorted(path.stem for path in EXAMPLES.glob("*.yaml")))
@pytest.mark.parametrize("sentence", EDITS)
def test_it_equals_the_file_edited_by_hand(sentence: str, example: str, tmp_path: Path) -> None:
    assume, edit = EDITS[sentence]
    root = yaml.load((EXAMPLES / f"{example}.yaml").read_text(), yaml.BaseLoader)
    original, edited = tmp_path / "original" / "estate.yaml", tmp_path / "edited" / "estate.yaml"
    text = assume(root)
    for path in (original, edited):
        path.parent.mkdir()
        path.write_text(yaml.dump(root, Dumper=yaml.SafeDumper, sort_keys=False))
        if path is original:
            edit(root)
    before = original.read_bytes()
    assumed, by_hand = read(original, OPTIONS, [text]), read(edited, OPTIONS)
    assert assumed.estate == by_hand.estate
    assert assumed.recovery == by_hand.recovery
    assert judged_alone(assumed) == judged_alone(by_hand)
    assert assumed.estate != read(original, OPTIONS).estate or assumed.recovery != read(original, OPTIONS).recovery
    assert assumed.what_if == (text,)
    assert original.read_bytes() == before


def judged_alone(settings: Settings) -> list[tuple[str, str, int]]:
    return [(spec.id, spec.part, spec.interval_ms) for spec in settings.checks.values()]


START = to_ms(datetime.fromisoformat("2026-10-12T22:00:00+02:00"))
WORK = Work("planned", START, START + 3_600_000, ("app",))
TRAIL = [
    Entry("work-1", "add", "anna", START, "patch", work=WORK),
    Entry("work-2", "add", "anna", START, "patch", work=WORK),
    Entry("work-2", "approve", "bram", START + 1),
    Entry("work-3", "add", "anna", START, "patch", work=WORK),
    Entry("work-3", "withdraw", "anna", START + 1, "moved"),
    Entry("work-4", "add", "anna", START, "other", work=replace(WORK, category="customer_request")),
]
"""Entered by command: one that waits, one that was approved, one that was withdrawn, one that needs no approval."""


def test_a_record_that_was_entered_is_not_there(estate: Path) -> None:
    held = records(apply_to_trail(TRAIL, read(estate, PROBES, ["maintenance.work-2=none"])))
    assert list(held) == ["work-1", "work-3", "work-4"]


def test_a_record_that_was_entered_is_approved_or_not(estate: Path) -> None:
    settings = read(estate, PROBES, ["maintenance.work-1.approved=true", "maintenance.work-2.approved=false"])
    held = records(apply_to_trail(TRAIL, settings))
    assert held["work-1"].as_maintenance().approved
    assert not held["work-2"].as_maintenance().approved


REFUSED_OF_THE_TRAIL = {
    "maintenance.work-9=none": "there is no maintenance record `work-9`, configured or entered: did you mean `work-4`?",
    "maintenance.pathc=none": "there is no maintenance record `pathc`, configured or entered: did you mean `patch`?",
    "maintenance.work-3=none": "`work-3` was withdrawn: it counts no more, and this changes nothing",
    "maintenance.work-1.approved=false": "`work-1` is not approved already: this changes nothing",
    "maintenance.work-2.approved=true": "`work-2` is approved already: this changes nothing",
    "maintenance.work-4.approved=true": (
        "`work-4` needs no approval: no agreement with `corrections: {approval: required}` excludes customer_request"
    ),
    "maintenance.work-1={category: planned, affects: [app], from: 2026-10-01, to: 2026-10-02}": (
        "is taken by a record that was entered by command: give this one another id"
    ),
}


@pytest.mark.parametrize("text", REFUSED_OF_THE_TRAIL)
def test_the_sentence_about_the_trail_is_exactly_this(text: str, estate: Path) -> None:
    settings = read(estate, PROBES, [text])
    with pytest.raises(ConfigError) as error:
        apply_to_trail(TRAIL, settings)
    assert str(error.value) == f"--what-if {text.partition('=')[0]}: {REFUSED_OF_THE_TRAIL[text]}"


def test_a_configured_record_that_is_taken_out_is_no_matter_of_the_trail(estate: Path) -> None:
    settings = read(estate, PROBES, ["maintenance.patch=none"])
    assert settings.estate.maintenance == ()
    assert apply_to_trail(TRAIL, settings) == TRAIL
