"""A CSV file of observations is taken whole or not at all, and every wrong line is named."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from availability import facts
from availability.outcome import DETAIL_LIMIT, Reason, Status
from availability.ports import Run
from collector.csv_lines import ImportRefused
from collector.importing import ImportResult, import_observations
from collector.store import SqlStore, open_store

CHECKS = ("web-https", "web-tls", "dns")
VANTAGES = ("roermond", "venlo")
HEADER = "at,check,vantage,ok,latency_ms,detail\n"
T0 = 1_790_834_400_000
"""2026-10-01T06:00:00Z"""
NOW = T0 + 30 * 86_400_000


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """For tests that look at one check of their own, or at what is refused."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('import') / 'facts.db'}", create=True)
    yield store
    store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(f"sqlite:///{tmp_path / 'facts.db'}", create=True)
    yield opened
    opened.close()


@pytest.fixture
def take(tmp_path: Path, store: SqlStore) -> Callable[..., ImportResult]:
    """Import a text."""

    def import_text(text: str | bytes, vantages: tuple[str, ...] = VANTAGES) -> ImportResult:
        path = tmp_path / "observations.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return import_observations(path, store, CHECKS, vantages, NOW)

    return import_text


TIMES = {
    "UTC": ("2026-10-01T06:00:00Z", T0),
    "an offset": ("2026-10-01T08:00:00+02:00", T0),
    "an offset without a colon": ("2026-10-01T08:00:00+0200", T0),
    "an offset west of Greenwich": ("2026-09-30T23:30:00-06:30", T0),
    "a space for the T": ("2026-10-01 06:00:00Z", T0),
    "no seconds": ("2026-10-01T06:00Z", T0),
    "no separators": ("20261001T060000Z", T0),
    "white space around it": (" 2026-10-01T06:00:00Z ", T0),
    "milliseconds": ("2026-10-01T06:00:00.123Z", T0 + 123),
    "a fraction of one digit": ("2026-10-01T06:00:00.5+00:00", T0 + 500),
    "microseconds are cut": ("2026-10-01T06:00:00.123999+00:00", T0 + 123),
    "nanoseconds are cut": ("2026-10-01T06:00:00.123999999+00:00", T0 + 123),
    "a fraction at the end of an hour": ("2026-10-01T06:59:59.999Z", T0 + 3_599_999),
    "epoch seconds": ("1790834400", T0),
    "epoch seconds with a fraction": ("1790834400.001", T0 + 1),
    "a fraction that no float has": ("1790834400.29", T0 + 290),
    "an epoch fraction is cut": ("1790834400.0019999999", T0 + 1),
    "an epoch with a bare point": ("1790834400.", T0),
    "the epoch itself": ("0", 0),
    "the last moment allowed": ("2026-11-01T06:00:00Z", NOW + 86_400_000),
}


@pytest.mark.parametrize("sentence", TIMES)
def test_time(sentence: str, take: Callable[..., ImportResult], store: SqlStore) -> None:
    text, instant = TIMES[sentence]
    take(f"{HEADER}{text},dns,venlo,true,,\n")
    assert store.rows() == {("dns", "venlo"): [(instant, 0, 1, 1)]}


def test_times_of_all_forms_meet(take: Callable[..., ImportResult], store: SqlStore) -> None:
    """What is remembered of one time must not change what another means."""
    rest = ",dns,venlo,true,,\n"
    lines = [
        "2026-10-01T06:00:00.250Z",
        "2026-10-01T06:01:00Z",
        "2026-10-01T08:02:00+02:00",
        "2026-10-01T06:03:00.250Z",
        "2026-10-01T06:04:00+00:00",
        "2026-10-01T05:05:00-01:00",
        "1790834760",
    ]
    take(HEADER + "".join(line + rest for line in lines))
    seen = [one.at - T0 for one in facts.expand(store.runs("dns", "venlo"))]
    assert seen == [250, 60_000, 120_000, 180_250, 240_000, 300_000, 360_000]


