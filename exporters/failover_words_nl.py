"""The Dutch words of the account of a failover event."""

from __future__ import annotations

from availability.outcome import Reason

REASONS: dict[str, str] = {
    Reason.TIMEOUT: "geen antwoord binnen de tijd",
    Reason.REFUSED: "verbinding geweigerd",
    Reason.UNREACHABLE: "onbereikbaar",
    Reason.RESET: "verbinding afgebroken",
    Reason.CLOSED: "verbinding gesloten",
    Reason.DNS_FAILURE: "naam niet gevonden (DNS)",
    Reason.TLS_UNTRUSTED: "certificaat niet vertrouwd",
    Reason.TLS_EXPIRED: "certificaat verlopen",
    Reason.TLS_NAME_MISMATCH: "certificaat van een andere naam",
    Reason.TLS_EXPIRES_SOON: "certificaat verloopt binnenkort",
    Reason.TLS_FAILURE: "TLS mislukt",
    Reason.BAD_STATUS: "foute statuscode",
    Reason.BODY_MISMATCH: "inhoud niet als verwacht",
    Reason.HEADER_MISMATCH: "kopregel niet als verwacht",
    Reason.TOO_LARGE: "antwoord te groot",
    Reason.TOO_MANY_REDIRECTS: "te veel doorverwijzingen",
    Reason.BAD_RESPONSE: "onbegrijpelijk antwoord",
    Reason.ANSWER_MISMATCH: "antwoord niet als verwacht",
    Reason.PACKET_LOSS: "pakketten verloren",
    Reason.SLOW: "te traag",
    Reason.FAILED: "mislukt",
    Reason.NO_PERMISSION: "geen toestemming om te kijken",
    Reason.NO_DESCRIPTOR: "geen descriptor vrij",
    Reason.NO_ADDRESS_FAMILY: "adresfamilie ontbreekt",
    Reason.NO_SECRET: "geheim ontbreekt",
    Reason.UNSUPPORTED: "niet ondersteund",
    Reason.CLOCK_JUMP: "sprong van de klok",
    Reason.PROBE_BUG: "fout in de meting",
    Reason.COULD_NOT_LOOK: "kon niet kijken",
    "no_data": "niemand keek",
}

