"""A stand-in for the whole system behind the console: static files and canned answers.

`python -m tests.e2e.console_double` serves it on 127.0.0.1:8099 for working on the console.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from oms.tracking.page import SECURITY_HEADERS, render, render_unknown
from tests.e2e import console_double_data as data
from tests.e2e import console_double_stock as stock
from tests.e2e.console_double_data import Json, Sale, page
from tests.e2e.console_double_order import executions, order, tracking

CONSOLE = Path(__file__).parents[2] / "console"
TOKEN = "local-ops-token"
POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml",
}  # fmt: skip
PROBLEM = "application/problem+json"


class Refused(Exception):
    """Becomes a problem document."""

    def __init__(self, status: int, code: str, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        errors = [{"pointer": pointer, "code": code, "detail": detail}] if pointer else []
        self.status = status
        self.document = {"type": f"/problems/{code}", "title": code, "status": status,
                         "detail": detail, "errors": errors, "request_id": "req-1"}  # fmt: skip


class Shop:
    """The state behind the answers. One lock: the console asks several things at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.sales = data.first_sales()
        self.received: stock.Received = {}
        self.movements = stock.first_movements(self.sale(f"01JD{1008:022d}"))
        self.books = stock.StockBooks(self.sale(f"01JD{1007:022d}"))
        self.challenge = ""

    def sale(self, order_id: str) -> Sale:
        found = [sale for sale in self.sales if order_id in (sale.order_id, sale.task_id)]
        if not found:
            raise Refused(404, "not-found", "There is no such order.")
        return found[0]

    # reading

    def get(self, path: str, query: dict[str, str]) -> Json:
        match path.strip("/").split("/"):
            case ["orders"]:
                return page(
                    [data.item(sale) for sale in self.sales if data.wanted(sale, query)], query
                )
            case ["orders", "counts"]:
                counts = Counter(sale.status for sale in self.sales)
                return {"counts": dict(counts), "total": len(self.sales)}
            case ["orders", order_id]:
                return order(self.sale(order_id))
            case ["orders", order_id, "executions"]:
                return executions(self.sale(order_id))
            case ["tasks"]:
                return page([data.task(sale) for sale in self.sales if sale.hold], query)
            case ["nodes"]:
                keys = ("node_id", "kind", "name", "country", "city", "postal_code")
                return {"items": [dict(zip(keys, node, strict=True)) for node in data.NODES]}
            case ["stock"]:
                q = query.get("q", "").lower()
                skus = dict.fromkeys([*data.PRODUCTS, *(sku for sku, _ in self.received)])
                found = [s for s in skus if q in f"{s} {data.PRODUCTS.get(s, '')}".lower()]
                return page([stock.stock(sku, self.received) for sku in found], query)
            case ["stock", "alerts"]:
                return page(stock.alerts(self.received), query)
            case ["stock", sku]:
                return stock.stock(sku, self.received)
            case ["stock", sku, "availability"]:
                return stock.availability(sku, query["channel"], self.received)
            case ["policies", "selling"]:
                return stock.POLICY
            case ["stock", sku, "movements"]:
                return page([each for each in self.movements if each["sku"] == sku], query)
        raise Refused(404, "not-found", f"Nothing answers GET {path}.")

    # changing

    def post(self, path: str, body: Json) -> Json:
        match path.strip("/").split("/"):
            case ["orders", order_id, action]:
                return self.act(self.sale(order_id), action)
            case ["tasks", task_id, "take-owner"]:
                self.sale(task_id).owner = body["owner"]
                return {"task_id": task_id, "resolved": False}
            case ["tasks", task_id, action]:
                sale = self.sale(task_id)
                self.resolve(sale, action, body)
                return {"task_id": task_id, "resolved": True, "order_id": sale.order_id}
            case ["stock", "receipts" | "adjustments"]:
                return self.move(body)
            case ["stock", sku, "reconcile"]:
                return self.books.reconcile(sku, body["repair"], self.movements)
        raise Refused(404, "not-found", f"Nothing answers POST {path}.")

    def act(self, sale: Sale, action: str) -> Json:
        if action not in {each["name"] for each in data.actions(sale)}:
            raise Refused(409, "wrong-stage", f"{action} is not possible: it is {sale.stage}.")
        sale.hold = ("MANUAL", "Put on hold by a person") if action == "hold" else None
        sale.ended = {"cancel": "CANCELLED", "reject": "REJECTED"}.get(action, sale.ended)
        sale.extra.append({"hold": "OrderHeld", "cancel": "OrderCancelled"}.get(action, "Changed"))
        return order(sale)

    def resolve(self, sale: Sale, action: str, body: Json) -> None:
        if action == "choose-sku" and body.get("sku") not in data.PRODUCTS:
            raise Refused(422, "unknown-sku", "We know no product with this SKU.", "/sku")
        sale.sku = body.get("sku", sale.sku)
        sale.hold = None
        sale.ended = "CANCELLED" if action == "cancel" else sale.ended
        sale.extra.append("HoldReleased")
        sale.step = max(sale.step, 6)

    def move(self, body: Json) -> Json:
        for line in body["lines"]:
            place = (line["sku"], body["node"])
            self.received[place] = self.received.get(place, 0) + line["quantity"]
            reason, reference = body.get("reason", "RECEIPT"), body.get("reference", "")
            moved = stock.movement(*place, reason, reference, on_hand=line["quantity"])
            self.movements.insert(0, moved)
        return {"posted": True, "levels": []}


