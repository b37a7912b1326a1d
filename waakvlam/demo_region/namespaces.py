"""Makes the sites as network namespaces with cables and routes between them, cuts cables, and joins them again."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from waakvlam.demo_region.places import LINES, ROUTES, SITES, Line, Site

T = TypeVar("T")
_CLONE_NEWNET = 0x40000000
_NAMESPACES = Path("/run/netns")


class RegionError(Exception):
    """Something of the region cannot be made, does not start or has ended; the text says what and why."""


def lacking() -> str:
    """Why network namespaces cannot be made here, and what is needed; empty where they can."""
    if os.geteuid() != 0:
        return "network namespaces need root: run it with sudo, on a machine where that is harmless"
    if shutil.which("ip") is None:
        return "the program ip is not installed: apt-get install iproute2"
    done = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True, check=False)  # noqa: S607 - the system's own
    if done.returncode:
        return f"this machine, or the container that it is, lets nobody make network namespaces: {done.stderr.strip()}"
    return ""


class Namespaces:
    """The sites of the tables. Names begin with `prefix`, which has to be this run's own."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.names = [self.name(site.name) for site in SITES]

    def name(self, site: str) -> str:
        """The namespace of a site."""
        return f"{self._prefix}-{site}"

    def make(self) -> None:
        """Make all of them, with every line whole; RegionError where that cannot be."""
        for site in SITES:
            ip("netns", "add", self.name(site.name))
            self.within(site.name, _forwarding)
            self._furnish(site)
        for line in LINES:
            near, far = (self.name(end) for end in line.ends)
            ip("-n", near, "link", "add", line.name, "type", "veth", "peer", "name", line.name, "netns", far)
            for end, address in zip(line.ends, line.addresses, strict=True):
                ip("-n", self.name(end), "address", "add", f"{address}/30", "dev", line.name)
            self.join(line)

    def _furnish(self, site: Site) -> None:
        ip("-n", self.name(site.name), "link", "set", "lo", "up")
        for address in (*site.addresses, site.manager):
            ip("-n", self.name(site.name), "address", "add", f"{address}/32", "dev", "lo")

    def cut(self, line: Line) -> None:
        """Pull the cable: both ends lose it at once, and the routes over it with it."""
        for end in line.ends:
            ip("-n", self.name(end), "link", "set", line.name, "down")

    def join(self, line: Line) -> None:
        """Put the cable back, and the routes over it."""
        for end in line.ends:
            ip("-n", self.name(end), "link", "set", line.name, "up")
        managers = {site.name: site.manager for site in SITES}
        for route in ROUTES:
            if route.line == line.name:
                gateway = line.address_at(line.beyond(route.site))
                # What a site says has an address that every other site has a route to.
                ip(
                    "-n", self.name(route.site), "route", "replace", route.network, "via", gateway,
                    "src", managers[route.site], "metric", str(route.metric),
                )  # fmt: skip

    def inside(self, site: str, command: list[str]) -> list[str]:
        """The command as it runs at a site; it keeps the process id that it is started with."""
        return ["ip", "netns", "exec", self.name(site), *command]

    def within(self, site: str, work: Callable[[], T]) -> T:
        """What `work` gives in a thread that stands at a site; raises what it raises."""
        results: list[T] = []
        errors: list[Exception] = []

        def enter() -> None:
            try:
                libc = ctypes.CDLL(None, use_errno=True)
                with (_NAMESPACES / self.name(site)).open("rb") as namespace:
                    if libc.setns(namespace.fileno(), _CLONE_NEWNET):
                        number = ctypes.get_errno()
                        raise OSError(number, os.strerror(number))
                results.append(work())
            except Exception as error:  # the thread that asked raises it again
                errors.append(error)

        thread = threading.Thread(target=enter, name=f"at {site}")
        thread.start()
        thread.join()
        if errors:
            raise errors[0]
        return results[0]


def ip(*arguments: str) -> None:
    """Run the program `ip`; RegionError with what it said where it refuses."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607 - our words
    if done.returncode:
        raise RegionError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def _forwarding() -> None:
    """Sites pass on what goes through them, and take answers from wherever they come."""
    ipv4 = Path("/proc/sys/net/ipv4")  # that of the thread that opens it
    (ipv4 / "ip_forward").write_text("1")
    for name in ("all", "default"):
        (ipv4 / "conf" / name / "rp_filter").write_text("0")
