"""What must hold of the stock, read from the tables themselves and from what was told.

S1 to S8 are the laws of the reliability design. `broken(shop)` lists what does not hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from oms.inventory import items
from oms.inventory.model import Level, Movement, Place, Reason, demand, rebuilt
from oms.inventory.reservation import HoldState, Reservation, ReservationId
from oms.inventory.shelves import row_of
from oms.inventory.waiting import Waiting
from oms.orders.model import FINAL, Order, Stage
from oms.orders.store import order_from_item
from oms.platform.attributes import unmarshal
from tests.simulation.shop import Shop

_PROMISED = (Stage.ALLOCATED, Stage.AUTHORIZED, Stage.CONFIRMED, Stage.RELEASED)


class Books:
    """Both tables of a shop, read whole."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        stock = [unmarshal(row) for row in _rows(shop, shop.names.stock)]
        self.levels = {each.place: each for each in map(items.level_of, _only(stock, _is_level))}
        self.moves = [items.movement_of(row) for row in stock if "MOVEMENTS#" in row["pk"]]
        self.holds = [items.hold_of(row) for row in stock if row["sk"] == items.HOLD]
        self.takings, self.owners_taking = _takings(stock)
        self.line = [items.waiting_of(row) for row in stock if row["pk"].startswith("WAITING#")]
        self.counted = {
            row["pk"].removeprefix("SKU#"): row.get("waiting", 0)
            for row in stock
            if row["sk"] == items.SELLING and row["pk"].startswith("SKU#")
        }
        orders = [unmarshal(row) for row in _rows(shop, shop.names.orders)]
        self.orders = [order_from_item(row) for row in orders if row["sk"] == "ORDER"]


def broken(shop: Shop, *, settled: bool = True) -> list[str]:
    """`settled`: whatever was broken off has been swept, so nothing is half held."""
    books = Books(shop)
    return [
        *_counters(books),
        *_reserved(books),
        *_ended_once(books),
        *_orders(books),
        *_waiting(books),
        *(_swept(books) if settled else ()),
    ]


def check(shop: Shop, *, settled: bool = True) -> None:
    assert not (found := broken(shop, settled=settled)), "\n".join(found)


def _counters(books: Books) -> Iterator[str]:
    made = rebuilt(sorted(books.moves, key=lambda move: move.movement_id))
    for place in made.keys() | books.levels.keys():
        level = books.levels.get(place, Level(place[0], place[1], shelf=place[2]))
        if _figures(level) != _figures(made.get(place, Level(place[0], place[1], shelf=place[2]))):
            yield f"S1 {place}: {level} is not what its movements make: {made.get(place)}"
        if not level.is_sound or level.available < 0:
            yield f"S2 {place}: {level}"


def _figures(level: Level) -> tuple[int, ...]:
    return (
        level.on_hand,
        level.reserved,
        level.safety,
        level.damaged,
        level.quality,
        level.incoming,
        level.oversold,
        level.available,
    )


def _reserved(books: Books) -> Iterator[str]:
    """S3, claim by claim; and S4: nothing is held for an order that has ended."""
    claims: Counter[Place] = Counter(books.takings)
    held = [hold.claims for hold in books.holds if hold.state is HoldState.HELD]
    legs = [order.legs for order in books.orders]
    for each in (*held, *legs):
        for (sku, node, shelf), units in demand(each).items():
            claims[sku, node, row_of(shelf)] += units
    for place in books.levels.keys() | claims.keys():
        reserved = books.levels[place].reserved if place in books.levels else 0
        if reserved != claims[place]:
            yield f"S3 {place}: {reserved} reserved, {claims[place]} claimed"
    yield from (f"S4 {o.order_id} has ended and holds stock" for o in books.orders if _idle(o))


def _idle(order: Order) -> bool:
    return order.stage in FINAL and bool(order.legs or order.waiting)


