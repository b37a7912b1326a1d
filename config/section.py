"""What every section of a configuration shares."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """What every section shares: no key but its own, and no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)


def wrong(key: str, message: str) -> PydanticCustomError:
    """What is wrong with one key in the light of another."""
    return PydanticCustomError("at_key", "{message}", {"key": key, "message": message})
