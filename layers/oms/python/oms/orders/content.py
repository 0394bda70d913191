"""What was bought, from whom we have it, and where it goes.

Written at capture and touched again only by a correction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oms.inventory.waiting import NORMAL_PRIORITY
from oms.kernel.address import Address, Customer
from oms.kernel.ids import LineId, Sku
from oms.kernel.money import Money, total


class Verdict(StrEnum):
    """What a screen for fraud says; channels have one of their own."""

    ACCEPT = "ACCEPT"
    REVIEW = "REVIEW"
    REJECT = "REJECT"


@dataclass(frozen=True, slots=True)
class Line:
    """`unit_price` is before discount; `discount` and `tax` are for the whole line.

    `sku` is empty when the channel named none: that line makes a SKU hold. `external_id` is
    the channel's own id of the line. Lines that need no shipping are never allocated. Before
    the day `reserve_after` (ISO) the line locks no stock.
    """

    line_id: LineId
    sku: Sku
    title: str
    quantity: int
    unit_price: Money
    discount: Money
    tax: Money
    external_id: str = ""
    needs_shipping: bool = True
    reserve_after: str = ""


class PaymentTerms(StrEnum):
    """Who collects the money."""

    PAID_IN_CHANNEL = "PAID_IN_CHANNEL"
    AUTHORIZED_IN_CHANNEL = "AUTHORIZED_IN_CHANNEL"
    UNPAID_IN_CHANNEL = "UNPAID_IN_CHANNEL"  # pending or part-paid: wait for the channel
    CARD = "CARD"  # we authorise and capture `payment_method`
    ON_ACCOUNT = "ON_ACCOUNT"  # invoice; nothing is charged here


@dataclass(frozen=True, slots=True)
class Totals:
    """Our own sums, and the channel's grand total as it gave it."""

    items: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    channel_total: Money

    @property
    def variance(self) -> Money:
        return self.channel_total - self.total


@dataclass(frozen=True, slots=True)
class Part:
    """What part `number` of the kit in a line was when the order was promised stock.

    Kept with the order: the catalogue may say something else later.
    """

    line_id: LineId
    number: int
    sku: Sku
    per_kit: int

    @property
    def name(self) -> LineId:
        """The line id under which it is promised, picked and packed."""
        return LineId(f"{self.line_id}.{self.number}") if self.number else self.line_id


def kit_line(line_id: str) -> tuple[LineId, int]:
    """The line that `line_id` is (a part of), and which part; 0 for the line itself."""
    line, _, part = line_id.partition(".")
    return LineId(line), int(part or 0)


class ChannelState(StrEnum):
    """What the channel says already happened to the order."""

    OPEN = "OPEN"
    CANCELLED = "CANCELLED"
    FULFILLED = "FULFILLED"
    TEST = "TEST"
    HANDED_OVER = "HANDED_OVER"  # sold in a store: the customer has left with the goods
    ELSEWHERE = "ELSEWHERE"  # somebody else's warehouse sends it, of somebody else's stock


@dataclass(frozen=True, slots=True)
class Apart:
    """An amount in another currency than the order's: named, and in no sum."""

    title: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Content:
    """What the customer bought, from whom we have it, and where it goes.

    `ship_complete`: everything in one parcel. `priority` (0 to 9) is its rank in waiting lines.
    `fresh_days`: how long goods that expire must keep at least. `parts` are those of its kits.
    `handed_over_at` is the node (a store) that a sale over the counter left. `tax_by_channel` is
    what a marketplace collects and pays to the state itself. `marks` are digests of the parts of
    the order as its channel gave them, to see what the channel changes later. `buyer_id`,
    `po_number`, `invoice_terms` (NET30), `requested_ship_date` (a day, ISO) and `cost_centre`
    are a business buyer's.
    """

    lines: tuple[Line, ...]
    customer: Customer
    shipping_address: Address | None
    billing_address: Address | None
    totals: Totals
    terms: PaymentTerms
    payment_method: str = ""
    card_country: str = ""
    channel_risk: Verdict | None = None
    channel_state: ChannelState = ChannelState.OPEN
    placed_at: datetime | None = None
    ship_complete: bool = False
    priority: int = NORMAL_PRIORITY
    fresh_days: int = 0
    parts: tuple[Part, ...] = ()
    handed_over_at: str = ""
    tax_by_channel: Money | None = None
    apart: tuple[Apart, ...] = ()
    marks: str = ""
    buyer_id: str = ""
    po_number: str = ""
    invoice_terms: str = ""
    requested_ship_date: str = ""
    cost_centre: str = ""
    note: str = ""

    def line(self, line_id: str) -> Line | None:
        """The line of that id; for a part of a kit, the kit's."""
        whole, _ = kit_line(line_id)
        return next((line for line in self.lines if line.line_id == whole), None)

    def whole_units(self, line_id: str, quantity: int) -> int:
        """Units of the line that `quantity` units of it, or of a part of it, stand for.

        A kit counts by its first part, so each kit counts once, whichever way it is sent.
        """
        _, number = kit_line(line_id)
        if not number:
            return quantity
        part = next(part for part in self.parts if part.name == line_id)
        return quantity // part.per_kit if number == 1 else 0

    def parts_of(self, line: Line) -> tuple[Part, ...]:
        """What goes into the kit of `line`; a line that is no kit is its own only part."""
        parts = tuple(part for part in self.parts if part.line_id == line.line_id)
        return parts or (Part(line.line_id, 0, line.sku, 1),)

    @property
    def units_to_ship(self) -> int:
        """Units that leave in boxes; a kit as its parts."""
        return sum(
            part.per_kit * line.quantity for line in self.shippable for part in self.parts_of(line)
        )

    @property
    def customer_name(self) -> str:
        return self.customer.name or (self.shipping_address.name if self.shipping_address else "")

    @property
    def shippable(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.needs_shipping)


def own_totals(lines: Iterable[Line], shipping: Money, channel_total: Money | None) -> Totals:
    """Sum `lines`. Without a channel total (our own API) there is nothing to differ from."""
    lines, currency = tuple(lines), shipping.currency
    items = total((line.unit_price * line.quantity for line in lines), currency)
    discount = total((line.discount for line in lines), currency)
    tax = total((line.tax for line in lines), currency)
    grand = items - discount + shipping + tax
    told = grand if channel_total is None else channel_total
    return Totals(items, discount, shipping, tax, grand, told)
