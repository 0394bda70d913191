"""Why a receipt or an adjustment is impossible as it stands, field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from oms.inventory.model import Posting
from oms.inventory.ports import StockBooks
from oms.kernel.errors import FieldError, Invalid, Refused


def unknown_node(node: str) -> Invalid:
    return Invalid(
        f"there is no node {node}",
        [FieldError("/node", "unknown-node", "no node has this id")],
        code="unknown-node",
    )


def unknown_skus(
    skus: Iterable[str], known: Collection[str], pointer: str = "/lines/{}/sku"
) -> list[FieldError]:
    """Which of `skus` are not among the `known` ones; `pointer` takes a SKU's place in the list."""
    return [
        FieldError(pointer.format(number), "unknown-sku", "not in the catalogue")
        for number, sku in enumerate(skus)
        if sku not in known
    ]


def post_under_key(books: StockBooks, posting: Posting) -> None:
    """Post what a caller may repeat under its own key. Raises Invalid `idempotency-key-reused`
    when that stands for something else."""
    try:
        books.post(posting)
    except Refused as refused:
        if refused.code != "reference-reused":
            raise
        raise Invalid(str(refused), code="idempotency-key-reused") from None


def repeated_skus(skus: Sequence[str]) -> None:
    """Raises Invalid when a SKU is named twice."""
    errors = [
        FieldError(f"/lines/{number}/sku", "repeated-sku", "another line has this SKU")
        for number, sku in enumerate(skus)
        if sku in skus[:number]
    ]
    if errors:
        raise Invalid("each SKU has one line", errors)
