"""Goods on their way: bought from a supplier, or sent from another node of ours."""

from __future__ import annotations

from dataclasses import dataclass

from oms.kernel.ids import NodeId, Sku


@dataclass(frozen=True, slots=True)
class Incoming:
    """`units` of `sku` that `node` expects under `reference` on the day `expected_on` (ISO;
    empty when nobody said)."""

    sku: Sku
    node: NodeId
    reference: str
    units: int
    expected_on: str = ""
