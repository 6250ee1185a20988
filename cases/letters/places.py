"""Countries that a decision can apply in, by their codes: those that the Transparency Database takes.

The list is `EUROPEAN_COUNTRY_CODES` of `app/Services/EuropeanCountriesService.php` in
https://github.com/digital-services-act/transparency-database (commit 69e80a0b of 24 June 2026): the Member States of
the European Union, Iceland, Liechtenstein and Norway. Codes are ISO 3166-1 alpha-2; Greece is GR there.
"""

from __future__ import annotations

from collections.abc import Sequence

COUNTRIES = {
    "AT": "Austria",
    "BE": "Belgium",
    "BG": "Bulgaria",
    "CY": "Cyprus",
    "CZ": "Czechia",
    "DE": "Germany",
    "DK": "Denmark",
    "EE": "Estonia",
    "ES": "Spain",
    "FI": "Finland",
    "FR": "France",
    "GR": "Greece",
    "HR": "Croatia",
    "HU": "Hungary",
    "IE": "Ireland",
    "IS": "Iceland",
    "IT": "Italy",
    "LI": "Liechtenstein",
    "LT": "Lithuania",
    "LU": "Luxembourg",
    "LV": "Latvia",
    "MT": "Malta",
    "NL": "the Netherlands",
    "NO": "Norway",
    "PL": "Poland",
    "PT": "Portugal",
    "RO": "Romania",
    "SE": "Sweden",
    "SI": "Slovenia",
    "SK": "Slovakia",
}


def country_names(codes: Sequence[str]) -> list[str]:
    """The countries' names in their alphabetical order; a code from elsewhere stays a code."""
    return sorted(COUNTRIES.get(code, code) for code in codes)
