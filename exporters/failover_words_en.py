"""The English words of the account of a failover event."""

from __future__ import annotations

REASONS: dict[str, str] = {"no_data": "nobody looked"}

TEXTS: dict[str, str] = {
    "moment": "{day} at {time} {zone}",
    "at_time": "at {at}",
    "on_day": "on {at}",
    "title_test": "Account of a failover test",
    "title_real": "Account of a failover",
    "met": "met",
    "missed": "missed",
    "pending": "pending",
    "undetermined": "undetermined",
    "seamless": "seamless",
    "taken_over": "taken over",
    "recovered": "recovered",
    "interrupted": "interrupted",
    "test": "test",
    "real": "real",
    "up": "up",
    "down": "down",
    "unknown": "unknown",
    "primary": "primary",
    "standby": "standby",
    "function": "function",
    "either": "primary or standby",
    "summary": "Summary",
    "parts": "What it is about",
    "notice": "Announcement",
    "timeline": "What happened, from {before} before to {before} after",
    "watched": "How it was watched",
    "touched": "Services and participants: what they missed in this time within agreed hours, whatever the cause",
    "protection": "Protection",
    "doubts": "What cannot be said, or not precisely",
    "drawn_up": "Drawn up by",
    "checked": "Checked by",
    "date": "Date",
    "role": "Role",
    "what": "Part",
    "owner": "Owner",
    "site": "Site",
    "when": "When",
    "change": "State",
    "why": "Why, and who saw it",
    "check": "Check",
    "vantage": "Seen from",
    "every": "Every",
    "ok": "Ok",
    "failed": "Failed",
    "none": "Could not look",
    "unwatched": "Unknown",
    "service": "Service",
    "for": "For",
    "agreed": "Agreed",
    "excluded": "Excluded",
    "began": "Began",
    "confirmed": "Confirmed",
    "restored": "Function back",
    "ended": "Ended",
    "limit": "Agreed limit",
    "longest": "Longest interruption",
    "seen_down": "Seen down at a stretch",
    "outcome": "Outcome",
    "verdict": "Verdict",
    "still": "still lasts",
    "all_participants": "all participants",
    "its_users": "its users",
    "observed_from": "seen from {vantages}",
    "times": "{count}× from {vantage}",
    "missed_time": "Down",
    "behind": "behind {what}",
    "and_more": "and {count} more",
    "was": "was",
    "intro_test": "A test of {pair}, on {began}.",
    "intro_real": "A real event of {pair}, on {began}; no test was announced for that moment.",
    "met_sentence": "The function was back after {took}, within the {within} that were agreed.",
    "missed_sentence": "The function was back only after {took}, later than the {within} that were agreed.",
    "missed_low_sentence": "The function was back only after {took}; of that it was seen down for {low} at a "
    "stretch, "
    "longer than the {within} that were agreed.",
    "missed_lasting_sentence": "On {as_of} the function had been away for {took}, longer than the {within} that were "
    "agreed, and was not back yet.",
    "missed_again_sentence": "The function was seen down for {low} at a stretch, longer than the {within} that were "
    "agreed; on {as_of} it was away again.",
    "pending_sentence": "On {as_of} the function had been away for {took} and was not back yet; the {within} that "
    "were "
    "agreed end {deadline}.",
    "pending_over_sentence": "On {as_of} the function was not back. It was seen down for {low} at a stretch; with "
    "the "
    "time nobody knows about it is {took}, more than the {within} that were agreed.",
    "undetermined_sentence": "Whether the function was back within the {within} that were agreed cannot be said: it "
    "was "
    "seen down for {low} at a stretch, and with the time nobody knows about it took {took}.",
    "seamless_sentence": "The function was never interrupted; the {within} that were agreed were not needed.",
    "taken_over_sentence": "When the function came back the primary was not up yet: the other side had taken over.",
    "recovered_sentence": "When the function came back the primary was up again too: it recovered, and was not "
    "taken over.",
    "confirmed_sentence": "It was confirmed {confirmed}, {after} after it began.",
    "confirmed_at_once_sentence": "It was certain with the first failed observation.",
    "ended_sentence": "It ended {ended}, when the primary was no longer away; all in all {took}.",
    "lasting_sentence": "On {as_of} the primary was not back yet.",
    "limit_text": "{within}, set at {pair} in the configuration",
    "limit_agreements": "; the services that rest on it fall under {agreements}",
    "limit_no_agreement": "; no service with an agreement rests on it",
    "record_test": "{id} ({category}), {start} to {end}: {reason}",
    "record_other": "Also in this time: {id} ({category}), {start} to {end}: {reason}",
    "record_ticket": "ticket {ticket}",
    "record_notice": "announced {at}",
    "record_no_notice": "when it was announced is not recorded",
    "record_entered": "entered by {who}, {at}",
    "record_configured": "stands in the configuration",
    "record_approved": "approved by {who}, {at}",
    "record_not_approved": "no approval by another person is recorded",
    "record_none": "No test is recorded for the beginning of this event.",
    "no_reason": "no reason given",
    "protection_states": "The standby was {start} at the beginning, {end} at the end, and {now} on {as_of}.",
    "protection_shares": "Of the time that is known it was up: in the 30 days before {before}, in the 30 days after "
    "(or "
    "until {as_of}) {after}.",
    "doubt_lasting": "The event still lasts: what stands here holds on {as_of} and may change.",
    "doubt_function_unknown": "For {ms} nobody knows about the function; it is counted as away. Only what was seen "
    "down "
    "at a stretch is certain.",
    "doubt_primary_unknown": "For {ms} it is not known whether the primary was up.",
    "doubt_standby_unknown": "For {ms} it is not known whether the standby was up.",
    "doubt_facts_begin": "Observations begin only {at}: what was before is not known.",
    "doubt_precision": "It was looked at every {ms} at least: beginning and end may each have been up to {ms} before "
    "they were seen.",
    "doubt_one_vantage": "It was watched from one place only ({ids}): a fault there looks like a fault of what is "
    "watched.",
    "doubt_silent": "Nothing was seen from {ids}, which was to look or looked before.",
    "doubt_no_function": "No function of the pair itself is watched: it counts as delivered while either side is up.",
    "doubt_test_recovered": "This test does not show that the other side can take over: the function came back with "
    "the "
    "primary.",
    "doubt_test_seamless": "The function noticed nothing of this test: that the other side delivered is inferred, "
    "not "
    "measured by itself.",
    "doubt_entered_late": "The record {ids} was entered {ms} after the event had begun.",
    "doubt_entered_by_nobody": "{ids} stands in the configuration: who put it there and when is not recorded here.",
    "evidence_text": "{count} observations, SHA-256 {digest}. Times in {timezone}. As known on {as_of}. "
    "waakvlam {version}.",
    "footer": "{name} · page {page} of {pages}",
    "replaced": "Letters that this font lacks are written as their nearest or as ?; the account in JSON has them.",
}

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
