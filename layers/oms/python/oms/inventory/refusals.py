"""Why a receipt or an adjustment is impossible as it stands, field by field."""

from __future__ import annotations

from collections.abc import Sequence

from oms.kernel.errors import FieldError, Invalid


def unknown_node(node: str) -> Invalid:
    return Invalid(
        f"there is no node {node}",
        [FieldError("/node", "unknown-node", "no node has this id")],
        code="unknown-node",
    )


def repeated_skus(skus: Sequence[str]) -> None:
    """Raises Invalid when a SKU is named twice."""
    errors = [
        FieldError(f"/lines/{number}/sku", "repeated-sku", "another line has this SKU")
        for number, sku in enumerate(skus)
        if sku in skus[:number]
    ]
    if errors:
        raise Invalid("each SKU has one line", errors)
