"""The names of objects: what may be written, and what is said of what may not."""

from __future__ import annotations

import pytest

from collector.snmp_names import NAMES, object_id

RIGHT = {
    "1.3.6.1.2.1.1.3.0": "1.3.6.1.2.1.1.3.0",
    ".1.3.6.1.2.1.1.3.0": "1.3.6.1.2.1.1.3.0",
    "1.3.6.01": "1.3.6.1",
    "1.3.4294967295": "1.3.4294967295",
    "sysUpTime.0": "1.3.6.1.2.1.1.3.0",
    "ifOperStatus.10101": "1.3.6.1.2.1.2.2.1.8.10101",
    "ifHCInOctets.7": "1.3.6.1.2.1.31.1.1.1.6.7",
    "bgpPeerState.192.0.2.1": "1.3.6.1.2.1.15.3.1.2.192.0.2.1",
}


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right(text: str) -> None:
    assert object_id(text) == RIGHT[text]


WRONG = {
    "": "is no object identifier: write its numbers",
    "1": "give 2 to 128 numbers",
    "1.3.": "is no object identifier",
    "1..3": "is no object identifier",
    "1.3.-6": "is no object identifier",
    "1.3.6.٣": "is no object identifier",
    "3.1": "the first of them 1 and 3",
    "1.40": "the first of them 1 and 3",
    "1.3.4294967296": "give 2 to 128 numbers",
    "1.3" + ".1" * 200: "give 2 to 128 numbers",
    "1.3." + "1" * 600: "is no object identifier",
    "sysUpTime": "write the index behind it, such as sysUpTime.0",
    "sysUpTime.": "write the index behind it",
    "sysUpTime.x": "is no object identifier",
    "sysUptime.0": "did you mean `sysUpTime`?",
    "ifOperState.1": "did you mean `ifOperStatus`?",
    "ciscoEnvMonFanState.1": "Any other is written in numbers",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        object_id(text)
    assert WRONG[text] in str(refused.value)


def test_every_name_leads_to_numbers_of_its_own() -> None:
    assert len(set(NAMES.values())) == len(NAMES)
    assert all(object_id(f"{name}.0") == f"{numbers}.0" for name, numbers in NAMES.items())
