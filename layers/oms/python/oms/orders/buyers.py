"""Business buyers: who buys on account, at which prices, on what terms, and up to how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from oms.kernel.address import Address
from oms.kernel.ids import OrderId
from oms.platform.unit import Write

CHANNEL = "b2b"


@dataclass(frozen=True, slots=True)
class Buyer:
    """A buyer's account. `prices` are minor units of `currency` for one unit of a SKU.

    `invoice_terms` is when its invoices fall due: NET30 is 30 days after their date. Without a
    `credit_limit_minor` it may owe any amount. `version` 0: not stored yet.
    """

    buyer_id: str
    name: str
    currency: str
    invoice_terms: str
    prices: dict[str, int] = field(default_factory=dict)
    credit_limit_minor: int | None = None
    billing_address: Address | None = None
    blocked: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a buyer's open orders are worth, in minor units: the credit that they use.

    Orders that have ended may still stand here; the orders themselves say so.
    """

    buyer_id: str
    claims: dict[OrderId, int] = field(default_factory=dict)
    version: int = 0

    @property
    def total_minor(self) -> int:
        return sum(self.claims.values())


class BuyerStore(Protocol):
    """Where buyers live. Reads are consistent."""

    def load(self, buyer_id: str) -> Buyer:
        """Raises NotFound."""

    def save(self, before: Buyer | None, after: Buyer) -> Buyer:
        """Raises VersionConflict when somebody wrote first."""

    def page(self, limit: int, after: str) -> tuple[Sequence[Buyer], str]:
        """By id, and where the next page begins; empty at the end."""

    def ledger(self, buyer_id: str) -> Ledger: ...

    def kept(self, before: Ledger, claims: Mapping[OrderId, int]) -> Write:
        """The ledger with `claims`, if nobody wrote it since. Refused: VersionConflict."""
