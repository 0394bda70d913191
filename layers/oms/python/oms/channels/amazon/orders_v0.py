"""An order of the Orders API version 0, which Amazon removes in March 2027 (`ordersV0.json`).

It comes in four answers: the order, its items, its address and its buyer.
"""

from __future__ import annotations

from oms.channels.amazon import marketplaces, states
from oms.channels.amazon.sums import Item, sold
from oms.channels.amounts import Amounts
from oms.channels.drafts import Draft, charge
from oms.channels.model import MappedOrder
from oms.channels.reading import MOST_LINES, Reading
from oms.kernel.address import Customer
from oms.kernel.money import Money
from oms.orders.content import Apart, Content

_STATUSES = {
    "Pending": "PENDING",
    "PendingAvailability": "PENDING_AVAILABILITY",
    "Unshipped": "UNSHIPPED",
    "InvoiceUnconfirmed": "UNSHIPPED",  # Brazil: paid, and waits for our invoice
    "PartiallyShipped": "PARTIALLY_SHIPPED",
    "Shipped": "SHIPPED",
    "Canceled": "CANCELLED",
    "Unfulfillable": "UNFULFILLABLE",
}


def map_order(document: Reading) -> MappedOrder:
    """`document` has `order`, `items`, and where access was granted `address` and `buyer`.

    Raises Unmappable.
    """
    order = document.at("order")
    external_id = states.order_id(order, "AmazonOrderId")
    currency = _currency(document)
    content = _content(document, Amounts(currency, "CurrencyCode", "Amount"))
    return MappedOrder(
        external_id=external_id,
        number=external_id,
        currency=currency,
        content=content,
        placed_at=content.placed_at,
        version_at=states.version_of(order, "LastUpdateDate"),
    )


def _currency(document: Reading) -> str:
    """A pending order has no total: then what its goods cost, or the store, tells."""
    prices = (item.at("ItemPrice") for item in document.each("items"))
    for amount in (document.at("order", "OrderTotal"), *prices):
        if amount:
            return amount.currency("CurrencyCode")
    order = document.at("order")
    found = marketplaces.currency_of(order.text("MarketplaceId"))
    if not found:
        raise order.at("MarketplaceId").fail("missing-field", "nothing tells the currency")
    return found


def _content(document: Reading, amounts: Amounts) -> Content:
    order = document.at("order")
    status = _STATUSES.get(order.text("OrderStatus"), "")
    place = document.at("address").at("ShippingAddress") or order.at("ShippingAddress")
    items = [_item(item, units, amounts) for item, units in _wanted(document, status)]
    goods = sold(items, (), _told(order, amounts), amounts.currency)
    return Content(
        lines=goods.lines,
        customer=_customer(document, place),
        shipping_address=states.address(place, _pascal),
        billing_address=None,
        totals=goods.totals,
        terms=states.terms(status),
        channel_state=states.state(status, order.text("FulfillmentChannel") == "AFN"),
        placed_at=states.time_of(order, "PurchaseDate"),
        tax_by_channel=goods.tax_by_channel,
        apart=(*amounts.apart, *_foreign_payments(order, amounts.currency)),
    )


def _pascal(key: str) -> str:
    return key[0].upper() + key[1:]


def _wanted(document: Reading, status: str) -> list[tuple[Reading, int]]:
    items = document.each("items")
    if not 0 < len(items) <= MOST_LINES:
        raise document.at("items").fail("invalid-lines", f"1 to {MOST_LINES} items are needed")
    counted = [(item, item.units("QuantityOrdered", least=0)) for item in items]
    return states.units_ordered(counted, status == "CANCELLED")


def _item(item: Reading, units: int, amounts: Amounts) -> Item:
    """`ItemPrice` is for the line. A buyer's wish to cancel it is a wish, and changes nothing."""
    item.at("OrderItemId").required()
    return Item(
        draft=Draft(
            sku=item.text("SellerSKU", 100),
            title=item.text("Title"),
            quantity=units,
            price=amounts.price(item.at("ItemPrice"), "Item"),
            discount=_amount(item, amounts, "PromotionDiscount"),
            tax=_amount(item, amounts, "ItemTax") - _amount(item, amounts, "PromotionDiscountTax"),
            external_id=item.text("OrderItemId", 50),
            needs_shipping=True,
        ),
        shipping=_amount(item, amounts, "ShippingPrice")
        - _amount(item, amounts, "ShippingDiscount"),
        shipping_tax=_amount(item, amounts, "ShippingTax")
        - _amount(item, amounts, "ShippingDiscountTax"),
        charges=_charges(item, amounts),
        units_sent=item.units("QuantityShipped", least=0) if item.at("QuantityShipped") else 0,
        is_remitted=item.at("TaxCollection").text("Model") == "MarketplaceFacilitator",
    )


def _amount(item: Reading, amounts: Amounts, key: str) -> Money:
    return amounts.read(item.at(key), key)


def _charges(item: Reading, amounts: Amounts) -> tuple[Draft, ...]:
    wrap, nothing = item.at("BuyerInfo"), Money.zero(amounts.currency)
    fee = _amount(item, amounts, "CODFee") - _amount(item, amounts, "CODFeeDiscount")
    wrapped = amounts.read(wrap.at("GiftWrapPrice"), "Gift wrap")
    wrap_tax = amounts.read(wrap.at("GiftWrapTax"), "Gift wrap tax")
    charged = (("Gift wrap", wrapped, wrap_tax), ("Cash on delivery", fee, nothing))
    return tuple(charge(*each) for each in charged if each[1] or each[2])


def _told(order: Reading, amounts: Amounts) -> Money | None:
    grand = order.at("OrderTotal")
    return amounts.read(grand, "Total") if grand else None


def _foreign_payments(order: Reading, currency: str) -> tuple[Apart, ...]:
    """Pix and the like pay an order of one currency with another."""
    paid = (
        (each.text("PaymentMethod", 50), each.at("Payment"))
        for each in order.each("PaymentExecutionDetail")
    )
    return tuple(
        Apart(f"Payment {method}".strip(), amount.amount("Amount", code))
        for method, amount in paid
        if amount and (code := amount.currency("CurrencyCode")) != currency
    )


def _customer(document: Reading, place: Reading) -> Customer:
    buyer = document.at("buyer") or document.at("order", "BuyerInfo")
    return Customer(
        name=buyer.text("BuyerName", 200) or place.text("Name", 200),
        email=buyer.text("BuyerEmail"),
        phone=place.text("Phone", 40),
    )
