"""Taking over orders of the past: route and answer."""

from __future__ import annotations

from oms.orders.import_orders import ImportedAs
from oms.platform.openapi_parts.operations import Operation
from oms.platform.openapi_parts.shapes import (
    COUNT,
    TEXT,
    Schema,
    listed,
    nullable,
    one_of,
    record,
    ref,
)

IMPORT_OPERATIONS: dict[str, Operation] = {
    "POST /imports": Operation(
        "importOrders",
        "orders",
        "Take over finished orders as history: no message, no charge, no stock. A repeat changes "
        "nothing, and a webhook that comes later is about a known order",
        {200: "Imported"},
        "ops",
        body="ImportBody",
        refusals=(400, 401, 403, 404, 413, 422, 503),
    ),
}

_NAMES = tuple(each.value for each in ImportedAs)
IMPORT_SCHEMAS: dict[str, Schema] = {
    "Imported": record(
        "One outcome for each order, in their order. `pointer` is into the body that was sent.",
        summary=record(**dict.fromkeys(_NAMES, COUNT)),
        orders=listed(ref("ImportedOrder")),
    ),
    "ImportedOrder": record(
        outcome=one_of(_NAMES),
        external_id=nullable(TEXT),
        order_id=nullable(TEXT),
        code=nullable(TEXT),
        pointer=nullable(TEXT),
        detail=nullable(TEXT),
    ),
}
