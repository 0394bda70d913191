"""An order of the Orders API 2026-01-01 (`orders_2026-01-01.json` of Amazon's models)."""

from __future__ import annotations

from oms.channels.amazon import marketplaces, states
from oms.channels.amazon.sums import Item, sold
from oms.channels.amounts import Amounts
from oms.channels.drafts import Draft, charge
from oms.channels.model import MappedOrder
from oms.channels.reading import MOST_LINES, Reading
from oms.kernel.address import Customer
from oms.kernel.money import Money, total
from oms.orders.content import Apart, Content

_CHARGES = {"GIFT_WRAP": "Gift wrap", "COD_FEE": "Cash on delivery", "OTHER": "Other charges"}


def map_order(order: Reading) -> MappedOrder:
    """Raises Unmappable."""
    external_id = states.order_id(order, "orderId")
    currency = _currency(order)
    content = _content(order, Amounts(currency, "currencyCode", "amount"))
    return MappedOrder(
        external_id=external_id,
        number=external_id,
        currency=currency,
        content=content,
        placed_at=content.placed_at,
        version_at=states.version_of(order, "lastUpdatedTime"),
    )


def _currency(order: Reading) -> str:
    """A pending order has no total: then what its goods cost, or the store, tells."""
    prices = (item.at("product", "price", "unitPrice") for item in order.each("orderItems"))
    for amount in (order.at("proceeds", "grandTotal"), *prices):
        if amount:
            return amount.currency("currencyCode")
    store = order.at("salesChannel")
    found = marketplaces.currency_of(store.text("marketplaceId"))
    if not found:
        raise store.at("marketplaceId").fail("missing-field", "nothing tells the currency")
    return found


def _content(order: Reading, amounts: Amounts) -> Content:
    fulfilment = order.at("fulfillment")
    status = fulfilment.text("fulfillmentStatus")
    place = order.at("recipient", "deliveryAddress")
    goods = sold(
        [_item(item, units, amounts) for item, units in _wanted(order, status)],
        _tips(order, amounts),
        _told(order, amounts),
        amounts.currency,
    )
    return Content(
        lines=goods.lines,
        customer=_customer(order.at("buyer"), place),
        shipping_address=states.address(place, str),
        billing_address=None,
        totals=goods.totals,
        terms=states.terms(status),
        channel_state=states.state(status, fulfilment.text("fulfilledBy") == "AMAZON"),
        placed_at=states.time_of(order, "createdTime"),
        tax_by_channel=goods.tax_by_channel,
        apart=(*amounts.apart, *_foreign_payments(order, amounts.currency)),
    )


def _wanted(order: Reading, status: str) -> list[tuple[Reading, int]]:
    items = order.each("orderItems")
    if not 0 < len(items) <= MOST_LINES:
        raise order.at("orderItems").fail("invalid-lines", f"1 to {MOST_LINES} items are needed")
    counted = [(item, item.units("quantityOrdered", least=0)) for item in items]
    return states.units_ordered(counted, status == "CANCELLED")


def _item(item: Reading, units: int, amounts: Amounts) -> Item:
    parts = {part.text("type"): part for part in item.at("proceeds").each("breakdowns")}
    nothing = Reading(None, item.at("proceeds").pointer)
    tax, discount = parts.get("TAX", nothing), parts.get("DISCOUNT", nothing)
    shipping_tax = _detail(tax, "SHIPPING", amounts)
    shipping_discount = abs_of(_detail(discount, "SHIPPING", amounts))
    shipping = amounts.read(parts.get("SHIPPING", nothing).at("subtotal"), "Shipping")
    return Item(
        draft=Draft(
            sku=item.at("product").text("sellerSku", 100),
            title=item.at("product").text("title"),
            quantity=units,
            price=_price(item, parts.get("ITEM", nothing), units, amounts),
            discount=abs_of(amounts.read(discount.at("subtotal"), "Discount")) - shipping_discount,
            tax=amounts.read(tax.at("subtotal"), "Tax") - shipping_tax,
            external_id=_item_id(item),
            needs_shipping=True,
        ),
        shipping=shipping - shipping_discount,
        shipping_tax=shipping_tax,
        charges=_charges(parts, amounts),
        units_sent=_units_sent(item),
        is_remitted=_is_remitted(item),
    )


def abs_of(amount: Money) -> Money:
    """A discount without its sign: Amazon's examples show it both ways."""
    return Money(abs(amount.amount_minor), amount.currency)


def _item_id(item: Reading) -> str:
    item.at("orderItemId").required()
    return item.text("orderItemId", 50)


def _price(item: Reading, goods: Reading, units: int, amounts: Amounts) -> Money:
    """For the whole line. The breakdown is what was charged; the unit price may stand alone."""
    if goods:
        return amounts.price(goods.at("subtotal"), "Item")
    return amounts.price(item.at("product", "price", "unitPrice"), "Item") * units


def _detail(part: Reading, subtype: str, amounts: Amounts) -> Money:
    found = (each for each in part.each("detailedBreakdowns") if each.text("subtype") == subtype)
    return total(
        (amounts.read(each.at("value"), subtype.capitalize()) for each in found), amounts.currency
    )


def _charges(parts: dict[str, Reading], amounts: Amounts) -> tuple[Draft, ...]:
    nothing = Money.zero(amounts.currency)
    charged = (
        (title, amounts.read(parts[kind].at("subtotal"), title))
        for kind, title in _CHARGES.items()
        if kind in parts
    )
    return tuple(charge(title, amount, nothing) for title, amount in charged if amount)


def _units_sent(item: Reading) -> int:
    sent = item.at("fulfillment")
    return sent.units("quantityFulfilled", least=0) if sent.at("quantityFulfilled") else 0


def _is_remitted(item: Reading) -> bool:
    collections = item.at("tax").each("taxCollections")
    return any(each.text("model") == "MARKETPLACE_FACILITATOR" for each in collections)


def _tips(order: Reading, amounts: Amounts) -> tuple[Draft, ...]:
    """Only a tip is the order's own; the other categories repeat the items' sums."""
    nothing = Money.zero(amounts.currency)
    return tuple(
        charge("Delivery tip", amounts.read(part.at("subtotal"), "Delivery tip"), nothing)
        for part in order.at("proceeds").each("breakdowns")
        if part.text("type") == "DELIVERY_TIP" and part.text("status") != "PENDING"
    )


def _told(order: Reading, amounts: Amounts) -> Money | None:
    grand = order.at("proceeds", "grandTotal")
    return amounts.read(grand, "Total") if grand else None


def _foreign_payments(order: Reading, currency: str) -> tuple[Apart, ...]:
    """Pix and the like pay an order of one currency with another."""
    paid = (
        (each.text("paymentMethod", 50), each.at("paymentAmount"))
        for each in order.at("payment").each("paymentExecutions")
    )
    return tuple(
        Apart(f"Payment {method}".strip(), amount.amount("amount", code))
        for method, amount in paid
        if amount and (code := amount.currency("currencyCode")) != currency
    )


def _customer(buyer: Reading, place: Reading) -> Customer:
    """The e-mail is Amazon's relay; there is none while the order is pending."""
    return Customer(
        name=buyer.text("buyerName", 200) or place.text("name", 200),
        email=buyer.text("buyerEmail"),
        phone=place.text("phone", 40),
    )
