"""The rows of the `stock` table (docs/data-model.md) and what they mean."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from oms.inventory.calendar import NodeCalendar
from oms.inventory.incoming import Incoming
from oms.inventory.model import (
    AVAILABLE,
    BUCKETS,
    Level,
    Movement,
    Node,
    NodeKind,
    Place,
    Product,
    Units,
)
from oms.inventory.reservation import HoldState, Reservation
from oms.inventory.selling import Selling, SellingPolicy
from oms.inventory.shelves import GENERAL, Shelf, hot, hot_number, row_of
from oms.inventory.waiting import Waiting
from oms.kernel.address import Address
from oms.kernel.clock import from_iso, iso
from oms.kernel.codec import dump, load
from oms.kernel.ids import NodeId, Sku, new_ulid
from oms.platform.unit import Item

NODES = "NODES"
CATALOGUE = "CATALOGUE"
SELLING = "SELLING"
WORK = "WORK"
PART = "PART#"
TAKING, GIVING = "TAKING", "GIVING"  # the states of a work
WAITED = "WAITED"  # the list of SKUs that somebody waits for
HOLD = "HOLD"
SPREAD = "SPREAD"
# What the last write of a level did to what can be sold. The stream's filters ask for it: a
# consumer is not started for what it has no use for. MORE came available; LESS, or changed in
# another way; the SAME.
MORE, LESS, SAME = "MORE", "LESS", "SAME"
NO_DAY = "9999-12-31"  # sorts what has no day behind everything that has one
POSITION = ("latitude", "longitude")


def level_key(sku: Sku, node: NodeId, shelf: Shelf = GENERAL) -> dict[str, str]:
    """The parts of a hot SKU have partitions of their own: that is what spreads the load."""
    shelf = row_of(shelf)
    number = hot_number(shelf)
    if number is not None:
        return {"pk": f"HOT#{number}#{sku}", "sk": f"NODE#{node}"}
    return {"pk": f"SKU#{sku}", "sk": f"SHELF#{shelf}#{node}" if shelf else f"NODE#{node}"}


def is_level(key: Mapping[str, str]) -> bool:
    return key["sk"].startswith(("NODE#", "SHELF#")) and key["pk"].startswith(("SKU#", "HOT#"))


def place_of(key: Mapping[str, str]) -> Place:
    """The place whose figures stand under `key`; the inverse of `level_key`."""
    kind, _, rest = key["pk"].partition("#")
    where, _, node = key["sk"].partition("#")
    if kind == "HOT":
        number, _, sku = rest.partition("#")
        return Sku(sku), NodeId(node), hot(int(number))
    if where == "NODE":
        return Sku(rest), NodeId(node), GENERAL
    # The names of lots and pools have no "#": a shelf is two words with one between them.
    shelf, _, node = node.partition("#")
    name, _, node = node.partition("#")
    return Sku(rest), NodeId(node), Shelf(f"{shelf}#{name}")


def skus_in(keys: Iterable[Mapping[str, str]]) -> list[Sku]:
    """The SKUs of the levels among `keys`."""
    return [place_of(key)[0] for key in keys if is_level(key)]


def selling_key(sku: Sku) -> dict[str, str]:
    return {"pk": f"SKU#{sku}", "sk": SELLING}


def policy_key() -> dict[str, str]:
    return {"pk": "POLICY", "sk": SELLING}


def product_key(sku: Sku) -> dict[str, str]:
    return {"pk": CATALOGUE, "sk": sku}


def movements_partition(sku: Sku, part: int | None = None) -> str:
    return f"MOVEMENTS#{sku}" if part is None else f"HOT-MOVEMENTS#{part}#{sku}"


def movement_key(movement: Movement) -> dict[str, str]:
    part = hot_number(movement.shelf)
    return {"pk": movements_partition(movement.sku, part), "sk": movement.movement_id}


def work_key(work_id: str) -> dict[str, str]:
    return {"pk": f"WORK#{work_id}", "sk": WORK}


def part_key(work_id: str, number: int) -> dict[str, str]:
    return {"pk": f"WORK#{work_id}", "sk": f"{PART}{number:04d}"}


def hold_key(reservation_id: str) -> dict[str, str]:
    return {"pk": f"HOLD#{reservation_id}", "sk": HOLD}


def waiting_key(sku: Sku, place: str) -> dict[str, str]:
    return {"pk": f"WAITING#{sku}", "sk": place}


def posting_key(key: str, kind: str) -> dict[str, str]:
    return {"pk": f"POSTING#{key}", "sk": kind}


def level_of(item: Item) -> Level:
    sku, node, shelf = place_of(item)
    figures = {bucket: item.get(bucket, 0) for bucket in (*BUCKETS, AVAILABLE)}
    lot = {"expires_on": item.get("expires_on", ""), "blocked": item.get("blocked", False)}
    return Level(sku, node, shelf=shelf, **figures, **lot)


def selling_of(item: Item) -> Selling:
    """Unknown attributes (a version, the key) are left aside by `load`."""
    return load(Selling, {**item, "sku": item["pk"].removeprefix("SKU#")})


def policy_of(item: Item) -> SellingPolicy:
    return load(SellingPolicy, item)


def product_item(product: Product) -> Item:
    fields = dump(product)
    return {**product_key(fields.pop("sku")), **fields}


def product_of(item: Item) -> Product:
    return load(Product, {**item, "sku": item["sk"]})


def movement_fields(movement: Movement) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "node": movement.node,
        "changes": dict(movement.changes),
        "reason": movement.reason,
        "reference": movement.reference,
        "actor": movement.actor,
        "at": iso(movement.at),
    }
    if movement.shelf:
        fields["shelf"] = movement.shelf
    if movement.unit_cost_minor is not None:
        fields["unit_cost_minor"] = movement.unit_cost_minor
    return fields


def movement_of(item: Item) -> Movement:
    return Movement(
        item["sk"],
        _sku_of_movement(item["pk"]),
        NodeId(item["node"]),
        item["changes"],
        item["reason"],
        item["reference"],
        item["actor"],
        from_iso(item["at"]),
        Shelf(item.get("shelf", GENERAL)),
        item.get("unit_cost_minor"),
    )


def _sku_of_movement(pk: str) -> Sku:
    kind, _, rest = pk.partition("#")
    return Sku(rest if kind == "MOVEMENTS" else rest.partition("#")[2])


def node_item(node: Node) -> Item:
    """A position is kept as text: the table's numbers are whole ones with us."""
    return {
        "pk": NODES,
        "sk": node.node_id,
        "kind": node.kind.value,
        "name": node.name,
        "address": dump(node.address),
        "country": node.address.country,
        "ships": node.ships,
        "calendar": dump(node.calendar),
        **{name: repr(getattr(node, name)) for name in POSITION},
    }


