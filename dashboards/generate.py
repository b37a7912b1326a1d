"""Writes what Grafana loads: `python -m dashboards.generate` (`make dashboards`); the files are committed.

It needs grafana-foundation-sdk, a development dependency: those who use the dashboards have the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.boards import availability, collector, failover, history, network, now, part, registers
from dashboards.layout import Board, build
from dashboards.provisioning import HISTORY_FILES, MAIN_FILES

_BOARDS = (now, availability, failover, network, part, registers, collector)
HERE = Path(__file__).parent


def files() -> Iterator[tuple[Path, str]]:
    """Every generated file of Grafana, with its text."""
    for module in _BOARDS:
        made = module.board()
        yield HERE / "json" / made.place.file, text(made)
    past = history.board()
    yield HERE / "history" / "json" / past.place.file, text(past)
    for folder, written in ((HERE, MAIN_FILES), (HERE / "history", HISTORY_FILES)):
        for name, make in written.items():
            yield folder / name, make()


def text(board: Board) -> str:
    """The JSON of one dashboard, as it is committed."""
    whole = json.loads(json.dumps(build(board), cls=JSONEncoder))
    return json.dumps(_in_sight(whole), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _in_sight(value: object) -> object:
    """Without what the library says of itself: that menus and marks are to be put away where few look."""
    if isinstance(value, dict):
        return {key: _in_sight(inner) for key, inner in value.items() if inner != "inControlsMenu"}
    return [_in_sight(inner) for inner in value] if isinstance(value, list) else value


def main() -> None:
    """Write them all."""
    for path, content in files():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
