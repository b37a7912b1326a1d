"""Draws a dashboard as an SVG, from its committed JSON and the answers of a real Prometheus.

    python -m dashboards.preview waakvlam-now http://127.0.0.1:9090 > docs/grafana-now.svg

It stands in for a picture of Grafana where none can be run: the panels, their places, words and colours are those of
the file, the values are what Prometheus answered, and only the drawing is ours. It knows tiles, numbers and tables.
"""

from __future__ import annotations

import json
import re
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path
from time import time
from typing import Any
from xml.sax.saxutils import escape

_COLUMN, _ROW, _GAP = 52, 34, 6
_GROUND, _PANEL, _TEXT, _DIM = "#111217", "#181b1f", "#e3e5ea", "#9aa0ab"
_FONT = "Inter, Roboto, Helvetica, Arial, sans-serif"
_CELL = 24
_Row = dict[str, str]


def draw(board: Mapping[str, Any], base: str) -> str:
    """The dashboard `board` as the Prometheus at `base` answers it now."""
    panels = board["panels"]
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels) * _ROW
    drawn = "".join(part for panel in panels for part in _panel(panel, base))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {24 * _COLUMN} {height}" font-family="{_FONT}">'
        f"<title>{escape(board['title'])}: {escape(board['description'])}</title>"
        f'<rect width="100%" height="100%" fill="{_GROUND}"/>{drawn}</svg>\n'
    )


def _panel(panel: Mapping[str, Any], base: str) -> Iterator[str]:
    where = panel["gridPos"]
    x, y = where["x"] * _COLUMN + _GAP / 2, where["y"] * _ROW + _GAP / 2
    wide, high = where["w"] * _COLUMN - _GAP, where["h"] * _ROW - _GAP
    if panel["type"] == "row":
        yield _text(x + 4, y + 20, panel["title"], 15, bold=True)
        return
    yield f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="3" fill="{_PANEL}"/>'
    yield _text(x + 10, y + 20, panel["title"], 13, bold=True)
    inner = x + 8, y + 30, wide - 16, high - 38
    yield from _table(panel, base, *inner) if panel["type"] == "table" else _tiles(panel, base, *inner)


def _tiles(panel: Mapping[str, Any], base: str, x: float, y: float, wide: float, high: float) -> Iterator[str]:
    """A tile for each series, as square as they fit."""
    target = panel["targets"][0]
    answer = _asked(base, target["expr"])
    named = panel["options"]["textMode"] == "value_and_name"
    across = min(len(answer), max(1, round((len(answer) * wide / high / 2.6) ** 0.5)))
    down = ceil(len(answer) / across) if answer else 1
    for at, series in enumerate(sorted(answer, key=lambda one: json.dumps(one["metric"]))):
        value = series["value"][1]
        word, colour = _meant(panel["fieldConfig"]["defaults"], value)
        w, h = wide / across, high / down
        left, top = x + at % across * w, y + at // across * h
        yield f'<rect x="{left}" y="{top}" width="{w - 4}" height="{h - 4}" rx="2" fill="{colour}"/>'
        middle, ink = left + w / 2 - 2, _ink(colour)
        if named:
            yield _text(middle, top + h / 2 - 6, _named(target["legendFormat"], series["metric"]), 12, ink, middle=True)
        yield _text(middle, top + h / 2 + (11 if named else 10), word, 14 if named else 30, ink, middle=True, bold=True)


def _named(legend: str, labels: Mapping[str, str]) -> str:
    return re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), legend)


def _table(panel: Mapping[str, Any], base: str, x: float, y: float, wide: float, high: float) -> Iterator[str]:
    rows: dict[str, _Row] = {}
    steps = {one["id"]: one["options"] for one in panel["transformations"]}
    for target in panel["targets"]:
        for series in _asked(base, target["expr"]):
            row = rows.setdefault(series["metric"].get(steps["joinByField"]["byField"], ""), {})
            row.update(series["metric"])
            row[f"Value #{target['refId']}"] = series["value"][1]
    places, titles = (steps["organize"][key] for key in ("indexByName", "renameByName"))
    shown = {name: titles[name] for name in sorted(places, key=places.get) if name in titles}
    order = panel["options"]["sortBy"][0]
    key = next(name for name, title in shown.items() if title == order["displayName"])
    sorted_rows = sorted(rows.values(), key=lambda row: float(row.get(key, "inf")), reverse=order["desc"])
    width = wide / len(shown)
    for column, (name, title) in enumerate(shown.items()):
        yield _text(x + column * width + 4, y + 14, title, 12, _DIM)
        how = _column(panel, title)
        for at, row in enumerate(sorted_rows[: int(high / _CELL) - 1]):
            top = y + 20 + at * _CELL
            word, colour = _meant(how, row[name]) if name in row else ("–", "")
            if how.get("custom.cellOptions"):
                left = x + column * width
                yield f'<rect x="{left}" y="{top}" width="{width - 2}" height="{_CELL - 2}" fill="{colour}"/>'
            ink = _ink(colour) if how.get("custom.cellOptions") else _TEXT
            yield _text(x + column * width + 4, top + 15, word, 12, ink)


def _column(panel: Mapping[str, Any], title: str) -> dict[str, Any]:
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"]["options"] == title:
            return {one["id"]: one["value"] for one in override["properties"]}
    return {}


def _meant(how: Mapping[str, Any], value: str) -> tuple[str, str]:
    """The word and the colour of a value: by its mapping, else by the thresholds and the unit."""
    for mapping in how.get("mappings") or ():
        if mapping["type"] == "value" and value in mapping["options"]:
            found = mapping["options"][value]
            return found["text"], found["color"]
    if how.get("unit") == "dateTimeFromNow":
        return f"{max(0, time() - float(value) / 1000):.0f} s ago", ""
    try:
        number = float(value)
    except ValueError:
        return value, ""
    steps = how.get("thresholds", {}).get("steps", ())
    colour = next((step["color"] for step in reversed(steps) if step["value"] is None or number >= step["value"]), "")
    return f"{number:g}", colour


def _ink(ground: str) -> str:
    """Dark or light, whichever reads better on `ground`."""
    if not ground:
        return _TEXT
    red, green, blue = (int(ground[at : at + 2], 16) for at in (1, 3, 5))
    return "#111217" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#ffffff"


def _text(
    x: float, y: float, said: str, size: int, ink: str = _TEXT, *, middle: bool = False, bold: bool = False
) -> str:
    more = (' text-anchor="middle"' if middle else "") + (' font-weight="600"' if bold else "")
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{ink}"{more}>{escape(said)}</text>'


def _asked(base: str, expr: str) -> Sequence[Any]:
    """The answer to an instant question, everything chosen that can be."""
    query = urllib.parse.urlencode({"query": re.sub(r"\$([A-Za-z_]\w*)", ".*", expr)})
    with urllib.request.urlopen(f"{base}/api/v1/query?{query}", timeout=30) as answer:  # noqa: S310 - typed by who draws
        found: Sequence[Any] = json.load(answer)["data"]["result"]
        return found


if __name__ == "__main__":
    named, prometheus = sys.argv[1:]
    committed = Path(__file__).parent / "json" / f"{named}.json"
    sys.stdout.write(draw(json.loads(committed.read_text(encoding="utf-8")), prometheus.rstrip("/")))
