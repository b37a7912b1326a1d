"""What every table and column of an archive means, in English and in Dutch."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """One meaning in both languages."""

    english: str
    dutch: str


TABLES: dict[str, Words] = {
    "observations": Words(
        "Every observation, packed: one row is a run of equal outcomes at equal distances in time.",
        "Elke waarneming, verpakt: één rij is een reeks gelijke uitkomsten met gelijke tussenpozen.",
    ),
    "latencies": Words(
        "How long looks took, per check, vantage and quarter of an hour: how many, their sum, and how they are spread.",
        "Hoe lang het kijken duurde, per controle, waarneempunt en kwartier: hoeveel, hun som, en hun spreiding.",
    ),
    "maintenance": Words(
        "What was entered about maintenance by command, in that order; nothing was ever changed or removed.",
        "Wat per opdracht over onderhoud is ingevoerd, in die volgorde; er is nooit iets gewijzigd of verwijderd.",
    ),
    "incidents": Words(
        "What the help desk registered, in the order of importing; a later row of an incident replaces an earlier one.",
        "Wat de servicedesk registreerde, in volgorde van inlezen; een latere rij van een incident vervangt een "
        "eerdere.",
    ),
    "closings": Words(
        "The months that were closed, in that order. What was reported of each, the configuration it was judged by "
        "and the digests of its facts are a JSON file in the folder closings.",
        "De maanden die zijn afgesloten, in die volgorde. Wat over elk is gerapporteerd, de configuratie waarnaar is "
        "geoordeeld en de controlegetallen van de feiten staan als JSON in een bestand in de map closings.",
    ),
    "heartbeats": Words(
        "What jobs (backups, scans, restore tests) reported of themselves.",
        "Wat taken (back-ups, scans, hersteltests) over zichzelf meldden.",
    ),
    "certificates": Words(
        "What was seen of certificates: one row per check, vantage, place, certificate and what was made of it.",
        "Wat van certificaten is gezien: één rij per controle, waarneempunt, plaats, certificaat en oordeel.",
    ),
    "pages": Words(
        "What was noted of pages (which administrator was told of what, when, and who took it up), in that order; "
        "nothing was ever changed or removed.",
        "Wat over oproepen is vastgelegd (welke beheerder wanneer waarvan bericht kreeg, en wie het oppakte), in die "
        "volgorde; er is nooit iets gewijzigd of verwijderd.",
    ),
    "configuration": Words(
        "What was watched and what was agreed: the configuration as it was when this was written. It holds no secret.",
        "Wat bewaakt werd en wat was afgesproken: de configuratie zoals ze bij het schrijven was. Zonder geheimen.",
    ),
}

COLUMNS: dict[tuple[str, str], Words] = {
    ("observations", "check"): Words(
        "Which check of the configuration looked.", "Welke controle van de configuratie keek."
    ),
    ("observations", "vantage"): Words("From where it looked.", "Vanwaar ze keek."),
    ("observations", "first"): Words(
        "The instant of the first observation of the run.", "Het tijdstip van de eerste waarneming van de reeks."
    ),
    ("observations", "step_ms"): Words(
        "Milliseconds from one observation to the next; 0 exactly where there is one.",
        "Milliseconden van de ene waarneming tot de volgende; 0 precies als er één is.",
    ),
    ("observations", "count"): Words("How many observations the run has.", "Hoeveel waarnemingen de reeks telt."),
    ("observations", "outcome"): Words(
        "ok: the target did what was agreed. failed: it was looked at and did not. none: nothing was learnt about it.",
        "ok: het doel deed wat was afgesproken. failed: er is gekeken en het deed dat niet. none: er is niets over "
        "vernomen.",
    ),
    ("observations", "reason"): Words(
        "Why it was not ok, as one word of a closed list; empty exactly where it was ok.",
        "Waarom het niet ok was, als één woord uit een vaste lijst; leeg precies als het ok was.",
    ),
    ("observations", "detail"): Words(
        "More about that, as text, if there is any.", "Meer daarover, als tekst, als dat er is."
    ),
    ("latencies", "check"): Words("As in observations.", "Zoals in observations."),
    ("latencies", "vantage"): Words("As in observations.", "Zoals in observations."),
    ("latencies", "start"): Words(
        "The instant at which the quarter of an hour begins.", "Het tijdstip waarop het kwartier begint."
    ),
    ("latencies", "count"): Words(
        "How many looks were timed in it.", "Van hoeveel keer kijken daarin de duur is gemeten."
    ),
    ("latencies", "sum_us"): Words(
        "The sum of their durations in microseconds, exactly.", "De som van die duren in microseconden, exact."
    ),
    ("latencies", "buckets"): Words(
        "How the durations are spread: `bucket:count`, separated by blanks, from low to high; see above.",
        "Hoe de duren gespreid zijn: `bak:aantal`, met spaties ertussen, van laag naar hoog; zie hierboven.",
    ),
    ("maintenance", "number"): Words(
        "The order of entering, from 1 without gaps.", "De volgorde van invoeren, vanaf 1 zonder gaten."
    ),
    ("maintenance", "record"): Words("Which record the entry is about.", "Over welke melding de invoer gaat."),
    ("maintenance", "action"): Words(
        "add: the record was added. withdraw: it counts no more. approve: a second person agreed.",
        "add: de melding is toegevoegd. withdraw: ze telt niet meer. approve: een tweede persoon stemde in.",
    ),
    ("maintenance", "entered_at"): Words("When it was entered.", "Wanneer het is ingevoerd."),
    ("maintenance", "entered_by"): Words(
        "The account of the system that entered it.", "Het systeemaccount dat het invoerde."
    ),
    ("maintenance", "through"): Words(
        "Who that said to be before becoming another account; counts only against two people being two.",
        "Wie dat zei te zijn voor het een ander account werd; telt alleen tegen twee personen die er twee zouden zijn.",
    ),
    ("maintenance", "reason"): Words("Why.", "Waarom."),
    ("maintenance", "category"): Words(
        "Of an addition: the kind of work, as agreements name it.",
        "Bij een toevoeging: het soort werk, zoals afspraken het noemen.",
    ),
    ("maintenance", "starts"): Words(
        "Of an addition: when the work begins, included.",
        "Bij een toevoeging: wanneer het werk begint, dat moment erbij.",
    ),
    ("maintenance", "ends"): Words(
        "Of an addition: when the work ends, not included.",
        "Bij een toevoeging: wanneer het werk eindigt, dat moment niet erbij.",
    ),
    ("maintenance", "affects"): Words(
        "Of an addition: the ids of what it is done to, as a JSON list.",
        "Bij een toevoeging: de kenmerken van wat het raakt, als JSON-lijst.",
    ),
    ("maintenance", "ticket"): Words(
        "Where more is written about it, if given.", "Waar er meer over staat, als dat is opgegeven."
    ),
    ("maintenance", "notice"): Words(
        "When it was announced, if given.", "Wanneer het is aangekondigd, als dat is opgegeven."
    ),
    ("incidents", "number"): Words(
        "The order of importing, from 1 without gaps.", "De volgorde van inlezen, vanaf 1 zonder gaten."
    ),
    ("incidents", "incident"): Words("The incident's own number or name.", "Het eigen nummer of de naam."),
    ("incidents", "content"): Words("What is known of it, as a JSON object.", "Wat ervan bekend is, als JSON-object."),
    ("incidents", "imported_at"): Words("When it was imported.", "Wanneer het is ingelezen."),
    ("incidents", "imported_by"): Words(
        "The account of the system that imported it.", "Het systeemaccount dat het inlas."
    ),
    ("pages", "number"): Words("The order of noting, from 1 without gaps.", "De volgorde, vanaf 1 zonder gaten."),
    ("pages", "page"): Words("Which page.", "Welke oproep."),
    ("pages", "at"): Words("When it was noted.", "Wanneer het is vastgelegd."),
    ("pages", "kind"): Words(
        "What happened: opened, notice (somebody is to be told), begun, sent, failed, dropped, acknowledged, heard, "
        "cleared or ended.",
        "Wat er gebeurde: opened (begonnen), notice (iemand moet bericht krijgen), begun, sent, failed, dropped "
        "(verzenden begonnen, gelukt, mislukt, opgegeven), acknowledged (opgepakt), heard (nog gemeld), cleared "
        "(voorbij) of ended (afgelopen).",
    ),
    ("pages", "content"): Words(
        "What more is known of it, as a JSON object.", "Wat er verder bij hoort, als JSON-object."
    ),
    ("closings", "number"): Words(
        "The order of closing, from 1 without gaps.", "De volgorde van afsluiten, vanaf 1 zonder gaten."
    ),
    ("closings", "period"): Words("The month, such as 2026-10.", "De maand, zoals 2026-10."),
    ("closings", "digest"): Words(
        "The SHA-256 of that file, in hexadecimal. Each file names the digest of the one before, so that they form a "
        "chain.",
        "De SHA-256 van dat bestand, hexadecimaal. Elk bestand noemt die van het vorige, zodat ze een keten vormen.",
    ),
    ("closings", "file"): Words("Where that is in this archive.", "Waar dat in dit archief staat."),
    ("heartbeats", "check"): Words(
        "Which check of the configuration waits for the reports.", "Welke controle van de configuratie erop wacht."
    ),
    ("heartbeats", "at"): Words(
        "When it happened, as the job said; without its word, when the report came in.",
        "Wanneer het gebeurde, volgens de taak; zei die niets, dan wanneer de melding binnenkwam.",
    ),
    ("heartbeats", "outcome"): Words(
        "ok: the job says that it did its work. failed: it says that it did not.",
        "ok: de taak meldt dat het werk is gedaan. failed: ze meldt dat dat niet is gelukt.",
    ),
    ("heartbeats", "received_at"): Words("When the report came in.", "Wanneer de melding binnenkwam."),
    ("heartbeats", "vantage"): Words("Where it came in.", "Waar ze binnenkwam."),
    ("heartbeats", "started"): Words("When the job began.", "Wanneer de taak begon."),
    ("heartbeats", "duration_ms"): Words(
        "How long the job took, in milliseconds.", "Hoe lang de taak duurde, in milliseconden."
    ),
    ("heartbeats", "size_bytes"): Words("How much it wrote, in bytes.", "Hoeveel ze schreef, in bytes."),
    ("heartbeats", "oldest_copy"): Words(
        "From when the oldest copy is that was still kept.", "Van wanneer de oudste kopie is die nog werd bewaard."
    ),
    ("heartbeats", "copies"): Words("How many copies were kept.", "Hoeveel kopieën werden bewaard."),
    ("heartbeats", "detail"): Words("What else the job said.", "Wat de taak verder meldde."),
    ("certificates", "check"): Words("As in observations.", "Zoals in observations."),
    ("certificates", "vantage"): Words("As in observations.", "Zoals in observations."),
    ("certificates", "place"): Words(
        "Host and port, and the name that was asked for where that is another.",
        "Host en poort, en de gevraagde naam als dat een andere is.",
    ),
    ("certificates", "fingerprint"): Words(
        "SHA-256 of the certificate, in hexadecimal.", "SHA-256 van het certificaat, hexadecimaal."
    ),
    ("certificates", "trust"): Words(
        "trusted: its chain and name were verified. not_verified: nobody asked for that. Else why it was refused.",
        "trusted: keten en naam zijn gecontroleerd. not_verified: daar was niet om gevraagd. Anders waarom het is "
        "geweigerd.",
    ),
    ("certificates", "subject"): Words("Whose it is (RFC 4514).", "Van wie het is (RFC 4514)."),
    ("certificates", "names"): Words("The names it is for.", "De namen waarvoor het geldt."),
    ("certificates", "issuer"): Words("Who gave it out (RFC 4514).", "Wie het heeft uitgegeven (RFC 4514)."),
    ("certificates", "serial"): Words("Its number, in hexadecimal.", "Het nummer, hexadecimaal."),
    ("certificates", "not_before"): Words("From when it is valid.", "Vanaf wanneer het geldt."),
    ("certificates", "not_after"): Words("Until when it is valid.", "Tot wanneer het geldt."),
    ("certificates", "first_seen"): Words("When it was seen first.", "Wanneer het voor het eerst is gezien."),
    ("certificates", "last_seen"): Words("When it was seen last.", "Wanneer het voor het laatst is gezien."),
}
