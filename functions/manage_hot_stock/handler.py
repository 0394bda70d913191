"""Spread a SKU that sells fast over several rows, gather it again; alerts of low stock."""

from urllib.parse import unquote

from oms.inventory import alerts
from oms.inventory.look_up import stock_of
from oms.inventory.refusals import unknown_node
from oms.inventory.spread_contracts import SpreadBody, view_of
from oms.inventory.view import of_page
from oms.kernel.errors import NotFound
from oms.kernel.ids import NodeId, Sku
from oms.platform.http import OPS, Api, Reply, Request
from oms.platform.validation import read
from oms.wiring import cursors, figures, gather_stock, spread_stock, stock

handler = Api()
_ASKED = {"list": "alerts"}


@handler.route("GET /stock/alerts", scope="stock:read")
def list_alerts(request: Request) -> Reply:
    cursor = request.query.get("cursor", "")
    after = cursors().open(cursor, _ASKED) if cursor else ""
    page = figures().alerts(request.limit(), after)
    items = [alerts.view_of(alert) for alert in page.items]
    more = cursors().seal(page.after, _ASKED) if page.after else None
    return Reply(200, of_page(items, more))


@handler.route("POST /stock/{sku}/spread", scope=OPS)
def spread(request: Request) -> Reply:
    body, sku = read(SpreadBody, request.body()), _sku(request)
    nodes = _nodes(body, sku)
    until = body.hot_until
    return Reply(200, view_of(spread_stock()(sku, body.parts, nodes, request.caller.name, until)))


@handler.route("POST /stock/{sku}/gather", scope=OPS)
def gather(request: Request) -> Reply:
    sku = _sku(request)
    stock_of(sku, stock=stock())
    return Reply(200, view_of(gather_stock()(sku, request.caller.name)))


def _nodes(body: SpreadBody, sku: Sku) -> list[NodeId]:
    """The node that was named, or those that have the SKU."""
    stock_of(sku, stock=stock())
    if body.node is None:
        return sorted({level.node for level in stock().levels(sku)})
    if body.node not in {node.node_id for node in stock().nodes()}:
        raise unknown_node(NodeId(body.node))
    return [NodeId(body.node)]


def _sku(request: Request) -> Sku:
    sku = unquote(request.path["sku"])
    if len(sku) > 100:
        raise NotFound("there is no SKU of that length")
    return Sku(sku)
