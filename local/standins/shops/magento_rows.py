"""What the stand-in's orders come to: units on shelves, invoices, amounts of credit memos; and
how it answers with lists and refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from local.standins.platform import Answered, Asked, Json, ShopOrder


def page(asked: Asked, rows: list[Json]) -> Answered:
    size = int(asked.query["searchCriteria[pageSize]"])
    last = max(1, -(-len(rows) // size))
    number = min(int(asked.query["searchCriteria[currentPage]"]), last)
    page = rows[(number - 1) * size : number * size]
    return Answered(200, {"items": page, "search_criteria": {}, "total_count": len(rows)})


def by_id(document: Json) -> dict[int, Json]:
    return {row["item_id"]: row for row in document["items"]}


def shelved(document: Json) -> Counter[str]:
    """Units that the order holds of the shelves."""
    units: Counter[str] = Counter()
    for row in filter(is_shelved, document["items"]):
        units[row["sku"]] += row["qty_ordered"] - row.get("qty_shipped", 0)
    return units


def is_shelved(row: Json) -> bool:
    """Not bundles and other rows that are made up of others."""
    return row["product_type"] == "simple" and not row["is_virtual"]


def invoices(order: ShopOrder) -> Iterator[Json]:
    document = order.document
    if document["total_paid"]:
        yield {
            "entity_id": int(f"9{order.external_id}"),
            "grand_total": document["total_paid"],
            "total_refunded": document["total_refunded"],
            "transaction_id": document["payment"].get("last_trans_id"),
        }


def memo_amount(given: Json, rows: dict[int, Json]) -> Decimal:
    """A memo that names no row is of them all."""
    changes = given["arguments"]
    everything = [{"order_item_id": n, "qty": row["qty_ordered"]} for n, row in rows.items()]
    amount = Decimal(str(changes["shipping_amount"])) + Decimal(str(changes["adjustment_positive"]))
    for item in given["items"] or everything:
        row = rows[item["order_item_id"]]
        plus = ("row_total", "tax_amount", "discount_tax_compensation_amount")
        whole = sum(Decimal(str(row[name])) for name in plus) - Decimal(str(row["discount_amount"]))
        amount += whole * item["qty"] / row["qty_ordered"]
    return amount - Decimal(str(changes["adjustment_negative"]))


def says(status: int, message: str) -> Answered:
    return Answered(status, {"message": message})
