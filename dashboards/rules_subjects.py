"""What rules are written about: a configuration, with what follows from it and how its things are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from availability.estate import Estate, Part, Service
from config.settings import CheckSpec, Settings
from dashboards.rules_model import LANGUAGES, Language, literal, titled
from dashboards.rules_weight import Weights, weigh

_FACTS: Mapping[Language, Mapping[str, str]] = {
    "nl": {"owner": "Eigenaar", "supplier": "Leverancier", "site": "Locatie", "between": "Tussen",
           "behind": "Bereikt via", "primary": "Primair", "standby": "Reserve", "services": "Diensten"},
    "en": {"owner": "Owner", "supplier": "Supplier", "site": "Site", "between": "Between",
           "behind": "Reached through", "primary": "Primary", "standby": "Standby", "services": "Services"},
}  # fmt: skip
_NAMED_AT_MOST = 5
_MORE: Mapping[Language, str] = {"nl": "en nog", "en": "and more:"}


@dataclass(frozen=True)
class Subjects:
    """A configuration, and what rules need to know of it."""

    settings: Settings

    @property
    def estate(self) -> Estate:
        """What is judged."""
        return self.settings.estate

    @cached_property
    def weights(self) -> Weights:
        """How much rests on each part and pair."""
        return weigh(self.estate)

    @cached_property
    def _checks(self) -> Mapping[str, list[CheckSpec]]:
        found: dict[str, list[CheckSpec]] = {}
        for spec in self.settings.checks.values():
            found.setdefault(spec.part, []).append(spec)
        return found

    def checks_of(self, part: Part) -> list[CheckSpec]:
        """The checks of a component or link, in the configuration's order."""
        return self._checks.get(part.id, [])

    def name_of(self, id_: str) -> str:
        """How people call a component, link or service, with its id."""
        known = self.estate.parts.get(id_) or self.estate.services.get(id_)
        return titled(id_, known.name if known else "")

    def facts_of(self, part: Part) -> dict[Language, str]:
        """Whose it is, where, and what rests on it."""
        return self.facts(
            owner=[part.owner] if part.owner else [],
            site=[part.site] if part.site else [],
            between=part.between,
            behind=part.behind,
            services=self.weights.of[part.id].services,
        )

    def facts_of_service(self, service: Service) -> dict[Language, str]:
        """Who supplies it."""
        supplier = self.estate.agreements[service.agreement].supplier
        return self.facts(supplier=[supplier] if supplier else [])

    def facts(self, **known: Iterable[str]) -> dict[Language, str]:
        """Short sentences of what is known, in each language; at most some names of a kind."""
        told: dict[Language, str] = {}
        for language in LANGUAGES:
            sentences = []
            for word, ids in known.items():
                listed = list(dict.fromkeys(ids))
                if listed:
                    shown = ", ".join(literal(self._called(word, id_)) for id_ in listed[:_NAMED_AT_MOST])
                    rest = len(listed) - _NAMED_AT_MOST
                    more = f" {_MORE[language]} {rest}" if rest > 0 else ""
                    sentences.append(f"{_FACTS[language][word]}: {shown}{more}.")
            told[language] = " ".join(sentences)
        return told

    def _called(self, word: str, id_: str) -> str:
        """An id can be that of an organisation and of a service, so it depends on what it is said to be."""
        if word in ("owner", "supplier"):
            organisation = self.settings.organisations.get(id_)
            return titled(id_, organisation.name if organisation else "")
        if word in ("site", "between"):
            site = self.settings.sites.get(id_)
            return titled(id_, site.name if site else "")
        return self.name_of(id_)
