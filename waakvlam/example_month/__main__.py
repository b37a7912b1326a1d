"""`python -m waakvlam.example_month FOLDER`: the example estate with its made-up months, and commands to try on it."""

from __future__ import annotations

import sys
from pathlib import Path

from waakvlam.example_month.making import make


def main() -> None:
    """Make the folder and say what can be done with it."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m waakvlam.example_month FOLDER")
    sys.stdout.write(make(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
