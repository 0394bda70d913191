"""An eBay order, as the Fulfillment API's `getOrder` tells it.

Totals come from `pricingSummary`. What `paymentSummary` calls an amount is the payout: without
eBay's fee, and in the seller's currency.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from oms.channels.amounts import Amounts
from oms.channels.drafts import Draft, charge, numbered, with_spread_tax
from oms.channels.model import MappedOrder
from oms.channels.reading import MOST_LINES, Reading
from oms.kernel.address import Address, Customer
from oms.kernel.money import Money, allocate, total
from oms.orders.content import ChannelState, Content, PaymentTerms, Totals, own_totals

ORDER_ID = re.compile(r"[A-Za-z0-9!_-]{1,60}")
_PAID = frozenset({"PAID", "PARTIALLY_REFUNDED", "FULLY_REFUNDED"})
_BY_EBAY = "FULFILLED_BY_EBAY"


def order_id(order: Reading) -> str:
    """eBay's ids are opaque. Raises Unmappable."""
    found = order.at("orderId").required()
    text = order.text("orderId", 100)
    if not ORDER_ID.fullmatch(text):
        raise found.fail("invalid-id", "not the id of an eBay order")
    return text


def map_order(order: Reading) -> MappedOrder:
    """Raises Unmappable."""
    external_id = order_id(order)
    grand = order.at("pricingSummary", "total").required()
    currency = grand.currency("currency")
    grand.at("value").required()
    content = _content(order, Amounts(currency, "currency", "value"))
    return MappedOrder(
        external_id=external_id,
        number=external_id,
        currency=currency,
        content=content,
        placed_at=content.placed_at,
        version_at=order.time_or_none("lastModifiedDate"),
        refunded=_refunded(order, currency),
    )


def _content(order: Reading, amounts: Amounts) -> Content:
    drafts = (*_goods(order, amounts), *_charges(order, amounts))
    shipped_to = _shipped_to(order)
    totals, remitted = _totals(order, drafts, amounts), _remitted(order, amounts)
    return Content(
        lines=numbered(drafts),
        customer=_customer(order, shipped_to),
        shipping_address=_address(shipped_to),
        billing_address=None,
        totals=totals,
        terms=_terms(order),
        channel_state=_state(order),
        placed_at=order.time("creationDate"),
        tax_by_channel=remitted or None,
        apart=tuple(amounts.apart),
    )


# --- goods ---------------------------------------------------------------------------


def _goods(order: Reading, amounts: Amounts) -> tuple[Draft, ...]:
    lines = order.each("lineItems")
    if not 0 < len(lines) <= MOST_LINES:
        raise order.at("lineItems").fail("invalid-lines", f"1 to {MOST_LINES} lines are needed")
    is_sent = not _is_digital(order)
    drafts = tuple(_line(line, amounts, is_sent) for line in lines)
    summary = order.at("pricingSummary")
    if not any(draft.discount for draft in drafts):
        drafts = _with_spread_discount(drafts, _size(amounts, summary.at("priceDiscount")))
    if not any(draft.tax for draft in drafts):
        drafts = with_spread_tax(drafts, amounts.read(summary.at("tax"), "Tax"))
    return drafts


def _line(line: Reading, amounts: Amounts, is_sent: bool) -> Draft:
    """`lineItemCost` is for the whole line."""
    line.at("lineItemCost").required()
    cost = amounts.price(line.at("lineItemCost"), "Item")
    discounted = line.at("discountedLineItemCost")
    paid = amounts.price(discounted, "Item") if discounted else cost
    line.at("lineItemId").required()
    return Draft(
        sku=_sku(line),
        title=line.text("title"),
        quantity=line.units("quantity", least=1),
        price=cost,
        discount=cost - paid,
        tax=total(
            (amounts.read(tax.at("amount"), "Tax") for tax in line.each("taxes")),
            amounts.currency,
        ),
        external_id=line.text("lineItemId", 50),
        needs_shipping=is_sent and line.text("lineItemFulfillmentStatus") != "FULFILLED",
    )


def _sku(line: Reading) -> str:
    """A listing without a SKU goes by its own number, which the account can map to a SKU."""
    variation = line.text("legacyVariationId", 50)
    named = filter(None, (line.text("legacyItemId", 50), variation if variation != "0" else ""))
    return line.text("sku", 100) or "-".join(named)


def _with_spread_discount(drafts: tuple[Draft, ...], off: Money) -> tuple[Draft, ...]:
    shares = allocate(off, [draft.price.amount_minor for draft in drafts])
    return tuple(
        replace(draft, discount=share) for draft, share in zip(drafts, shares, strict=True)
    )


def _size(amounts: Amounts, discount: Reading) -> Money:
    """A discount without its sign: eBay gives it below zero."""
    found = amounts.read(discount, "Discount")
    return Money(abs(found.amount_minor), found.currency)


