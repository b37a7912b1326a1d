"""Lays the account of a period out as tables, each fact once, for every format that tells it (see every.py)."""
