"""The pieces that rules are put together from ask only for what is exported."""

from __future__ import annotations

import pytest

from config.settings import Site
from dashboards.rules_parts import is_datacentre
from dashboards.rules_queries import seconds, select
from exporters import names


def test_series_are_selected_by_labels_that_they_have() -> None:
    assert select(names.STORE_HEALTHY) == "waakvlam_store_healthy"
    assert select(names.LINK_STATE, id="ring", state="down") == 'waakvlam_link_state{id="ring",state="down"}'
    assert select(names.SERVICE_IN_WINDOW, service=["a", "b"]) == 'waakvlam_service_in_window{service=~"a|b"}'
    assert select(names.SERVICE_IN_WINDOW, service=["a"]) == 'waakvlam_service_in_window{service="a"}'


def test_a_label_that_a_metric_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="waakvlam_link_state has no label site"):
        select(names.LINK_STATE, site="noord")


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(14_400_000, "14400"), (1500, "1.5"), (1, "0.001"), (0, "0"), (100_000, "100")]
)
def test_seconds_are_written_as_they_are(milliseconds: int, text: str) -> None:
    assert seconds(milliseconds) == text


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("datacentre", True),
        ("Data Centre", True),
        ("data-center", True),
        ("Datacentrum", True),
        ("rekencentrum", True),
        ("office", False),
        ("", False),
        ("datacentre annex", False),
    ],
)
def test_a_data_centre_is_known_by_its_kind_in_any_spelling(kind: str, found: bool) -> None:
    assert is_datacentre(Site("noord", "Noord", kind)) is found