def _charges(order: Reading, amounts: Amounts) -> Iterator[Draft]:
    summary, nothing = order.at("pricingSummary"), Money.zero(amounts.currency)
    for title, key in (("Adjustment", "adjustment"), ("Fees", "fee")):
        if amount := amounts.read(summary.at(key), title):
            yield charge(title, amount, nothing)


def _totals(order: Reading, drafts: tuple[Draft, ...], amounts: Amounts) -> Totals:
    summary = order.at("pricingSummary")
    cost = amounts.read(summary.at("deliveryCost"), "Delivery")
    shipping = cost - _size(amounts, summary.at("deliveryDiscount"))
    return own_totals(numbered(drafts), shipping, amounts.read(summary.at("total"), "Total"))


def _remitted(order: Reading, amounts: Amounts) -> Money:
    """Tax that eBay collects and pays to the state: it is in no total."""
    taxes = (
        tax.at("amount")
        for line in order.each("lineItems")
        for tax in line.each("ebayCollectAndRemitTaxes")
    )
    return total((amounts.read(amount, "Tax by eBay") for amount in taxes), amounts.currency)


def _refunded(order: Reading, currency: str) -> Money:
    """Refunds of the order and those of its lines; a failed one gave nothing."""
    places = (order.at("paymentSummary"), *order.each("lineItems"))
    refunds = (refund for place in places for refund in place.each("refunds"))
    given = (r.at("amount") for r in refunds if r.text("refundStatus") != "FAILED")
    return total((_in_currency(amount, currency) for amount in given), currency)


def _in_currency(amount: Reading, currency: str) -> Money:
    """eBay tells payouts in the seller's currency, and from what it converted them."""
    if amount and amount.currency("currency") == currency:
        return amount.amount("value", currency)
    if amount.at("convertedFromCurrency").value == currency:
        return amount.amount("convertedFromValue", currency)
    return Money.zero(currency)


# --- how it stands, and with whom ----------------------------------------------------


def _terms(order: Reading) -> PaymentTerms:
    is_paid = order.text("orderPaymentStatus") in _PAID
    return PaymentTerms.PAID_IN_CHANNEL if is_paid else PaymentTerms.UNPAID_IN_CHANNEL


def _state(order: Reading) -> ChannelState:
    """A cancellation in progress is a wish: the seller has to agree."""
    if order.at("cancelStatus").text("cancelState") == "CANCELED":
        return ChannelState.CANCELLED
    if order.text("orderFulfillmentStatus") == "FULFILLED":
        return ChannelState.FULFILLED
    if _is_by_ebay(order):
        return ChannelState.ELSEWHERE
    # All money went back and nothing was sent: there is nothing left to send either.
    is_back = order.text("orderPaymentStatus") == "FULLY_REFUNDED"
    return ChannelState.CANCELLED if is_back else ChannelState.OPEN


def _is_by_ebay(order: Reading) -> bool:
    by = order.at("program", "fulfillmentProgram").text("fulfilledBy")
    return by == "EBAY" or _instruction(order).text("fulfillmentInstructionsType") == _BY_EBAY


def _is_digital(order: Reading) -> bool:
    return _instruction(order).text("fulfillmentInstructionsType") == "DIGITAL"


def _instruction(order: Reading) -> Reading:
    """eBay's orders have one; an order to several places would be several orders."""
    found = order.each("fulfillmentStartInstructions")
    return found[0] if found else Reading(None, "/fulfillmentStartInstructions/0")


def _shipped_to(order: Reading) -> Reading:
    """May be a hub of eBay's, which sends it on abroad: the parcel goes there all the same."""
    return _instruction(order).at("shippingStep", "shipTo")


def _customer(order: Reading, shipped_to: Reading) -> Customer:
    """The e-mail is eBay's alias of the buyer's."""
    buyer = order.at("buyer")
    registered = buyer.at("buyerRegistrationAddress")
    names = (registered.text("fullName"), shipped_to.text("fullName"), buyer.text("username"))
    emails = (registered.text("email"), shipped_to.text("email"))
    return Customer(
        name=next(filter(None, names), ""),
        email=next(filter(None, emails), ""),
        phone=shipped_to.at("primaryPhone").text("phoneNumber", 40),
    )


def _address(shipped_to: Reading) -> Address | None:
    place = shipped_to.at("contactAddress")
    found = Address(
        name=shipped_to.text("fullName", 200),
        lines=tuple(filter(None, (place.text("addressLine1"), place.text("addressLine2")))),
        city=place.text("city", 100),
        region=place.text("stateOrProvince", 100),
        postal_code=place.text("postalCode", 20),
        country=place.text("countryCode", 60).upper(),
        company=shipped_to.text("companyName", 200),
        phone=shipped_to.at("primaryPhone").text("phoneNumber", 40),
    )
    is_place = found.lines or found.city or found.postal_code or found.country
    return found if is_place else None
