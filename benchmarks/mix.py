"""The orders that are measured: four kinds in equal parts, each from another customer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.workflow.world import World, api_order

FOLDER = Path(__file__).parent / "orders"
KINDS = (
    "Shopify, paid there, one line",
    "Shopify, paid there, two lines",
    "own shop, card, one line",
    "own shop, card, two lines",
)
SKUS = ("MUG-BLUE", "TEE-RED", "TEE-BLACK-M", "CAP-NAVY")


@dataclass(frozen=True, slots=True)
class Sample:
    kind: str
    number: int

    def send(self, oms: World) -> str:
        """Post it; gives the order's id."""
        status, reply = self._shopify(oms) if "Shopify" in self.kind else self._own(oms)
        if status not in (201, 202):
            raise RuntimeError(f"{self.kind}: {status} {reply}")
        order_id: str = reply["order_id"]
        return order_id

    @property
    def lines(self) -> int:
        return 2 if "two" in self.kind else 1

    @property
    def raw(self) -> bytes:
        name = "shopify_two_lines" if self.lines == 2 else "shopify_one_line"
        body = json.loads((FOLDER / f"{name}.json").read_text())
        number = 9_200_000_000 + self.number
        email = {"email": self._email, "contact_email": self._email}
        changed = {**body, "id": number, "name": f"#B{self.number}", "phone": None, **email}
        changed["customer"] = {**(body.get("customer") or {}), **email, "phone": None}
        return json.dumps(changed, separators=(",", ":")).encode()

    @property
    def _email(self) -> str:
        return f"buyer.{self.number}@example.com"

    def _shopify(self, oms: World) -> tuple[int, Any]:
        return oms.shopify(self.raw)

    def _own(self, oms: World) -> tuple[int, Any]:
        lines = [
            {"sku": sku, "quantity": 1, "unit_price": {"amount_minor": 1299, "currency": "USD"}}
            for sku in SKUS[: self.lines]
        ]
        body = api_order(
            external_id=f"B-{self.number}",
            lines=lines,
            payment={"method": "card", "payment_method": "pm_card_visa"},
        )
        body["customer"] = {**body["customer"], "email": self._email}
        caller = {"name": "shop", "scopes": "orders:write"}
        return oms.call("POST /orders", body=body, caller=caller)


def samples(rounds: int, first: int = 1) -> Iterator[Sample]:
    """`rounds` of each kind, in turn."""
    for number in range(first, first + rounds * len(KINDS)):
        yield Sample(KINDS[number % len(KINDS)], number)
