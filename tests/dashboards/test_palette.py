"""The tones of the dashboards are the report's, and everybody can tell them apart."""

from __future__ import annotations

import colorsys
import json
import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, get_args

import pytest

from dashboards import palette, wrong
from dashboards.palette import COLOURS
from exporters.tables.tones import Tone
from exporters.workbook.book import FILLS
from tests.dashboards.grafana_files import EVERY, load, panels

Vector = tuple[float, float, float]
SIGHTS: Mapping[str, Sequence[Vector]] = {
    "normal sight": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""On linear RGB, at full severity (Machado, Oliveira and Fernandes, 2009)."""
DARK, LIGHT = "#181b1f", "#ffffff"
"""The ground of a panel in Grafana's two themes."""
APART = 20.0


def linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def lab(rgb: Sequence[float]) -> Vector:
    """CIE L*a*b* of linear RGB, with the white of sRGB."""
    r, g, b = (min(1.0, max(0.0, part)) for part in rgb)
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    x, y, z = (part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116 for part in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def difference(one: str, other: str, sight: str) -> float:
    """How far apart two colours are for that sight (CIE 1976)."""
    seen = [
        [sum(a * b for a, b in zip(row, linear(each), strict=True)) for row in SIGHTS[sight]] for each in (one, other)
    ]
    return float(sum((a - b) ** 2 for a, b in zip(lab(seen[0]), lab(seen[1]), strict=True)) ** 0.5)


def contrast(one: str, other: str) -> float:
    """As the Web Content Accessibility Guidelines have it."""
    light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(other)))
    return (light[1] + 0.05) / (light[0] + 0.05)


def test_the_yardsticks_measure() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert difference("#000000", "#ffffff", "normal sight") == pytest.approx(100, abs=0.1)
    assert difference("#ff0000", "#00a000", "deuteranopia") < difference("#ff0000", "#00a000", "normal sight") / 2


@pytest.mark.parametrize("sight", SIGHTS)
def test_every_two_tones_are_told_apart(sight: str) -> None:
    for one, other in combinations(COLOURS, 2):
        assert difference(COLOURS[one], COLOURS[other], sight) >= APART, (one, other)


def test_tones_stand_out_from_the_ground() -> None:
    assert min(contrast(colour, DARK) for colour in COLOURS.values()) >= 3
    assert min(contrast(COLOURS[tone], LIGHT) for tone in ("good", "bad", "unknown")) >= 3


def test_the_tones_are_those_of_the_report() -> None:
    assert set(COLOURS) == set(FILLS) == set(get_args(Tone))
    for tone, fill in FILLS.items():
        ours, theirs = (
            colorsys.rgb_to_hls(*(int(each[at : at + 2], 16) / 255 for at in (1, 3, 5)))
            for each in (COLOURS[tone], fill)
        )
        if tone == "unknown":
            assert max(ours[2], theirs[2]) < 0.1, "grey"
        else:
            apart = abs(ours[0] - theirs[0])
            assert min(apart, 1 - apart) < 40 / 360, tone


MEANINGS = {name: value for name, value in vars(palette).items() if name.isupper() and name != "COLOURS"}
MEANINGS["WRONG"] = wrong.WRONG


@pytest.mark.parametrize("name", MEANINGS)
def test_no_tone_is_needed_to_understand_a_value(name: str) -> None:
    """Two meanings of different tones have different symbols and different words."""
    for one, other in combinations(MEANINGS[name].values(), 2):
        assert (one.text == other.text) <= (one.tone == other.tone)
        if one.tone != other.tone and "down" not in one.text:
            assert one.text.split()[1:] != other.text.split()[1:]
    for meaning in MEANINGS[name].values():
        assert re.match(r"[▲▼◆►?✔✖±…] \w", meaning.text)
        assert ("?" in meaning.text) <= (meaning.tone == "unknown")


def colours_in(value: Any) -> set[str]:
    return set(re.findall(r'"#[0-9A-Fa-f]{3,8}"', json.dumps(value)))


def test_unknown_is_grey_wherever_it_stands_and_nothing_else_is_used() -> None:
    known = {f'"{colour}"' for colour in COLOURS.values()}
    for path in EVERY:
        for panel in panels(load(path)):
            assert colours_in(panel) <= known, panel["title"]
            for found in re.findall(
                r'\{"color": "(#\w+)", "index": \d+, "text": "([^"]*)"\}',
                json.dumps(panel, sort_keys=True, ensure_ascii=False),
            ):
                if "unknown" in found[1] or "no data" in found[1]:
                    assert found[0] == COLOURS["unknown"], found
