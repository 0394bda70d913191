"""Work with stock: purchase orders, transfers, cycle counts, lots and pools."""

from urllib.parse import unquote

from oms.inventory import stock_work_view as view
from oms.inventory.consignment import Purpose
from oms.inventory.pools import move_to_pool
from oms.inventory.purchase import cancel_rest, open_purchase, reschedule
from oms.inventory.stock_work_contracts import (
    CountBody,
    CountedBody,
    LotAction,
    PoolMoveBody,
    PurchaseOrderAction,
    PurchaseOrderBody,
    TransferArrivalBody,
    TransferBody,
    day,
)
from oms.inventory.view import of_posted
from oms.kernel.errors import FieldError, Invalid, NotFound
from oms.kernel.ids import NodeId, Sku
from oms.platform.http import OPS, Api, Reply, Request
from oms.platform.validation import read
from oms.wiring import (
    clear_lot,
    clock,
    consignments,
    count_stock,
    counts,
    recall_lot,
    show_lot,
    stock,
    transfers,
)

handler = Api()
_MOST_LETTERS = 100


@handler.route("POST /purchase-orders", scope=OPS)
def order_goods(request: Request) -> Reply:
    order = read(PurchaseOrderBody, request.body()).to_domain()
    made = open_purchase(
        order, request.caller.name, books=stock(), consignments=consignments(), clock=clock()
    )
    return Reply(201, view.of_purchase(made))


@handler.route("GET /purchase-orders/{reference}", scope=OPS)
def show_purchase(request: Request) -> Reply:
    found = consignments().load(_named(request, "reference"), Purpose.PURCHASE)
    return Reply(200, view.of_purchase(found))


@handler.route("POST /purchase-orders/{reference}/{action}", scope=OPS)
def act_on_purchase(request: Request) -> Reply:
    reference = _named(request, "reference")
    body = read(PurchaseOrderAction, request.body() or b"{}")
    match request.path["action"]:
        case "cancel":
            made = cancel_rest(
                reference,
                request.caller.name,
                books=stock(),
                consignments=consignments(),
                clock=clock(),
            )
        case "reschedule":
            if "expected_on" not in body.model_fields_set:
                detail = FieldError("/expected_on", "missing", "the new day")
                raise Invalid("rescheduled to when?", [detail])
            made = reschedule(reference, day(body.expected_on), consignments=consignments())
        case other:
            raise NotFound(f"no action {other[:40]}")
    return Reply(200, view.of_purchase(made))


@handler.route("POST /stock/transfers", scope=OPS)
def send_transfer(request: Request) -> Reply:
    transfer = read(TransferBody, request.body()).to_domain()
    return Reply(201, view.of_transfer(transfers().send(transfer, request.caller.name)))


@handler.route("GET /stock/transfers/{reference}", scope=OPS)
def show_transfer(request: Request) -> Reply:
    found = consignments().load(_named(request, "reference"), Purpose.TRANSFER)
    return Reply(200, view.of_transfer(found))


@handler.route("POST /stock/transfers/{reference}/receive", scope=OPS)
def receive_transfer(request: Request) -> Reply:
    body = read(TransferArrivalBody, request.body() or b"{}")
    key = body.delivery or request.idempotency_key()
    reference = _named(request, "reference")
    made = transfers().receive(reference, body.units(), request.caller.name, key)
    return Reply(200, view.of_transfer(made))


@handler.route("POST /stock/transfers/{reference}/close", scope=OPS)
def close_transfer(request: Request) -> Reply:
    made = transfers().close(_named(request, "reference"), request.caller.name)
    return Reply(200, view.of_transfer(made))


@handler.route("POST /stock/counts", scope=OPS)
def open_count(request: Request) -> Reply:
    body = read(CountBody, request.body())
    skus = [Sku(sku) for sku in body.skus]
    made = count_stock().open(
        NodeId(body.node), skus, request.caller.name, request.idempotency_key()
    )
    return Reply(201, view.of_count(made))


@handler.route("GET /stock/counts/{count_id}", scope=OPS)
def show_count(request: Request) -> Reply:
    return Reply(200, view.of_count(counts().load(_named(request, "count_id"))))


@handler.route("POST /stock/counts/{count_id}/submit", scope=OPS)
def submit_count(request: Request) -> Reply:
    lines = read(CountedBody, request.body()).to_domain()
    made = count_stock().submit(_named(request, "count_id"), lines, request.caller.name)
    return Reply(200, view.of_count(made))


@handler.route("POST /stock/counts/{count_id}/approve", scope=OPS)
def approve_count(request: Request) -> Reply:
    made = count_stock().approve(_named(request, "count_id"), request.caller.name)
    return Reply(200, view.of_count(made))


@handler.route("GET /stock/lots/{sku}/{lot}", scope=OPS)
def look_at_lot(request: Request) -> Reply:
    return Reply(200, view.of_lot(show_lot(*_lot(request))))


@handler.route("POST /stock/lots/{sku}/{lot}/{action}", scope=OPS)
def act_on_lot(request: Request) -> Reply:
    sku, lot = _lot(request)
    body = read(LotAction, request.body() or b"{}")
    match request.path["action"]:
        case "recall":
            status = recall_lot(sku, lot, body.reason, request.caller.name)
        case "clear":
            status = clear_lot(sku, lot)
        case other:
            raise NotFound(f"no action {other[:40]}")
    return Reply(200, view.of_lot(status))


@handler.route("POST /stock/pools", scope=OPS)
def fill_pool(request: Request) -> Reply:
    move = read(PoolMoveBody, request.body()).to_domain()
    levels = move_to_pool(
        move, request.caller.name, books=stock(), clock=clock(), key=request.idempotency_key()
    )
    return Reply(201, of_posted(levels))


def _lot(request: Request) -> tuple[Sku, str]:
    return Sku(_named(request, "sku")), _named(request, "lot")


def _named(request: Request, what: str) -> str:
    name = unquote(request.path[what])
    if len(name) > _MOST_LETTERS:
        raise NotFound("nothing is named so long")
    return name
