"""Health, and the list of routes."""

from oms.platform.openapi import document

from oms.platform.http import Api, Reply, Request
from oms.wiring import stock

handler = Api()


@handler.route("GET /health")
def show_health(request: Request) -> Reply:
    """Ready when the tables answer and there is a node to ship from."""
    nodes = len(stock().nodes())
    return Reply(200 if nodes else 503, {"status": "ok" if nodes else "no nodes", "nodes": nodes})


@handler.route("GET /openapi.json")
def show_openapi(request: Request) -> Reply:
    return Reply(200, document())
