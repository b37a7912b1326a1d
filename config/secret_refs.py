"""A secret by reference: where it is, and how it is read at the moment of use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

SECRET_LIMIT = 64 * 1024
"""Bytes of a secret at most: a key with its chain is far smaller."""


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret is, never the secret: an environment variable (`env`) or a file (`file`).

    It is read at the moment of use by `reveal`, and nothing else holds it.
    """

    env: str | None = None
    file: Path | None = None

    def reveal(self) -> str:
        """The secret; LookupError that names the reference (not the secret) where it cannot be had.

        Line ends at the end of a file are left out: editors and `echo` add them.
        """
        if self.env is not None:
            secret = os.environ.get(self.env, "")
            if not secret:
                raise LookupError(f"the environment variable {self.env} is not set: it must hold the secret")
            return secret
        if self.file is None:
            raise LookupError("the reference names neither an environment variable nor a file")
        try:
            with self.file.open("rb") as file:
                data = file.read(SECRET_LIMIT + 1)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "its name is no path"
            raise LookupError(f"the secret file {self.file} cannot be read: {why}") from None
        if len(data) > SECRET_LIMIT:
            raise LookupError(
                f"the secret file {self.file} holds more than {SECRET_LIMIT} bytes: is it the right file?"
            )
        try:
            secret = data.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise LookupError(f"the secret file {self.file} is not UTF-8 text") from None
        if not secret:
            raise LookupError(f"the secret file {self.file} is empty")
        return secret
