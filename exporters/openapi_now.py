"""The OpenAPI operations of what the face tells of now, of the report, and of the door for jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from availability.agents import AgentPresence
from exporters.history_rows import FAILOVERS, FIGURES, VERDICT
from exporters.openapi import (
    NOT_NOW,
    Schema,
    answers,
    body,
    flag,
    instant,
    listed,
    or_none,
    parameter,
    ratio,
    seconds,
    shaped,
    text,
    whole,
)

_STATE = text("How it stands.", "up", "down", "unknown")
_SINCE = or_none(instant("Since when; null where it was never otherwise."))
_DEGRADED: Schema = {
    "description": "Null unless it is up and worse than it should be.",
    **or_none(shaped({"reason": text("Why, in a word."), "detail": text("In more words."), "since": _SINCE})),
}
_DIRECTION = shaped(
    {
        "from": text("The site that looks."),
        "to": text("The site at the other end."),
        "vantages": listed(text("A vantage at that site.")),
        "state": _STATE,
        "since": _SINCE,
        "degraded": flag("Whether it is up and worse than it should be in this direction."),
    }
)
_PART = shaped(
    {
        "id": text("Its id."),
        "type": text("What it is.", "component", "link", "service"),
        "name": text("What people call it."),
        "kind": text("Its kind, as configured."),
        "site": or_none(text("Where it is.")),
        "owner": or_none(text("Whose it is.")),
        "state": _STATE,
        "since": _SINCE,
        "reason": text("Why, in a word."),
        "detail": text("Why, in more words."),
        "degraded": _DEGRADED,
    },
    {
        "redundancy_left": or_none(whole("How many more of what it consists of may fail.")),
        "redundancy_full": or_none(whole("How many may fail with all of it up.")),
        "not_up": listed(text("A part of it that is not up.")),
        "directions": listed(_DIRECTION, "Of a link between two sites."),
    },
)
_CHECK = shaped(
    {
        "check": text("Its id."),
        "part": text("The component or link that it looks at."),
        "probe": text("How it looks."),
        "vantage": text("From where."),
        "state": _STATE,
        "since": _SINCE,
        "at": or_none(instant("The slot of the last look.")),
        "outcome": or_none(text("What came out.", "ok", "failed", "none")),
        "reason": or_none(text("Why it was not ok.")),
        "detail": text("In more words."),
        "latency_seconds": or_none(seconds("How long it took")),
        "degraded": _DEGRADED,
    },
    {
        "loss_ratio": ratio("The share of the last burst of packets that was lost."),
        "jitter_seconds": or_none(seconds("How much its round trips differed from the one before, on average")),
    },
)
_AGENT = shaped(
    {
        "agent": text("Its name."),
        "vantage": text("The vantage that it speaks for."),
        "presence": text("Whether it is there.", *get_args(AgentPresence)),
        "heard_at": or_none(instant("When its last word came in.")),
        "version": text("Its version of waakvlam; empty before it told."),
        "config": text("The digest of the configuration that it uses; empty before it told."),
        "same_config": or_none(flag("Whether that is the one of the centre.")),
        "clock_offset_seconds": or_none(seconds("How far its clock is ahead of the centre's")),
        "checks": whole("How many checks it looks at."),
        "waiting": whole("Observations in its outbox, which are not stored yet."),
        "oldest": or_none(instant("The last instant in the first batch of those.")),
        "outbox_ratio": ratio("The share of the room of its outbox that is taken."),
        "thinned": whole("Observations that lost their latency to save room."),
        "dropped": whole("Observations that were given up since its outbox was full."),
        "aside": whole("Observations that it keeps aside: refused, or made with a clock that was wrong."),
        "missing_batches": whole("Batches that it no longer holds and that never came."),
        "refused": {"type": "object", "additionalProperties": whole("Messages that were not taken, by why.")},
        "last_refusal": text("Why the last one was not; empty where one was taken since."),
    }
)
_OTHER = shaped(
    {
        "name": text("The vantage that it probes from."),
        "heard": flag("Whether it said something lately."),
        "heard_at": instant("When it did last, by the clock of the store."),
        "version": text("Its version of waakvlam."),
        "same_config": flag("Whether it uses the same configuration as this one."),
    }
)
_CENTRE = shaped(
    {
        "name": text("The vantage that this collector probes from."),
        "leads": flag("Whether it leads, and so pages."),
        "leader": or_none(text("Who leads; null where that is not known here.")),
        "since": or_none(instant("Since when.")),
        "store_contact": flag("Whether the last attempt to reach the store succeeded."),
        "others": listed(_OTHER, "The other centres on the same store."),
    }
)
STATUS: Mapping[str, object] = {
    "operationId": "status",
    "summary": "Everything as it stands now.",
    "responses": answers(
        shaped(
            {
                "ready": flag("Whether it judges, and facts are being stored."),
                "not_ready": listed(text("A sentence that says what is missing.")),
                "parts": listed(_PART, "Components, links and services."),
                "checks": listed(_CHECK, "What this collector looks at, and its agents at other vantages."),
                "agents": listed(_AGENT, "Those that observe at other vantages."),
                "centre": {"description": "Null where nobody leads anything.", **or_none(_CENTRE)},
            }
        )
    ),
}

_JUDGED: Mapping[str, Schema] = {
    **FIGURES,
    "unconfirmed_failed_seconds": seconds("Time counted up in which a check failed too shortly to be an outage"),
    "verdict": VERDICT,
}
_PARTS: Mapping[str, Schema] = {
    "parts": listed(shaped({"label": text("A period of the agreement."), **_JUDGED}), "Where there are several.")
}
_OUTAGE = shaped(
    {
        "start": instant("When it began."),
        "end": or_none(instant("When it ended; null while it lasts.")),
        "down_seconds": seconds("What of it was down in agreed hours of the period"),
        "excluded_seconds": seconds("What of it the agreement leaves out"),
        "unknown_seconds": seconds("What of it counts as unknown"),
        "causes": listed(text("A component or link that it came from.")),
    }
)
_SERVICE = shaped(
    {
        "id": text("Its id."),
        "name": text("What people call it."),
        "agreement": text("The agreement that it is judged under."),
        "norm": ratio("The availability that was agreed."),
        **_JUDGED,
        "participants": listed(shaped({"id": text("Whose figures these are."), **_JUDGED}, _PARTS)),
        "downtime_by_owner": {
            "type": "object",
            "additionalProperties": seconds("Downtime of which a part of this owner was a cause"),
        },
        "outages": listed(_OUTAGE),
    },
    _PARTS,
)
_FAILOVER = shaped(
    {
        key: schema
        for key, schema in FAILOVERS.items()
        if not key.endswith("_ms") and key not in ("name", "within_seconds")
    }
)
_PENDING = shaped(
    {
        "id": text("The record's id."),
        "category": text("What kind of work it is."),
        "from": or_none(instant("From when.")),
        "to": or_none(instant("Until when.")),
        "affects": listed(text("What it affects.")),
        "reason": text("Why."),
        "entered_by": text("By whom."),
        "agreements": listed(text("An agreement under which it waits for approval.")),
        "would_change": listed(shaped({"service": text("A service that would be judged so."), **_JUDGED}, _PARTS)),
    }
)
REPORT: Mapping[str, object] = {
    "operationId": "report",
    "summary": "The report of one period, as the report command writes it, without what surrounds its figures.",
    "parameters": [
        parameter("period", "A month (2026-10), a quarter (2026-Q4) or a year (2026). Without it: the running month.")
    ],
    "responses": answers(
        shaped(
            {
                "period": shaped(
                    {
                        "label": text("As it was asked for."),
                        "from": instant("When it begins."),
                        "to": instant("When it ends."),
                        "as_of": instant("As known when."),
                    }
                ),
                "services": listed(_SERVICE),
                "failovers": listed(_FAILOVER),
                "pairs": listed(
                    shaped(
                        {
                            "pair": text("Its id."),
                            "protected_ratio": or_none(ratio("The share of time in which its standby was up.")),
                        }
                    )
                ),
                "maintenance_pending": listed(_PENDING),
            }
        ),
        refusals={400: "This is no period.", 503: NOT_NOW},
    ),
}

HEARTBEAT: Mapping[str, object] = {
    "operationId": "heartbeat",
    "summary": "Take the report of a job.",
    "security": [{"token": []}],
    "parameters": [parameter("check", "The heartbeat check that waits for it.", "path")],
    "requestBody": body(
        shaped(
            {},
            {
                "outcome": text("Without it: ok.", "ok", "failed"),
                "at": instant("When it happened; without it, now."),
                "started": instant("When the job began."),
                "duration_seconds": seconds("How long it took"),
                "size_bytes": whole("How much it wrote."),
                "oldest_copy": instant("From when the oldest copy is that is still kept."),
                "copies": whole("How many copies are kept."),
                "detail": text("What else people should know."),
            },
        ),
        required=False,
    ),
    "responses": answers(
        shaped(
            {
                "check": text("The check."),
                "stage": text("Where the job stands."),
                "due": or_none(instant("Until when its last good report is on time.")),
                "missing_at": or_none(instant("When it becomes missing.")),
            }
        ),
        refusals={
            400: "The report is wrong.",
            401: "There is no token, or not that of this check.",
            404: "There is no such check here.",
            408: "The report took too long.",
            413: "The report is too large.",
            429: "There were too many reports of the check, or too many wrong tokens.",
            503: "It could not be stored, or too many come in: send it again.",
        },
    ),
}
