"""Measures the whole line, from schedule to monthly report, next to the programs that others use for it."""
