"""Orders that wait, and orders of kits: what tests make happen to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from oms import wiring
from oms.inventory.items import waiting_of
from oms.inventory.reservation import Asked
from oms.inventory.reserve import NewHold
from oms.inventory.selling import Component
from oms.inventory.waiting import Waiting
from oms.kernel.ids import OrderId, Sku
from oms.orders.capture import HeldCart, NewOrder
from oms.orders.content import Content
from oms.orders.contracts import parse_order
from oms.orders.model import Order
from oms.orders.ports import RawDelivery
from tests.workflow.plays import CARD
from tests.workflow.world import World, api_order


def line_of(sku: str, quantity: int, price: int = 1000) -> dict[str, Any]:
    amount = {"amount_minor": price, "currency": "USD"}
    return {"sku": sku, "quantity": quantity, "unit_price": amount}


def ordered(
    oms: World,
    *lines: dict[str, Any],
    channel: str = "api",
    hold: HeldCart | None = None,
    **content: Any,
) -> str:
    """A clean order by card with these `lines`, captured; `content` are fields of `Content`."""
    number = oms.next_number()
    body = api_order(external_id=f"WAIT-{number}", payment=CARD, lines=list(lines))
    body["customer"]["email"] = f"customer{number}@example.com"
    asked = parse_order(body)
    new = NewOrder(
        channel,
        "default",
        asked.external_id,
        asked.external_id,
        "USD",
        _with(asked.content, content),
    )
    delivery = RawDelivery(b"{}", f"digest-{number}")
    return wiring.place_order()(new, delivery, hold=hold).order_id


def _with(content: Content, changes: dict[str, Any]) -> Content:
    after = changes.pop("reserve_after", "")
    lines = tuple(replace(line, reserve_after=after) for line in content.lines)
    return replace(content, lines=lines, **changes)


def waits(oms: World, *lines: dict[str, Any], **content: Any) -> str:
    """Captured and taken as far as intake takes it; whoever comes next is a second later."""
    order_id = ordered(oms, *lines, **content)
    oms.run()
    oms.clock.advance(timedelta(seconds=1))
    return order_id


def known(order_id: str) -> Order:
    return wiring.orders().load(OrderId(order_id))


def content_of(order_id: str) -> Content:
    return wiring.orders().load_with_content(OrderId(order_id))[1]


def kit(sku: str, **parts: int) -> None:
    """`sku` is made of `parts`, named with "_" for "-"."""
    made = tuple(Component(Sku(name.replace("_", "-")), n) for name, n in parts.items())
    wiring.stock().save_selling(Sku(sku), components=made)


def units_held(order_id: str) -> int:
    return sum(leg.quantity for leg in known(order_id).legs)


def in_line(sku: str) -> list[Waiting]:
    return wiring.stock().line(Sku(sku))


def line_faults(oms: World) -> list[str]:
    """What the waiting lines say that the orders do not, and the other way round."""
    rows = oms.rows(oms.tables.stock)
    there = {waiting_of(row) for row in rows if row["pk"].startswith("WAITING#")}
    ids = {row["pk"][2:] for row in oms.rows(oms.tables.orders) if row["sk"] == "ORDER"}
    wanted = {place for order_id in ids for place in known(order_id).waiting}
    counted = {row["pk"][4:]: row["waiting"] for row in rows if "waiting" in row}
    found = [f"{place} stands in line, no order knows why" for place in there - wanted]
    found += [f"{place} does not stand in line" for place in wanted - there]
    for sku, units in counted.items():
        if units != sum(place.units for place in wanted if place.sku == sku):
            found.append(f"{units} {sku} are counted as waited for")
    return found


def met_the_line(oms: World) -> None:
    """One order that waits longer than it hoped, one promised beyond stock, two on carts' holds."""
    for sku in ("LAMP-TIN", "LAMP-OAK"):
        oms.stock_up(sku, 1)
    waits(oms, line_of("LAMP-TIN", 5))
    oms.stock_up("LAMP-TIN", 2)
    wiring.stock().save_selling(Sku("LAMP-OAK"), oversell=5)
    waits(oms, line_of("LAMP-OAK", 3))
    oms.stock_up("LAMP-OAK", 5)
    oms.run()
    for late in (False, True):
        cart = NewHold((Asked(Sku("LAMP-OAK"), 1),), "api", 60)
        hold, _ = wiring.reserve_stock()(cart, "shop")
        oms.clock.advance(timedelta(minutes=5 * late))
        ordered(oms, line_of("LAMP-OAK", 1), hold=HeldCart(hold.reservation_id, "shop"))
    oms.run()
