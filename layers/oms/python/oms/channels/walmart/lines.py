"""What was bought, from a Walmart order: lines, shipping, fees, and how far each line is.

Status is kept per line and quantity: two of three may be shipped and one cancelled.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from oms.channels.drafts import Draft, charge
from oms.channels.reading import MOST_LINES, MOST_UNITS, Reading
from oms.channels.walmart.charges import (
    DISCOUNT,
    PRODUCT,
    SHIPPING,
    Charge,
    absolute,
    charges,
    several,
)
from oms.kernel.money import Money, total
from oms.orders.content import Apart

_COUNT = re.compile(r"[0-9]{1,8}(?:\.0{1,5})?", re.ASCII)
_CANCELLED = frozenset({"Cancelled", "Canceled"})
_SENT = frozenset({"Shipped", "Delivered", "Refund"})  # only what was sent is refunded


@dataclass(frozen=True, slots=True)
class Bought:
    """`shipping` is without `shipping_tax`. `apart` is in other currencies than `currency`."""

    currency: str
    drafts: tuple[Draft, ...]
    shipping: Money
    shipping_tax: Money
    apart: tuple[Apart, ...]
    all_cancelled: bool
    all_sent: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """Units of a line. Those neither cancelled nor sent are open."""

    ordered: int
    cancelled: int
    sent: int

    @property
    def left(self) -> int:
        return self.ordered - self.cancelled

    @property
    def open(self) -> int:
        return self.left - self.sent


def order_lines(order: Reading) -> tuple[Reading, ...]:
    return several(order.at("orderLines"), "orderLine")


def statuses(line: Reading) -> tuple[Reading, ...]:
    return several(line.at("orderLineStatuses"), "orderLineStatus")


def progress(line: Reading) -> Progress:
    """Raises Unmappable."""
    counted = Counter[str]()
    for status in statuses(line):
        counted[status.text("status", 40)] += _count(status.at("statusQuantity"))
    cancelled = sum(counted[name] for name in _CANCELLED)
    # A line that is cancelled altogether may stand there with no quantity left.
    ordered = _count(line.at("orderLineQuantity"), least=0 if cancelled else 1) or cancelled
    cancelled = min(cancelled, ordered)
    sent = min(sum(counted[name] for name in _SENT), ordered - cancelled)
    return Progress(ordered, cancelled, sent)


def bought(order: Reading) -> Bought:
    """Raises Unmappable."""
    lines = order_lines(order)
    if not 0 < len(lines) <= MOST_LINES:
        raise order.at("orderLines").fail("invalid-lines", f"1 to {MOST_LINES} lines are needed")
    steps = [progress(line) for line in lines]
    all_cancelled = not any(step.left for step in steps)
    currency = _currency(order, lines)
    # Of a cancelled order the record shows what had been ordered.
    both = zip(lines, steps, strict=True)
    kept = [(line, step) for line, step in both if step.left or all_cancelled]
    every = [each for line, _ in kept for each in charges(line)]
    own = [each for each in every if each.currency == currency]
    shipping = [each for each in own if each.kind == SHIPPING]
    return Bought(
        currency=currency,
        drafts=(*_goods(kept, currency, all_cancelled), *_fees(own)),
        shipping=total((each.amount for each in shipping), currency),
        shipping_tax=total((each.tax for each in shipping), currency),
        apart=tuple(_apart(every, currency)),
        all_cancelled=all_cancelled,
        all_sent=not all_cancelled and not any(step.open for step in steps),
    )


def _currency(order: Reading, lines: Sequence[Reading]) -> str:
    """Only amounts have one: that of the first charge is the order's."""
    for line in lines:
        for each in several(line.at("charges"), "charge"):
            return each.at("chargeAmount").currency("currency")
    raise order.at("orderLines").fail("missing-field", "no charge names a currency")


def _goods(
    kept: Sequence[tuple[Reading, Progress]], currency: str, all_cancelled: bool
) -> Iterator[Draft]:
    all_sent = not any(step.open for _, step in kept)
    for line, step in kept:
        draft = _line(line, currency, step.ordered)
        yield from (draft,) if all_cancelled else _parts(draft, step, all_sent)


def _parts(draft: Draft, step: Progress, all_sent: bool) -> Iterator[Draft]:
    """The line without cancelled units; those sent already need no shipping.

    When all was sent the order says so itself, and its lines stay as they were ordered.
    """
    if step.left < draft.quantity:
        draft, _ = draft.split(step.left)
    if all_sent or not step.sent:
        yield draft
    elif not step.open:
        yield replace(draft, needs_shipping=False)
    else:
        gone, rest = draft.split(step.sent)
        yield from (rest, replace(gone, needs_shipping=False))


def _line(line: Reading, currency: str, quantity: int) -> Draft:
    item = line.at("item")
    own = [each for each in charges(line) if each.currency == currency]
    goods = [each for each in own if each.kind in (PRODUCT, DISCOUNT)]
    price = total((each.amount for each in goods if each.kind == PRODUCT), currency)
    if price.amount_minor < 0:
        raise line.at("charges").fail("invalid-amount", "a price below zero")
    return Draft(
        sku=item.text("sku", 100),
        title=item.text("productName"),
        quantity=quantity,
        price=price,
        discount=total((absolute(e.amount) for e in goods if e.kind == DISCOUNT), currency),
        tax=total((each.tax for each in goods), currency),
        external_id=line.identifier("lineNumber"),
        needs_shipping=True,
    )


def _fees(own: Sequence[Charge]) -> Iterator[Draft]:
    """Recycling and the like, and types that we do not know: money beside the goods."""
    for each in own:
        if each.kind not in (PRODUCT, DISCOUNT, SHIPPING) and (each.amount or each.tax):
            yield charge(each.name, each.amount, each.tax)


def _apart(every: Sequence[Charge], currency: str) -> Iterator[Apart]:
    for each in every:
        if each.currency != currency:
            yield Apart(each.name, each.amount + each.tax)


def _count(quantity: Reading, least: int = 0) -> int:
    """Quantities are text, such as "1"."""
    field = quantity.at("amount")
    if not isinstance(field.value, str) or not _COUNT.fullmatch(field.value):
        raise field.fail("invalid-quantity", "a quantity is a whole number in text")
    units = int(field.value.partition(".")[0])
    if not least <= units <= MOST_UNITS:
        raise field.fail("invalid-quantity", f"not a number from {least} on")
    return units
