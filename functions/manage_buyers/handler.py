"""Buyers: business customers with prices, terms and credit of their own."""

from urllib.parse import unquote

from oms.orders.buyer_contracts import page, parse_buyer, view
from oms.orders.set_buyer import set_buyer
from oms.platform.gate import parse
from oms.platform.http import OPS, Api, Reply, Request
from oms.wiring import buyers, claim_credit, cursors

handler = Api()
_LIST = {"list": "buyers"}


@handler.route("PUT /buyers/{buyer_id}", scope=OPS)
def put(request: Request) -> Reply:
    buyer, version = parse_buyer(parse(request.body()), _id(request))
    saved = set_buyer(buyer, version, buyers=buyers())
    return Reply(200, page(saved, claim_credit().exposure(saved.buyer_id)))


@handler.route("GET /buyers", scope=OPS)
def show_list(request: Request) -> Reply:
    cursor = request.query.get("cursor", "")
    after = cursors().open(cursor, _LIST) if cursor else ""
    found, more = buyers().page(request.limit(), after)
    items = [view(each) for each in found]
    return Reply(
        200, {"items": items, "next_cursor": cursors().seal(more, _LIST) if more else None}
    )


@handler.route("GET /buyers/{buyer_id}", scope=OPS)
def show(request: Request) -> Reply:
    buyer = buyers().load(_id(request))
    return Reply(200, page(buyer, claim_credit().exposure(buyer.buyer_id)))


def _id(request: Request) -> str:
    return unquote(request.path["buyer_id"])
