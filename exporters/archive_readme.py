"""The page that explains an archive to somebody who has never heard of what made it, in English and in Dutch."""

from __future__ import annotations

from availability.archive import TABLES, Table
from exporters.archive_words import COLUMNS, Words
from exporters.archive_words import TABLES as MEANINGS

_ENGLISH = """\
# An archive of observations

(Nederlands: zie verderop.)

This folder holds what was observed of a number of computer systems, networks and services, so that anybody can work out
afterwards how available they were. {written}

- Every table is there in the formats that were asked for, with equal rows: Apache Parquet (columns compressed with
  Zstandard, RFC 8878) and CSV (RFC 4180: UTF-8 without a mark, commas, lines that end in CR LF, quotes doubled). One of
  the two is enough to read. The CSV is for programs: fields are exactly what was stored, and a spreadsheet may take one
  that begins with `=`, `+`, `-` or `@` for a formula. Import its columns as text there.
- `datapackage.json` describes every file by the Data Package standard (datapackage.org, version 2), with its size in
  bytes and its SHA-256. The format of this archive is number {format}.
- All instants are in UTC, to the millisecond. In CSV they are ISO 8601 (`2026-10-01T06:00:00.000Z`), in Parquet
  timestamps. The time zone that was agreed for service hours is {timezone}.
- Where there is no value, a CSV field is empty and a Parquet value is null.

## How a run expands

A row of `observations` stands for `count` observations of one check from one vantage, all with the same outcome, reason
and detail. Number i, from 0, was made at `first` + i × `step_ms` milliseconds. So

    web-http,venlo,2026-10-01T06:00:00.000Z,30000,3,ok,,

is: ok at 06:00:00, at 06:00:30 and at 06:01:00. Runs of one check from one vantage never overlap. Between them nobody
looked: an observation says nothing about later time, and what is unknown was not up.

## What buckets are

With g = 21/19, bucket i holds the durations above g^(i-1) and up to g^i microseconds; bucket 0 also what is
shorter, bucket 255 also what is longer. The mean over any quarters of an hour is the sum of `sum_us` divided by the sum
of `count`, exactly. For a percentile, add up the counts per bucket, find the bucket in which the wanted rank falls
(the 95th percentile of n has rank 0.95 × n, rounded up), and take 0.95 × g^i microseconds: at most 5% off.

## From observations to availability

`configuration.yaml` says what was agreed. For every check it has `interval`, `fall`, `rise` and `stale_after` (of its
own, or under `defaults`; `stale_after` is three intervals where it is not given). An observation speaks for at most
`stale_after`. A target is down from the first of at least `fall` failed observations in a row, and up from the first of
at least `rise` that were ok; a shorter row changes nothing. Where nothing speaks, or `none` was observed, it is
unknown. `components`, `links` and `services` say with `up_when` what is made of what; `agreements` say which hours
count, which maintenance is excused, and what the norm is. Availability is up / (up + down) within those hours.

## Columns

Types are those of Table Schema (datapackage.org). An array or an object is a JSON text, in Parquet as well.

{columns}

## Licence

The layout of this archive, and this description of it, may be used by anybody for anything (CC0 1.0). That says nothing
about the data, which belong to whoever had them recorded.
"""

