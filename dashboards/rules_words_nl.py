"""What every alert says in Dutch; rules_words_en.py says the same in English."""

from __future__ import annotations

from collections.abc import Mapping

from dashboards import alert_names as names
from dashboards.rules_model import Words

_LEFT = "{{ $value | humanizeDuration }}"
_RATIO = "{{ $value | humanizePercentage }}"

WORDS: Mapping[str, Words] = {
    names.DATACENTRE_DOWN: Words(
        "Datacenter plat: <name>",
        f"{_RATIO} van de onderdelen waarvan daar de toestand bekend is, is onbereikbaar of stuk; deze ene"
        " melding staat"
        " voor alle.",
        "Beslis of dit een calamiteit is, en begin de uitwijk volgens de calamiteitenprocedure.",
    ),
    names.LINK_DOWN: Words(
        "Verbinding verbroken: <name>",
        "Over de verbinding komt geen verkeer, van waar ook gemeten. Wat erachter staat kan in orde zijn, maar"
        " is niet"
        " te zien.",
        "Bel de leverancier van de lijn. Wat achter de verbinding staat, vraagt niets tot zij terug is.",
    ),
    names.LINK_DEGRADED: Words(
        "Verbinding verslechterd: <name>",
        "De verbinding werkt, met meer verlies, vertraging of jitter dan ervoor is ingesteld.",
        "Kijk of het erger wordt, en meld het bij de leverancier van de lijn.",
    ),
    names.COMPONENT_DOWN: Words(
        "Onderdeel uitgevallen: <name>",
        "Het onderdeel doet niet wat het moet doen.",
        "Zie `waakvlam status` voor de reden, en herstel of herstart het.",
    ),
    names.COMPONENT_DEGRADED: Words(
        "Onderdeel verslechterd: <name>",
        "Het onderdeel werkt, maar slechter dan ervoor is ingesteld.",
        "Zie `waakvlam status` voor wat er slechter is, voordat het uitvalt.",
    ),
    names.SERVICE_DOWN: Words(
        "Dienst niet beschikbaar: <name>",
        "Gebruikers kunnen de dienst niet gebruiken, en geen afgesproken werk verklaart dat. Buiten de"
        " afgesproken uren"
        " wordt hiervoor niemand gebeld, tot een uur voordat zij beginnen.",
        "Zie `waakvlam status` voor waardoor hij eruit ligt, en herstel dat eerst.",
    ),
    names.SERVICE_UNWATCHED: Words(
        "Van deze dienst is niets bekend: <name>",
        "De dienst is al vijf minuten noch beschikbaar, noch uitgevallen: waar hij op rust is niet te meten.",
        "Zie `waakvlam status` voor waarom: een meetpunt dat weg is, een recht, een verbinding. Tijd die niemand mat,"
        " telt niet als beschikbaar.",
    ),
    names.SERVICE_DEGRADED: Words(
        "Dienst verslechterd: <name>",
        "De dienst werkt, maar iets waar hij niet buiten kan is slechter dan het hoort te zijn.",
        "Zie `waakvlam status` voor wat dat is, voordat gebruikers het merken.",
    ),
    names.REDUNDANCY_LOST: Words(
        "Werkt met minder reserve: <name>",
        "Het werkt, maar er mogen minder delen uitvallen dan waarop het gemaakt is.",
        "Herstel wat uitviel voordat de rest dat doet: nog geen gebruiker merkt iets.",
    ),
    names.FAILOVER_RUNNING: Words(
        "De reserve levert: <name>",
        "De primaire kant is uitgevallen, en de functie wordt toch geleverd.",
        "Herstel de primaire kant: tot dan neemt niets het van de reserve over.",
    ),
    names.FAILOVER_INTERRUPTED: Words(
        "Functie onderbroken, de klok van <within> loopt: <name>",
        f"De primaire kant is uitgevallen en niets levert. Van de afgesproken <within> rest {_LEFT}, en de klok"
        " loopt dag"
        " en nacht.",
        "Wijk uit volgens de procedure, of herstel de primaire kant.",
    ),
    names.FAILOVER_HALFWAY: Words(
        "Functie onderbroken, de helft van <within> is voorbij: <name>",
        f"De functie is onderbroken; van de afgesproken tijd rest {_LEFT}.",
        "Wijk nu uit als de primaire kant niet op tijd terug is.",
    ),
    names.FAILOVER_OVERDUE: Words(
        "Functie langer dan <within> onderbroken: <name>",
        "De functie is langer onderbroken dan voor een uitwijk is afgesproken.",
        "Herstel haar langs welke weg dan ook, en meld de afnemers dat de termijn niet is gehaald.",
    ),
    names.PAIR_UNPROTECTED: Words(
        "Uitwijkpaar onbeschermd: <name>",
        "De reserve is uitgevallen: valt nu ook de primaire kant uit, dan neemt niets het over.",
        "Herstel de reserve voordat de primaire kant uitvalt.",
    ),
    names.FAILOVER_TEST_DUE: Words(
        "Uitwijktest nodig: <name>",
        f"De volgende test moet beginnen binnen {_LEFT}.",
        "Kondig haar aan met `waakvlam maintenance add --category failover_test`, en test.",
    ),
    names.FAILOVER_TEST_OVERDUE: Words(
        "Uitwijktest te laat: <name>",
        f"De test had {_LEFT} geleden moeten beginnen.",
        "Kondig haar aan met `waakvlam maintenance add --category failover_test`, en test.",
    ),
    names.BACKUP_LATE: Words(
        "Back-up laat: <name>",
        f"De volgende goede melding had {_LEFT} geleden moeten komen; het uitstel is nog niet voorbij.",
        "Kijk of de back-up nog loopt.",
    ),
    names.BACKUP_MISSING: Words(
        "Back-up ontbreekt: <name>",
        "Er kwam geen goede melding op tijd, ook niet binnen het uitstel: er kan meer verloren gaan dan afgesproken.",
        "Maak de back-up nu, en zet in het logboek waarom hij ontbrak.",
    ),
    names.BACKUP_FAILED: Words(
        "Back-up mislukt: <name>",
        "De laatste melding zegt dat de back-up mislukte. Die daarvoor is nog jong genoeg.",
        "Lees de bijzonderheden met `waakvlam status`, en maak de back-up opnieuw voordat hij te laat is.",
    ),
    names.RESTORE_TEST_DUE: Words(
        "Hersteltest nodig: <name>",
        f"De volgende test moet zijn gemeld binnen {_LEFT}.",
        "Zet een back-up terug, en meld dat.",
    ),
    names.RESTORE_TEST_OVERDUE: Words(
        "Hersteltest te laat: <name>",
        "Er kwam geen goede melding van een hersteltest op tijd: dat back-ups terug te zetten zijn, is niet bewezen.",
        "Zet een back-up terug, en meld dat.",
    ),
    names.RESTORE_TEST_FAILED: Words(
        "Hersteltest mislukt: <name>",
        "De laatste melding zegt dat terugzetten niet lukte: het kan zijn dat back-ups onbruikbaar zijn.",
        "Zoek uit waarom voordat een back-up nodig is, en test opnieuw.",
    ),
    names.JOB_LATE: Words(
        "Taak laat: <name>",
        f"De volgende goede melding had {_LEFT} geleden moeten komen; het uitstel is nog niet voorbij.",
        "Kijk of de taak nog loopt.",
    ),
    names.JOB_MISSING: Words(
        "Taak ontbreekt: <name>",
        "Er kwam geen goede melding op tijd, ook niet binnen het uitstel.",
        "Kijk waarom de taak niet liep of zich niet kon melden, en doe haar alsnog.",
    ),
    names.JOB_FAILED: Words(
        "Taak mislukt: <name>",
        "De laatste melding zegt dat de taak mislukte. Die daarvoor is nog jong genoeg.",
        "Lees de bijzonderheden met `waakvlam status`, en doe de taak opnieuw voordat zij te laat is.",
    ),
    names.CERTIFICATE_EXPIRING: Words(
        "Certificaat verloopt binnen 21 dagen: <name>",
        f"Het certificaat dat controle {{{{ $labels.check }}}} ziet, is nog {_LEFT} geldig.",
        "Vraag het volgende aan.",
    ),
    names.CERTIFICATE_EXPIRING_SOON: Words(
        "Certificaat verloopt binnen 7 dagen: <name>",
        f"Het certificaat dat controle {{{{ $labels.check }}}} ziet, is nog {_LEFT} geldig.",
        "Plaats het volgende deze week.",
    ),
    names.CERTIFICATE_EXPIRED: Words(
        "Certificaat verlopen: <name>",
        "Het certificaat dat controle {{ $labels.check }} ziet, is niet meer geldig: wie erop let, weigert.",
        "Plaats nu een geldig certificaat.",
    ),
    names.LICENCE_ENDING: Words(
        "Licentie loopt af binnen 30 dagen: <name>",
        f"Volgens het register van licenties is zij nog {_LEFT} geldig.",
        "Verleng haar, of leg vast dat zij niet meer wordt gebruikt.",
    ),
    names.LICENCE_ENDED: Words(
        "Licentie afgelopen: <name>",
        "Volgens het register van licenties is zij niet meer geldig.",
        "Verleng haar, of neem buiten gebruik waarvoor zij is.",
    ),
    names.BUDGET_BURNING: Words(
        "Uitvalruimte raakt te snel op: <name>",
        "De helft van de tijd die hij in deze periode mag uitvallen is op, en tot nu toe ligt de periode onder"
        " de norm"
        f" van <norm>: zo doorgaand gaat de norm verloren. Over: {_LEFT}.",
        "Zoek uit wat telkens uitvalt, en stel werk met kans op uitval uit.",
    ),
    names.NORM_AT_RISK: Words(
        "Norm in gevaar: <name>",
        f"Van de tijd die hij in deze periode mag uitvallen is minder dan een vijfde over: {_LEFT}. De norm is <norm>.",
        "Stel alle werk met kans op uitval uit tot de periode voorbij is, en waarschuw wie de dienst verantwoordt.",
    ),
    names.NORM_LOST: Words(
        "Norm niet meer haalbaar: <name>",
        "Wat de rest van de periode ook brengt, <norm> wordt niet meer gehaald.",
        "Meld het meteen bij wie de dienst afspraken, met `waakvlam explain`.",
    ),
    names.COVERAGE_LOW: Words(
        "Te weinig gemeten: <name>",
        "Zoveel van deze periode is niet gemeten dat de norm van <norm> misschien niet te bewijzen is, of minder"
        " dan 95%"
        " ervan is gemeten.",
        "Zie `waakvlam explain` voor wanneer en waarom, en lees in wat een ander systeem mat, als dat er is.",
    ),
    names.COLLECTOR_GONE: Words(
        "De verzamelaar antwoordt niet",
        "Prometheus kan {{ with $labels.instance }}de verzamelaar op {{ . }}{{ else }}geen enkele"
        " verzamelaar{{ end }}"
        " bevragen. Wat hij het laatst zei geldt tien minuten; daarna is van wat hij bewaakt niets bekend.",
        "Start hem weer: `systemctl status waakvlam`. Is er niets mis, kijk dan naar de job in prometheus.yml.",
    ),
    names.JUDGEMENT_STALE: Words(
        "De verzamelaar oordeelt niet meer",
        "Toestanden en cijfers van {{ $labels.instance }} zijn ouder dan vijf minuten: wat op de schermen staat"
        " is niet"
        " nu.",
        "Lees zijn log, en start hem opnieuw.",
    ),
    names.SCHEDULE_STUCK: Words(
        "De verzamelaar meet niet meer",
        "Het schema van {{ $labels.instance }} houdt geen gelijke tred: wat hij zegt wordt onbekend, en hij houdt zijn"
        " levenstekens in.",
        "Zie wat de processor van die machine bezet, en start de verzamelaar opnieuw.",
    ),
    names.SCHEDULE_LATE: Words(
        "De verzamelaar meet te laat",
        f"Van de metingen van {{{{ $labels.instance }}}} begon {_RATIO} meer dan een seconde te laat of bleef"
        " achterwege,"
        " in tien minuten.",
        "Geef hem meer processor, of laat hem minder vaak meten.",
    ),
    names.STORE_FAILING: Words(
        "De verzamelaar kan niet opslaan wat hij ziet",
        "Waarnemingen van {{ $labels.instance }} wachten: in een spool op schijf, of zonder die in zijn geheugen, en"
        " dan zijn zij verloren als hij stopt.",
        "Maak ruimte op de schijf, of breng de database terug. Herstart de verzamelaar niet eerder.",
    ),
    names.CENTRE_GONE: Words(
        "Centrum wordt niet gehoord: {{ $labels.centre }}",
        "Geen ander centrum op dezelfde opslag hoorde er vijf minuten iets van. De andere roepen op, maar er is er een"
        " minder.",
        "Kijk of het loopt en de database bereikt. Wat het intussen ziet, komt later binnen.",
    ),
    names.NOBODY_LEADS: Words(
        "Geen centrum heeft de leiding: niemand wordt opgeroepen",
        "Geen van de centra kon een minuut lang de leiding nemen: geen ervan bereikt de database.",
        "Breng de database terug, of de lijn erheen. Wat op te roepen is, wacht in Alertmanager.",
    ),
    names.CONFIGURATION_REFUSED: Words(
        "De verzamelaar weigerde zijn configuratie",
        "{{ $labels.instance }} gaat door met de configuratie die hij had.",
        "Draai `waakvlam check`, herstel wat dat noemt, en laad opnieuw.",
    ),
    names.RULES_OUTDATED: Words(
        "Deze regels horen niet bij de configuratie",
        "{{ $labels.instance }} bewaakt iets anders dan waarvan deze regels zijn geschreven: voor wat nieuw is, wordt"
        " niemand gewaarschuwd.",
        "Draai `waakvlam rules` en `waakvlam alertmanager` opnieuw, en laat Prometheus en Alertmanager opnieuw laden.",
    ),
    names.BACKGROUND_FAILING: Words(
        "De verzamelaar faalt bij {{ $labels.task }}",
        "Werk naast meten en opslaan eindigde door een fout van het programma op {{ $labels.instance }}. Het is"
        " opnieuw"
        " begonnen.",
        "Lees de log, en meld wat daar staat.",
    ),
    names.CLOCK_JUMPED: Words(
        "De klok van de verzamelaar versprong",
        "De klok van {{ $labels.instance }} is verzet. Metingen van die ogenblikken blijven buiten elk oordeel.",
        "Kijk of NTP daar werkt.",
    ),
    names.PROBE_BUG: Words(
        "Een meting heeft een fout",
        "Metingen van {{ $labels.instance }} eindigden door een fout van het programma, en tellen als niet gemeten.",
        "Lees de log, en meld wat daar staat.",
    ),
    names.DEADMAN_FAILING: Words(
        "De plek buiten hoort geen levensteken",
        "Levenstekens van {{ $labels.instance }} komen niet aan: de plek buiten zal alarm slaan.",
        "Zie de log voor wat zij antwoordt: een proxy, een certificaat, een adres dat veranderde.",
    ),
    names.AGENT_GONE: Words(
        "Agent is er niet: <name>",
        "Al vijf minuten is van de agent niets gehoord. Wat alleen hij ziet wordt onbekend; wat hij intussen ziet"
        " bewaart hij, en levert hij later in.",
        "Kijk of hij loopt en de broker bereikt.",
    ),
    names.AGENT_BACKLOG: Words(
        "Agent heeft meer dan hij kwijt kan: <name>",
        "Meer dan de helft van zijn postvak is bezet, of hij gaf waarnemingen op omdat het vol was.",
        "Kijk waarom het centrum niet bevestigt: de broker, de opslag, of `waakvlam ingest`.",
    ),
    names.AGENT_REFUSED: Words(
        "Berichten van een agent worden geweigerd: <name>",
        "Het centrum nam berichten van deze agent niet aan, om: {{ $labels.reason }}.",
        "Zoek de reden op in docs/protocol.md: een klok, een versie, of iemand die in zijn naam spreekt.",
    ),
    names.AGENT_CONFIGURATION: Words(
        "Agent gebruikt een andere configuratie: <name>",
        "Al tien minuten meet de agent volgens een andere configuratie dan waarnaar het centrum oordeelt.",
        "Geef hem hetzelfde bestand, of laat het centrum het uitdelen.",
    ),
    names.PAGES_WAITING: Words(
        "Oproepen wachten op bezorging",
        "Berichten van {{ $labels.instance }} die weg hadden moeten zijn, wachten vijf minuten of langer.",
        "Bel wie dienst heeft, en kijk of de mail of de gateway plat ligt.",
    ),
    names.PAGE_DELIVERY_FAILING: Words(
        "Oproepen komen niet aan via {{ $labels.channel }}",
        "Berichten langs dit kanaal zijn geweigerd of kregen geen antwoord; zij worden opnieuw geprobeerd, ook"
        " langs het"
        " volgende kanaal.",
        "Zie de log voor wat het kanaal antwoordt.",
    ),
    names.WATCHDOG: Words(
        "De keten van meldingen werkt",
        "Deze melding is er altijd. Komt zij niet meer aan op de plek buiten, dan doet ook geen andere dat.",
        "Zolang zij aankomt is er niets te doen.",
    ),
}