OUTCOMES = {
    "true": ("true,,", (Status.OK, None, "")),
    "TRUE": ("TRUE,,", (Status.OK, None, "")),
    "true with a remark": ("true,,slow today", (Status.OK, None, "slow today")),
    "false": ("false,,", (Status.FAILED, Reason.FAILED, "")),
    "false with a reason": ("false,,timeout", (Status.FAILED, Reason.TIMEOUT, "")),
    "false with words": ("false,,no answer", (Status.FAILED, Reason.FAILED, "no answer")),
    "false with a reason of not looking": ("false,,no_permission", (Status.FAILED, Reason.FAILED, "no_permission")),
    "nothing": (",,", (Status.NONE, Reason.COULD_NOT_LOOK, "")),
    "nothing with a reason": (",,no_permission", (Status.NONE, Reason.NO_PERMISSION, "")),
    "nothing with a reason of failing": (",,timeout", (Status.NONE, Reason.COULD_NOT_LOOK, "timeout")),
    "a long detail is cut": (f"false,,{'x' * 500}", (Status.FAILED, Reason.FAILED, "x" * DETAIL_LIMIT)),
    "a detail over lines": ('false,,"one\ntwo"', (Status.FAILED, Reason.FAILED, "one\ntwo")),
    "a detail with commas and quotes": ('false,,"a ""b"", c"', (Status.FAILED, Reason.FAILED, 'a "b", c')),
}


@pytest.mark.parametrize("sentence", OUTCOMES)
def test_outcome(sentence: str, take: Callable[..., ImportResult], store: SqlStore) -> None:
    text, content = OUTCOMES[sentence]
    take(f"{HEADER}1790834400,dns,venlo,{text}\n")
    assert store.runs("dns", "venlo") == [Run(T0, 0, 1, *content)]


FORMS = {
    "columns in another order": "ok,detail,check,at,latency_ms,vantage\ntrue,,dns,1790834400,1.5,venlo\n",
    "only what is needed": "at,check,ok,vantage\n1790834400,dns,true,venlo\n",
    "a byte order mark": "\ufeffat,check,vantage,ok\n1790834400,dns,venlo,true\n",
    "lines that end as on Windows": "at,check,vantage,ok\r\n1790834400,dns,venlo,true\r\n",
    "lines that end as on an old Mac": "at,check,vantage,ok\r1790834400,dns,venlo,true\r",
    "no end of the last line": "at,check,vantage,ok\n1790834400,dns,venlo,true",
    "empty lines": "\n\nat,check,vantage,ok\n\n1790834400,dns,venlo,true\n\n\n",
    "everything quoted": '"at","check","vantage","ok"\n"1790834400","dns","venlo","true"\n',
}


@pytest.mark.parametrize("sentence", FORMS)
def test_form(sentence: str, take: Callable[..., ImportResult], store: SqlStore) -> None:
    assert take(FORMS[sentence]) == ImportResult(lines=1, added=1, known=0, conflicts=0)
    assert store.rows() == {("dns", "venlo"): [(T0, 0, 1, 1)]}


@pytest.mark.parametrize("text", ["at,check,ok\n1790834400,dns,true\n", "at,check,ok,vantage\n1790834400,dns,true,\n"])
def test_one_vantage_need_not_be_named(text: str, take: Callable[..., ImportResult], store: SqlStore) -> None:
    assert take(text, vantages=("local",)).added == 1
    assert store.rows() == {("dns", "local"): [(T0, 0, 1, 1)]}


def test_named_or_not_it_is_the_same_vantage(take: Callable[..., ImportResult], store: SqlStore) -> None:
    assert take(f"{HEADER}1790834400,dns,,true,,\n1790834460,dns,local,true,,\n", vantages=("local",)).added == 2
    assert store.rows() == {("dns", "local"): [(T0, 60_000, 2, 1)]}


COLUMNS = "the first line names the columns, such as at,check,vantage,ok,latency_ms,detail"
AT = "write it like 2026-10-01T08:00:00+02:00, 2026-10-01T06:00:00Z or 1790834400.250 (seconds since 1970)"

