"""Writes the reference of the configuration from its types (`make docs`)."""

from __future__ import annotations

import sys

from collector.probes import OPTIONS
from config.reference import reference


def configuration_reference() -> str:
    """docs/configuration.md, with the options of every probe there is."""
    return reference(OPTIONS)


if __name__ == "__main__":
    sys.stdout.write(configuration_reference())