def node_of(item: Item) -> Node:
    return Node(
        NodeId(item["sk"]),
        NodeKind(item["kind"]),
        item["name"],
        load(Address, item["address"]),
        float(item["latitude"]),
        float(item["longitude"]),
        item["ships"],
        load(NodeCalendar, item["calendar"]) if item.get("calendar") else None,
    )


def part_fields(reason: str, movements: Sequence[Movement]) -> dict[str, Any]:
    """What carrying out a part of a work posts. All its movements have one cause."""
    return {
        "reason": reason,
        "reference": movements[0].reference,
        "actor": movements[0].actor,
        "moves": [
            {"sku": each.sku, "node": each.node, "shelf": each.shelf, "changes": dict(each.changes)}
            for each in movements
        ],
    }


def moves_of_part(item: Item, at: datetime) -> list[Movement]:
    return [
        Movement(
            new_ulid(at),
            Sku(each["sku"]),
            NodeId(each["node"]),
            each["changes"],
            item["reason"],
            item["reference"],
            item["actor"],
            at,
            Shelf(each["shelf"]),
        )
        for each in item["moves"]
    ]


def hold_fields(hold: Reservation) -> dict[str, Any]:
    """A hold that still holds stands in the index of what is due, with the SKUs it is of."""
    fields: dict[str, Any] = dump(hold) | {"state": hold.state.value}
    fields.pop("reservation_id")
    if hold.state is HoldState.HELD:
        fields |= due_fields(hold)
    return fields


def due_fields(hold: Reservation) -> dict[str, Any]:
    return {
        "due_list": hold_list(hold.claims),
        "due_at": f"{iso(hold.expires_at)}#{hold.reservation_id}",
    }


def hold_of(item: Item) -> Reservation:
    return load(Reservation, {**item, "reservation_id": item["pk"].removeprefix("HOLD#")})


# Lists of holds by when they end. A hold of one SKU stands in a list of its place, so that who
# wants that place reads one list; a thousand entries a second go into each. The parts of hot
# SKUs have lists of their own, which are empty and not read while nothing is hot.
_LISTS, _HOT_LISTS, _MIXED_LISTS = 12, 64, 4


def hold_list(claims: Sequence[Units]) -> str:
    """The list that a hold of `claims` stands in."""
    places = {(each.sku, each.node, row_of(each.shelf)) for each in claims}
    if len(places) == 1:
        return list_of_place(next(iter(places)))
    return f"HOLDS#M{_number(repr(sorted(places))) % _MIXED_LISTS}"


def list_of_place(place: Place) -> str:
    """The parts of a spread SKU have a list each: chance would put several into one."""
    sku, node, shelf = place
    part = hot_number(shelf)
    if part is None:
        return f"HOLDS#{_number('#'.join(place)) % _LISTS}"
    return f"HOLDS#H{(_number(f'{sku}#{node}') + part) % _HOT_LISTS}"


def mixed_lists() -> list[str]:
    return [f"HOLDS#M{number}" for number in range(_MIXED_LISTS)]


def hold_lists(*, hot: bool) -> list[str]:
    """Every list that holds stand in; those of the parts of hot SKUs only if asked for."""
    parts = [f"HOLDS#H{number}" for number in range(_HOT_LISTS)] if hot else []
    return [f"HOLDS#{number}" for number in range(_LISTS)] + mixed_lists() + parts


def _number(text: str) -> int:
    return zlib.crc32(text.encode())


def kits_partition(part: Sku) -> str:
    """Which kits a SKU goes into: a row for each."""
    return f"KITS#{part}"


def incoming_partition(sku: Sku) -> str:
    return f"INCOMING#{sku}"


def incoming_key(each: Incoming) -> dict[str, str]:
    day = each.expected_on or NO_DAY
    return {"pk": incoming_partition(each.sku), "sk": f"{day}#{each.node}#{each.reference}"}


def incoming_of(item: Item) -> Incoming:
    return load(Incoming, {**item, "sku": item["pk"].removeprefix("INCOMING#")})


def waiting_fields(each: Waiting) -> dict[str, Any]:
    fields: dict[str, Any] = dump(each)
    del fields["sku"]
    return fields


def waiting_of(item: Item) -> Waiting:
    return load(Waiting, {**item, "sku": item["pk"].removeprefix("WAITING#")})
