"""What all tests share: a property is tried however busy the machine is, and Ctrl-C means what it means to a user."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

# A shell that starts the tests in the background lets them ignore Ctrl-C, and so would every program they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
