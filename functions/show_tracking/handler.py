"""The customer's view of an order: a page for a browser, JSON for a program."""

from oms.kernel.errors import NotFound
from oms.platform.http import Api, Reply, Request
from oms.tracking.page import SECURITY_HEADERS, render, render_unknown
from oms.tracking.token import TOKEN_LENGTH, TrackingTokens
from oms.tracking.view import customer_view
from oms.wiring import orders

handler = Api()
HTML = {**SECURITY_HEADERS, "content-type": "text/html; charset=utf-8"}


@handler.route("GET /track/{token}")
def show(request: Request) -> Reply:
    as_json = "application/json" in request.headers.get("accept", "")
    try:
        token = request.path["token"]
        if len(token) != TOKEN_LENGTH:
            raise NotFound("no such link")
        order_id = orders().by_tracking_token(TrackingTokens.hash(token))
        view = customer_view(*orders().load_with_content(order_id))
    except NotFound:
        if as_json:
            raise
        return Reply(404, render_unknown(), HTML)
    log = {"order_id": order_id}
    return Reply(200, view, log=log) if as_json else Reply(200, render(view), HTML, log)