BAD_FILES = {
    "empty": ("", f"1: the file is empty; {COLUMNS}"),
    "only empty lines": ("\n\n", f"2: the file is empty; {COLUMNS}"),
    "no header": (
        "1790834400,dns,venlo,true,,\n",
        f"1: unknown column '1790834400'; {COLUMNS}",
    ),
    "an unknown column": (
        "at,check,vantage,ok,latency\n",
        f"1: unknown column 'latency'; did you mean latency_ms?; {COLUMNS}",
    ),
    "a column twice": ("at,check,at,ok\n", f"1: the column at is there twice; {COLUMNS}"),
    "a column missing": ("at,check,vantage\n", f"1: the column ok is missing; {COLUMNS}"),
    "semicolons": ("at;check;vantage;ok\n", f"1: columns are separated by commas, and by nothing else; {COLUMNS}"),
    "UTF-16": (HEADER.encode("utf-16"), "1: this is not UTF-8 text; save the file as UTF-8"),
    "Latin-1": (
        f"{HEADER}1790834400,dns,venlo,false,,caf\u00e9\n".encode("latin-1"),
        "2: this is not UTF-8 text; save the file as UTF-8",
    ),
    "a quote that is not closed": (
        f'{HEADER}1790834400,dns,venlo,true,,\n1790834460,dns,venlo,false,,"oops\n1790834520,dns,venlo,true,,\n',
        "3: unexpected end of data; is a quote not closed?",
    ),
    "a field without end": (
        HEADER + '1790834400,dns,venlo,false,,"' + "long \n" * 40_000,
        "2: field larger than field limit (131072); is a quote not closed?",
    ),
}


@pytest.mark.parametrize("sentence", BAD_FILES)
def test_file_refused(sentence: str, tmp_path: Path, shared_store: SqlStore) -> None:
    content, message = BAD_FILES[sentence]
    path = tmp_path / "observations.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ImportRefused) as caught:
        import_observations(path, shared_store, CHECKS, VANTAGES, NOW)
    assert str(caught.value) == f"{path}:{message}"
    assert shared_store.rows() == {}


