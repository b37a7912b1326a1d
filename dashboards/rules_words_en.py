"""What every alert says in English; rules_words_nl.py says the same in Dutch."""

from __future__ import annotations

from collections.abc import Mapping

from dashboards import alert_names as names
from dashboards.rules_model import Words

_LEFT = "{{ $value | humanizeDuration }}"
_RATIO = "{{ $value | humanizePercentage }}"

WORDS: Mapping[str, Words] = {
    names.DATACENTRE_DOWN: Words(
        "Data centre down: <name>",
        f"{_RATIO} of the components whose state is known there are down; one page stands for all of them.",
        "Decide whether this is a disaster, and begin the takeover by the disaster procedure.",
    ),
    names.LINK_DOWN: Words(
        "Link down: <name>",
        "The link does not carry traffic, from wherever it is looked at. What is behind it may be well and"
        " cannot be seen.",
        "Call the supplier of the line. What is behind the link needs nobody until the link is back.",
    ),
    names.LINK_DEGRADED: Words(
        "Link degraded: <name>",
        "The link works, with more loss, latency or jitter than was set for it.",
        "Look whether it gets worse, and report it to the supplier of the line.",
    ),
    names.COMPONENT_DOWN: Words(
        "Component down: <name>",
        "The component does not do what it should.",
        "See `waakvlam status` for the reason, and repair or restart it.",
    ),
    names.COMPONENT_DEGRADED: Words(
        "Component degraded: <name>",
        "The component works, and worse than was set for it.",
        "See `waakvlam status` for what is worse, before it fails.",
    ),
    names.SERVICE_DOWN: Words(
        "Service down: <name>",
        "Users cannot use the service, and no agreed work explains it. Outside agreed hours nobody is called for"
        " it until"
        " an hour before they begin.",
        "See `waakvlam status` for what it is down through, and restore that first.",
    ),
    names.SERVICE_UNWATCHED: Words(
        "Nobody knows how this service is: <name>",
        "For five minutes the service has been neither up nor down: what it rests on cannot be looked at.",
        "See `waakvlam status` for why: a vantage that is gone, a permission, a link. Unwatched time does not"
        " count as up.",
    ),
    names.SERVICE_DEGRADED: Words(
        "Service degraded: <name>",
        "The service works, and something that it cannot do without is worse than it should be.",
        "See `waakvlam status` for what that is, before users notice.",
    ),
    names.REDUNDANCY_LOST: Words(
        "Up with less redundancy: <name>",
        "It is up, and fewer of its parts may still fail than it was made for.",
        "Repair what failed before the rest does: no user notices anything yet.",
    ),
    names.FAILOVER_RUNNING: Words(
        "The standby delivers: <name>",
        "The primary is out of service, and the function is delivered all the same.",
        "Repair the primary: until then nothing takes over from the standby.",
    ),
    names.FAILOVER_INTERRUPTED: Words(
        "Function interrupted, the clock of <within> runs: <name>",
        f"The primary is out of service and nothing delivers. Of the agreed <within> {_LEFT} are left, and the"
        " clock runs"
        " day and night.",
        "Take over by the procedure, or restore the primary.",
    ),
    names.FAILOVER_HALFWAY: Words(
        "Function interrupted, half of <within> is gone: <name>",
        f"The function is interrupted; {_LEFT} are left of the agreed time.",
        "Take over now if the primary will not be back in time.",
    ),
    names.FAILOVER_OVERDUE: Words(
        "Function interrupted for longer than <within>: <name>",
        "The function is interrupted for longer than was agreed for a takeover.",
        "Restore it by whatever way there is, and tell the customers that the term was not met.",
    ),
    names.PAIR_UNPROTECTED: Words(
        "Failover pair unprotected: <name>",
        "The standby is down: if the primary fails now, nothing takes over.",
        "Repair the standby before the primary fails.",
    ),
    names.FAILOVER_TEST_DUE: Words(
        "Failover test due: <name>",
        f"The next test must begin within {_LEFT}.",
        "Announce it with `waakvlam maintenance add --category failover_test`, and test.",
    ),
    names.FAILOVER_TEST_OVERDUE: Words(
        "Failover test overdue: <name>",
        f"The test should have begun {_LEFT} ago.",
        "Announce it with `waakvlam maintenance add --category failover_test`, and test.",
    ),
    names.BACKUP_LATE: Words(
        "Backup late: <name>",
        f"The next good report should have come {_LEFT} ago, and its grace is not over.",
        "Look whether the backup still runs.",
    ),
    names.BACKUP_MISSING: Words(
        "Backup missing: <name>",
        "No good report came in time, or in its grace: more data can be lost than was agreed.",
        "Make the backup now, and note in the log book why it was missing.",
    ),
    names.BACKUP_FAILED: Words(
        "Backup failed: <name>",
        "The last report says that the backup failed. The one before it is still young enough.",
        "Read the detail with `waakvlam status`, and make the backup again before it is late.",
    ),
    names.RESTORE_TEST_DUE: Words(
        "Restore test due: <name>",
        f"The next test must be reported within {_LEFT}.",
        "Restore from a backup, and report it.",
    ),
    names.RESTORE_TEST_OVERDUE: Words(
        "Restore test overdue: <name>",
        "No good report of a restore test came in time: that backups can be restored is not proven.",
        "Restore from a backup, and report it.",
    ),
    names.RESTORE_TEST_FAILED: Words(
        "Restore test failed: <name>",
        "The last report says that a restore did not succeed: it may be that backups cannot be used.",
        "Find out why before a backup is needed, and test again.",
    ),
    names.JOB_LATE: Words(
        "Job late: <name>",
        f"The next good report should have come {_LEFT} ago, and its grace is not over.",
        "Look whether the job still runs.",
    ),
    names.JOB_MISSING: Words(
        "Job missing: <name>",
        "No good report came in time, or in its grace.",
        "Look why the job did not run or could not report, and run it.",
    ),
    names.JOB_FAILED: Words(
        "Job failed: <name>",
        "The last report says that the job failed. The one before it is still young enough.",
        "Read the detail with `waakvlam status`, and run the job again before it is late.",
    ),
    names.CERTIFICATE_EXPIRING: Words(
        "Certificate ends within 21 days: <name>",
        f"The certificate that check {{{{ $labels.check }}}} sees is valid for {_LEFT} more.",
        "Apply for the next one.",
    ),
    names.CERTIFICATE_EXPIRING_SOON: Words(
        "Certificate ends within 7 days: <name>",
        f"The certificate that check {{{{ $labels.check }}}} sees is valid for {_LEFT} more.",
        "Install the next one this week.",
    ),
    names.CERTIFICATE_EXPIRED: Words(
        "Certificate expired: <name>",
        "The certificate that check {{ $labels.check }} sees is no longer valid: clients that look at it refuse.",
        "Install a valid one now.",
    ),
    names.LICENCE_ENDING: Words(
        "Licence ends within 30 days: <name>",
        f"The register of licences says that it is good for {_LEFT} more.",
        "Renew it, or write down that it is no longer used.",
    ),
    names.LICENCE_ENDED: Words(
        "Licence ended: <name>",
        "The register of licences says that it is good no more.",
        "Renew it, or take what it is for out of use.",
    ),
    names.BUDGET_BURNING: Words(
        "Budget of downtime spent too fast: <name>",
        "Half of the time that may be down in this period is gone, and the period so far is below its norm of <norm>:"
        f" going on like this the norm is lost. Left: {_LEFT}.",
        "Find out what keeps failing, and put off work with a risk of downtime.",
    ),
    names.NORM_AT_RISK: Words(
        "Norm at risk: <name>",
        f"Less than a fifth is left of the time that may be down in this period: {_LEFT}. The norm is <norm>.",
        "Put off all work with a risk of downtime until the period is over, and warn who accounts for the service.",
    ),
    names.NORM_LOST: Words(
        "Norm lost: <name>",
        "Whatever the rest of the period brings, <norm> is not met any more.",
        "Report it at once to those who agreed on the service, with `waakvlam explain`.",
    ),
    names.COVERAGE_LOW: Words(
        "Watched too little: <name>",
        "So much of this period was not watched that the norm of <norm> may not be provable, or less than 95% of"
        " it was.",
        "See `waakvlam explain` for when and why, and import what another system measured, if there is any.",
    ),
    names.COLLECTOR_GONE: Words(
        "The collector does not answer",
        "Prometheus cannot ask {{ with $labels.instance }}the collector at {{ . }}{{ else }}any"
        " collector{{ end }}. What"
        " it told last holds for ten minutes; from then on nothing is known of what it watches.",
        "Start it again: `systemctl status waakvlam`. If nothing is wrong with it, look at the job in prometheus.yml.",
    ),
    names.JUDGEMENT_STALE: Words(
        "The collector judges no more",
        "States and figures of {{ $labels.instance }} are older than five minutes: what is on the screens is not now.",
        "Read its log, and start it again.",
    ),
    names.SCHEDULE_STUCK: Words(
        "The collector does not look any more",
        "The schedule at {{ $labels.instance }} does not keep pace: what it tells becomes unknown, and it holds back"
        " its signs of life.",
        "See what takes the processor of that machine, and start the collector again.",
    ),
    names.SCHEDULE_LATE: Words(
        "The collector looks too late",
        f"{_RATIO} of the looks at {{{{ $labels.instance }}}} began more than a second late or were left out, in ten"
        " minutes.",
        "Give it more processor, or let it look less often.",
    ),
    names.STORE_FAILING: Words(
        "The collector cannot store what it sees",
        "Facts of {{ $labels.instance }} wait: in a spool on disk, or without one in its memory, and then they are lost"
        " if it stops.",
        "Make room on the disk, or bring the database back. Do not restart the collector before that.",
    ),
    names.CENTRE_GONE: Words(
        "Centre is not heard: {{ $labels.centre }}",
        "No other centre on the same store has heard it for five minutes. The others page, with one less of them.",
        "See whether it runs and reaches the database. What it observes meanwhile comes in later.",
    ),
    names.NOBODY_LEADS: Words(
        "No centre leads, so nobody is paged",
        "Not one of the centres could take the lead for a minute: none of them reaches the database.",
        "Bring the database back, or the line to it. What is to be paged waits in Alertmanager.",
    ),
    names.CONFIGURATION_REFUSED: Words(
        "The collector refused its configuration",
        "{{ $labels.instance }} goes on with the configuration that it had.",
        "Run `waakvlam check`, repair what it names, and reload.",
    ),
    names.RULES_OUTDATED: Words(
        "These rules are not those of the configuration",
        "{{ $labels.instance }} watches something else than these rules were written from: what is new pages nobody.",
        "Run `waakvlam rules` and `waakvlam alertmanager` again, and let Prometheus and Alertmanager reload.",
    ),
    names.BACKGROUND_FAILING: Words(
        "The collector fails at {{ $labels.task }}",
        "Work beside probing and storing ended by a mistake of the program at {{ $labels.instance }}. It is"
        " begun anew.",
        "Read the log, and report it with what it says.",
    ),
    names.CLOCK_JUMPED: Words(
        "The clock of the collector jumped",
        "The wall clock of {{ $labels.instance }} was set. Looks of those moments are left out of every judgement.",
        "Look whether NTP works there.",
    ),
    names.PROBE_BUG: Words(
        "A probe has a mistake",
        "Looks at {{ $labels.instance }} ended by a mistake of the program, and count as not looked.",
        "Read the log, and report it with what it says.",
    ),
    names.DEADMAN_FAILING: Words(
        "The place outside hears no sign of life",
        "Signs of life of {{ $labels.instance }} do not get through: the place outside will raise the alarm.",
        "See the log for what it answers: a proxy, a certificate, an address that changed.",
    ),
    names.AGENT_GONE: Words(
        "Agent not there: <name>",
        "For five minutes nothing has been heard of the agent. What only it looks at becomes unknown; what it sees"
        " meanwhile it keeps, and hands in later.",
        "See whether it runs and reaches the broker.",
    ),
    names.AGENT_BACKLOG: Words(
        "Agent has more than it can hand in: <name>",
        "More than half of its outbox is taken, or it gave up observations because the outbox was full.",
        "See why the centre does not acknowledge: the broker, the store, or `waakvlam ingest`.",
    ),
    names.AGENT_REFUSED: Words(
        "Messages of an agent are refused: <name>",
        "The centre did not take messages of this agent, because: {{ $labels.reason }}.",
        "Look up the reason in docs/protocol.md: a clock, a version, or somebody who speaks in its name.",
    ),
    names.AGENT_CONFIGURATION: Words(
        "Agent uses another configuration: <name>",
        "For ten minutes the agent has looked by another configuration than the centre judges by.",
        "Give it the same file, or let the centre hand it out.",
    ),
    names.PAGES_WAITING: Words(
        "Pages wait to be delivered",
        "Messages that should have gone out at {{ $labels.instance }} have waited for five minutes or more.",
        "Call who is on duty, and see whether mail or the gateway is down.",
    ),
    names.PAGE_DELIVERY_FAILING: Words(
        "Pages cannot be delivered by {{ $labels.channel }}",
        "Messages by this channel were refused or got no answer; they are tried again, and by the next channel.",
        "See the log for what the channel answers.",
    ),
    names.WATCHDOG: Words(
        "The chain of alerts works",
        "This alert is always there. When it does not arrive any more at the place outside, nothing else does.",
        "While it arrives there is nothing to do.",
    ),
}
