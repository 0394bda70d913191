"""What the query of `GET /stock/{sku}/availability` may ask."""

from __future__ import annotations

import re
from collections.abc import Mapping

from oms.inventory.availability import Question
from oms.inventory.selling import OWN_SHOP
from oms.kernel.errors import FieldError, Invalid
from oms.kernel.ids import Sku

MOST_UNITS = 10_000
_COUNTRY = re.compile("[A-Z]{2}")


def parse_question(sku: Sku, query: Mapping[str, str]) -> Question:
    """Of `sku`: 1 unit for the own shop, where nothing else is said. Raises Invalid."""
    quantity, country = query.get("quantity", "1"), query.get("country", "")
    channel, postal_code = query.get("channel") or OWN_SHOP, query.get("postal_code", "")
    errors = []
    if not (quantity.isascii() and quantity.isdigit() and 0 < int(quantity[:6]) <= MOST_UNITS):
        errors.append(_error("quantity", f"a number from 1 to {MOST_UNITS:,}"))
    if country and not _COUNTRY.fullmatch(country):
        errors.append(_error("country", "two capital letters of ISO 3166-1"))
    if len(postal_code) > 20 or len(channel) > 100:
        errors.append(_error("postal_code" if len(postal_code) > 20 else "channel", "too long"))
    if errors:
        raise Invalid("the query cannot be answered", errors)
    return Question(sku, int(quantity), channel, country, postal_code)


def _error(name: str, detail: str) -> FieldError:
    return FieldError(f"/{name}", "invalid-value", detail)
