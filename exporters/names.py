"""Every metric that is exported: its name, type, help and labels, in one literal place (docs/metrics.md).

Base units: seconds, ratios from 0 to 1, instants as `_timestamp_seconds`. A state is a 0 or 1 per `state` label. What
does not exist or is not known has no sample. No label takes a value that is not configured or in a closed list.
"""

from __future__ import annotations

from exporters.agent_names import AGENT_FAMILIES
from exporters.centre_names import CENTRE_FAMILIES
from exporters.family import Family as Family

_CHECK = ("check", "part", "probe", "vantage")
_SERVICE = ("agreement", "period", "service")
_PAIR = ("pair",)

CHECK_UP = Family(
    "waakvlam_check_up",
    "gauge",
    "Whether the last look was ok (1) or failed (0); absent where nothing was learnt.",
    _CHECK,
)
CHECK_LATENCY = Family("waakvlam_check_latency_seconds", "gauge", "How long the last look took.", _CHECK)
CHECK_PHASE = Family(
    "waakvlam_check_phase_seconds",
    "gauge",
    "How long each phase of the last look took.",
    ("check", "part", "phase", "probe", "vantage"),
)
CHECK_LOSS = Family(
    "waakvlam_check_loss_ratio", "gauge", "The share of the last burst of packets that was lost.", _CHECK
)
CHECK_JITTER = Family(
    "waakvlam_check_jitter_seconds",
    "gauge",
    "How much the round trips of the last burst differed from the one before, on average.",
    _CHECK,
)
CHECK_OUTCOMES = Family(
    "waakvlam_check_outcomes_total",
    "counter",
    "Looks since the start by outcome (ok, failed, none) and reason.",
    ("check", "outcome", "part", "probe", "reason", "vantage"),
)
CERTIFICATE_NOT_AFTER = Family(
    "waakvlam_certificate_not_after_timestamp_seconds",
    "gauge",
    "When the certificate that was last seen stops being valid.",
    _CHECK,
)

CHECK_MEASURE = Family(
    "waakvlam_check_measure",
    "gauge",
    "Figures that the last look brought along, such as the performance data of a plugin: at most 20 of a check.",
    ("check", "label", "part", "probe", "unit", "vantage"),
)
HEARTBEAT_LAST = Family(
    "waakvlam_heartbeat_last_timestamp_seconds", "gauge", "When the last good report of a job happened.", _CHECK
)
HEARTBEAT_DUE = Family(
    "waakvlam_heartbeat_due_timestamp_seconds",
    "gauge",
    "Until when the last good report of a job is young enough: from then on the next is late.",
    _CHECK,
)
HEARTBEAT_MISSING = Family(
    "waakvlam_heartbeat_missing_timestamp_seconds",
    "gauge",
    "When the grace after the last good report of a job ends: from then on the next is missing.",
    _CHECK,
)

COMPONENT_STATE = Family(
    "waakvlam_component_state",
    "gauge",
    "The state of a component: 1 at the state that holds (up, down, unknown).",
    ("id", "kind", "owner", "site", "state"),
)
LINK_STATE = Family(
    "waakvlam_link_state",
    "gauge",
    "The state of a link: 1 at the state that holds (up, down, unknown); between names the sites at its ends.",
    ("between", "id", "kind", "owner", "state"),
)
SERVICE_STATE = Family(
    "waakvlam_service_state",
    "gauge",
    "The state of a service: 1 at the state that holds (up, down, unknown).",
    ("agreement", "service", "state"),
)
STATE_SINCE = Family(
    "waakvlam_state_since_timestamp_seconds",
    "gauge",
    "Since when a component, link or service has the state it has; absent where it never had another.",
    ("id",),
)
PART_DEGRADED = Family(
    "waakvlam_part_degraded",
    "gauge",
    "Whether a component or link is up but worse than it should be (1) or not (0).",
    ("id", "kind", "owner", "site"),
)
SERVICE_DEGRADED = Family(
    "waakvlam_service_degraded",
    "gauge",
    "Whether a service is up but worse than it should be (1) or not (0).",
    ("agreement", "service"),
)
SERVICE_IN_WINDOW = Family(
    "waakvlam_service_in_window",
    "gauge",
    "Whether it is agreed service time now (1) or not (0).",
    ("agreement", "service"),
)
SERVICE_WINDOW_CHANGE = Family(
    "waakvlam_service_window_change_timestamp_seconds",
    "gauge",
    "When agreed service time begins or ends next; absent where not within two weeks.",
    ("agreement", "service"),
)
SERVICE_EXCUSED = Family(
    "waakvlam_service_excused",
    "gauge",
    "Whether it is not up only because of what the agreement excuses now (1) or not (0).",
    ("agreement", "service"),
)
REDUNDANCY_LEFT = Family(
    "waakvlam_redundancy_left",
    "gauge",
    "How many more of the parts it names may fail, whichever they are, before it is not up; absent where it is not up.",
    ("id",),
)
REDUNDANCY_FULL = Family(
    "waakvlam_redundancy_full", "gauge", "How many of the parts it names may fail while all of them are up.", ("id",)
)