TEXTS: dict[str, str] = {
    "moment": "{day} om {time} {zone}",
    "at_time": "om {at}",
    "on_day": "op {at}",
    "title_test": "Verslag van een uitwijktest",
    "title_real": "Verslag van een uitwijk",
    "met": "gehaald",
    "missed": "niet gehaald",
    "pending": "loopt nog",
    "undetermined": "niet vast te stellen",
    "seamless": "zonder onderbreking",
    "taken_over": "overgenomen",
    "recovered": "hersteld",
    "interrupted": "onderbroken",
    "test": "test",
    "real": "echt",
    "up": "in werking",
    "down": "uitgevallen",
    "unknown": "onbekend",
    "primary": "primair",
    "standby": "uitwijk",
    "function": "functie",
    "either": "primair of uitwijk",
    "summary": "Samenvatting",
    "parts": "Waar het om gaat",
    "notice": "Aankondiging",
    "timeline": "Verloop, van {before} vooraf tot {before} erna",
    "watched": "Hoe er is gekeken",
    "touched": "Diensten en deelnemers: wat zij in deze tijd binnen de afgesproken uren misten, door welke oorzaak ook",
    "protection": "Bescherming",
    "doubts": "Wat niet of niet precies gezegd kan worden",
    "drawn_up": "Opgesteld door",
    "checked": "Gecontroleerd door",
    "date": "Datum",
    "role": "Rol",
    "what": "Onderdeel",
    "owner": "Eigenaar",
    "site": "Locatie",
    "when": "Wanneer",
    "change": "Toestand",
    "why": "Waarom, en door wie gezien",
    "check": "Controle",
    "vantage": "Gezien vanuit",
    "every": "Elke",
    "ok": "Goed",
    "failed": "Mislukt",
    "none": "Kon niet kijken",
    "unwatched": "Onbekend",
    "service": "Dienst",
    "for": "Voor",
    "agreed": "Afgesproken",
    "excluded": "Uitgezonderd",
    "began": "Begin",
    "confirmed": "Bevestigd",
    "restored": "Functie terug",
    "ended": "Einde",
    "limit": "Afgesproken grens",
    "longest": "Langste onderbreking",
    "seen_down": "Aaneen uitgevallen",
    "outcome": "Afloop",
    "verdict": "Oordeel",
    "still": "duurt nog",
    "all_participants": "alle deelnemers",
    "its_users": "gebruikers",
    "observed_from": "gezien vanuit {vantages}",
    "times": "{count}× vanuit {vantage}",
    "missed_time": "Uitval",
    "behind": "achter {what}",
    "and_more": "en nog {count}",
    "was": "was",
    "intro_test": "Een test van {pair}, op {began}.",
    "intro_real": "Een echte gebeurtenis bij {pair}, op {began}; voor dat moment was geen test aangekondigd.",
    "met_sentence": "De functie was na {took} terug, binnen de {within} die zijn afgesproken.",
    "missed_sentence": "De functie was pas na {took} terug, later dan de {within} die zijn afgesproken.",
    "missed_low_sentence": "De functie was pas na {took} terug; zij is daarvan {low} aaneen uitgevallen gezien, "
    "langer dan de "
    "{within} die zijn afgesproken.",
    "missed_lasting_sentence": "Op {as_of} was de functie al {took} weg, langer dan de {within} die zijn "
    "afgesproken, "
    "en nog niet terug.",
    "missed_again_sentence": "De functie is {low} aaneen uitgevallen gezien, langer dan de {within} die zijn "
    "afgesproken; op "
    "{as_of} was zij opnieuw weg.",
    "pending_sentence": "Op {as_of} was de functie {took} weg en nog niet terug; de {within} die zijn afgesproken "
    "verstrijken {deadline}.",
    "pending_over_sentence": "Op {as_of} was de functie niet terug. Zij is {low} aaneen uitgevallen gezien; met de "
    "tijd waarvan "
    "niemand iets weet is het {took}, meer dan de {within} die zijn afgesproken.",
    "undetermined_sentence": "Of de functie binnen de {within} terug was die zijn afgesproken, is niet te zeggen: "
    "zij is "
    "{low} aaneen uitgevallen gezien, en met de tijd waarvan niemand iets weet duurde het {took}.",
    "seamless_sentence": "De functie is niet onderbroken geweest; de {within} die zijn afgesproken waren niet nodig.",
    "taken_over_sentence": "Toen de functie terugkwam was de primaire kant nog niet in werking: de andere kant had "
    "overgenomen.",
    "recovered_sentence": "Toen de functie terugkwam was de primaire kant ook weer in werking: zij is hersteld, "
    "niet overgenomen.",
    "confirmed_sentence": "Het werd {confirmed} bevestigd, {after} na het begin.",
    "confirmed_at_once_sentence": "Het stond vast met de eerste mislukte waarneming.",
    "ended_sentence": "Het eindigde {ended}, toen de primaire kant niet langer weg was; alles bij elkaar {took}.",
    "lasting_sentence": "Op {as_of} was de primaire kant nog niet terug.",
    "limit_text": "{within}, vastgelegd bij {pair} in de configuratie",
    "limit_agreements": "; de diensten die erop rusten vallen onder {agreements}",
    "limit_no_agreement": "; geen dienst met een overeenkomst rust erop",
    "record_test": "{id} ({category}), {start} tot {end}: {reason}",
    "record_other": "Ook in deze tijd: {id} ({category}), {start} tot {end}: {reason}",
    "record_ticket": "wijziging {ticket}",
    "record_notice": "aangekondigd {at}",
    "record_no_notice": "geen tijdstip van aankondiging vastgelegd",
    "record_entered": "ingevoerd door {who}, {at}",
    "record_configured": "staat in de configuratie",
    "record_approved": "goedgekeurd door {who}, {at}",
    "record_not_approved": "geen goedkeuring door een ander vastgelegd",
    "record_none": "Voor het begin van deze gebeurtenis is geen test vastgelegd.",
    "no_reason": "geen reden opgegeven",
    "protection_states": "De uitwijkkant was {start} aan het begin, {end} aan het eind, en {now} op {as_of}.",
    "protection_shares": "Van de tijd waarvan iets bekend is werkte zij: in de 30 dagen ervoor {before}, in de 30 "
    "dagen "
    "erna (of tot {as_of}) {after}.",
    "doubt_lasting": "De gebeurtenis duurt nog: wat hier staat geldt voor {as_of} en kan nog veranderen.",
    "doubt_function_unknown": "Van de functie weet {ms} lang niemand iets; daarvoor is gerekend dat zij weg was. "
    "Zeker is "
    "alleen wat aaneen uitgevallen is gezien.",
    "doubt_primary_unknown": "Van de primaire kant is {ms} lang niet bekend of zij werkte.",
    "doubt_standby_unknown": "Van de uitwijkkant is {ms} lang niet bekend of zij werkte.",
    "doubt_facts_begin": "De waarnemingen beginnen pas {at}: wat daarvoor was is niet bekend.",
    "doubt_precision": "Er is ten minste elke {ms} gekeken: begin en einde kunnen elk tot {ms} eerder zijn geweest dan "
    "gezien.",
    "doubt_one_vantage": "Er is maar vanuit één plek gekeken ({ids}): een storing daar lijkt op een storing van wat "
    "bekeken wordt.",
    "doubt_silent": "Niets gezien vanuit {ids}, dat wel had moeten kijken of eerder keek.",
    "doubt_no_function": "Er is geen functie van het paar zelf die bekeken wordt: zij geldt als geleverd zolang een "
    "van "
    "beide kanten werkt.",
    "doubt_test_recovered": "Deze test toont niet dat de andere kant kan overnemen: de functie kwam terug met de "
    "primaire.",
    "doubt_test_seamless": "De functie merkte niets van deze test: dat de andere kant leverde is afgeleid, niet "
    "apart "
    "gemeten.",
    "doubt_entered_late": "De aankondiging {ids} is pas {ms} na het begin van de gebeurtenis ingevoerd.",
    "doubt_entered_by_nobody": "{ids} staat in de configuratie: wie het daar wanneer neerzette is hier niet "
    "vastgelegd.",
    "evidence_text": "{count} waarnemingen, SHA-256 {digest}. Tijden in {timezone}. Zoals bekend op {as_of}. "
    "waakvlam {version}.",
    "footer": "{name} · blad {page} van {pages}",
    "replaced": "Letters die dit lettertype niet heeft zijn benaderd of als ? gedrukt; het bestand in JSON heeft ze.",
}

DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
MONTHS = (
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
)
