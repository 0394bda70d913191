"""Stock at Square: physical counts of one location, which is where the account's stock is sold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from oms.channels.push import PushOutcome, StockLevel
from oms.channels.reading import Reading
from oms.channels.shop_client import ShopClient
from oms.channels.square.catalogue import Catalogue
from oms.kernel.clock import iso
from oms.kernel.ids import digest

MOST_CHANGES = 100
_TICK = timedelta(milliseconds=1)
_QUANTITY = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,5})?", re.ASCII)
_OLDEST_COUNT = timedelta(hours=23)  # Square takes none that is over a day old


@dataclass(frozen=True, slots=True)
class Counted:
    """What Square counts, and when that last changed."""

    quantity: Decimal
    at: datetime | None


_NEVER = Counted(Decimal(0), None)


@dataclass(frozen=True, slots=True)
class Inventory:
    """Without a `location_id` there is no place whose stock could be told."""

    client: ShopClient
    catalogue: Catalogue
    location_id: str
    now: Callable[[], datetime]

    def set(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        """All or none. What Square counts already is left alone. Raises Unmappable.

        Square ignores a count that is older than its newest. A level is therefore said to hold
        just after what was seen here: what happens later makes an order, and so a newer level.
        """
        listed = self._listed(level.sku for level in levels)
        seen = self._counted(sorted(listed.values()))
        changes = [
            self._change(level, listed[level.sku], seen.get(listed[level.sku], _NEVER))
            for level in sorted(levels, key=lambda each: each.sku)
            if level.sku in listed and _differs(level, seen.get(listed[level.sku]))
        ]
        if changes:
            self.client.call("POST", "/v2/inventory/changes/batch-create", self._batch(changes))
        return {level.sku: _outcome(level.sku in listed) for level in levels}

    def units(self, skus: Sequence[str]) -> Mapping[str, int]:
        """What was never counted there is none. Raises Unmappable."""
        listed = self._listed(iter(skus))
        seen = self._counted(sorted(listed.values()))
        return {sku: int(seen.get(each, _NEVER).quantity) for sku, each in listed.items()}

    def _listed(self, skus: Iterator[str]) -> Mapping[str, str]:
        return self.catalogue.variations(skus) if self.location_id else {}

    def _change(self, level: StockLevel, variation: str, seen: Counted) -> dict[str, Any]:
        count = {
            "catalog_object_id": variation,
            "location_id": self.location_id,
            "state": "IN_STOCK",
            "quantity": str(max(0, level.units)),
            "occurred_at": iso(self._occurred_at(level, seen)),
            "reference_id": f"{level.sku}#{level.version}"[:255],
        }
        return {"type": "PHYSICAL_COUNT", "physical_count": count}

    def _occurred_at(self, level: StockLevel, seen: Counted) -> datetime:
        """What is too old for Square holds as of this hour: the same for another try."""
        now = self.now()
        at = max(level.at, seen.at + _TICK if seen.at else level.at)
        if at <= now - _OLDEST_COUNT:
            return now.replace(minute=0, second=0, microsecond=0)
        return min(at, now)

    def _batch(self, changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The same changes have the same key: Square does them once."""
        counts = [each["physical_count"] for each in changes]
        told = (f"{c['reference_id']} {c['quantity']} {c['occurred_at']}" for c in counts)
        return {
            "idempotency_key": digest("stock", self.location_id, *told),
            "changes": list(changes),
            "ignore_unchanged_counts": True,
        }

    def _counted(self, variations: Sequence[str]) -> Mapping[str, Counted]:
        body: dict[str, Any] = {
            "catalog_object_ids": list(variations),
            "location_ids": [self.location_id],
            "states": ["IN_STOCK"],
        }
        seen = dict[str, Counted]()
        while variations:
            answer = Reading(self.client.call("POST", "/v2/inventory/counts/batch-retrieve", body))
            for count in answer.each("counts"):
                seen[count.text("catalog_object_id", 192)] = _count(count)
            if not (cursor := answer.text("cursor", 2000)):
                break
            body = {**body, "cursor": cursor}
        return seen


def _outcome(is_listed: bool) -> PushOutcome:
    return PushOutcome.TOLD if is_listed else PushOutcome.UNSUPPORTED


def _differs(level: StockLevel, seen: Counted | None) -> bool:
    """What was never counted is unknown, and not none."""
    return seen is None or seen.quantity != max(0, level.units)


def _count(count: Reading) -> Counted:
    """A decimal in text, which a shop can also oversell to below nothing."""
    given = count.text("quantity", 40)
    if not _QUANTITY.fullmatch(given):
        raise count.at("quantity").fail("invalid-quantity", "not a decimal")
    return Counted(Decimal(given), count.time("calculated_at"))