SERVICE_AVAILABILITY = Family(
    "waakvlam_service_availability_ratio", "gauge", "Availability within agreed hours: up / (up + down).", _SERVICE
)
SERVICE_AVAILABILITY_LOW = Family(
    "waakvlam_service_availability_ratio_low", "gauge", "Availability if every unwatched minute was down.", _SERVICE
)
SERVICE_AVAILABILITY_HIGH = Family(
    "waakvlam_service_availability_ratio_high", "gauge", "Availability if every unwatched minute was up.", _SERVICE
)
SERVICE_NORM = Family("waakvlam_service_norm_ratio", "gauge", "The availability that was agreed.", _SERVICE)
SERVICE_COVERAGE = Family(
    "waakvlam_service_coverage_ratio", "gauge", "The share of agreed time that was watched.", _SERVICE
)
SERVICE_UP = Family("waakvlam_service_up_seconds", "gauge", "Agreed time so far in which it was up.", _SERVICE)
SERVICE_DOWN = Family("waakvlam_service_down_seconds", "gauge", "Agreed time so far in which it was down.", _SERVICE)
SERVICE_UNKNOWN = Family(
    "waakvlam_service_unknown_seconds", "gauge", "Agreed time so far in which nobody knew how it was.", _SERVICE
)
SERVICE_EXCLUDED = Family(
    "waakvlam_service_excluded_seconds", "gauge", "Agreed time so far that the agreement leaves out.", _SERVICE
)
SERVICE_BUDGET = Family(
    "waakvlam_service_budget_seconds", "gauge", "Time that may be down in the whole period.", _SERVICE
)
SERVICE_BUDGET_LEFT = Family(
    "waakvlam_service_budget_left_seconds",
    "gauge",
    "The budget less what was down; negative where overdrawn.",
    _SERVICE,
)
SERVICE_VERDICT = Family(
    "waakvlam_service_verdict",
    "gauge",
    "The verdict on a period: 1 at the one that holds (met, missed, undetermined, pending, no_data).",
    ("agreement", "period", "service", "verdict"),
)
JUDGED_AT = Family("waakvlam_judged_timestamp_seconds", "gauge", "Up to when the figures of services were judged last.")

FAILOVER_EVENT_ACTIVE = Family(
    "waakvlam_failover_event_active",
    "gauge",
    "Whether the primary of a pair is out of service now (1) or not (0).",
    _PAIR,
)
FAILOVER_TAKEOVER = Family(
    "waakvlam_failover_takeover_seconds", "gauge", "Longest interruption of the last failover event, so far.", _PAIR
)
FAILOVER_DEADLINE = Family(
    "waakvlam_failover_deadline_timestamp_seconds",
    "gauge",
    "When the interruption that lasts now becomes longer than agreed; absent without one.",
    _PAIR,
)
FAILOVER_WITHIN = Family("waakvlam_failover_within_seconds", "gauge", "How long a takeover may take.", _PAIR)
FAILOVER_PROTECTED = Family(
    "waakvlam_failover_protected", "gauge", "Whether the standby is up (1) or down (0); absent where unknown.", _PAIR
)
FAILOVER_PROTECTED_RATIO = Family(
    "waakvlam_failover_protected_ratio",
    "gauge",
    "The share of the running month in which the standby was up, out of the time in which that was known.",
    _PAIR,
)
FAILOVER_LAST_TEST = Family(
    "waakvlam_failover_last_test_timestamp_seconds", "gauge", "When the last failover test began.", _PAIR
)
FAILOVER_TEST_DUE = Family(
    "waakvlam_failover_test_due_timestamp_seconds",
    "gauge",
    "Until when the next failover test must have begun; absent where none is required.",
    _PAIR,
)
MAINTENANCE_ACTIVE = Family(
    "waakvlam_maintenance_active", "gauge", "Whether recorded maintenance affects this part or service now.", ("id",)
)

