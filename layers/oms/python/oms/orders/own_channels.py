"""What each channel of our own API asks of an order, and what it does not take.

`api`, `web` and `phone` are alike. `b2b` is a business buyer's purchase order, on account; `pos`
is a till of ours, whose sale may have left the store already (`handed_over_at`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from oms.inventory.counter_sale import MOST_SKUS
from oms.kernel.errors import FieldError
from oms.orders.buyers import Buyer

if TYPE_CHECKING:
    from oms.orders.contracts import OrderBody


class OwnChannel(StrEnum):
    API = "api"
    WEB = "web"
    PHONE = "phone"
    B2B = "b2b"
    POS = "pos"


_OF_B2B = ("buyer_id", "po_number", "requested_ship_date", "cost_centre")
_NEEDED_BY_B2B = ("buyer_id", "po_number")
# A sale that is over: nothing of it is sent, held or charged by us.
_NOT_WITH_HAND_OVER = ("payment", "reservation_id", "shipping")


def problems(body: OrderBody) -> Iterator[FieldError]:
    """What goes with no order of the body's channel, and what an order of it lacks."""
    b2b = body.channel is OwnChannel.B2B
    yield from _absent(body, _NEEDED_BY_B2B if b2b else ())
    yield from _present(body, () if b2b else _OF_B2B, "of b2b orders only")
    if b2b:
        yield from _present(body, ("external_id",), "a b2b order goes by its po_number")
        yield from _by_card(body)
    if body.channel is not OwnChannel.POS:
        yield from _present(body, ("handed_over_at",), "of pos orders only")
    elif body.handed_over_at:
        yield from _present(body, _NOT_WITH_HAND_OVER, "not of a sale that is over")
        if len({line.sku for line in body.lines}) > MOST_SKUS:
            yield FieldError("/lines", "too-many-lines", f"at most {MOST_SKUS} SKUs in one sale")
    yield from _unreachable(body)
    if not b2b:
        yield from _without_price(body, {})


def problems_of_buyer(body: OrderBody, buyer: Buyer) -> Iterator[FieldError]:
    """What the buyer's account does not allow."""
    if buyer.blocked:
        yield FieldError("/buyer_id", "buyer-blocked", "the buyer is blocked")
    if body.currency != buyer.currency:
        yield FieldError("/currency", "currency-mismatch", f"the buyer buys in {buyer.currency}")
    yield from _without_price(body, buyer.prices)


def _without_price(body: OrderBody, prices: Mapping[str, int]) -> Iterator[FieldError]:
    code = "no-price" if body.channel is OwnChannel.B2B else "missing-field"
    for n, line in enumerate(body.lines):
        if line.unit_price is None and line.sku not in prices:
            yield FieldError(f"/lines/{n}/unit_price", code, "no price is known for it")


def _unreachable(body: OrderBody) -> Iterator[FieldError]:
    """A customer at a counter may stay nameless, and a business is reached as its account says."""
    if body.channel is OwnChannel.B2B or body.handed_over_at:
        return
    if body.customer is None:
        yield FieldError("/customer", "missing-field", "who buys")
    elif not body.customer.is_reachable:
        yield FieldError("/customer/email", "missing-field", "an e-mail address or a phone number")


def _by_card(body: OrderBody) -> Iterator[FieldError]:
    if body.payment and body.payment.method == "card":
        yield FieldError("/payment/method", "not-of-channel", "a b2b order is on account")


def _absent(body: OrderBody, names: tuple[str, ...]) -> Iterator[FieldError]:
    for name in names:
        if not getattr(body, name):
            yield FieldError(f"/{name}", "missing-field", f"an order of {body.channel} has one")


def _present(body: OrderBody, names: tuple[str, ...], detail: str) -> Iterator[FieldError]:
    for name in names:
        if getattr(body, name):
            yield FieldError(f"/{name}", "not-of-channel", detail)
