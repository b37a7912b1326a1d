"""Where a Prometheus is and whether it can be trusted."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from collector.prometheus_api import Access, PrometheusApi, PrometheusError
from tests.collector.certificates import make
from tests.collector.test_prometheus import T0, Fake, every, one_series, serving


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("prometheus:9090", "is no URL: write it like"),
        ("ftp://prometheus", "is no URL"),
        ("http://", "is no URL"),
        ("http://[::1", "is no URL"),
        ("http://host:99999", "is no URL"),
        ("http://a b/", "is no URL"),
        ("http://admin:geheim@host/", "a URL is no place for a password"),
        ("http://host/?query=up", "holds more than where Prometheus is"),
        ("http://host/#/graph", "holds more than where Prometheus is"),
    ],
)
def test_a_wrong_url_is_said_in_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(PrometheusError) as caught:
        Access(url)
    assert sentence in str(caught.value)
    assert "geheim" not in str(caught.value)


async def test_tls_is_verified(tmp_path: Path) -> None:
    certificates = make(tmp_path)
    trusting = ssl.create_default_context(cafile=str(certificates.ca_file))
    good, bad = certificates.valid.server_context(), certificates.expired.server_context()
    async with serving(Fake(one_series(every(15_000))), good) as url, serving(Fake({}), bad) as expired:
        async with PrometheusApi(Access(url), pauses_s=()) as api:
            with pytest.raises(PrometheusError, match="shows a certificate that is not trusted"):
                await api.series("probe_success", T0, T0 + 1)
        async with PrometheusApi(Access(expired, tls=trusting), pauses_s=()) as api:
            with pytest.raises(PrometheusError, match="certificate has expired"):
                await api.series("probe_success", T0, T0 + 1)
        async with PrometheusApi(Access(url, tls=trusting), pauses_s=()) as api:
            assert await api.series("probe_success", T0, T0 + 1) == [{"check": "web"}]
