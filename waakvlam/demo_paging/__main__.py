"""`make demo-paging`: play the whole chain on real parts, and print what it took next to what was configured."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from waakvlam.demo_paging.chain import StoryError, started
from waakvlam.demo_paging.places import MailServer
from waakvlam.demo_paging.programs import ProgramError
from waakvlam.demo_paging.story import Measured, tell


async def play(kept: Path | None) -> int:
    """The exit code: 0 where everything came about in time. Files and logs stay in `kept` where that is given."""
    begun = time.monotonic()

    def say(text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - begun:6.1f} s  {text}\n")
        sys.stdout.flush()

    box = MailServer()
    await box.start()
    with tempfile.TemporaryDirectory(prefix="waakvlam-paging-") as name:
        folder = kept or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            say("The estate, the collector, Prometheus and Alertmanager are started.")
            async with started(folder, box, "night") as chain:
                measured = await tell(chain, say)
        except (StoryError, ProgramError) as error:
            say(f"It ends here: {error}")
            return 1
        finally:
            box.stop()
    sys.stdout.write("\n" + "\n".join(map(_line, measured)) + "\n")
    return 0 if all(step.is_in_time for step in measured) else 1


def _line(step: Measured) -> str:
    configured = "" if step.configured is None else f"{step.configured:6.1f} s configured"
    return f"{step.what:<50}{step.seconds:6.1f} s   {configured}"


def main() -> int:
    """Read the command line, and play; Ctrl-C stops everything that was started."""
    parser = argparse.ArgumentParser(prog="python -m waakvlam.demo_paging", description=__doc__)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the files and logs here")
    try:
        return asyncio.run(play(parser.parse_args().keep))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
