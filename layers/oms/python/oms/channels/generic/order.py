"""A generic channel's order in our words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from oms.channels.drafts import numbered
from oms.channels.generic.fields import Fields
from oms.channels.generic.lines import Bought, bought
from oms.channels.generic.mapping import Mapping
from oms.channels.generic.order_terms import Postal
from oms.channels.model import MappedOrder
from oms.channels.reading import Reading
from oms.kernel.address import Address, Customer
from oms.kernel.money import Money
from oms.orders.content import ChannelState, Content, Totals, own_totals


def mapped(mapping: Mapping, message: Reading) -> MappedOrder:
    """Raises Unmappable."""
    terms = mapping.order
    order = Fields(mapping, Fields(mapping, message).at(terms.root))
    external_id = order.identifier(terms.id)
    currency = order.currency(terms.currency)
    goods = bought(order, terms, currency)
    content = _content(order, goods, currency)
    content = replace(content, channel_state=_state(order, message, goods))
    return MappedOrder(
        external_id=external_id,
        number=order.text(terms.number, 50) or external_id,
        currency=currency,
        content=content,
        placed_at=content.placed_at,
        version_at=order.time_or_none(terms.version_at),
        refunded=order.amount(terms.refunded, currency) if terms.refunded else None,
    )


def _content(order: Fields, goods: Bought, currency: str) -> Content:
    terms = order.mapping.order
    by_channel = order.amount(terms.tax_by_channel, currency) if terms.tax_by_channel else None
    shipping = _address(order, terms.shipping_address)
    return Content(
        lines=numbered(goods.drafts),
        customer=_customer(order, shipping),
        shipping_address=shipping,
        billing_address=_address(order, terms.billing_address),
        totals=_totals(order, goods, currency),
        terms=terms.payment.terms(order.word(terms.payment.at) if terms.payment.at else ""),
        placed_at=order.time(terms.placed_at),
        tax_by_channel=by_channel,
        apart=goods.apart,
    )


def _totals(order: Fields, goods: Bought, currency: str) -> Totals:
    """Our sums, beside the grand total as the channel gave it."""
    path = order.mapping.order.total
    order.at(path).required()
    channel_total: Money = order.amount(path, currency)
    ours = own_totals(numbered(goods.drafts), goods.shipping, None)
    return replace(
        ours,
        tax=ours.tax + goods.shipping_tax,
        total=ours.total + goods.shipping_tax,
        channel_total=channel_total,
    )


def _state(order: Fields, message: Reading, goods: Bought) -> ChannelState:
    terms = order.mapping.order
    if order.flag(terms.test):
        return ChannelState.TEST
    if goods.all_removed or _told_meaning(order.mapping, message) == "cancel":
        return ChannelState.CANCELLED
    return terms.state.state(order.word(terms.state.at)) if terms.state else ChannelState.OPEN


def _told_meaning(mapping: Mapping, message: Reading) -> str:
    """What the topic in the body means; empty when it stands elsewhere or says nothing."""
    if mapping.topic is None or mapping.topic.body is None:
        return ""
    word = Fields(mapping, message).word(mapping.topic.body)
    return mapping.topics.get(word, "ignore") if word else ""


def _customer(order: Fields, shipping: Address | None) -> Customer:
    person = order.mapping.order.customer
    return Customer(
        name=order.text(person.name, 200) or (shipping.name if shipping else ""),
        email=order.text(person.email),
        phone=order.text(person.phone, 40) or (shipping.phone if shipping else ""),
    )


def _address(order: Fields, terms: Postal | None) -> Address | None:
    if terms is None:
        return None
    at = order.below(order.at(terms.at))
    found = Address(
        name=at.text(terms.name, 200),
        lines=tuple(_streets(at, terms)),
        city=at.text(terms.city, 100),
        region=at.text(terms.region, 100),
        postal_code=at.text(terms.postal_code, 20),
        country=at.text(terms.country, 60).upper(),
        company=at.text(terms.company, 200),
        phone=at.text(terms.phone, 40),
    )
    is_place = found.lines or found.city or found.postal_code or found.country
    return found if is_place else None


def _streets(at: Fields, terms: Postal) -> Iterator[str]:
    for path in terms.lines:
        yield from at.texts(path)
