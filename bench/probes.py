"""Section `probes`: what a probe costs from its slot to its fact, next to fping and blackbox_exporter."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import blackbox, estate, fping
from bench.children import Failed
from bench.estate import SERVER_ADDRESSES, Shape, targets
from bench.figures import Figure, Say, amount, spread, table
from bench.fping import Cost
from bench.pipeline import Run, measure
from bench.servers import Ports, serving

_ICMP, _TCP, _HTTP = 2000, 1000, 500
"""Checks, each once a second."""
_ACROSS = 16
"""Connections to blackbox_exporter; more of its probes than that are never under way at once."""
_WARM_UP = 4.5
"""Seconds; half-way between two flushes of the recorder, so that as many fall into every measurement."""
_COUNTED = """\
Ours: the CPU of the whole collector process (schedule, probe, outcome, recorder, SQLite store, live board), user and
system, between two instants after a warm-up. fping: its user and system CPU, its start taken off. blackbox_exporter:
its process alone, not who asks it. On loopback the kernel's work for both ends is done in the name of the sender, on
either side; servers run in a process that nobody counts.
"""


def section(say: Say, quick: bool) -> list[Figure]:
    """All three probes, in turns with their reference."""
    rounds, seconds = (1, 3) if quick else (3, 3)
    say(_COUNTED)
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with serving(SERVER_ADDRESSES, folder) as ports:
            icmp = _icmp(say, folder, rounds, seconds)
            with blackbox.exporter(folder) as reference:
                tcp = _against(say, "tcp", _TCP, reference, folder, ports, rounds, seconds)
                http = _against(say, "http", _HTTP, reference, folder, ports, rounds, seconds)
    return [
        Figure("icmp, CPU next to fping's", icmp, "×", 2.0, aim=1.0),
        Figure("tcp, CPU next to blackbox_exporter's", tcp, "×", 0.4),
        Figure("http, CPU next to blackbox_exporter's", http, "×", 0.6),
    ]


def _icmp(say: Say, folder: Path, rounds: int, seconds: int) -> float:
    addresses = [estate.echo_address(number) for number in range(_ICMP)]
    ours, theirs, fastest = [], [], []
    for number in range(rounds):
        ours.append(_ours(folder / f"icmp-{number}", "icmp", _ICMP, None, seconds))
        theirs.append(fping.ping(addresses, seconds, folder))
        fastest.append(fping.ping(addresses, seconds, folder, paced=False))
    say("\n".join(_lines({"waakvlam icmp": ours, "fping, same pace": theirs, "fping, flat out": fastest})))
    ratio = median(a.per_10k / b.per_10k for a, b in zip(ours, theirs, strict=True))
    flat = median(a.per_10k / b.per_10k for a, b in zip(ours, fastest, strict=True))
    say(f"icmp: {amount(ratio, '×')} fping at the same pace, {amount(flat, '×')} fping flat out\n")
    return ratio


def _against(
    say: Say, kind: str, count: int, reference: blackbox.Blackbox, folder: Path, ports: Ports, rounds: int, seconds: int
) -> float:
    module = {"tcp": "tcp_connect", "http": "http_2xx"}[kind]
    places = [
        f"{address}:{ports.tcp}" if kind == "tcp" else f"http://{address}:{ports.http}/health"
        for address in SERVER_ADDRESSES
    ]
    ours, theirs = [], []
    for number in range(rounds):
        ours.append(_ours(folder / f"{kind}-{number}", kind, count, ports, seconds))
        theirs.append(reference.probe(module, places, count, seconds, _ACROSS))
    say("\n".join(_lines({f"waakvlam {kind}": ours, f"blackbox_exporter {module}": theirs})))
    ratio = median(a.per_10k / b.per_10k for a, b in zip(ours, theirs, strict=True))
    say(f"{kind}: {amount(ratio, '×')} blackbox_exporter\n")
    return ratio


def _ours(folder: Path, kind: str, count: int, ports: Ports | None, seconds: int) -> Cost:
    folder.mkdir()
    config = estate.write(folder, targets((kind,), count, ports), Shape(interval="1s", timeout="1s"))
    result = measure(Run(str(config), warm_up=_WARM_UP, measured=float(seconds)), folder)
    if result.not_ok > result.outcomes / 100:
        raise Failed(f"{result.not_ok} of {result.outcomes} looks by {kind} were not ok")
    return Cost(result.cpu, result.wall, result.outcomes)


def _lines(costs: dict[str, list[Cost]]) -> list[str]:
    rows = [
        (
            name,
            spread([cost.per_10k for cost in several], "s"),
            spread([cost.cpu / cost.probes * 1e6 for cost in several], "µs"),
            amount(median(cost.rate for cost in several), ""),
        )
        for name, several in costs.items()
    ]
    return table(("", "CPU seconds per 10,000 probes", "per probe", "probes/s"), rows)
