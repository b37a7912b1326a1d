"""The options of the probe of web servers: what is read from text, and what is refused with which words."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest

from collector.http_url import Url, parse_url, resolve_url
from collector.probes.http import HttpOptions
from config.settings import SecretRef
from tests.collector.looking import read

SECRET = SecretRef(env="PROBE_TOKEN")
LOGIN = {"username": "wacht", "password": SECRET}


def test_every_scalar_is_read_from_text() -> None:
    options = read(
        HttpOptions,
        {
            "url": "https://app.venlo.example:8443/health?full=1#part",
            "status": ["200", "3xx"],
            "headers": {"X-Probe": "waakvlam", "X-Key": SECRET},
            "header_matches": {"Server": "^nginx"},
            "basic_auth": LOGIN,
            "max_body": "64KiB",
            "max_latency": "800ms",
            "min_validity": "21d",
            "max_redirects": "3",
            "follow_redirects": "false",
            "verify": "true",
            "ca_file": "ca.pem",
            "source": "127.0.0.2",
            "ip_version": "4",
        },
    )
    assert options.url == "https://app.venlo.example:8443/health?full=1"
    assert options.status == ("200", "3xx")
    assert options.headers == {"X-Probe": "waakvlam", "X-Key": SECRET}
    assert options.header_matches == {"Server": re.compile("^nginx")}
    assert options.max_body == 65_536
    assert (options.max_latency, options.min_validity) == (800, 21 * 86_400_000)
    assert (options.follow_redirects, options.verify) == (False, True)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another protocol": ({"url": "ftp://a/"}, "does not begin with http:// or https://"),
    "no host": ({"url": "http:///path"}, "names no host"),
    "a host outside ASCII": ({"url": "http://café.example/"}, "names no host"),
    "a port that is none": ({"url": "http://a:0/"}, "has a port that is none"),
    "a port that is too large": ({"url": "http://a:65536/"}, "has a port that is none"),
    "a space": ({"url": "http://a/b c"}, "must be a URL without spaces"),
    "a line break": ({"url": "http://a/\r\nX: y"}, "must be a URL without spaces"),
    "credentials": ({"url": "http://wacht:woord@a/"}, "use basic_auth, with the password as a secret"),
    "a status that is none": ({"status": ["600"]}, "is no status"),
    "no status": ({"status": []}, "status is empty"),
    "a header that breaks the line": ({"headers": {"X": "a\r\nY: b"}}, "must be a text on one line"),
    "a header with a name that is none": ({"headers": {"X Y": "a"}}, "is no header name"),
    "a header that is ours": ({"headers": {"Content-Length": "3"}}, "is set by the probe itself"),
    "a Host that is none": ({"headers": {"Host": "a b"}}, "names no host"),
    "a Host that is secret": ({"headers": {"Host": SECRET}}, "Host cannot be a secret"),
    "a password in plain text": ({"basic_auth": {"username": "a", "password": "woord"}}, "is a secret: refer to it"),
    "a user name with a colon": ({"basic_auth": LOGIN | {"username": "a:b"}}, "holds a colon"),
    "two ways to log in": ({"basic_auth": LOGIN, "bearer_token": SECRET}, "exclude each other"),
    "a body expected of HEAD": ({"method": "HEAD", "body_matches": "ok"}, "method HEAD has no body"),
    "an unknown method": ({"method": "BREW"}, "Input should be 'GET'"),
    "a pattern that is none": ({"body_matches": "("}, "is no regular expression"),
    "a body without bound": ({"max_body": "1GiB"}, "must be a size from 1 to 64MiB"),
    "a key without its certificate": ({"client_key_file": "k.pem"}, "client_key_file needs client_cert_file"),
    "trust that is not used": ({"ca_file": "ca.pem", "verify": "false"}, "ca_file has no use"),
    "trust without TLS": ({"ca_file": "ca.pem", "follow_redirects": "false"}, "need an https URL"),
    "versions that differ": ({"url": "http://[::1]/", "source": "127.0.0.1"}, "are of different IP versions"),
    "an unknown key": ({"urll": "http://a/"}, "urll"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_options_with(case: str) -> None:
    values, message = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(message)):
        read(HttpOptions, {"url": "http://a/"} | values)


URLS = {
    "http://a": Url("http", "a", 80, "/"),
    "HTTPS://A.Example/B": Url("https", "a.example", 443, "/B"),
    "http://[2001:db8::1]:8080/?q": Url("http", "2001:db8::1", 8080, "/?q"),
    "http://a/caf\u00e9%20?\u00e9": Url("http", "a", 80, "/caf%C3%A9%20?%C3%A9"),
    "http://a/\udcff": Url("http", "a", 80, "/%FF"),
}


@pytest.mark.parametrize("text", URLS)
def test_a_url_is_taken_apart(text: str) -> None:
    assert parse_url(text) == URLS[text]


def test_the_host_field_names_the_port_only_where_it_must() -> None:
    assert parse_url("http://a:80/").authority == "a"
    assert parse_url("https://a:80/").authority == "a:80"
    assert parse_url("https://[::1]/").authority == "[::1]"


TRUST = {
    ("http://a/", "http://a/b"): True,
    ("http://a/", "https://a/"): True,
    ("https://a/", "http://a/"): False,
    ("http://a/", "http://a:8080/"): False,
    ("http://a/", "https://a:8443/"): False,
    ("https://a/", "https://b/"): False,
    ("https://a/", "https://b.a/"): False,
}


@pytest.mark.parametrize("pair", TRUST)
def test_a_secret_is_told_to_the_same_origin_only(pair: tuple[str, str]) -> None:
    assert parse_url(pair[0]).trusts(parse_url(pair[1])) is TRUST[pair]


def test_a_location_is_relative_to_what_was_asked() -> None:
    assert resolve_url("http://a/b/c?d", "e#f") == "http://a/b/e"
    assert resolve_url("http://a/b/c", "//other/x") == "http://other/x"


def test_to_know_the_options_is_cheap() -> None:
    """Whoever only reads a configuration must not pay for the libraries that probe."""
    code = "import sys, collector.probes.http, collector.probes.tls, collector.probes.dns; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"aiohttp", "dns", "cryptography", "aiohappyeyeballs"} & set(loaded)
