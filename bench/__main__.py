"""`python -m bench [--quick] [NAME ...]`: runs the sections asked for, or all, and tells what was reached."""

from __future__ import annotations

import argparse
import os
import platform
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import dead, kinds, mix, postgresql, probes, reload, report, schedule, snmp, store, takeover, transport
from bench.children import Failed, raise_descriptors
from bench.figures import Figure, Say, summary

SECTIONS: Mapping[str, Callable[[Say, bool], list[Figure]]] = {
    "probes": probes.section,
    "snmp": snmp.section,
    "kinds": kinds.section,
    "dead": dead.section,
    "schedule": schedule.section,
    "mix": mix.section,
    "reload": reload.section,
    "store": store.section,
    "postgresql": postgresql.section,
    "transport": transport.section,
    "takeover": takeover.section,
    "report": report.section,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and exit 0 whatever the figures are; 1 where something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"sections: {', '.join(SECTIONS)}")
    parser.add_argument("--quick", action="store_true", help="shorter, and less exact")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.names) - set(SECTIONS))
    if unknown:
        parser.error(f"there is no section {unknown[0]!r}: choose from {', '.join(SECTIONS)}")
    raise_descriptors()
    # What is measured is a program whose modules are compiled, as they are from its second run on.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # Whoever ends it early still gets the namespaces removed and the children ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    _say(_machine())
    figures: list[Figure] = []
    failures = 0
    for name in asked.names or SECTIONS:
        found = _run(name, asked.quick)
        failures += found is None
        figures += found or []
    _say("## Aim, target, measured\n")
    _say("\n".join(summary(figures)))
    return 1 if failures else 0


def _run(name: str, quick: bool) -> list[Figure] | None:
    """One section, with what the machine was doing besides; None where it could not be measured."""
    _say(f"## {name}\n")
    begun, busy, own = time.perf_counter(), _busy(), _own()
    try:
        figures = SECTIONS[name](_say, quick)
    except Failed as error:
        _say(f"could not be measured: {error}\n")
        return None
    took = time.perf_counter() - begun
    others = max(0.0, _busy() - busy - (_own() - own)) / took
    _say(f"({took:.0f} s; meanwhile other programs used {others:.0%} of one core)\n")
    return figures


def _machine() -> str:
    model = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return (
        f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}: {os.cpu_count()} cores"
        f"{' of ' + model.partition(': ')[2] if model else ''}, Linux {platform.release()}, "
        f"Python {platform.python_version()}; load average {load}\n"
    )


def _busy() -> float:
    """Seconds for which the cores of this machine were at work so far."""
    fields = [int(value) for value in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    user, nice, system, _idle, _waiting, irq, softirq, *_ = fields
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
