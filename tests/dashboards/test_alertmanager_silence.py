"""A cause pages once and what follows from it does not; and nothing is ever silent without somebody being told."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from graphlib import TopologicalSorter
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from availability.estate import (
    OFFICE_HOURS,
    Agreement,
    AllOf,
    AnyOf,
    AtLeast,
    Check,
    Estate,
    Part,
    Ref,
    Service,
    Window,
)
from collector.probes import OPTIONS
from config.reader import read
from config.settings import CheckSpec, Settings, Site
from dashboards.alertmanager_inhibition import Consequences, inhibitions
from tests.dashboards.alertmanager_reading import Alert, covers, every_alert, holds, spoken

EXAMPLES = Path(__file__).parents[2] / "config/examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))


@pytest.fixture(scope="module")
def estate() -> Settings:
    return read(EXAMPLES / "ict-nml.yaml", OPTIONS)


def alert(settings: Settings, name: str, id_: str, in_hours: bool = True) -> Alert:
    """The alert `name` on `id_` as the rules label it."""
    told = [a for a in every_alert(settings) if a["alertname"] == f"Waakvlam{name}" and a["id"] == id_]
    fitting = [a for a in told if a["in_hours"] in ("none", "true" if in_hours else "false")]
    assert fitting, f"there is no alert {name} on {id_}"
    return fitting[0]


FIRING = {
    "the ring is cut, and nobody sees what is behind it": (
        [
            "LinkDown ring",
            "ComponentDown storage-venlo",
            "PairUnprotected storage-uitwijk",
            "ServiceUnwatched workplace",
        ],
        ["LinkDown ring"],
    ),
    "a data centre is down with all that is in it": (
        [
            "DatacentreDown dc-roermond",
            "ComponentDown core-roermond",
            "ComponentDown brp-roermond",
            "ComponentDown access-roermond-1",
            "FailoverRunning brp-uitwijk",
            "PairUnprotected bag-uitwijk",
            "LinkDown ring",
            "LinkDown wan-weert",
        ],
        ["DatacentreDown dc-roermond"],
    ),
    "a data centre takes a service with it that runs nowhere else": (
        ["DatacentreDown dc-venlo", "ComponentDown geo", "ServiceDown geo-viewer"],
        ["DatacentreDown dc-venlo"],
    ),
    "a data centre is down, and a service that runs in both": (
        ["DatacentreDown dc-venlo", "ServiceDown mail"],
        ["DatacentreDown dc-venlo", "ServiceDown mail"],
    ),
    "both lines of Gemnet are down, and what needs it": (
        ["LinkDown gemnet", "LinkDown gemnet-roermond", "LinkDown gemnet-venlo", "ServiceDown brp", "ServiceDown bag"],
        ["LinkDown gemnet"],
    ),
    "one line of Gemnet is down": (["LinkDown gemnet-roermond", "RedundancyLost gemnet"], None),
    "an application is down, and the service with it": (
        ["ComponentDown brp-function", "ServiceDown brp", "FailoverInterrupted brp-uitwijk", "ServiceUnwatched brp"],
        ["ServiceDown brp"],
    ),
    "a core switch hides what is behind it": (
        ["ComponentDown core-roermond", "ComponentDown access-roermond-1", "ComponentDown access-roermond-2"],
        ["ComponentDown core-roermond"],
    ),
    "what is down in the other data centre is told": (
        ["DatacentreDown dc-roermond", "ComponentDown storage-venlo"],
        None,
    ),
    "a takeover that takes too long": (
        ["FailoverRunning brp-uitwijk", "FailoverHalfway brp-uitwijk", "FailoverOverdue brp-uitwijk"],
        ["FailoverOverdue brp-uitwijk"],
    ),
    "the watchdog is silent while the collector is gone": (
        ["Watchdog waakvlam", "CollectorGone waakvlam", "LinkDown ring"],
        ["CollectorGone waakvlam", "LinkDown ring"],
    ),
    "the watchdog alone": (["Watchdog waakvlam"], None),
}


@pytest.mark.parametrize(("firing", "told"), FIRING.values(), ids=FIRING)
def test_who_is_told(estate: Settings, firing: list[str], told: list[str] | None) -> None:
    alerts = [alert(estate, *each.split()) for each in firing]
    expected = firing if told is None else told
    assert spoken(inhibitions(estate), alerts) == sorted(f"Waakvlam{each}" for each in expected)


def test_what_is_down_out_of_its_hours_silences_nothing_that_wakes_people(estate: Settings) -> None:
    quiet = alert(estate, "ServiceDown", "geo-viewer", in_hours=False)
    loud = {**alert(estate, "ComponentDown", "geo"), "severity": "critical"}
    assert quiet["severity"] == "warning"
    assert len(spoken(inhibitions(estate), [quiet, loud])) == 2
    assert len(spoken(inhibitions(estate), [quiet, {**loud, "severity": "warning"}])) == 1


@pytest.mark.parametrize("name", NAMES)
def test_no_alert_of_the_examples_keeps_itself_silent_by_way_of_others(name: str) -> None:
    nothing_is_lost(read(EXAMPLES / f"{name}.yaml", OPTIONS))


def nothing_is_lost(settings: Settings) -> None:
    """Behind every silent alert there is one that is told, and it is no less loud."""
    rules, alerts = inhibitions(settings), every_alert(settings)
    graph: dict[int, set[int]] = {}
    for rule in rules:
        sources = [number for number, one in enumerate(alerts) if holds(rule["source_matchers"], one)]
        targets = [number for number, one in enumerate(alerts) if holds(rule["target_matchers"], one)]
        for source, target in product(sources, targets):
            if covers(rule, alerts[source], alerts[target]):
                graph.setdefault(target, set()).add(source)
                loud = alerts[source]["severity"] == "critical" or alerts[target]["severity"] != "critical"
                assert loud or alerts[target]["alertname"] == "WaakvlamWatchdog"
    TopologicalSorter(graph).prepare()


@st.composite
def estates(draw: st.DrawFn) -> Settings:
    """Parts behind and made of earlier ones, at two sites, with services over all of them."""
    sites = ("dc-a", "dc-b")
    parts: dict[str, Part] = {}
    specs: dict[str, CheckSpec] = {}
    for number in range(draw(st.integers(1, 7))):
        id_, before = f"p{number}", sorted(parts)
        some = st.lists(st.sampled_from(before), max_size=2, unique=True) if before else st.just([])
        made_of, is_link = draw(some), draw(st.booleans())
        checks = () if made_of else (Check(f"{id_}-look", 1000, 3000),)
        up_when = draw(expressions(made_of)) if made_of else AllOf((Ref(f"{id_}-look"),))
        behind = () if made_of else tuple(draw(some))
        between = draw(st.sampled_from([(), sites])) if is_link else ()
        site = None if is_link else draw(st.sampled_from([None, *sites]))
        parts[id_] = Part(
            id_, up_when, checks, is_link=is_link, site=site, behind=behind, between=between, kind="server"
        )
        for check in checks:
            specs[check.id] = CheckSpec(check.id, id_, "tcp", None, 1000, 1000, None, ("local",))
    everyday = Window(frozenset(range(7)), OFFICE_HOURS.slot)
    services = {
        f"s{number}": Service(
            f"s{number}",
            "norm",
            draw(expressions(draw(st.lists(st.sampled_from(sorted(parts)), min_size=1, max_size=3, unique=True)))),
            priority=draw(st.integers(1, 4)),
        )
        for number in range(draw(st.integers(0, 3)))
    }
    agreement = Agreement("norm", Fraction(1), everyday, "UTC")
    whole = Estate("UTC", parts, services, {"norm": agreement})
    known = {site: Site(site, site, "datacentre") for site in sites}
    return Settings(Path("estate.yaml"), "sqlite:///x", ("127.0.0.1", 1), whole, specs, sites=known)


def expressions(ids: list[str]) -> st.SearchStrategy[AllOf | AnyOf | AtLeast]:
    refs = tuple(map(Ref, ids))
    return st.one_of(
        st.just(AllOf(refs)),
        st.just(AnyOf(refs)),
        st.integers(1, max(1, len(refs))).map(lambda count: AtLeast(count, refs)),
    )


@settings(max_examples=80, deadline=None)
@given(estates())
def test_no_alert_of_any_estate_keeps_itself_silent_by_way_of_others(made: Settings) -> None:
    nothing_is_lost(made)


def test_what_falls_with_a_part_is_what_cannot_be_up_without_it() -> None:
    def part(id_: str, *behind: str) -> Part:
        return Part(id_, AllOf((Ref(f"{id_}-look"),)), (Check(f"{id_}-look", 1000, 3000),), behind=behind)

    parts = {one.id: one for one in (part("line"), part("a", "line"), part("b"))}
    services = {
        name: Service(name, "norm", up_when)
        for name, up_when in {
            "on-line": AllOf((Ref("line"), Ref("b"))),
            "on-a": AllOf((Ref("a"),)),
            "on-either": AnyOf((Ref("a"), Ref("b"))),
            "on-both-of-three": AtLeast(2, (Ref("line"), Ref("a"), Ref("b"))),
        }.items()
    }
    agreement = Agreement("norm", Fraction(1), OFFICE_HOURS, "UTC")
    estate = Estate("UTC", parts, services, {"norm": agreement})

    covered = Consequences(estate).of(["line"])
    assert covered.down == ("on-line",)
    assert covered.unknown == ("on-a", "on-both-of-three")


def test_a_service_never_silences_what_its_own_cause_is_silent_behind() -> None:
    """A switch, a line behind it, and a service that falls with the line and also rests on the switch."""
    look = {id_: Check(f"{id_}-look", 1000, 3000) for id_ in ("switch", "spare", "line")}
    parts = {
        id_: Part(id_, AllOf((Ref(check.id),)), (check,), kind="network", is_link=id_ == "line")
        for id_, check in look.items()
    }
    parts["line"] = replace(parts["line"], behind=("switch",))
    up_when = AllOf((Ref("line"), AnyOf((Ref("switch"), Ref("spare")))))
    services = {"brp": Service("brp", "norm", up_when, priority=1)}
    specs = {
        check.id: CheckSpec(check.id, id_, "tcp", None, 1000, 1000, None, ("local",)) for id_, check in look.items()
    }
    estate = Estate("UTC", parts, services, {"norm": Agreement("norm", Fraction(1), OFFICE_HOURS, "UTC")})
    made = Settings(Path("estate.yaml"), "sqlite:///x", ("127.0.0.1", 1), estate, specs)
    nothing_is_lost(made)
    firing = [alert(made, *each.split()) for each in ("ComponentDown switch", "LinkDown line", "ServiceDown brp")]
    assert spoken(inhibitions(made), firing) == ["WaakvlamComponentDown switch"]
