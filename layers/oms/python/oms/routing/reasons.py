"""A routing decision in sentences that a person can check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oms.inventory.model import Node
from oms.routing.facts import Candidate, Demand, Facts, candidates, destination, distance

MOST_OTHERS = 8


def explain(facts: Facts, demand: Demand, sending: Sequence[Candidate]) -> tuple[str, ...]:
    """What each chosen node sends, what nobody does, and why not the nearest others."""
    return (*_chosen(demand, sending), *_missing(demand, sending), *_others(facts, demand, sending))


def _chosen(demand: Demand, sending: Sequence[Candidate]) -> Iterator[str]:
    for node in sending:
        where = f"{node.node_id}{_far(node.distance)}"
        if node.sends == demand:
            yield f"{where} is the nearest that can send everything"
        else:
            yield f"{where} can send {_parts(node.sends, demand)}"


def _missing(demand: Demand, sending: Sequence[Candidate]) -> Iterator[str]:
    for sku, units in demand.items():
        short = units - sum(node.sends.get(sku, 0) for node in sending)
        if short > 0:
            yield f"short of {short} of {units} {sku}"


def _others(facts: Facts, demand: Demand, sending: Sequence[Candidate]) -> Iterator[str]:
    there = destination(facts)
    if there is None:
        yield "where it goes is unknown: node ids decide instead of distances"
    chosen = {node.node_id for node in sending}
    able = {node.node_id: node for node in candidates(facts, demand)}
    ranked = sorted(facts.nodes, key=lambda node: (distance(node, there) or 0, node.node_id))
    others = [node for node in ranked if node.node_id not in chosen]
    for node in others[:MOST_OTHERS]:
        where = f"{node.node_id}{_far(distance(node, there))}"
        yield f"not {where}: {_why_not(node, facts, demand, able.get(node.node_id))}"
    if len(others) > MOST_OTHERS:
        yield f"not {len(others) - MOST_OTHERS} more nodes, each farther than those"


def _why_not(node: Node, facts: Facts, demand: Demand, able: Candidate | None) -> str:
    if not node.ships:
        return "it sends no parcels"
    if node.node_id in facts.avoid:
        return "it turned this order down"
    if able is None:
        return "it has none of it"
    if able.sends == demand:
        return "it could, and is not nearer"
    return f"it can send only {_parts(able.sends, demand)}"


def _parts(sends: Demand, demand: Demand) -> str:
    return ", ".join(f"{units} of {demand[sku]} {sku}" for sku, units in sends.items())


def _far(metres: int | None) -> str:
    return "" if metres is None else f" ({round(metres / 1000):,} km)"
