"""The section of a configuration with the register of licences."""

from __future__ import annotations

from pydantic import Field

from config.section import Section
from config.settings import Licence
from config.types import Count, Text
from config.values import Day, Id


class LicenceSection(Section):
    """A licence, as the register of licences has it (ICT NML DVO 2018, 4.3.1)."""

    id: Id = Field(description="what it is found by, unique among licences")
    what: Text = Field(description="what it is for: the product, and its edition or version")
    supplier: Text | None = Field(None, description="who sold it")
    count: Count | None = Field(
        None, description="for how many it is: users, machines, cores", json_schema_extra={"otherwise": "not counted"}
    )
    until: Day | None = Field(
        None, description="the last day it is good for", json_schema_extra={"otherwise": "it does not end"}
    )
    property_of: Text | None = Field(None, description="whose licence it is")

    def settings(self) -> Licence:
        """As the register takes it."""
        return Licence(self.id, self.what, self.supplier, self.count, self.until, self.property_of)
