"""Reading the stream of the `stock` table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from oms.inventory import items
from oms.inventory.model import AVAILABLE
from oms.kernel.ids import Sku
from oms.platform.attributes import unmarshal

Record = Mapping[str, Any]


def worth_a_look(records: Sequence[Record]) -> list[Sku]:
    """SKUs of which more became available, or for which somebody entered the line.

    The second, because stock may have come in while that order was looking.
    """
    return list(dict.fromkeys(sku for record in records for sku in _grown(record["dynamodb"])))


def _grown(images: Mapping[str, Any]) -> Iterator[Sku]:
    if "NewImage" not in images:
        return
    new, old = unmarshal(images["NewImage"]), unmarshal(images.get("OldImage") or {})
    if items.is_level(new) and new.get(AVAILABLE, 0) > old.get(AVAILABLE, 0):
        yield items.place_of(new)[0]
    elif _is_terms(new) and (_more_wait(new, old) or _sold_earlier(new, old)):
        yield Sku(new["pk"].removeprefix("SKU#"))


def _is_terms(row: Mapping[str, Any]) -> bool:
    return bool(row["sk"] == items.SELLING and row["pk"].startswith("SKU#"))


def _more_wait(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    return bool(new.get("waiting", 0) > old.get("waiting", 0))


def _sold_earlier(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """What kept those who wait from being served was lifted."""
    days = [row.get("available_from", "") for row in (old, new)]
    return bool(new.get("waiting", 0) > 0 and days[0] > days[1])


def given_work(records: Sequence[Record]) -> list[str]:
    """Work that is committed, and now has to be carried out."""
    images = (record["dynamodb"].get("NewImage") for record in records)
    rows = (unmarshal(image) for image in images if image)
    return [
        row["pk"].removeprefix("WORK#")
        for row in rows
        if row["sk"] == items.WORK and row.get("state") == items.GIVING
    ]