SCHEDULE_LATENESS = Family(
    "waakvlam_schedule_lateness_seconds", "histogram", "How long after its scheduled instant a look began."
)
SCHEDULE_KEEPS_PACE = Family(
    "waakvlam_schedule_keeps_pace",
    "gauge",
    "Whether the schedule does all that signs of life are given for (1) or not (0).",
)
PROBES_IN_FLIGHT = Family("waakvlam_probes_in_flight", "gauge", "Looks that have begun and not ended.")
PROBES_SKIPPED = Family(
    "waakvlam_probes_skipped_total", "counter", "Scheduled looks left out: the one before had not ended."
)
PROBE_BUGS = Family("waakvlam_probe_bugs_total", "counter", "Exceptions that escaped from a probe.")
BACKGROUND_FAILURES = Family(
    "waakvlam_background_failures_total",
    "counter",
    "Exceptions that ended work beside probing and storing: judging, mending, housekeeping, following "
    "maintenance, registering certificates, following heartbeats, receiving traps, paging or giving signs of "
    "life.",
    ("task",),
)
TRAPS = Family(
    "waakvlam_traps_total",
    "counter",
    "Datagrams received as traps of SNMP, by what came of them: used, other, stranger, refused, unreadable or flood.",
    ("outcome",),
)
LICENCE_UNTIL = Family(
    "waakvlam_licence_until_timestamp_seconds",
    "gauge",
    "When a licence of the register ends; one that does not end has none.",
    ("id",),
)
PAGES_OPEN = Family(
    "waakvlam_pages_open",
    "gauge",
    "Pages that are not over, by whether somebody took them up (yes, no).",
    ("acknowledged",),
)
PAGES_PENDING = Family("waakvlam_pages_pending", "gauge", "Notices to people that are still to be delivered.")
PAGE_DELIVERIES = Family(
    "waakvlam_page_deliveries_total",
    "counter",
    "Attempts to tell somebody, by channel and by what came of them: sent or failed.",
    ("channel", "outcome"),
)
PAGE_OLDEST = Family(
    "waakvlam_page_oldest_unacknowledged_seconds",
    "gauge",
    "How long the oldest page waits that nobody took up; 0 without one.",
)
DEADMAN_PINGS = Family(
    "waakvlam_deadman_pings_total",
    "counter",
    "Signs of life for the place outside the site, by what came of them: sent, failed or held_back.",
    ("outcome",),
)
DEADMAN_LAST = Family(
    "waakvlam_deadman_last_timestamp_seconds", "gauge", "When the last sign of life got to the place outside the site."
)
CLOCK_JUMPS = Family("waakvlam_clock_jumps_total", "counter", "Jumps of the wall clock that were noticed.")
STORE_HEALTHY = Family("waakvlam_store_healthy", "gauge", "Whether the last flush of facts to the store succeeded.")
STORE_FLUSH = Family("waakvlam_store_flush_seconds", "gauge", "How long the last flush of facts to the store took.")
STORE_PENDING = Family("waakvlam_store_pending_observations", "gauge", "Observations that wait to be stored.")
CONFIG_RELOAD_SUCCESS = Family(
    "waakvlam_config_reload_success", "gauge", "Whether the last attempt to read the configuration succeeded."
)
CONFIG_RELOAD_AT = Family(
    "waakvlam_config_reload_timestamp_seconds", "gauge", "When the configuration in use was read."
)
ESTATE_FINGERPRINT = Family(
    "waakvlam_estate_fingerprint",
    "gauge",
    "A number for what alert rules are written from: rules that expect another one are out of date.",
)
BUILD_INFO = Family(
    "waakvlam_build_info", "gauge", "Always 1: the version of waakvlam and of Python.", ("python", "version")
)

FAMILIES: tuple[Family, ...] = (
    CHECK_UP,
    CHECK_LATENCY,
    CHECK_PHASE,
    CHECK_LOSS,
    CHECK_JITTER,
    CHECK_OUTCOMES,
    CERTIFICATE_NOT_AFTER,
    CHECK_MEASURE,
    HEARTBEAT_LAST,
    HEARTBEAT_DUE,
    HEARTBEAT_MISSING,
    COMPONENT_STATE,
    LINK_STATE,
    SERVICE_STATE,
    STATE_SINCE,
    PART_DEGRADED,
    SERVICE_DEGRADED,
    SERVICE_IN_WINDOW,
    SERVICE_WINDOW_CHANGE,
    SERVICE_EXCUSED,
    REDUNDANCY_LEFT,
    REDUNDANCY_FULL,
    SERVICE_AVAILABILITY,
    SERVICE_AVAILABILITY_LOW,
    SERVICE_AVAILABILITY_HIGH,
    SERVICE_NORM,
    SERVICE_COVERAGE,
    SERVICE_UP,
    SERVICE_DOWN,
    SERVICE_UNKNOWN,
    SERVICE_EXCLUDED,
    SERVICE_BUDGET,
    SERVICE_BUDGET_LEFT,
    SERVICE_VERDICT,
    JUDGED_AT,
    FAILOVER_EVENT_ACTIVE,
    FAILOVER_TAKEOVER,
    FAILOVER_DEADLINE,
    FAILOVER_WITHIN,
    FAILOVER_PROTECTED,
    FAILOVER_PROTECTED_RATIO,
    FAILOVER_LAST_TEST,
    FAILOVER_TEST_DUE,
    MAINTENANCE_ACTIVE,
    SCHEDULE_LATENESS,
    SCHEDULE_KEEPS_PACE,
    PROBES_IN_FLIGHT,
    PROBES_SKIPPED,
    PROBE_BUGS,
    BACKGROUND_FAILURES,
    TRAPS,
    LICENCE_UNTIL,
    PAGES_OPEN,
    PAGES_PENDING,
    PAGE_DELIVERIES,
    PAGE_OLDEST,
    DEADMAN_PINGS,
    DEADMAN_LAST,
    CLOCK_JUMPS,
    STORE_HEALTHY,
    STORE_FLUSH,
    STORE_PENDING,
    CONFIG_RELOAD_SUCCESS,
    CONFIG_RELOAD_AT,
    ESTATE_FINGERPRINT,
    BUILD_INFO,
    *AGENT_FAMILIES,
    *CENTRE_FAMILIES,
)
"""In the order in which /metrics writes them."""