def _ended_once(books: Books) -> Iterator[str]:
    """S5: by the movements, every owner holds what was taken for it, less what it gave back
    and what was shipped: nothing was released or consumed twice."""
    owner = {hold.reservation_id: hold.order_id or "" for hold in books.holds if hold.order_id}
    moved: Counter[str] = Counter()
    for move in books.moves:
        reference = _root(move)
        moved[owner.get(ReservationId(reference)) or reference] += move.changes.get("reserved", 0)
    live = Counter(books.owners_taking)
    for hold in books.holds:
        if hold.state is HoldState.HELD:
            live[hold.reservation_id] += sum(demand(hold.claims).values())
    for order in books.orders:
        live[order.order_id] += sum(demand(order.legs).values())
    for reference in moved.keys() | live.keys():
        if moved[reference] != live[reference]:
            yield f"S5 {reference}: {moved[reference]} by its movements, holds {live[reference]}"


def _root(move: Movement) -> str:
    """The order or hold that a movement belongs to: a shipment's belongs to its order."""
    order, _, number = move.reference.rpartition("-")
    return order if len(order) == 26 and number.isdigit() else move.reference


def _orders(books: Books) -> Iterator[str]:
    """S4: an order that was promised stock has all of it."""
    for order in books.orders:
        content = books.shop.orders.load_with_content(order.order_id)[1]
        wanted = sum(line.quantity for line in content.shippable)
        held = sum(leg.quantity for leg in order.legs)
        if order.stage in _PROMISED and not content.parts and held != wanted:
            yield f"S4 {order.order_id} is {order.stage} with {order.legs}"


def _waiting(books: Books) -> Iterator[str]:
    said = sorted(_key(each) for order in books.orders for each in order.waiting)
    rows = sorted(map(_key, books.line))
    if said != rows:
        yield f"the line has {rows}, orders say {said}"
    units: Counter[str] = Counter()
    for each in books.line:
        units[each.sku] += each.units
    for sku in units.keys() | books.counted.keys():
        if units[sku] != books.counted.get(sku, 0):
            yield f"{sku}: {books.counted.get(sku, 0)} counted as waiting, {units[sku]} wait"


def _key(each: Waiting) -> tuple[str, str, int]:
    return each.sku, each.place, each.units


def _swept(books: Books) -> Iterator[str]:
    """S8, some time later: nothing is held past its end, no work stands half done."""
    now = books.shop.clock.now()
    yield from (f"S8 {hold.reservation_id} is over" for hold in books.holds if _over(hold, now))
    if books.takings:
        yield f"S7 taken and never made an order's: {dict(books.takings)}"


def _over(hold: Reservation, now: Any) -> bool:
    return hold.state is HoldState.HELD and hold.expires_at <= now


def _takings(stock: list[dict[str, Any]]) -> tuple[Counter[Place], Counter[str]]:
    """What stands taken in parts, neither an order's yet nor given back: by place, by owner."""
    alive = {
        row["pk"]: row["mark"]
        for row in stock
        if row["sk"] == items.WORK and row["state"] in (items.TAKING, items.GIVING)
    }
    places: Counter[Place] = Counter()
    owners: Counter[str] = Counter()
    for row in stock:
        part = row["sk"].startswith(items.PART) and row.get("reason") == Reason.RELEASE
        if part and alive.get(row["pk"]) == row["mark"]:
            for each in row["moves"]:
                place = each["sku"], each["node"], each["shelf"]
                units = -each["changes"].get("reserved", 0)
                places[place] += units
                owners[row["reference"].rpartition("-")[0] or row["reference"]] += units
    return places, owners


def _rows(shop: Shop, table: str) -> list[Mapping[str, Any]]:
    return list(shop.client.scan(TableName=table)["Items"])


def _is_level(row: Mapping[str, Any]) -> bool:
    return items.is_level(row)  # type: ignore[arg-type]


def _only(rows: list[dict[str, Any]], holds: Any) -> list[dict[str, Any]]:
    return [row for row in rows if holds(row)]
