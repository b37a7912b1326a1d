"""Works out the formulas of a workbook as a spreadsheet does, for the few functions that are used."""

from __future__ import annotations

import math
import re

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

_REFERENCE = re.compile(r"(?:'([^']+)'!)?\b([A-Z]{1,3}\d+)\b")
_COUNTIF = re.compile(r'COUNTIF\((\$[A-Z]+\$\d+:\$[A-Z]+\$\d+),"([^"]*)"\)')


def evaluate(book: Workbook, sheet: Worksheet, formula: str) -> object:
    """The value of a formula on `sheet`, following references, also to other sheets."""
    body = formula.removeprefix("=")
    if counted := _COUNTIF.fullmatch(body):
        return sum(cell.value == counted[2] for row in sheet[counted[1].replace("$", "")] for cell in row)

    def value(match: re.Match[str]) -> str:
        place = book[match[1]] if match[1] else sheet
        inner = place[match[2]].value
        told = evaluate(book, place, inner) if isinstance(inner, str) and inner.startswith("=") else inner
        return f"({told!r})"

    if re.fullmatch(r"'[^']+'![A-Z]{1,3}\d+", body):
        match = _REFERENCE.fullmatch(body)
        assert match
        return eval(value(match))  # a number or a text that stands in our own workbook
    expression = _REFERENCE.sub(value, body)
    names = {"INT": math.floor, "ROUND": lambda number, digits: round(number, digits) if digits else round(number)}
    test = re.fullmatch(r'IF\((.*?)=0,"",(.*)\)', expression)
    if test:
        return eval(test[2], names) if eval(test[1], names) else ""
    return eval(expression, names)
