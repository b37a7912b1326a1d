"""When each alert fires and when it is silent: what the collector says, and which alerts there are then.

Time begins at 0 in a test of promtool, and a sample comes every minute; `_x5` in values repeats one.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import alert_names as alerts

DAY = 86_400


@dataclass(frozen=True)
class Case:
    """What is said (series to values), and at `at` the ids for which `alert` fires, with severity and hours."""

    alert: str
    series: dict[str, str]
    fires: frozenset[str] = frozenset()
    at: str = "10m"


def component(id_: str, values: str, state: str = "down", site: str = "") -> dict[str, str]:
    return {f'waakvlam_component_state{{id="{id_}",state="{state}",site="{site}"}}': values}


def link(id_: str, values: str, state: str = "down") -> dict[str, str]:
    return {f'waakvlam_link_state{{id="{id_}",state="{state}"}}': values}


def service(id_: str, values: str, state: str = "down") -> dict[str, str]:
    return {f'waakvlam_service_state{{agreement="norm",service="{id_}",state="{state}"}}': values}


def hours(inside: str, change: str = "86400x20") -> dict[str, str]:
    """The hours of both services."""
    return {
        f'waakvlam_{name}{{agreement="norm",service="{id_}"}}': values
        for id_ in ("brp", "archief")
        for name, values in (
            ("service_in_window", inside),
            ("service_window_change_timestamp_seconds", change.replace("x20", "+0x20")),
        )
    }


def maintenance(id_: str, values: str = "1x20") -> dict[str, str]:
    return {f'waakvlam_maintenance_active{{id="{id_}"}}': values}


def pair(**said: str) -> dict[str, str]:
    return {f'waakvlam_failover_{name}{{pair="uitwijk"}}': values for name, values in said.items()}


def period(**said: str) -> dict[str, str]:
    return {
        f'waakvlam_service_{name}{{agreement="norm",period="current",service="brp"}}': values
        for name, values in said.items()
    }


def verdict(**said: str) -> dict[str, str]:
    return {
        f'waakvlam_service_verdict{{agreement="norm",period="current",service="brp",verdict="{name}"}}': values
        for name, values in said.items()
    }


def job(check: str, part: str, due: int, missing: int, failed: bool = False) -> dict[str, str]:
    """A job that reported well once: when the next report is due, and missing, and whether the last was a failure."""
    labels = f'{{check="{check}",part="{part}",probe="heartbeat",vantage="noord"}}'
    return {
        f"waakvlam_heartbeat_due_timestamp_seconds{labels}": f"{due}x20",
        f"waakvlam_heartbeat_missing_timestamp_seconds{labels}": f"{missing}x20",
        f"waakvlam_heartbeat_last_timestamp_seconds{labels}": "0x20",
        f"waakvlam_check_up{labels}": "1x20",
        f'waakvlam_part_degraded{{id="{part}"}}': f"{int(failed)}x20",
    }


def never_reported(check: str, up: int) -> dict[str, str]:
    return {f'waakvlam_check_up{{check="{check}",probe="heartbeat"}}': f"{up}x20"}


def certificate(part: str, check: str, not_after: int) -> dict[str, str]:
    return {f'waakvlam_certificate_not_after_timestamp_seconds{{check="{check}",part="{part}"}}': f"{not_after}x20"}


def licence(until: int) -> dict[str, str]:
    return {'waakvlam_licence_until_timestamp_seconds{id="kantoor"}': f"{until}x20"}


def agent(name: str, values: str, **labels: str) -> dict[str, str]:
    told = {"agent": "zuid", "vantage": "zuid", **labels}
    inside = ",".join(f'{label}="{value}"' for label, value in sorted(told.items()))
    return {f"waakvlam_agent_{name}{{{inside}}}": values}


def collector(name: str, values: str, labels: str = 'instance="a:9770"') -> dict[str, str]:
    return {f"waakvlam_{name}{{{labels}}}": values}


def up(values: str) -> dict[str, str]:
    return {'up{instance="a:9770",job="waakvlam"}': values}


def only(*fires: str) -> frozenset[str]:
    return frozenset(fires)


def lateness(in_time: str, looks: str, skipped: str) -> dict[str, str]:
    return {
        'waakvlam_schedule_lateness_seconds_bucket{instance="a:9770",le="1.0"}': in_time,
        'waakvlam_schedule_lateness_seconds_count{instance="a:9770"}': looks,
        'waakvlam_probes_skipped_total{instance="a:9770"}': skipped,
    }


UP_OF_NOORD = component("backup", "1x20", "up", "noord")
JUST_RUNNING = pair(event_active="1x20")

CASES: dict[str, Case] = {
    "most of a data centre is down, whatever its jobs say": Case(
        alerts.DATACENTRE_DOWN,
        component("app-noord", "1x20", "down", "noord") | component("db-noord", "1x20", "down", "noord") | UP_OF_NOORD,
        only("noord critical none"),
    ),
    "most of a data centre was down, and nothing there is seen since": Case(
        alerts.DATACENTRE_DOWN,
        component("app-noord", "1x3 0x20", "down", "noord")
        | component("db-noord", "1x3 0x20", "down", "noord")
        | component("app-noord", "0x20", "up", "noord")
        | component("app-noord", "0x3 1x20", "unknown", "noord"),
        only("noord critical none"),
    ),
    "most of a data centre was down, and something there is up": Case(
        alerts.DATACENTRE_DOWN,
        component("app-noord", "1x3 0x20", "down", "noord")
        | component("db-noord", "1x3 0x20", "down", "noord")
        | component("app-noord", "0x3 1x20", "up", "noord"),
    ),
    "half of a data centre is not most of it": Case(
        alerts.DATACENTRE_DOWN,
        component("app-noord", "1x20", "down", "noord")
        | component("db-noord", "0x20", "down", "noord")
        | component("db-noord", "1x20", "up", "noord"),
    ),
    "what is under maintenance does not bring a data centre down": Case(
        alerts.DATACENTRE_DOWN,
        component("app-noord", "1x20", "down", "noord")
        | component("db-noord", "1x20", "down", "noord")
        | maintenance("db-noord"),
    ),
    "what nobody sees is not down": Case(
        alerts.DATACENTRE_DOWN,
        component("app-noord", "1x20", "unknown", "noord") | component("db-noord", "1x20", "unknown", "noord"),
    ),
    "a link is down within hours": Case(
        alerts.LINK_DOWN, link("ring", "0x5 1x20") | hours("1x20"), only("ring critical true")
    ),
    "a link is down at the first evaluation after it is told": Case(
        alerts.LINK_DOWN, link("ring", "0x9 1x20") | hours("1x20"), only("ring critical true"), "10m"
    ),
    "a link is down outside hours": Case(
        alerts.LINK_DOWN, link("ring", "1x20") | hours("0x20"), only("ring warning false")
    ),
    "an hour before hours begin counts as within them": Case(
        alerts.LINK_DOWN, link("ring", "1x20") | hours("0x20", "4100x20"), only("ring critical true")
    ),
    "hours of which nothing is known are agreed": Case(
        alerts.LINK_DOWN, link("ring", "1x20"), only("ring critical true")
    ),
    "a link under maintenance": Case(alerts.LINK_DOWN, link("ring", "1x20") | maintenance("ring")),
    "maintenance that is over": Case(
        alerts.LINK_DOWN, link("ring", "1x20") | maintenance("ring", "1x5 0x20"), only("ring critical true")
    ),
    "maintenance of something else": Case(
        alerts.LINK_DOWN, link("ring", "1x20") | maintenance("line"), only("ring critical true")
    ),
    "a link came back": Case(alerts.LINK_DOWN, link("ring", "1x9 0x20") | hours("1x20")),
    "a link is down, and the collector cannot be asked": Case(
        alerts.LINK_DOWN, link("ring", "1x2 stale _x20") | hours("1x20"), only("ring critical true")
    ),
    "a link of which nothing was heard for long": Case(
        alerts.LINK_DOWN, link("ring", "1x2 stale _x20") | hours("1x20"), at="14m"
    ),
    "of two collectors one sees a link down": Case(
        alerts.LINK_DOWN,
        {
            'waakvlam_link_state{id="ring",instance="a",state="down"}': "1x20",
            'waakvlam_link_state{id="ring",instance="b",state="down"}': "0x20",
        },
        only("ring critical true"),
    ),
    "a link is up": Case(alerts.LINK_DOWN, link("ring", "0x20") | link("ring", "1x20", "up")),
    "a link is degraded": Case(
        alerts.LINK_DEGRADED, {'waakvlam_part_degraded{id="ring"}': "1x20"}, only("ring warning none")
    ),
    "a link that is no longer degraded goes on for a while": Case(
        alerts.LINK_DEGRADED, {'waakvlam_part_degraded{id="ring"}': "1x6 0x20"}, only("ring warning none")
    ),
    "a link has not been degraded for long": Case(
        alerts.LINK_DEGRADED, {'waakvlam_part_degraded{id="ring"}': "1x2 0x20"}
    ),
    "a component with a twin is down: nobody is woken": Case(
        alerts.COMPONENT_DOWN, component("db-noord", "1x20") | hours("1x20"), only("db-noord warning none")
    ),
    "a component without a twin is down": Case(
        alerts.COMPONENT_DOWN, component("function", "1x20") | hours("1x20"), only("function critical true")
    ),
    "a component is up": Case(alerts.COMPONENT_DOWN, component("function", "1x20", "up")),
    "a component is degraded": Case(
        alerts.COMPONENT_DEGRADED, {'waakvlam_part_degraded{id="copier"}': "1x20"}, only("copier warning none")
    ),
    "a component is as it should be": Case(alerts.COMPONENT_DEGRADED, {'waakvlam_part_degraded{id="copier"}': "0x20"}),
    "a service is down within hours": Case(
        alerts.SERVICE_DOWN, service("brp", "1x20") | hours("1x20"), only("brp critical true")
    ),
    "a service is down outside hours": Case(
        alerts.SERVICE_DOWN, service("brp", "1x20") | hours("0x20"), only("brp warning false")
    ),
    "a service of priority 3 is down within hours": Case(
        alerts.SERVICE_DOWN, service("archief", "1x20") | hours("1x20"), only("archief critical true")
    ),
    "a service was down, and nobody has known since": Case(
        alerts.SERVICE_DOWN,
        service("brp", "1x3 0x20") | service("brp", "0x3 1x20", "unknown") | hours("1x20"),
        only("brp critical true"),
    ),
    "a service was down, and of two collectors one sees it up": Case(
        alerts.SERVICE_DOWN,
        service("brp", "1x3 0x20")
        | service("brp", "0x3 1x20", "unknown")
        | {'waakvlam_service_state{agreement="norm",instance="b",service="brp",state="up"}': "0x4 1x20"}
        | hours("1x20"),
    ),
    "a service was down, nobody knew, and nothing is said of it for long": Case(
        alerts.SERVICE_DOWN,
        service("brp", "1x3 0 stale _x20") | service("brp", "0x3 1 stale _x20", "unknown") | hours("1x20"),
        at="17m",
    ),
    "a service was down, nobody knew, and it is up": Case(
        alerts.SERVICE_DOWN,
        service("brp", "1x3 0x20") | service("brp", "0x3 1x4 0x20", "unknown") | hours("1x20"),
    ),
    "a service was up, and nobody knows": Case(
        alerts.SERVICE_DOWN,
        service("brp", "0x20") | service("brp", "0x3 1x20", "unknown") | hours("1x20"),
    ),
    "a service was down, was up, and nobody knows": Case(
        alerts.SERVICE_DOWN,
        service("brp", "1x3 0x20") | service("brp", "0x6 1x20", "unknown") | hours("1x20"),
    ),
    "a service is down by what the agreement excuses": Case(
        alerts.SERVICE_DOWN,
        service("brp", "1x20") | hours("1x20") | {'waakvlam_service_excused{agreement="norm",service="brp"}': "1x20"},
    ),
    "a service under maintenance": Case(
        alerts.SERVICE_DOWN, service("brp", "1x20") | hours("1x20") | maintenance("brp")
    ),
    "a service of which nobody knows": Case(
        alerts.SERVICE_UNWATCHED, service("brp", "1x20", "unknown"), only("brp warning none")
    ),
    "a service of which nobody knows yet": Case(alerts.SERVICE_UNWATCHED, service("brp", "1x20", "unknown"), at="4m"),
    "a service that is degraded": Case(
        alerts.SERVICE_DEGRADED,
        {'waakvlam_service_degraded{agreement="norm",service="brp"}': "1x20"},
        only("brp warning none"),
    ),
    "a service that is not degraded": Case(
        alerts.SERVICE_DEGRADED, {'waakvlam_service_degraded{agreement="norm",service="brp"}': "0x20"}
    ),
    "redundancy is lost": Case(
        alerts.REDUNDANCY_LOST,
        {'waakvlam_redundancy_left{id="pool"}': "0x20", 'waakvlam_redundancy_full{id="pool"}': "1x20"},
        only("pool warning none"),
    ),
    "redundancy is whole": Case(
        alerts.REDUNDANCY_LOST,
        {'waakvlam_redundancy_left{id="pool"}': "1x20", 'waakvlam_redundancy_full{id="pool"}': "1x20"},
    ),
    "what is down has no redundancy to lose": Case(
        alerts.REDUNDANCY_LOST, {'waakvlam_redundancy_full{id="pool"}': "1x20"}
    ),
    "the standby delivers": Case(alerts.FAILOVER_RUNNING, JUST_RUNNING, only("uitwijk warning none")),
    "nothing delivers, which is another alert": Case(
        alerts.FAILOVER_RUNNING, JUST_RUNNING | pair(deadline_timestamp_seconds="14400x20")
    ),
    "an announced test runs": Case(alerts.FAILOVER_RUNNING, JUST_RUNNING | maintenance("app-noord")),
    "the function is interrupted": Case(
        alerts.FAILOVER_INTERRUPTED,
        JUST_RUNNING | pair(deadline_timestamp_seconds="14400x20"),
        only("uitwijk critical none"),
    ),
    "the function is interrupted, and the collector cannot be asked": Case(
        alerts.FAILOVER_INTERRUPTED,
        pair(event_active="1x2 stale _x20", deadline_timestamp_seconds="14400x2 stale _x20"),
        only("uitwijk critical none"),
    ),
    "the function was restored": Case(
        alerts.FAILOVER_INTERRUPTED, JUST_RUNNING | pair(deadline_timestamp_seconds="14400x4 stale _x20")
    ),
    "the function is interrupted in an announced test": Case(
        alerts.FAILOVER_INTERRUPTED,
        JUST_RUNNING | pair(deadline_timestamp_seconds="14400x20") | maintenance("uitwijk"),
    ),
    "half of the term is gone, also of a test": Case(
        alerts.FAILOVER_HALFWAY,
        JUST_RUNNING | pair(deadline_timestamp_seconds="7700x20") | maintenance("uitwijk"),
        only("uitwijk critical none"),
    ),
    "not half of the term is gone": Case(
        alerts.FAILOVER_HALFWAY, JUST_RUNNING | pair(deadline_timestamp_seconds="7900x20")
    ),
    "the term is over": Case(
        alerts.FAILOVER_OVERDUE, JUST_RUNNING | pair(deadline_timestamp_seconds="540x20"), only("uitwijk critical none")
    ),
    "the term is over in this very second": Case(
        alerts.FAILOVER_OVERDUE, JUST_RUNNING | pair(deadline_timestamp_seconds="600x20")
    ),
    "the standby is down": Case(alerts.PAIR_UNPROTECTED, pair(protected="0x20"), only("uitwijk warning none")),
    "the standby is up": Case(alerts.PAIR_UNPROTECTED, pair(protected="1x20")),
    "of the standby nothing is known": Case(alerts.PAIR_UNPROTECTED, pair(event_active="0x20")),
    "a test is due within thirty days": Case(
        alerts.FAILOVER_TEST_DUE, pair(test_due_timestamp_seconds=f"{29 * DAY}x20"), only("uitwijk warning none")
    ),
    "a test is due later": Case(alerts.FAILOVER_TEST_DUE, pair(test_due_timestamp_seconds=f"{31 * DAY}x20")),
    "a test that is overdue is not due any more": Case(
        alerts.FAILOVER_TEST_DUE, pair(test_due_timestamp_seconds="30x20")
    ),
    "a test is overdue": Case(
        alerts.FAILOVER_TEST_OVERDUE, pair(test_due_timestamp_seconds="30x20"), only("uitwijk warning none")
    ),
    "a test is not overdue": Case(alerts.FAILOVER_TEST_OVERDUE, pair(test_due_timestamp_seconds="3000x20")),
    "a backup is late": Case(alerts.BACKUP_LATE, job("backup-daily", "backup", 300, 9000), only("backup warning none")),
    "a backup is not late yet": Case(alerts.BACKUP_LATE, job("backup-daily", "backup", 700, 9000)),
    "a backup that is missing is not late": Case(alerts.BACKUP_LATE, job("backup-daily", "backup", 60, 61), at="15m"),
    "a backup is missing": Case(
        alerts.BACKUP_MISSING, job("backup-daily", "backup", 300, 600), only("backup warning none")
    ),
    "a backup that never came is missing": Case(
        alerts.BACKUP_MISSING, never_reported("backup-daily", 0), only("backup warning none")
    ),
    "a backup is in its grace": Case(alerts.BACKUP_MISSING, job("backup-daily", "backup", 300, 660)),
    "a backup failed": Case(
        alerts.BACKUP_FAILED, job("backup-daily", "backup", 9000, 9600, failed=True), only("backup warning none")
    ),
    "a backup that is late did not say that it failed": Case(
        alerts.BACKUP_FAILED, job("backup-daily", "backup", 30, 9600, failed=True)
    ),
    "a restore test is due": Case(
        alerts.RESTORE_TEST_DUE,
        job("restore-quarterly", "restore", 13 * DAY, 13 * DAY),
        only("restore warning none"),
    ),
    "a restore test has time": Case(alerts.RESTORE_TEST_DUE, job("restore-quarterly", "restore", 15 * DAY, 15 * DAY)),
    "a restore test is overdue": Case(
        alerts.RESTORE_TEST_OVERDUE, job("restore-quarterly", "restore", 300, 300), only("restore warning none")
    ),
    "a restore test is not overdue": Case(alerts.RESTORE_TEST_OVERDUE, job("restore-quarterly", "restore", 3000, 3000)),
    "a restore test failed": Case(
        alerts.RESTORE_TEST_FAILED,
        job("restore-quarterly", "restore", 3000, 3000, failed=True),
        only("restore warning none"),
    ),
    "a restore test succeeded": Case(alerts.RESTORE_TEST_FAILED, job("restore-quarterly", "restore", 3000, 3000)),
    "a scan is late": Case(alerts.JOB_LATE, job("scan-monthly", "scan", 300, 9000), only("scan warning none")),
    "a scan is on time": Case(alerts.JOB_LATE, job("scan-monthly", "scan", 3000, 9000)),
    "a scan is missing": Case(alerts.JOB_MISSING, job("scan-monthly", "scan", 30, 60), only("scan warning none")),
    "a scan is awaited": Case(alerts.JOB_MISSING, {}),
    "a scan failed": Case(
        alerts.JOB_FAILED, job("scan-monthly", "scan", 3000, 9000, failed=True), only("scan warning none")
    ),
    "a scan did not fail": Case(alerts.JOB_FAILED, job("scan-monthly", "scan", 3000, 9000)),
    "a certificate ends within three weeks": Case(
        alerts.CERTIFICATE_EXPIRING, certificate("function", "function-http", 20 * DAY), only("function warning none")
    ),
    "a certificate ends within a week, which is another alert": Case(
        alerts.CERTIFICATE_EXPIRING, certificate("function", "function-http", 6 * DAY)
    ),
    "a certificate ends later": Case(alerts.CERTIFICATE_EXPIRING, certificate("function", "function-http", 22 * DAY)),
    "a certificate ends within a week": Case(
        alerts.CERTIFICATE_EXPIRING_SOON, certificate("function", "function-http", DAY), only("function warning none")
    ),
    "a certificate has more than a week": Case(
        alerts.CERTIFICATE_EXPIRING_SOON, certificate("function", "function-http", 8 * DAY)
    ),
    "a certificate has expired": Case(
        alerts.CERTIFICATE_EXPIRED, certificate("function", "function-http", 60), only("function critical none")
    ),
    "a certificate has not expired": Case(alerts.CERTIFICATE_EXPIRED, certificate("function", "function-http", 6000)),
    "a licence ends within thirty days": Case(alerts.LICENCE_ENDING, licence(29 * DAY), only("kantoor warning none")),
    "a licence ends later": Case(alerts.LICENCE_ENDING, licence(31 * DAY)),
    "a licence has ended": Case(alerts.LICENCE_ENDED, licence(60), only("kantoor warning none")),
    "a licence has not ended": Case(alerts.LICENCE_ENDED, licence(6000)),
    "half of a budget is gone too early": Case(
        alerts.BUDGET_BURNING,
        period(
            budget_left_seconds="490x20",
            budget_seconds="1000x20",
            availability_ratio_high="0.97x20",
            norm_ratio="0.98x20",
        ),
        only("brp warning none"),
    ),
    "half of a budget is gone, and more than half of the period": Case(
        alerts.BUDGET_BURNING,
        period(
            budget_left_seconds="490x20",
            budget_seconds="1000x20",
            availability_ratio_high="0.985x20",
            norm_ratio="0.98x20",
        ),
    ),
    "a single fault early in the period": Case(
        alerts.BUDGET_BURNING,
        period(
            budget_left_seconds="900x20",
            budget_seconds="1000x20",
            availability_ratio_high="0.5x20",
            norm_ratio="0.98x20",
        ),
    ),
    "little is left of a budget": Case(
        alerts.NORM_AT_RISK,
        period(budget_left_seconds="190x20", budget_seconds="1000x20") | verdict(pending="1x20"),
        only("brp warning none"),
    ),
    "little is left, and the norm is safe": Case(
        alerts.NORM_AT_RISK,
        period(budget_left_seconds="190x20", budget_seconds="1000x20") | verdict(pending="0x20", met="1x20"),
    ),
    "the norm is lost": Case(alerts.NORM_LOST, verdict(missed="1x20"), only("brp warning none")),
    "the norm of the last period was lost": Case(
        alerts.NORM_LOST,
        {
            'waakvlam_service_verdict{agreement="norm",period="previous",service="brp",verdict="missed"}': "1x20",
            **verdict(missed="0x20", pending="1x20"),
        },
    ),
    "too little was watched to prove the norm": Case(
        alerts.COVERAGE_LOW,
        period(down_seconds="200x20", unknown_seconds="900x20", budget_seconds="1000x20"),
        only("brp warning none"),
    ),
    "less than 95% was watched": Case(
        alerts.COVERAGE_LOW,
        period(
            up_seconds=f"{2 * DAY}x20",
            down_seconds="0x20",
            unknown_seconds="9000x20",
            budget_seconds="10000x20",
            coverage_ratio="0.94x20",
        ),
        only("brp warning none"),
    ),
    "enough was watched": Case(
        alerts.COVERAGE_LOW,
        period(
            up_seconds=f"{2 * DAY}x20",
            down_seconds="0x20",
            unknown_seconds="90x20",
            budget_seconds="1000x20",
            coverage_ratio="0.99x20",
        ),
    ),
    "a collector cannot be scraped": Case(alerts.COLLECTOR_GONE, up("1x2 0x20"), only("waakvlam critical none")),
    "nothing is scraped by that name": Case(alerts.COLLECTOR_GONE, {}, only("waakvlam critical none")),
    "a collector restarts": Case(alerts.COLLECTOR_GONE, up("1x8 0 1x20")),
    "a judgement is old": Case(
        alerts.JUDGEMENT_STALE, collector("judged_timestamp_seconds", "60x20"), only("waakvlam critical none")
    ),
    "nothing was judged since the start": Case(
        alerts.JUDGEMENT_STALE, collector("build_info", "1x20"), only("waakvlam critical none")
    ),
    "judgements are made": Case(
        alerts.JUDGEMENT_STALE, collector("judged_timestamp_seconds", "0+60x20") | collector("build_info", "1x20")
    ),
    "the schedule does not keep pace": Case(
        alerts.SCHEDULE_STUCK, collector("schedule_keeps_pace", "1x2 0x20"), only("waakvlam critical none")
    ),
    "the schedule keeps pace": Case(alerts.SCHEDULE_STUCK, collector("schedule_keeps_pace", "1x20")),
    "a sign of life did not get through": Case(
        alerts.DEADMAN_FAILING,
        collector("deadman_pings_total", "0x5 1x20", 'instance="a:9770",outcome="failed"'),
        only("waakvlam warning none"),
    ),
    "signs of life get through": Case(
        alerts.DEADMAN_FAILING, collector("deadman_pings_total", "0+1x20", 'instance="a:9770",outcome="sent"')
    ),
    "an agent is gone": Case(
        alerts.AGENT_GONE, agent("presence", "1x2 0x20", presence="here"), only("zuid warning none")
    ),
    "an agent restarts": Case(alerts.AGENT_GONE, agent("presence", "1x4 0x3 1x20", presence="here")),
    "the outbox of an agent fills": Case(
        alerts.AGENT_BACKLOG, agent("outbox_ratio", "0.51x20"), only("zuid warning none")
    ),
    "an agent gave up observations": Case(
        alerts.AGENT_BACKLOG,
        agent("outbox_ratio", "0.1x20") | agent("dropped_observations_total", "0x5 7x20"),
        only("zuid warning none"),
    ),
    "the outbox of an agent has room": Case(
        alerts.AGENT_BACKLOG, agent("outbox_ratio", "0.1x20") | agent("dropped_observations_total", "7x20")
    ),
    "messages of an agent are refused": Case(
        alerts.AGENT_REFUSED, agent("refused_total", "0x5 1x20", reason="clock"), only("zuid warning none")
    ),
    "messages of an agent were refused long ago": Case(
        alerts.AGENT_REFUSED, agent("refused_total", "1x20", reason="clock")
    ),
    "an agent uses another configuration": Case(
        alerts.AGENT_CONFIGURATION, agent("config_same", "0x20"), only("zuid warning none"), "12m"
    ),
    "an agent is about to take a configuration up": Case(
        alerts.AGENT_CONFIGURATION, agent("config_same", "1x4 0x5 1x20"), at="12m"
    ),
    "looks begin late": Case(
        alerts.SCHEDULE_LATE, lateness("0+98x20", "0+100x20", "0x20"), only("waakvlam warning none")
    ),
    "looks are left out": Case(
        alerts.SCHEDULE_LATE, lateness("0+100x20", "0+100x20", "0+2x20"), only("waakvlam warning none")
    ),
    "looks begin in time": Case(alerts.SCHEDULE_LATE, lateness("0+995x20", "0+1000x20", "0+1x20")),
    "facts cannot be stored": Case(
        alerts.STORE_FAILING, collector("store_healthy", "1x2 0x20"), only("waakvlam critical none")
    ),
    "a centre is heard by nobody": Case(
        alerts.CENTRE_GONE,
        collector("centre_heard", "1x2 0x20", 'centre="zuid",instance="a:9770"'),
        only("waakvlam warning none"),
        "10m",
    ),
    "a centre is heard by one of the others": Case(
        alerts.CENTRE_GONE,
        collector("centre_heard", "0x20", 'centre="zuid",instance="a:9770"')
        | collector("centre_heard", "1x20", 'centre="zuid",instance="b:9770"'),
        at="10m",
    ),
    "no centre leads": Case(
        alerts.NOBODY_LEADS,
        collector("leader", "1x2 0x20", 'centre="noord",instance="a:9770"')
        | collector("leader", "0x20", 'centre="zuid",instance="b:9770"'),
        only("waakvlam critical none"),
    ),
    "another centre leads": Case(
        alerts.NOBODY_LEADS,
        collector("leader", "1x2 0x20", 'centre="noord",instance="a:9770"')
        | collector("leader", "0x2 1x20", 'centre="zuid",instance="b:9770"'),
    ),
    "a flush failed once": Case(alerts.STORE_FAILING, collector("store_healthy", "1x9 0x20")),
    "a configuration was refused": Case(
        alerts.CONFIGURATION_REFUSED, collector("config_reload_success", "0x20"), only("waakvlam warning none")
    ),
    "a configuration was taken": Case(alerts.CONFIGURATION_REFUSED, collector("config_reload_success", "1x20")),
    "the collector watches something else": Case(
        alerts.RULES_OUTDATED, collector("estate_fingerprint", "12x20"), only("waakvlam warning none")
    ),
    "the collector watches what the rules know": Case(
        alerts.RULES_OUTDATED, collector("estate_fingerprint", "FINGERPRINTx20")
    ),
    "housekeeping failed": Case(
        alerts.BACKGROUND_FAILING,
        collector("background_failures_total", "0x5 1x20", 'instance="a:9770",task="housekeeping"'),
        only("waakvlam warning none"),
    ),
    "housekeeping works": Case(
        alerts.BACKGROUND_FAILING,
        collector("background_failures_total", "3x20", 'instance="a:9770",task="housekeeping"'),
    ),
    "the clock jumped": Case(
        alerts.CLOCK_JUMPED, collector("clock_jumps_total", "0x5 1x20"), only("waakvlam warning none")
    ),
    "the clock did not jump": Case(alerts.CLOCK_JUMPED, collector("clock_jumps_total", "1x20")),
    "a probe has a mistake": Case(
        alerts.PROBE_BUG, collector("probe_bugs_total", "0x5 1x20"), only("waakvlam warning none")
    ),
    "no probe has a mistake": Case(alerts.PROBE_BUG, collector("probe_bugs_total", "1x20")),
    "pages wait": Case(alerts.PAGES_WAITING, collector("pages_pending", "1x20"), only("waakvlam critical none")),
    "pages go out": Case(alerts.PAGES_WAITING, collector("pages_pending", "1x4 0x20")),
    "a channel fails": Case(
        alerts.PAGE_DELIVERY_FAILING,
        collector("page_deliveries_total", "0x5 1x20", 'channel="sms",outcome="failed"'),
        only("waakvlam warning none"),
    ),
    "a channel works": Case(
        alerts.PAGE_DELIVERY_FAILING,
        collector("page_deliveries_total", "0x5 1x20", 'channel="sms",outcome="sent"'),
    ),
    "the watchdog always speaks": Case(alerts.WATCHDOG, {}, only("waakvlam info none")),
}
"""By a sentence on what happens."""
