"""Keeps facts: opens a store, merges observations into it and reads them back."""

from collector.store.errors import NothingRecorded, StoreError
from collector.store.opening import open_store
from collector.store.store import SqlStore

__all__ = ["NothingRecorded", "SqlStore", "StoreError", "open_store"]
