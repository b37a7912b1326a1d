"""The configuration that an agent has from the centre: verified, kept on disk, and taken up."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from collector.probes import OPTIONS
from collector.transport.fields import ProtocolError
from collector.transport.signed import DOCUMENT_LIMIT, SignedConfig, verified
from config.problems import ConfigError
from config.reader import read_kept
from config.settings import Settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A configuration to go on with, and the digest that the centre knows it by."""

    settings: Settings
    digest: str


class GivenConfig:
    """Takes what the centre gives to the agent at `vantage` whose own file is `path`.

    The last that was taken is kept at `kept`, so that the agent starts with it while the centre is away.
    An older one than was taken before is refused, and so is one that is not signed with `key`.
    """

    def __init__(self, path: Path, kept: Path, vantage: str, key: Ed25519PublicKey) -> None:
        self._path = path
        self._kept = kept
        self._vantage = vantage
        self._key = key
        self._issued = -1

    def last(self) -> TakenUp | None:
        """The one that was kept; None where there is none that can be used."""
        try:
            with self._kept.open("rb") as file:
                data = file.read(DOCUMENT_LIMIT + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.error("the kept configuration %s cannot be read: %s", self._kept, error.strerror)
            return None
        return self._taken(data, keep=False)

    def take(self, data: bytes) -> TakenUp | None:
        """What came from the centre; None where it is refused, which is logged, or the one that is in use."""
        return self._taken(data, keep=True)

    def _taken(self, data: bytes, *, keep: bool) -> TakenUp | None:
        try:
            config = verified(data, self._key)
            if config.issued <= self._issued:
                if config.issued < self._issued:
                    _log.warning("a configuration from the centre is older than the one in use, and left out")
                return None
            settings = self._read(config)
        except ProtocolError as error:
            _log.error("a configuration from the centre is refused: it %s", error)
            return None
        except ConfigError as error:
            _log.error("the configuration from the centre cannot be used here, and the old one goes on:\n%s", error)
            return None
        if keep and not self._keep(data):
            return None
        self._issued = config.issued
        return TakenUp(settings, config.digest)

    def _read(self, config: SignedConfig) -> Settings:
        settings = read_kept(self._path.with_name("from the centre"), config.document, OPTIONS)
        place = settings.estate.vantages.get(self._vantage)
        if place is None or place.retired:
            raise ProtocolError(f"has no vantage {self._vantage!r} that still probes")
        return settings

    def _keep(self, data: bytes) -> bool:
        """Whether it is on disk, whole."""
        new = self._kept.with_suffix(".new")
        try:
            with new.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._kept)
        except OSError as error:
            _log.error("the configuration from the centre cannot be kept in %s: %s", self._kept, error.strerror)
            return False
        return True
