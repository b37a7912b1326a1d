"""The programs of Prometheus that say what they make of rules."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def promtool(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run promtool in `folder`; skip where it is missing, unless everything must be tested."""
    program = shutil.which("promtool")
    if program is None:
        text = "promtool is not installed: apt-get install prometheus"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
