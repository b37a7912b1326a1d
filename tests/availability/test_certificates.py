"""The register of certificates: what is current, what was replaced, what nobody looks at any more."""

from __future__ import annotations

import pytest

from availability.certificates import Certificate, Registered, Shown, Sighting, Trust, register

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_790_834_400_000


def certificate(fingerprint: str, end: int = NOW + 90 * DAY) -> Certificate:
    return Certificate(fingerprint, f"CN={fingerprint}", ("web.example",), "CN=ca", "0F", NOW - DAY, end)


def seen(
    fingerprint: str,
    first: int,
    last: int,
    place: str = "web:443",
    check: str = "web-tls",
    vantage: str = "venlo",
    trust: Trust = "trusted",
    end: int = NOW + 90 * DAY,
) -> Sighting:
    return Sighting(check, vantage, Shown(place, certificate(fingerprint, end), trust), NOW + first, NOW + last)


def standings(*sightings: Sighting, watched: tuple[str, ...] = ("web-tls", "web-http")) -> dict[str, str]:
    return {f"{one.certificate.fingerprint} at {one.place}": one.standing for one in register(sightings, watched)}


CASES: dict[str, tuple[tuple[Sighting, ...], dict[str, str]]] = {
    "one that goes on": ((seen("a", 0, DAY),), {"a at web:443": "current"}),
    "renewed": (
        (seen("a", 0, DAY), seen("b", DAY + 1, DAY + 2 * HOUR)),
        {"a at web:443": "replaced", "b at web:443": "current"},
    ),
    "renewed just now": (
        (seen("a", 0, DAY), seen("b", DAY + 1, DAY + HOUR)),
        {"a at web:443": "current", "b at web:443": "current"},
    ),
    "two servers behind one name": (
        (seen("a", 0, DAY), seen("b", 60_000, DAY + 30_000)),
        {"a at web:443": "current", "b at web:443": "current"},
    ),
    "the check looks elsewhere now": (
        (seen("a", 0, DAY), seen("b", 2 * DAY, 3 * DAY, place="new:443")),
        {"a at web:443": "replaced", "b at new:443": "current"},
    ),
    "two places in one look": (
        (seen("a", 0, DAY), seen("b", 0, DAY, place="login:443")),
        {"a at web:443": "current", "b at login:443": "current"},
    ),
    "another check still sees it": (
        (seen("a", 0, DAY), seen("b", 2 * DAY, 3 * DAY, place="new:443"), seen("a", 0, 3 * DAY, check="web-http")),
        {"a at web:443": "current", "b at new:443": "current"},
    ),
    "another check saw another there": (
        (seen("a", 0, DAY, check="gone"), seen("b", 2 * DAY, 3 * DAY)),
        {"a at web:443": "replaced", "b at web:443": "current"},
    ),
    "a check that there is no more": ((seen("a", 0, DAY, check="gone"),), {"a at web:443": "unwatched"}),
    "down for a week": ((seen("a", -8 * DAY, -7 * DAY),), {"a at web:443": "current"}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_how_each_stands(case: tuple[tuple[Sighting, ...], dict[str, str]]) -> None:
    sightings, expected = case
    assert standings(*sightings) == expected
    assert standings(*reversed(sightings)) == expected


def test_who_saw_one_certificate_is_told_together() -> None:
    sightings = (
        seen("a", 5, 10, vantage="venlo", trust="expired"),
        seen("a", 2, 30, vantage="roermond", check="web-http"),
        seen("a", 0, 4, vantage="venlo"),
    )
    assert register(sightings, ("web-tls",)) == [
        Registered(
            "web:443",
            certificate("a"),
            "trusted",
            ("web-http", "web-tls"),
            ("roermond", "venlo"),
            NOW,
            NOW + 30,
            "current",
        )
    ]


def test_what_the_last_look_made_of_it_is_told() -> None:
    (one,) = register((seen("a", 0, DAY), seen("a", DAY, 2 * DAY, trust="expired")), ("web-tls",))
    assert one.trust == "expired"


def test_what_ends_first_stands_first() -> None:
    sightings = (
        seen("late", 0, 1, place="a:443", end=NOW + 3),
        seen("ended", 0, 1, place="z:443", end=NOW - 1),
        seen("soon", 0, 1, place="c:443", end=NOW + 2),
    )
    found = register(sightings, ("web-tls",))
    assert [one.certificate.fingerprint for one in found] == ["ended", "soon", "late"]
    assert [one.left_ms(NOW) for one in found] == [-1, 2, 3]
