"""What was handed over, and taken into another store, gives the very same report."""

from __future__ import annotations

import csv
import json
import os
import pty
import random
import shutil
import signal
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from availability import facts
from availability.facts import Observation
from availability.outcome import DETAIL_LIMIT, Reason, Status
from availability.ports import Batch, LatencySummary
from availability.trail import Entry, Work
from collector.archive import restore
from collector.archive_folder import open_archive
from collector.store import SqlStore, open_store, schema
from exporters.archive import About, write_archive
from tests.collector.daemons import left_out
from tests.waakvlam.commands import COMMAND, waakvlam, wait_until, write_estate

BEGIN = datetime(2026, 10, 5, 4, tzinfo=UTC)
PERIODS = ("2026-10", "2026-Q4")
FORMATS = ("parquet", "csv")


def milliseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def component(id_: str, site: str, **more: object) -> dict[str, object]:
    check = {"id": f"{id_}-tcp", "probe": "tcp", "host": "127.0.0.1", "port": 9, "from": ["east", "west"]}
    return {"id": id_, "site": site, "checks": [check], **more}


def estate(folder: Path) -> None:
    """Two sites with a vantage each, a failover pair, and agreements with and without approval of corrections."""
    window = {"days": "daily", "from": "06:00", "to": "22:00"}
    agreement = {"id": "norm", "norm": "98.0%", "window": window, "excluded": ["customer_request"]}
    write_estate(
        folder,
        9,
        sites=[{"id": "dc-east"}, {"id": "dc-west"}],
        vantages=[{"id": "east", "site": "dc-east"}, {"id": "west", "site": "dc-west"}],
        defaults={"interval": "1m", "timeout": "5s", "fall": 3, "rise": 2},
        components=[component("app", "dc-east"), component("spare", "dc-west"), component("front", "dc-east")],
        failover_pairs=[{"id": "swap", "primary": "app", "standby": "spare", "within": "4h"}],
        agreements=[agreement, {**agreement, "id": "strict", "corrections": {"approval": "required"}}],
        services=[
            {"id": "brp", "agreement": "norm", "up_when": {"any": ["app", "spare"]}, "participants": ["weert"]},
            {"id": "mail", "agreement": "strict", "up_when": {"all": ["app", "front"]}},
        ],
    )


def observations(path: Path) -> None:
    """Three days from two vantages: failures, blips, a silent vantage, a stretch that nobody saw, latencies."""
    chance = random.Random(7)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["at", "check", "vantage", "ok", "latency_ms", "detail"])
        for minute in range(3 * 24 * 60):
            hour = minute / 60
            if 30 <= hour < 31:
                continue
            at = (BEGIN + timedelta(minutes=minute)).isoformat()
            for check in ("app-tcp", "spare-tcp", "front-tcp"):
                for vantage in ("east", "west"):
                    if vantage == "west" and 40 <= hour < 44:
                        continue
                    down = (check == "app-tcp" and 8 <= hour < 9.5) or (check == "front-tcp" and 50 <= hour < 50.2)
                    if check == "front-tcp" and vantage == "west" and 20 <= hour < 21:
                        writer.writerow([at, check, vantage, "", "", "no_permission"])
                    elif down or chance.random() < 0.002:
                        writer.writerow([at, check, vantage, "false", "", chance.choice(["timeout", '=x,"y"'])])
                    else:
                        writer.writerow([at, check, vantage, "true", f"{chance.lognormvariate(2, 1):.3f}", ""])


def enter(store: SqlStore) -> None:
    """Maintenance that was approved, that waits, and that was withdrawn; incidents; a closed month."""
    at = milliseconds(BEGIN)
    hour = 3_600_000
    noon = Work("customer_request", at + 8 * hour, at + 9 * hour, ("app", "front"), "CHG-1", at - hour)
    waits = Work("customer_request", at + 50 * hour, at + 51 * hour, ("front",))
    entries = [
        Entry("w1", "add", "anna", at + 60 * hour, 'a "restore", asked for', "", noon),
        Entry("w1", "approve", "root", at + 61 * hour, "", "piet"),
        Entry("w2", "add", "anna", at + 62 * hour, "firmware", "", waits),
        Entry("w3", "add", "anna", at + 63 * hour, "a typo", "", noon),
        Entry("w3", "withdraw", "anna", at + 64 * hour, "it was"),
    ]
    for entry in entries:
        store.enter(lambda _, entry=entry: entry)  # type: ignore[misc]  # the default binds it
    with store.restoring() as restoring:
        execute = restoring._connection.execute
        registered = {"incident": "I-1", "content": '{"priority": "1"}', "imported_at": at, "imported_by": "anna"}
        execute(insert(schema.incident).values(number=1, **registered))
        document = zlib.compress(b'{"made": "up"}')
        execute(insert(schema.closing).values(number=1, period="2026-09", digest="ab", document=document))


