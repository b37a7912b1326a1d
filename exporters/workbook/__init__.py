"""Writes tables onto the sheets of a workbook, with formulas over what stands beside them (see book.py)."""
