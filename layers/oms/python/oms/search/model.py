"""Tokens: the exact words under which an order is found, and how a question picks among them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, fields

from oms.orders.content import Content
from oms.orders.model import Order

_NOT_WORD = re.compile(r"[^\w@.+-]+")
_MAX_TOKEN = 120
DAYS = "days"  # the token of the days that have orders


def fold(text: str) -> str:
    """Case, accents and spacing aside: `Müller-Lüdenscheidt ` becomes `muller-ludenscheidt`."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", kept).strip()[:_MAX_TOKEN]


def phone_digits(text: str) -> str:
    """The last nine digits: the same for a number with its country's code, and without."""
    return "".join(letter for letter in text if letter.isascii() and letter.isdigit())[-9:]


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One row of the index: `pk` is the token, `sk` ends with the order id."""

    pk: str
    sk: str


def rows_of(order: Order, content: Content) -> frozenset[Row]:
    """Every row that points to `order`. A function of its truth, so it can be made again."""
    plain = {Row(pk, order.order_id) for pk in _tokens(order, content)}
    day = Row(DAYS, f"{order.captured_at:%Y-%m-%d}")
    return frozenset({day, *plain, *_name_rows(order, content)})


def _tokens(order: Order, content: Content) -> Iterator[str]:
    yield f"day#{order.captured_at:%Y-%m-%d}"
    yield f"channel#{order.channel}"
    yield f"number#{fold(order.number)}"
    yield f"external#{fold(order.external_id)}"
    for node in {leg.node for leg in order.legs} | {s.node for s in order.shipments}:
        yield f"node#{node}"
    for sku in {line.sku for line in content.lines if line.sku}:
        yield f"sku#{fold(sku)}"
    if content.customer.email:
        yield f"email#{fold(content.customer.email)}"
    if phone := phone_digits(content.customer.phone):
        yield f"phone#{phone}"
    for shipment in order.shipments:
        for parcel in shipment.parcels:
            if parcel.tracking_number:
                yield f"tracking#{fold(parcel.tracking_number)}"
    if order.is_final:
        yield f"final#{order.stage.value}"


def _name_rows(order: Order, content: Content) -> Iterator[Row]:
    """The name from each of its words on, so that any of them can be typed first."""
    words = content.customer_name.split()
    for start in range(min(len(words), 4)):
        rest = fold(" ".join(words[start:]))
        if rest:
            yield name_row(rest, order.order_id)


def name_row(folded: str, order_id: str) -> Row:
    return Row(f"name#{folded[0]}", f"{folded}#{order_id}")


# --- asking ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; all that are given must hold. `day` is `yyyy-mm-dd` (UTC)."""

    status: str = ""
    channel: str = ""
    node: str = ""
    sku: str = ""
    customer: str = ""
    day: str = ""
    hold: str = ""
    q: str = ""

    def given(self) -> dict[str, str]:
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}


def matches(filters: Filters, order: Order, content: Content) -> bool:
    """Whether the order itself, as it stands now, answers the question."""
    rows = rows_of(order, content)
    tokens = {row.pk for row in rows}
    wanted = (
        (filters.status, order.status == filters.status),
        (filters.channel, order.channel == filters.channel),
        (filters.node, f"node#{filters.node}" in tokens),
        (filters.sku, f"sku#{fold(filters.sku)}" in tokens),
        (filters.customer, _text_matches(filters.customer, rows)),
        (filters.day, f"day#{filters.day}" in tokens),
        (filters.hold, any(hold.kind == filters.hold for hold in order.holds)),
        (filters.q, _text_matches(filters.q, rows)),
    )
    return all(holds for asked, holds in wanted if asked)


def exact_tokens(text: str) -> tuple[str, ...]:
    """The tokens that free text may be: it does not say whether it is a number or a name."""
    folded, phone = fold(text), phone_digits(text)
    named = ("number", "external", "email", "tracking", "sku")
    tokens = [f"{name}#{folded}" for name in named if folded]
    return (*tokens, f"phone#{phone}") if len(phone) >= 5 else tuple(tokens)


def _text_matches(text: str, rows: frozenset[Row]) -> bool:
    if any(row.pk in exact_tokens(text) for row in rows):
        return True
    folded = fold(text)
    return bool(folded) and any(
        row.pk.startswith("name#") and row.sk.startswith(folded) for row in rows
    )