@pytest.fixture(scope="module")
def october(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an estate, its store, and `handover`, exported in both formats."""
    folder = tmp_path_factory.mktemp("october")
    estate(folder)
    observations(folder / "facts.csv")
    done = waakvlam(folder, "import", "observations", "facts.csv", "-c", "estate.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    with closing(open_store(f"sqlite:///{folder / 'facts.db'}", create=False)) as store:
        enter(store)
    done = export(folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def export(folder: Path, output: str = "handover", *options: str) -> subprocess.CompletedProcess[str]:
    return waakvlam(folder, "export", "-c", "estate.yaml", "--output", output, *options)


def take(folder: Path, archive: Path) -> subprocess.CompletedProcess[str]:
    return waakvlam(folder, "import", "export", str(archive), "-c", "estate.yaml")


def report(folder: Path, period: str, *options: str) -> Any:
    late = ("--as-of", "2026-11-02T00:00:00+01:00", "--format", "json")
    done = waakvlam(folder, "report", "-c", "estate.yaml", "--period", period, *late, *options)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def latencies(folder: Path, spans: list[tuple[int, int]]) -> list[LatencySummary]:
    with closing(open_store(f"sqlite:///{folder / 'facts.db'}", create=False)) as store:
        return [store.latencies(check, spans) for check in ("app-tcp", "spare-tcp", "front-tcp")]


def elsewhere(folder: Path, archive: Path) -> Path:
    """A new place with nothing but the configuration that was handed over."""
    folder.mkdir()
    shutil.copy(archive / "configuration.yaml", folder / "estate.yaml")
    return folder


@pytest.mark.parametrize("format_", FORMATS)
def test_the_same_report_comes_out_on_the_other_side(format_: str, october: Path, tmp_path: Path) -> None:
    archive = Path(shutil.copytree(october / "handover", tmp_path / "handover"))
    for path in archive.glob(f"*.{'csv' if format_ == 'parquet' else 'parquet'}"):
        path.unlink()
    there = elsewhere(tmp_path / "there", archive)
    done = take(there, archive)
    assert (done.returncode, done.stderr) == (0, "")
    for period in PERIODS:
        expected = report(october, period)
        assert report(there, period) == expected
        assert report(there, period, "--participant", "weert") == report(october, period, "--participant", "weert")
        brp, mail = expected["services"]
        assert mail["down_seconds"] and mail["unknown_seconds"] and mail["excluded_seconds"]
        assert brp["up_seconds"]
        assert expected["failovers"]
        assert expected["maintenance_pending"]
    begin = milliseconds(BEGIN)
    spans = [(begin, begin + 8 * 3_600_000), (begin + 86_400_000, begin + 2 * 86_400_000)]
    assert latencies(there, spans) == latencies(october, spans)
    assert latencies(there, spans)[0].count > 1000
    assert "5 new" in done.stdout.splitlines()[2]


def test_taken_twice_it_changes_nothing_and_exported_again_it_is_the_same(october: Path, tmp_path: Path) -> None:
    there = elsewhere(tmp_path / "there", october / "handover")
    assert take(there, october / "handover").returncode == 0
    done = take(there, october / "handover")
    assert done.returncode == 0
    assert [line.rpartition(": ")[2].split(" new")[0] for line in done.stdout.splitlines()] == ["0"] * 8
    assert export(there).returncode == 0
    for path in (october / "handover").rglob("*.*"):
        if path.name not in ("README.md", "datapackage.json"):
            assert (there / "handover" / path.relative_to(october / "handover")).read_bytes() == path.read_bytes()


def test_what_is_said_adds_up(october: Path, tmp_path: Path) -> None:
    done = export(october, str(tmp_path / "again"))
    assert done.returncode == 0
    with (october / "facts.csv").open() as file:
        count = sum(1 for _ in file) - 1
    assert done.stdout.startswith(f"{tmp_path / 'again'}: {count} observations in ")
    assert "5 entries about maintenance, 1 about incidents, 1 closed months" in done.stdout
    there = elsewhere(tmp_path / "there", october / "handover")
    assert (
        f"handover: {count} observations: {count} new, 0 already known, 0 in"
        in take(there, october / "handover").stdout
    )


def test_checks_that_the_configuration_no_longer_has_are_kept_and_told(october: Path, tmp_path: Path) -> None:
    write_estate(tmp_path, 9)
    done = take(tmp_path, october / "handover")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].endswith("does not have them: front-tcp, spare-tcp")


def test_a_period_cuts_runs_exactly(october: Path, tmp_path: Path) -> None:
    start, end = "2026-10-05T12:00:30+02:00", "2026-10-05T13:00:00+02:00"
    archive = tmp_path / "cut"
    done = export(october, str(archive), "--from", start, "--to", end)
    assert (done.returncode, done.stderr) == (0, "")
    there = elsewhere(tmp_path / "there", archive)
    assert take(there, archive).returncode == 0
    bounds = [milliseconds(datetime.fromisoformat(text)) for text in (start, end)]
    slots = range(milliseconds(BEGIN), milliseconds(BEGIN) + 86_400_000, 60_000)
    inside = {at for at in slots if bounds[0] <= at < bounds[1]}
    with closing(open_store(f"sqlite:///{there / 'facts.db'}", create=False)) as store:
        for check in ("app-tcp", "spare-tcp", "front-tcp"):
            for vantage in ("east", "west"):
                assert {one.at for one in facts.expand(store.runs(check, vantage))} == inside
        assert len(store.trail()) == 5
    with (archive / "latencies.csv").open(newline="") as file:
        starts = {row["start"] for row in csv.DictReader(file)}
    assert starts == {"2026-10-05T10:15:00.000Z", "2026-10-05T10:30:00.000Z", "2026-10-05T10:45:00.000Z"}


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


REFUSALS = {
    "a folder that holds something": (
        ("--output", "full"),
        "cannot write full: the folder is not empty; give a folder that does not exist yet",
    ),
    "a file": (
        ("--output", "estate.yaml"),
        "cannot write estate.yaml: there is a file of that name; give a folder that does not exist yet",
    ),
    "a folder in no folder": (("--output", "no/such"), "cannot write no/such: No such file or directory"),
    "a period that runs backwards": (
        ("--output", "new", "--from", "2026-10-02T00:00:00Z", "--to", "2026-10-01T00:00:00Z"),
        "--from 2026-10-02T00:00:00Z is not before --to 2026-10-01T00:00:00Z",
    ),
    "a period in which nobody looked": (
        ("--output", "new", "--to", "2026-10-01T00:00:00Z"),
        "store {}/facts.db: nothing was observed in that time; nothing was written",
    ),
}


@pytest.mark.parametrize("sentence", REFUSALS)
def test_what_cannot_be_exported_leaves_nothing(sentence: str, october: Path, tmp_path: Path) -> None:
    options, message = REFUSALS[sentence]
    for name in ("estate.yaml", "facts.db"):
        shutil.copy(october / name, tmp_path / name)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    before = files(tmp_path)
    done = waakvlam(tmp_path, "export", "-c", "estate.yaml", *options)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message.format(tmp_path) + "\n")
    assert {name for name in files(tmp_path) if not name.startswith("facts.db-")} == before


def test_an_empty_folder_is_taken(october: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert export(october, str(tmp_path / "empty")).returncode == 0
    assert files(tmp_path) == {"empty"}
    assert "datapackage.json" in files(tmp_path / "empty")


def test_a_store_without_anything_is_told_in_a_sentence(tmp_path: Path) -> None:
    write_estate(tmp_path, 9)
    done = export(tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "nothing was recorded yet" in done.stderr
    open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=True).close()
    done = export(tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "it holds nothing yet" in done.stderr
    assert not (tmp_path / "handover").exists()


def test_a_folder_that_may_not_be_written(october: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    if os.access(locked, os.W_OK):
        pytest.skip("permissions do not bind root")
    done = export(october, str(locked / "new"))
    assert (done.returncode, done.stderr) == (2, f"cannot write {locked / 'new'}: Permission denied\n")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of some kilobytes; skipped where one may not be mounted."""
    place = tmp_path / "small"
    place.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=64k", "small", str(place)]
    if os.geteuid() != 0 or subprocess.run(options, capture_output=True, check=False).returncode != 0:
        left_out("no file system may be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("format_", FORMATS)
def test_a_disk_that_is_full_is_left_as_it_was(format_: str, october: Path, small_disk: Path) -> None:
    done = export(october, str(small_disk / "new"), "--format", format_)
    assert (done.returncode, done.stderr) == (2, f"cannot write {small_disk / 'new'}: No space left on device\n")
    assert files(small_disk) == set()


@pytest.mark.parametrize("format_", ["csv", "both"])
def test_a_limit_on_the_size_of_files_is_told_as_well(format_: str, october: Path, tmp_path: Path) -> None:
    command = [*COMMAND, "export", "-c", "estate.yaml", "--output", str(tmp_path / "new"), "--format", format_]
    limited = ["bash", "-c", 'trap "" XFSZ; ulimit -f 40; exec "$0" "$@"', *command]
    done = subprocess.run(limited, cwd=october, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr == f"cannot write {tmp_path / 'new'}: File too large\n"
    assert files(tmp_path) == set()


def test_progress_is_shown_on_a_terminal_alone(october: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [*COMMAND, "export", "-c", "estate.yaml", "--output", str(tmp_path / "new")]
    done = subprocess.run(command, cwd=october, stdout=subprocess.PIPE, stderr=theirs, check=False, timeout=60)
    os.close(theirs)
    seen = b""
    try:
        while block := os.read(ours, 65_536):
            seen += block
    except OSError:
        pass  # the end of a terminal that nobody writes to any more
    os.close(ours)
    assert done.returncode == 0
    assert b"observations" in seen


def stopped_half_way(october: Path, output: Path) -> subprocess.Popen[bytes]:
    """An export that has begun to write, and stands still."""
    for _ in range(20):
        command = [*COMMAND, "export", "-c", "estate.yaml", "--output", str(output)]
        process = subprocess.Popen(
            command,
            cwd=october,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: any(output.parent.iterdir()))
        process.send_signal(signal.SIGSTOP)
        state = Path(f"/proc/{process.pid}/stat")
        wait_until(lambda state=state: state.read_text().rpartition(")")[2].split()[0] in "TZ")
        if not output.exists():
            return process
        process.kill()
        process.wait()
        shutil.rmtree(output)
    raise AssertionError("every export was done before it could be stopped")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_an_export_that_is_stopped_leaves_nothing(number: signal.Signals, october: Path, tmp_path: Path) -> None:
    process = stopped_half_way(october, tmp_path / "new")
    assert len(files(tmp_path)) == 1
    process.send_signal(number)
    process.send_signal(signal.SIGCONT)
    assert process.wait(timeout=20) != 0
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda archive: (archive / "datapackage.json").unlink(), "there is no datapackage.json here"),
        (lambda archive: (archive / "observations.csv").open("ab").write(b"x"), "observations.csv: has "),
    ],
    ids=["no archive", "a file that grew"],
)
def test_an_archive_that_is_refused_leaves_no_store(change: Any, message: str, october: Path, tmp_path: Path) -> None:
    archive = Path(shutil.copytree(october / "handover", tmp_path / "handover"))
    there = elsewhere(tmp_path / "there", archive)
    change(archive)
    done = take(there, archive)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr
    assert files(there) == {"estate.yaml"}


details = st.text(st.characters(exclude_categories=["Cs"]), max_size=DETAIL_LIMIT)
contents = st.one_of(
    st.just((Status.OK, None, "")),
    st.tuples(st.sampled_from([Status.FAILED, Status.NONE]), st.sampled_from(Reason), details),
)
instants = st.one_of(
    st.integers(0, 60).map(lambda number: 1_790_834_400_000 + number * 30_000),
    st.integers(-(10**12), 10**13),
)
held = st.dictionaries(
    st.tuples(st.sampled_from(["web", "dns", '=a,"b"\n']), st.sampled_from(["east", "west"])),
    st.lists(st.tuples(instants, contents), min_size=1, max_size=40),
    max_size=4,
)


@settings(max_examples=25, deadline=None)
@given(held)
def test_all_observations_come_back_through_both_formats(
    tmp_path_factory: pytest.TempPathFactory, these: dict[tuple[str, str], list[tuple[int, Any]]]
) -> None:
    folder = tmp_path_factory.mktemp("round")
    expected = {
        series: facts.encode(
            Observation(at, status, reason, detail.replace("\0", "\ufffd")) for at, (status, reason, detail) in seen
        )
        for series, seen in these.items()
    }
    about = About(b"version: 1\n", "UTC", "0", 0)
    with closing(open_store(f"sqlite:///{folder / 'facts.db'}", create=True)) as store:
        store.add([Batch(check, vantage, runs) for (check, vantage), runs in expected.items()])
        for format_ in FORMATS:
            (folder / format_).mkdir()
            with store.holdings() as holdings:
                write_archive(holdings, folder / format_, about, [format_], lambda *_: None)
    for format_ in FORMATS:
        with closing(open_store(f"sqlite:///{folder / f'{format_}.db'}", create=True)) as store:
            restore(open_archive(folder / format_, lambda *_: None), store, lambda *_: None)
            with store.holdings() as holdings:
                assert {series: list(holdings.runs(*series)) for series in holdings.series()} == expected
    shutil.rmtree(folder)