_DUTCH = """\

---

# Een archief van waarnemingen

Deze map bevat wat is waargenomen van een aantal computersystemen, netwerken en diensten, zodat iedereen achteraf kan
uitrekenen hoe beschikbaar ze waren. {written}

- Elke tabel is er in de gevraagde formaten, met gelijke rijen: Apache Parquet (kolommen gecomprimeerd met Zstandard,
  RFC 8878) en CSV (RFC 4180: UTF-8 zonder merkteken, komma's, regels die op CR LF eindigen, aanhalingstekens
  verdubbeld). Een van beide is genoeg om te lezen. De CSV is voor programma's: velden zijn precies wat is bewaard, en
  een rekenblad kan een veld dat met `=`, `+`, `-` of `@` begint voor een formule houden. Lees de kolommen daar in als
  tekst.
- `datapackage.json` beschrijft elk bestand volgens de standaard Data Package (datapackage.org, versie 2), met zijn
  grootte in bytes en zijn SHA-256. Het formaat van dit archief heeft nummer {format}.
- Alle tijdstippen zijn in UTC, op de milliseconde. In CSV zijn ze ISO 8601 (`2026-10-01T06:00:00.000Z`), in Parquet
  timestamps. De tijdzone die voor de diensturen is afgesproken is {timezone}.
- Waar geen waarde is, is een veld in CSV leeg en een waarde in Parquet null.

## Hoe een reeks zich ontvouwt

Een rij van `observations` staat voor `count` waarnemingen van één controle vanaf één waarneempunt, alle met dezelfde
uitkomst, reden en toelichting. Nummer i, vanaf 0, is gedaan op `first` + i × `step_ms` milliseconden. Dus

    web-http,venlo,2026-10-01T06:00:00.000Z,30000,3,ok,,

is: ok om 06:00:00, om 06:00:30 en om 06:01:00. Reeksen van één controle vanaf één waarneempunt overlappen nooit.
Ertussen keek niemand: een waarneming zegt niets over later, en wat onbekend is, was niet beschikbaar.

## Wat bakken zijn

Met g = 21/19 bevat bak i de duren boven g^(i-1) en tot en met g^i microseconden; bak 0 ook wat korter is, bak 255
ook wat langer is. Het gemiddelde over willekeurige kwartieren is de som van `sum_us` gedeeld door de som van `count`,
exact. Tel voor een percentiel de aantallen per bak op, zoek de bak waarin de gezochte rang valt (het 95e percentiel van
n heeft rang 0,95 × n, naar boven afgerond) en neem 0,95 × g^i microseconden: ten hoogste 5% ernaast.

## Van waarnemingen naar beschikbaarheid

`configuration.yaml` zegt wat was afgesproken. Per controle staan daar `interval`, `fall`, `rise` en `stale_after`
(eigen waarden, of onder `defaults`; `stale_after` is drie intervallen als het er niet staat). Een waarneming geldt ten
hoogste `stale_after` lang. Een doel is uit vanaf de eerste van ten minste `fall` mislukte waarnemingen op rij, en aan
vanaf de eerste van ten minste `rise` die ok waren; een kortere rij verandert niets. Waar niets spreekt, of `none` is
waargenomen, is het onbekend. `components`, `links` en `services` zeggen met `up_when` wat waaruit bestaat; `agreements`
zeggen welke uren tellen, welk onderhoud verschoond is, en wat de norm is. Beschikbaarheid is aan / (aan + uit) binnen
die uren.

## Kolommen

Typen zijn die van Table Schema (datapackage.org). Een array of object is een JSON-tekst, ook in Parquet.

{columns}

## Licentie

De indeling van dit archief, en deze beschrijving ervan, mag iedereen voor alles gebruiken (CC0 1.0). Dat zegt niets
over de gegevens: die zijn van wie ze liet vastleggen.
"""


def readme(format_: int, timezone: str, written: Words) -> str:
    """The page, in both languages; `written` says when the archive was made, by what, and about which time."""
    english = _ENGLISH.format(format=format_, timezone=timezone, written=written.english, columns=_tables(0))
    dutch = _DUTCH.format(format=format_, timezone=timezone, written=written.dutch, columns=_tables(1))
    return english + dutch


def _tables(language: int) -> str:
    rest = ((name, MEANINGS[name][language]) for name in ("configuration",))
    return "\n\n".join(
        [*(_table(table, language) for table in TABLES), *(f"### {name}\n\n{meaning}" for name, meaning in rest)]
    )


def _table(table: Table, language: int) -> str:
    head = ("column", "type", "meaning") if language == 0 else ("kolom", "type", "betekenis")
    rows = [head, ("---",) * 3]
    for column in table.columns:
        meaning = COLUMNS[table.name, column.name][language]
        rows.append((f"`{column.name}`", column.kind, meaning))
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"### {table.name}\n\n{MEANINGS[table.name][language]}\n\n{lines}"