BAD_LINES = {
    "no offset": ("2026-10-01T06:00:00,dns,venlo,true,,", f"at '2026-10-01T06:00:00' has no offset from UTC; {AT}"),
    "a date": ("2026-10-01,dns,venlo,true,,", f"at '2026-10-01' has no offset from UTC; {AT}"),
    "a date in digits": ("20261001,dns,venlo,true,,", f"at '20261001' is a date without a time; {AT}"),
    "no time": ("yesterday,dns,venlo,true,,", f"at 'yesterday' is not a time; {AT}"),
    "a day that is not there": (
        "2026-02-30T06:00:00Z,dns,venlo,true,,",
        f"at '2026-02-30T06:00:00Z' is not a time; {AT}",
    ),
    "an hour that is not there": (
        "2026-10-01T25:00:00Z,dns,venlo,true,,",
        f"at '2026-10-01T25:00:00Z' is not a time; {AT}",
    ),
    "a minute that is not there": (
        "2026-10-01T06:60:00Z,dns,venlo,true,,",
        f"at '2026-10-01T06:60:00Z' is not a time; {AT}",
    ),
    "a leap second": ("2016-12-31T23:59:60Z,dns,venlo,true,,", f"at '2016-12-31T23:59:60Z' is not a time; {AT}"),
    "scientific": ("1.79e9,dns,venlo,true,,", f"at '1.79e9' is not a time; {AT}"),
    "no time at all": (",dns,venlo,true,,", f"at '' is not a time; {AT}"),
    "before 1970": (
        "1969-12-31T23:59:59Z,dns,venlo,true,,",
        "at '1969-12-31T23:59:59Z' is before 1970; nothing that old can be stored",
    ),
    "negative": ("-5,dns,venlo,true,,", f"at '-5' is not a time; {AT}"),
    "the future": ("2026-11-01T06:00:00.001Z,dns,venlo,true,,", "at '2026-11-01T06:00:00.001Z' is in the future"),
    "epoch milliseconds": (
        "1790834400000,dns,venlo,true,,",
        "at '1790834400000' is in the future; epoch times are in seconds, not milliseconds",
    ),
    "too many digits": (f"{'9' * 400},dns,venlo,true,,", f"at '{'9' * 60}...' is not a time; {AT}"),
    "an unknown check": (
        "1790834400,web-htps,venlo,true,,",
        "check 'web-htps' is not in the configuration; did you mean web-https?",
    ),
    "a check like no other": ("1790834400,printer,venlo,true,,", "check 'printer' is not in the configuration"),
    "no check": ("1790834400,,venlo,true,,", "check '' is not in the configuration"),
    "an unknown vantage": (
        "1790834400,dns,venloo,true,,",
        "vantage 'venloo' is not in the configuration; did you mean venlo?",
    ),
    "no vantage among several": ("1790834400,dns,,true,,", "vantage is empty; name one of roermond, venlo"),
    "a wrong ok": ("1790834400,dns,venlo,yes,,", "ok 'yes': write true, false, or nothing where one could not look"),
    "a latency that is no number": (
        "1790834400,dns,venlo,true,fast,",
        "latency_ms 'fast' is not a number of milliseconds such as 12.5",
    ),
    "a latency with a comma for a point": (
        '1790834400,dns,venlo,true,"12,5",',
        "latency_ms '12,5' is not a number of milliseconds such as 12.5",
    ),
    "a negative latency": (
        "1790834400,dns,venlo,true,-1,",
        "latency_ms '-1' is not a number of milliseconds such as 12.5",
    ),
    "a latency of not a number": (
        "1790834400,dns,venlo,true,nan,",
        "latency_ms 'nan' is not a number of milliseconds such as 12.5",
    ),
    "an endless latency": (
        "1790834400,dns,venlo,true,1e999,",
        "latency_ms '1e999' is more than a day; it is in milliseconds",
    ),
    "a latency of nothing": (
        "1790834400,dns,venlo,,5,",
        "latency_ms '5' where nothing was looked at; leave it empty, or fill in ok",
    ),
    "too few fields": ("1790834400,dns,venlo,true", "there are 4 fields where the first line names 6"),
    "too many fields": ("1790834400,dns,venlo,false,,no, really", "there are 7 fields where the first line names 6"),
    "a NUL in the detail": ("1790834400,dns,venlo,false,,a\0b", "detail holds a NUL character; remove it"),
    "a NUL in the check": (
        "1790834400,d\0ns,venlo,true,,",
        "check 'd\\x00ns' is not in the configuration; did you mean dns?",
    ),
}


@pytest.mark.parametrize("sentence", BAD_LINES)
def test_line_refused(sentence: str, tmp_path: Path, shared_store: SqlStore) -> None:
    line, message = BAD_LINES[sentence]
    good = '1790834340,dns,venlo,false,,"over\ntwo lines"\n\n'
    path = tmp_path / "observations.csv"
    path.write_text(f"{HEADER}{good}{line}\n1790834460,dns,venlo,true,,\n", newline="")
    with pytest.raises(ImportRefused) as caught:
        import_observations(path, shared_store, CHECKS, VANTAGES, NOW)
    assert str(caught.value) == f"{path}:5: {message}"
    assert shared_store.rows() == {}


def test_all_that_is_wrong_is_told_up_to_a_limit(tmp_path: Path, shared_store: SqlStore) -> None:
    path = tmp_path / "observations.csv"
    path.write_text(HEADER + "1790834400,dns,venlo,true,,\n1790834400,dns,venlo,maybe,,\n" * 25)
    with pytest.raises(ImportRefused) as caught:
        import_observations(path, shared_store, CHECKS, VANTAGES, NOW)
    problems = caught.value.problems
    assert [problem.split(": ")[0] for problem in problems[:20]] == [f"{path}:{3 + 2 * n}" for n in range(20)]
    assert problems[20:] == [f"{path}: and 5 more"]
    assert shared_store.rows() == {}


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_a_file_that_cannot_be_read(kind: str, tmp_path: Path, shared_store: SqlStore) -> None:
    path = tmp_path / "observations.csv"
    if kind == "folder":
        path.mkdir()
    with pytest.raises(ImportRefused) as caught:
        import_observations(path, shared_store, CHECKS, VANTAGES, NOW)
    reason = {"missing": "No such file or directory", "folder": "Is a directory"}[kind]
    assert str(caught.value) == f"{path}: cannot be read ({reason})"


