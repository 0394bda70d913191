"""Nodes, stock levels, movements, receipts and adjustments."""

import re
from urllib.parse import unquote

from oms.inventory import view
from oms.inventory.adjust import adjust
from oms.inventory.availability_contracts import parse_question
from oms.inventory.availability_view import of_availability
from oms.inventory.contracts import AdjustmentBody, ReceiptBody
from oms.inventory.look_up import movements_page, stock_of, stock_page
from oms.inventory.receive import receive
from oms.inventory.sellable import sellable_units
from oms.inventory.set_product import set_product
from oms.inventory.setup_contracts import NodeBody, ProductBody
from oms.kernel.errors import FieldError, Invalid, NotFound
from oms.kernel.ids import NodeId, Sku
from oms.platform.http import OPS, Api, Reply, Request
from oms.platform.validation import read
from oms.wiring import arrivals, check_availability, clock, cursors, stock

handler = Api()
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@handler.route("GET /nodes", scope="node")
def show_nodes(request: Request) -> Reply:
    return Reply(200, {"items": [view.of_node(node) for node in stock().nodes()]})


@handler.route("PUT /nodes/{node_id}", scope=OPS)
def put_node(request: Request) -> Reply:
    node_id = _name(request.path["node_id"], "node_id")
    node = read(NodeBody, request.body()).to_domain(NodeId(node_id))
    stock().save_nodes([node])
    return Reply(200, view.of_node(node))


@handler.route("PUT /products/{sku}", scope=OPS)
def put_product(request: Request) -> Reply:
    sku = Sku(_name(request.path["sku"], "sku"))
    body = read(ProductBody, request.body())
    product = body.to_domain(sku)
    set_product(product, body.terms(), stock=stock())
    return _stock(sku)


@handler.route("GET /stock", scope="stock:read")
def show_page(request: Request) -> Reply:
    text, cursor = request.query.get("q", ""), request.query.get("cursor", "")
    channel = request.query.get("channel", "")
    asked = {"list": "stock", "q": text, "channel": channel}
    after = cursors().open(cursor, asked) if cursor else ""
    page = stock_page(request.limit(), after, text, stock=stock())
    units = dict[Sku, int]()
    if channel:
        positions = {product.sku: position for product, position in page.items}
        units = sellable_units(positions, channel, clock().now(), stock=stock())
    items = [
        view.of_stock(product, each.levels, each.selling, units.get(product.sku))
        for product, each in page.items
    ]
    return Reply(
        200, view.of_page(items, cursors().seal(page.after, asked) if page.after else None)
    )


@handler.route("GET /stock/{sku}", scope="stock:read")
def show(request: Request) -> Reply:
    return _stock(_sku(request))


@handler.route("GET /stock/{sku}/availability", scope="stock:read")
def show_availability(request: Request) -> Reply:
    sku = _sku(request)
    question = parse_question(sku, request.query)
    if sku not in stock().products([sku]):
        raise NotFound("there is no such SKU")
    return Reply(200, of_availability(check_availability()(question)))


@handler.route("GET /stock/{sku}/movements", scope=OPS)
def show_movements(request: Request) -> Reply:
    sku, cursor = _sku(request), request.query.get("cursor", "")
    asked = {"list": "movements", "sku": sku}
    after = cursors().open(cursor, asked) if cursor else ""
    page = movements_page(sku, request.limit(), after, stock=stock())
    items = [view.of_movement(movement) for movement in page.items]
    return Reply(
        200, view.of_page(items, cursors().seal(page.after, asked) if page.after else None)
    )


@handler.route("POST /stock/receipts", scope=OPS)
def receive_goods(request: Request) -> Reply:
    receipt = read(ReceiptBody, request.body()).to_domain()
    levels = receive(
        receipt, request.caller.name, books=stock(), clock=clock(), arrivals=arrivals()
    )
    return Reply(201, view.of_posted(levels))


@handler.route("POST /stock/adjustments", scope=OPS)
def adjust_stock(request: Request) -> Reply:
    adjustment = read(AdjustmentBody, request.body()).to_domain()
    key = request.idempotency_key()
    levels = adjust(adjustment, request.caller.name, books=stock(), clock=clock(), key=key)
    return Reply(201, view.of_posted(levels))


def _stock(sku: Sku) -> Reply:
    product, position = stock_of(sku, stock=stock())
    return Reply(200, view.of_stock(product, position.levels, position.selling))


def _sku(request: Request) -> Sku:
    sku = unquote(request.path["sku"])
    if len(sku) > 100:
        raise NotFound("there is no SKU of that length")
    return Sku(sku)


def _name(text: str, what: str) -> str:
    """A new name from a path: one that can be typed, printed and put into a path again."""
    name = unquote(text)
    if not _NAME.fullmatch(name):
        detail = FieldError(f"/{what}", "malformed-name", "letters, digits and . _ - only")
        raise Invalid(f"{what} is at most 100 letters, digits and . _ -", [detail])
    return name
