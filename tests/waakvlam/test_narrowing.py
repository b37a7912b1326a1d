"""Whose report it is: the chain's director, a party, a part, a participant see what concerns them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from availability.account import Account
from availability.accounting import account
from availability.estate import Estate
from availability.periods import parse_period
from collector.probes import OPTIONS
from config.reader import read
from waakvlam.narrowing import Choice, Narrowing

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"
PERIOD = parse_period("2026-Q3", "Europe/Amsterdam")
MINUTE = 60_000
HOUR = 60 * MINUTE
_OK, _FAILED = 1, 2


def chain_estate() -> Estate:
    """The chain of the example, of which a fictional organisation is the supplier."""
    estate = read(EXAMPLES / "dso-lv.yaml", OPTIONS).estate
    agreements = {
        id_: replace(one, supplier="ketenbeheer") if id_ == "chain" else one for id_, one in estate.agreements.items()
    }
    return replace(estate, agreements=agreements)


def told(estate: Estate, choice: Choice) -> Account:
    """Two hours of Wednesday morning in which one party's part fails; all else is up all quarter."""
    start, end = PERIOD.start, PERIOD.end
    down = start + 8 * HOUR, start + 10 * HOUR
    facts = {}
    for part in estate.parts.values():
        for check in part.checks:
            whole = [(start, MINUTE, (end - start) // MINUTE, _OK)]
            if part.id == "part-kadaster":
                whole = [
                    (start, MINUTE, (down[0] - start) // MINUTE, _OK),
                    (down[0], MINUTE, (down[1] - down[0]) // MINUTE, _FAILED),
                    (down[1], MINUTE, (end - down[1]) // MINUTE, _OK),
                ]
            facts[check.id, "local"] = whole
    narrowing = Narrowing(estate, choice)
    return narrowing.applied(
        account(narrowing.estate, facts, PERIOD, end + HOUR, narrowing.services, chain=narrowing.chain)
    )


def services(account: Account) -> list[str]:
    return [one.id for one in account.report.services]


def parts(account: Account, service: str) -> list[str] | None:
    chain = account.services[service].chain
    return None if chain is None else [part.id for part in chain]


def test_without_a_choice_everything_is_told_and_no_chain() -> None:
    estate = chain_estate()
    account = told(estate, Choice())
    assert services(account) == list(estate.services)
    assert parts(account, "chain") is None


def test_the_director_of_the_chain_sees_all_parts_with_their_own_figures() -> None:
    account = told(chain_estate(), Choice(service="chain"))
    assert services(account) == ["chain"]
    assert parts(account, "chain") == [
        "part-geonovum", "part-kadaster", "part-koop-a", "part-koop-b", "part-rijkswaterstaat",
    ]  # fmt: skip
    assert {share.owner for share in account.services["chain"].owners} == {
        "geonovum", "kadaster", "koop", "rijkswaterstaat",
    }  # fmt: skip


def test_a_party_sees_the_chain_and_its_own_part_and_share() -> None:
    account = told(chain_estate(), Choice(supplier="kadaster"))
    assert services(account) == ["chain", "kadaster-part"]
    assert parts(account, "chain") == ["part-kadaster"]
    (share,) = account.services["chain"].owners
    assert (share.owner, share.judged.figures.down_ms) == ("kadaster", 2 * HOUR)


def test_who_made_the_promise_sees_every_party_in_it() -> None:
    account = told(chain_estate(), Choice(supplier="ketenbeheer"))
    assert services(account) == ["chain"]
    assert len(parts(account, "chain") or ()) == 5
    assert len(account.services["chain"].owners) == 4


def test_one_part_is_told_in_every_service_that_rests_on_it() -> None:
    account = told(chain_estate(), Choice(part="part-koop-a"))
    assert services(account) == ["chain", "koop-part"]
    assert parts(account, "chain") == parts(account, "koop-part") == ["part-koop-a"]


def test_all_chains_can_be_told_at_once() -> None:
    account = told(chain_estate(), Choice(chain=True))
    assert parts(account, "geonovum-part") == ["part-geonovum"]


def test_a_participant_sees_its_services_its_own_line_and_the_pairs_beneath() -> None:
    estate = read(EXAMPLES / "ict-nml.yaml", OPTIONS).estate
    pairs = {pair.pair for pair in told(estate, Choice(participant="asten")).pairs}
    assert pairs == {pair.id for pair in estate.pairs}
    account = told(estate, Choice(service="geo-viewer"))
    assert not account.pairs
    assert not account.report.pairs
    report = told(estate, Choice(participant="weert")).report
    assert services(told(estate, Choice(participant="asten"))) == ["brp", "bag", "workplace", "mail"]
    assert {user.id for service in report.services for user in service.participants} == {"weert"}


def test_the_line_of_a_participant_is_a_part_like_any_other() -> None:
    estate = read(EXAMPLES / "ict-nml.yaml", OPTIONS).estate
    account = told(estate, Choice(part="wan-asten"))
    assert services(account) == ["brp", "bag", "workplace"]
    assert parts(account, "brp") == ["wan-asten"]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (Choice(participant="kadastre"), "--participant: no service has a participant 'kadastre'"),
        (Choice(service="chains"), "--service: there is no service 'chains': did you mean `chain`?"),
        (Choice(supplier="kop"), "--supplier: nobody supplies or owns as 'kop': did you mean `koop`?"),
        (Choice(part="part-koop"), "--part: no service rests on a part with checks 'part-koop'"),
    ],
)
def test_who_or_what_is_not_there_is_named_with_the_nearest(choice: Choice, message: str) -> None:
    with pytest.raises(ValueError, match=r"^--") as caught:
        Narrowing(chain_estate(), choice)
    assert str(caught.value).startswith(message)