def test_a_header_alone_is_no_mistake(take: Callable[..., ImportResult], store: SqlStore) -> None:
    assert take(HEADER) == ImportResult(0, 0, 0, 0)
    assert store.rows() == {}


def lines_of_a_day() -> list[str]:
    """Two checks from two places, with changes, latencies, repetitions and conflicts."""
    dice = random.Random(4)
    lines = []
    for slot in range(1000):
        for check in ("dns", "web-tls"):
            for vantage in VANTAGES:
                ok = dice.choice(["true"] * 20 + ["false", ""])
                latency = f"{dice.uniform(1, 50):.3f}" if ok == "true" else ""
                lines.append(f"{T0 // 1000 + slot * 30},{check},{vantage},{ok},{latency},\n")
                if dice.random() < 0.02:
                    lines.append(lines[-1])
                if dice.random() < 0.02:
                    lines.append(f"{T0 // 1000 + slot * 30},{check},{vantage},false,{dice.randint(1, 9)},timeout\n")
    return lines


def test_the_same_file_again_changes_nothing(take: Callable[..., ImportResult], store: SqlStore) -> None:
    lines = lines_of_a_day()
    first = take(HEADER + "".join(lines))
    assert (first.lines, first.added) == (len(lines), 4000)
    assert first.added + first.known + first.conflicts == first.lines
    rows, latency = store.rows(), store.latencies("dns", [(0, NOW)])
    again = take(HEADER + "".join(lines))
    assert again.added == 0
    assert again.known + again.conflicts == again.lines
    assert (store.rows(), store.latencies("dns", [(0, NOW)])) == (rows, latency)


def test_the_order_of_lines_does_not_matter(tmp_path: Path, take: Callable[..., ImportResult], store: SqlStore) -> None:
    lines = lines_of_a_day()
    first = take(HEADER + "".join(lines))
    random.Random(5).shuffle(lines)
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}", create=True)
    path = tmp_path / "shuffled.csv"
    path.write_text(HEADER + "".join(lines))
    shuffled = import_observations(path, other, CHECKS, VANTAGES, NOW)
    assert shuffled.added == first.added
    assert shuffled.known + shuffled.conflicts == first.known + first.conflicts
    assert other.rows() == store.rows()
    for series in store.rows():
        assert other.runs(*series) == store.runs(*series)
    assert other.latencies("dns", [(0, NOW)]) == store.latencies("dns", [(0, NOW)])
    other.close()


def test_a_conflict_is_decided_by_the_rule_and_counted(take: Callable[..., ImportResult], store: SqlStore) -> None:
    result = take(
        f"{HEADER}1790834400,dns,venlo,true,5,\n1790834400,dns,venlo,false,7,timeout\n1790834400,dns,venlo,,,\n"
        "1790834400,dns,venlo,false,9,timeout\n"
    )
    assert result == ImportResult(lines=4, added=1, known=1, conflicts=2)
    assert store.runs("dns", "venlo") == [Run(T0, 0, 1, Status.FAILED, Reason.TIMEOUT, "")]
    assert store.latencies("dns", [(0, NOW)]).mean_ms == 9.0
    assert take(f"{HEADER}1790834400,dns,venlo,true,5,\n") == ImportResult(lines=1, added=0, known=0, conflicts=1)


def test_a_file_from_the_latest_to_the_earliest_is_one_row(take: Callable[..., ImportResult], store: SqlStore) -> None:
    """Longer than what is put in order at once."""
    lines = [f"{T0 // 1000 - 15 * n},dns,venlo,true,1.5,\n" for n in range(60_000)]
    assert take(HEADER + "".join(lines)).added == 60_000
    assert store.rows() == {("dns", "venlo"): [(T0 - 15_000 * 59_999, 15_000, 60_000, 1)]}
    assert store.latencies("dns", [(0, NOW)]).count == 60_000
