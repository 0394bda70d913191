"""Change the selling rules, or the rules of routing: one document, one version at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from oms.inventory.ports import StockReader
from oms.inventory.selling import SellingPolicy
from oms.kernel.codec import dump
from oms.kernel.errors import FieldError, Invalid, VersionConflict
from oms.kernel.ids import NodeId, Sku
from oms.routing.criteria import RoutingRules


class PolicyBooks(StockReader, Protocol):
    def save_policy(self, policy: SellingPolicy) -> None:
        """Raises VersionConflict when `policy.version` is not the one that stands."""


def set_selling(new: SellingPolicy, *, stock: PolicyBooks) -> SellingPolicy:
    """`new` in the place of the rules; how nodes are chosen stays. Repeating it is harmless.

    Raises Invalid for a buffer of a SKU or node that there is not, VersionConflict when the
    rules are no longer those of `new.version`.
    """
    _refuse((*_unknown_skus(new, stock), *_unknown_buffer_nodes(new, stock)))
    return _saved(replace(new, routing=stock.policy().routing), stock)


def set_routing(rules: RoutingRules, version: int, *, stock: PolicyBooks) -> SellingPolicy:
    """How nodes are chosen from now on; everything else stays. Raises as `set_selling`."""
    named = {"costs": rules.costs, "priorities": rules.priorities}
    _refuse(_unknown_nodes(named, {node.node_id for node in stock.nodes()}))
    return _saved(replace(stock.policy(), routing=dump(rules), version=version), stock)


def _saved(policy: SellingPolicy, stock: PolicyBooks) -> SellingPolicy:
    after = replace(policy, version=policy.version + 1)
    try:
        stock.save_policy(policy)
    except VersionConflict:
        if stock.policy() != after:  # it is: an answer was lost, and the caller asks again
            raise
    return after


def _unknown_skus(policy: SellingPolicy, stock: StockReader) -> Iterator[FieldError]:
    known = stock.products({Sku(each.sku) for each in policy.buffers if each.sku})
    for at, each in enumerate(policy.buffers):
        if each.sku and each.sku not in known:
            yield FieldError(f"/buffers/{at}/sku", "unknown-sku", "not in the catalogue")


def _unknown_buffer_nodes(policy: SellingPolicy, stock: StockReader) -> Iterator[FieldError]:
    known = {node.node_id for node in stock.nodes()}
    for at, each in enumerate(policy.buffers):
        if each.node and each.node not in known:
            yield FieldError(f"/buffers/{at}/node", "unknown-node", "there is no such node")


def _unknown_nodes(
    named: Mapping[str, Iterable[NodeId]], known: set[NodeId]
) -> Iterator[FieldError]:
    for rule, nodes in named.items():
        for at, node in enumerate(nodes):
            if node not in known:
                place = at if rule == "priorities" else node.replace("~", "~0").replace("/", "~1")
                yield FieldError(f"/{rule}/{place}", "unknown-node", "there is no such node")


def _refuse(errors: Iterable[FieldError]) -> None:
    if found := list(errors):
        raise Invalid("the rules name what there is not", found)