class Handler(BaseHTTPRequestHandler):
    shop: Shop
    config: Json

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if parts.path.startswith("/console/"):
            self.static(parts.path.removeprefix("/console/") or "index.html")
        elif parts.path == "/cognito/oauth2/authorize":
            self.shop.challenge = query["code_challenge"]
            back = urlencode({"code": "code-1", "state": query["state"]})
            self.send(303, "text/plain", b"", Location=f"{query['redirect_uri']}?{back}")
        elif parts.path == "/label.pdf":
            self.send(200, "application/pdf", b"%PDF-1.4 a label")
        elif parts.path == "/favicon.ico":  # asked for by the tab that shows the label
            self.send(204, "image/x-icon", b"")
        elif parts.path.startswith("/track/"):
            self.track(parts.path.removeprefix("/track/"))
        elif parts.path.endswith("/label"):
            self.answer(lambda: {"url": f"http://{self.headers['Host']}/label.pdf"})
        else:
            self.answer(lambda: self.shop.get(parts.path, query))

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/cognito/oauth2/token":
            self.token(parse_qs(raw.decode()))
        else:
            self.answer(lambda: self.shop.post(urlsplit(self.path).path, json.loads(raw)))

    def token(self, form: dict[str, list[str]]) -> None:
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != self.shop.challenge:
            self.send(400, TYPES[".json"], b'{"error":"invalid_grant"}')
            return
        tokens = {"access_token": TOKEN, "id_token": "", "refresh_token": "r", "expires_in": 3600}
        self.send(200, TYPES[".json"], json.dumps(tokens).encode())

    def static(self, name: str) -> None:
        path = (CONSOLE / name).resolve()
        if name == "config.json":
            self.send(200, TYPES[".json"], json.dumps(self.config).encode())
        elif path.is_relative_to(CONSOLE) and path.is_file():
            kind = TYPES.get(path.suffix, "text/plain")
            self.send(200, kind, path.read_bytes(), **{"Content-Security-Policy": POLICY})
        else:
            self.send(404, "text/plain", b"not found")

    def track(self, token: str) -> None:
        found = [sale for sale in self.shop.sales if sale.order_id == token]
        html = render(tracking(found[0])) if found else render_unknown()
        kind = "text/html; charset=utf-8"
        self.send(200 if found else 404, kind, html.encode(), **SECURITY_HEADERS)

    def answer(self, make: Any) -> None:
        try:
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                raise Refused(401, "unauthorized", "The token is not accepted.")
            with self.shop.lock:
                self.send(200, "application/json", json.dumps(make()).encode())
        except Refused as refused:
            self.send(refused.status, PROBLEM, json.dumps(refused.document).encode())

    def send(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Cache-Control": "no-store", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        with suppress(ConnectionError):  # the page went elsewhere meanwhile
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


class Double(ThreadingHTTPServer):
    """The server with its own shop; `base_url` is where it listens."""

    def __init__(self, port: int, cognito: bool) -> None:
        self.shop = Shop()
        handler: Any = type("ShopHandler", (Handler,), {"shop": self.shop, "config": {}})
        super().__init__(("127.0.0.1", port), handler)
        self.base_url = f"http://127.0.0.1:{self.server_port}"
        signing_in = {"domain": f"{self.base_url}/cognito", "client_id": "console"}
        handler.config |= {
            "api_base": "/",
            "cognito": signing_in if cognito else None,
            "local_token_hint": None if cognito else TOKEN,
        }


def serve(port: int = 0, cognito: bool = False) -> Double:
    """A running double on 127.0.0.1; `shutdown` and `server_close` end it."""
    server = Double(port, cognito)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    print(f"{serve(8099).base_url}/console/")
    threading.Event().wait()
