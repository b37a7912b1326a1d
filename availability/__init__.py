"""Judges: spans of time, service windows, expressions, verdicts and failovers. Pure: no clock, no file, no socket."""
