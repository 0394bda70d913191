"""From "so many from that node" to "so many from that shelf", and on what terms.

A channel's own pool goes first, then the lot that expires first and still keeps long enough,
then the parts of a spread SKU, each buyer beginning at another one, then the general shelf.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from oms.inventory.model import Level, Place, Terms
from oms.inventory.selling import NO_LIMIT, Mode, Position, SellingPolicy
from oms.inventory.shelves import OVERSOLD, UNTRACKED, hot_number, lot_name, pool_name
from oms.kernel.ids import NodeId, Sku
from oms.orders.model import Leg
from oms.routing.facts import Buyer, Facts, Wanted, senders

_POOL, _LOT, _HOT, _GENERAL = range(4)


def shelved(legs: Iterable[Leg], facts: Facts, buyer: Buyer) -> list[Leg]:
    """`legs` with their shelves; a leg that no single shelf can fill becomes several."""
    left: dict[Place, int] = {}
    made = list[Leg]()
    for leg in legs:
        missing = leg.quantity
        for level in open_shelves(leg.sku, leg.node, facts, buyer):
            there = left.setdefault(level.place, level.available)
            units = min(missing, there)
            if units > 0:
                made.append(replace(leg, shelf=level.shelf, quantity=units))
                left[level.place] -= units
                missing -= units
        if missing:
            # The offer was made of these very shelves.
            raise RuntimeError(f"{missing} {leg.sku} at {leg.node} are on no shelf")
    return made


def open_shelves(sku: Sku, node: NodeId, facts: Facts, buyer: Buyer) -> list[Level]:
    """The shelves of `sku` at `node` that the buyer may have units of, the first to use first."""
    mine = [
        each
        for each in facts.positions[sku].levels
        if each.node == node
        and facts.policy.may_take(each, buyer.channel, buyer.on)
        and each.keeps_past(buyer.fresh_until)
    ]
    return sorted(mine, key=lambda each: _rank(each, buyer.seed))


def _rank(level: Level, seed: str) -> tuple[int, str, int]:
    if pool_name(level.shelf):
        return _POOL, level.shelf, 0
    if lot_name(level.shelf):
        return _LOT, level.expires_on or "~", 0
    number = hot_number(level.shelf)
    if number is None:
        return _GENERAL, "", 0
    return _HOT, "", zlib.crc32(f"{seed}#{number}".encode())


def terms(legs: Sequence[Leg], facts: Facts, buyer: Buyer) -> Terms:
    """What must hold beyond "the units are there" when `legs` are taken."""
    taken: dict[Place, int] = {}
    for leg in legs:
        place = leg.sku, leg.node, leg.shelf
        taken[place] = taken.get(place, 0) + leg.quantity
    kept = {(offer.sku, offer.node): offer.kept for offer in facts.offers if offer.kept}
    keep: dict[Place, int] = {}
    for sku, node, shelf in taken:
        if buffer := kept.get((sku, node), 0):
            others = sum(
                each.available - taken.get(each.place, 0)
                for each in open_shelves(sku, node, facts, buyer)
                if each.shelf != shelf
            )
            keep[sku, node, shelf] = max(0, buffer - others)
    oversell = {
        leg.sku: oversell_limit(facts.positions[leg.sku], facts.policy, buyer.channel)
        for leg in legs
        if leg.shelf == OVERSOLD
    }
    return Terms(keep, oversell, buyer.on)


def oversell_limit(position: Position, policy: SellingPolicy, channel: str) -> int:
    """Units of the SKU that may stand promised beyond stock at a node."""
    if policy.channel(channel).mode is Mode.TRACK_ONLY:
        return NO_LIMIT
    return position.selling.oversell


def beyond_stock(short: Iterable[Wanted], facts: Facts, buyer: Buyer) -> list[Leg]:
    """Promises beyond stock for what is short, from the nearest node, as far as policy lets."""
    able = senders(facts, {})
    if not able:
        return []
    node, used, made = able[0].node_id, dict[Sku, int](), list[Leg]()
    for line in short:
        if facts.positions[line.sku].selling.available_from > buyer.on:
            continue  # nothing of it may be promised yet
        limit = oversell_limit(facts.positions[line.sku], facts.policy, buyer.channel)
        standing = sum(
            level.oversold for level in facts.positions[line.sku].levels if level.node == node
        )
        units = min(line.quantity, limit - standing - used.get(line.sku, 0))
        if units > 0:
            made.append(Leg(line.line_id, line.sku, node, units, OVERSOLD))
            used[line.sku] = used.get(line.sku, 0) + units
    return made


def uncounted(wanted: Iterable[Wanted], facts: Facts) -> list[Leg]:
    """Legs of a channel for which nobody counts: from the nearest node."""
    able = senders(facts, {})
    return [Leg(w.line_id, w.sku, able[0].node_id, w.quantity, UNTRACKED) for w in wanted if able]
