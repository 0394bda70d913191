"""What a node does with a shipment, and its labels."""

from typing import Any

from oms.kernel.errors import FieldError, Invalid, NotFound
from oms.kernel.ids import OrderId, order_of
from oms.orders.model import Order
from oms.orders.view import shipment_view
from oms.platform.blobs import LINK_SECONDS
from oms.platform.http import Api, Reply, Request
from oms.wiring import (
    labels,
    orders,
    pack_shipment,
    pick_shipment,
    reject_shipment,
    ship_parcels,
)

handler = Api()


@handler.route("GET /shipments/{shipment_id}/label", scope="node")
def show_label(request: Request) -> Reply:
    order_id, number = _parse(request)
    parcel = _number(request.query.get("parcel", "1"), "parcel")
    ending = request.query.get("format", "pdf").lower()
    _, box = orders().load(order_id).parcel(number, parcel)
    if not box.label_key or ending not in ("pdf", "zpl"):
        raise NotFound("no such label")
    name = f"{box.tracking_number}.{ending}"
    link = labels().link(f"{box.label_key}.{ending}", name)
    if "application/json" in request.headers.get("accept", ""):
        # For a page: it cannot send its token along with a link it merely follows.
        return Reply(200, {"url": link, "seconds": LINK_SECONDS})
    return Reply(303, None, {"location": link})


@handler.route("POST /shipments/{shipment_id}/{action}", scope="node")
def act(request: Request) -> Reply:
    _, number = _parse(request)
    shipment, actor = request.path["shipment_id"], request.caller.name
    body = request.json_object()
    match request.path["action"]:
        case "pick":
            order = pick_shipment()(shipment, actor, _quantities(body))
        case "pack":
            order = pack_shipment()(shipment, actor, _quantities(body), _serials(body))
        case "ship":
            order = ship_parcels()(shipment, actor, _parcel(body))
        case "reject":
            order = reject_shipment()(shipment, actor, str(body.get("reason", ""))[:500])
        case other:
            raise NotFound(f"no action {other[:40]}")
    return _reply(order, number)


def _reply(order: Order, number: int) -> Reply:
    shipment = order.shipment(number)
    shown = shipment_view(order, shipment) if shipment else None
    body = {"order_id": order.order_id, "status": order.status, "shipment": shown}
    return Reply(200, body, log={"order_id": order.order_id})


def _quantities(body: dict[str, Any]) -> dict[str, int] | None:
    """`{"lines": [{"line_id": "1", "quantity": 2}]}`; without lines: all that can be."""
    if "lines" not in body:
        return None
    lines = body["lines"]
    if not isinstance(lines, list) or not lines:
        raise Invalid("lines must be a list", [FieldError("/lines", "not-a-list", "a list")])
    quantities: dict[str, int] = {}
    for at, line in enumerate(lines):
        line_id = line.get("line_id") if isinstance(line, dict) else None
        if not isinstance(line_id, str):
            detail = FieldError(f"/lines/{at}/line_id", "missing", "which line")
            raise Invalid("each line names its line_id", [detail])
        quantity = _number(line.get("quantity"), f"lines/{at}/quantity")
        quantities[line_id] = quantities.get(line_id, 0) + quantity
    return quantities


def _serials(body: dict[str, Any]) -> dict[str, list[str]]:
    """`{"lines": [{"line_id": "1", "quantity": 1, "serials": ["SN-1"]}]}`; all optional."""
    named: dict[str, list[str]] = {}
    for at, line in enumerate(body.get("lines", ())):
        serials = line.get("serials", [])
        if not isinstance(serials, list) or not all(isinstance(each, str) for each in serials):
            detail = FieldError(f"/lines/{at}/serials", "not-a-list", "a list of texts")
            raise Invalid("serials are texts", [detail])
        if serials:
            named.setdefault(line["line_id"], []).extend(serials)
    return named


def _parcel(body: dict[str, Any]) -> int | None:
    return _number(body["parcel"], "parcel") if "parcel" in body else None


def _number(value: Any, name: str) -> int:
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) < 6):
        detail = FieldError(f"/{name}", "not-a-number", "a whole number from 0")
        raise Invalid(f"{name} must be a number", [detail])
    return int(text)


def _parse(request: Request) -> tuple[OrderId, int]:
    try:
        return order_of(request.path["shipment_id"])
    except ValueError:
        raise NotFound("no such shipment") from None
