"""Why a receipt or an adjustment is impossible as it stands, field by field."""

from __future__ import annotations

from oms.kernel.errors import FieldError, Invalid


def unknown_node(node: str) -> Invalid:
    return Invalid(
        f"there is no node {node}",
        [FieldError("/node", "unknown-node", "no node has this id")],
        code="unknown-node",
    )
