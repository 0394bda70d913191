"""A real Vendure server beside the tests, and what a customer and a merchant do in it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local.ports import free_port

FOLDER = Path(__file__).parent / "vendure"
SECRET = "local-secret"
_PATIENCE_SECONDS = 30
Json = dict[str, Any]
Take = Callable[[bytes, dict[str, str]], tuple[int, Any]]

_ADDRESS = {
    "fullName": "Ada Park",
    "streetLine1": "12 Elm Street",
    "city": "New York",
    "province": "NY",
    "postalCode": "10001",
    "countryCode": "US",
}


class Door(ThreadingHTTPServer):
    """Where Vendure's webhooks arrive: each goes to `take`, whose answers wait in `taken`."""

    daemon_threads = True
    take: Take

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: queue.Queue[tuple[int, Any]] = queue.Queue()

    def next(self) -> tuple[int, Any]:
        return self.taken.get(timeout=_PATIENCE_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    server: Door

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.take(body, dict(self.headers.items()))
        self.send_response(answer[0])
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.taken.put(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


class Vendure:
    """The server's two APIs. The token of a session comes back with its first answer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._tokens: dict[str, str] = {}

    def ask(self, api: str, query: str, **variables: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        if token := self._tokens.get(api):
            headers["Authorization"] = f"Bearer {token}"
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/{api}", body, headers)
        with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as reply:
            if given := reply.headers.get("vendure-auth-token"):
                self._tokens[api] = given
            answer = json.loads(reply.read())
        assert not answer.get("errors"), answer
        return answer["data"]

    # --- the merchant ----------------------------------------------------------------

    def sign_in(self) -> str:
        """The token of the administrator."""
        self.ask(
            "admin-api",
            'mutation { login(username: "superadmin", password: "local-password") { __typename } }',
        )
        return self._tokens["admin-api"]

    def order(self, order_id: str) -> Json:
        query = """query ($id: ID!) { order(id: $id) { state
          fulfillments { trackingCode method lines { quantity } } } }"""
        found: Json = self.ask("admin-api", query, id=order_id)["order"]
        return found

    def cancel(self, order_id: str) -> None:
        query = """mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) {
          ... on Order { id } ... on ErrorResult { message } } }"""
        given = {"orderId": order_id, "reason": "the customer rang", "cancelShipping": True}
        assert self.ask("admin-api", query, input=given)["cancelOrder"].get("id")

    # --- the customer ----------------------------------------------------------------

    def buy(self, **units: int) -> None:
        """Go through the checkout with `units` of product variants by id, `v1=2`; pay at once."""
        self._tokens.pop("shop-api", None)
        for name, quantity in units.items():
            self._shop(
                "addItemToOrder(productVariantId: $id, quantity: $n)",
                "$id: ID!, $n: Int!",
                id=name.removeprefix("v"),
                n=quantity,
            )
        person = {"firstName": "Ada", "lastName": "Park", "emailAddress": "ada@example.com"}
        self._shop("setCustomerForOrder(input: $in)", "$in: CreateCustomerInput!", **{"in": person})
        self._shop(
            "setOrderShippingAddress(input: $in)", "$in: CreateAddressInput!", **{"in": _ADDRESS}
        )
        (method, *_) = self.ask("shop-api", "{ eligibleShippingMethods { id } }")[
            "eligibleShippingMethods"
        ]
        self._shop(
            "setOrderShippingMethod(shippingMethodId: $ids)", "$ids: [ID!]!", ids=[method["id"]]
        )
        self._shop('transitionOrderToState(state: "ArrangingPayment")')
        self._shop(
            "addPaymentToOrder(input: $in)",
            "$in: PaymentInput!",
            **{"in": {"method": "standard-payment", "metadata": {}}},
        )

    def _shop(self, call: str, declared: str = "", **variables: Any) -> None:
        head = f"mutation ({declared})" if declared else "mutation"
        rest = "{ ... on Order { id } ... on ErrorResult { message } }"
        (answer,) = self.ask("shop-api", f"{head} {{ {call} {rest} }}", **variables).values()
        assert answer.get("id"), answer


@contextmanager
def running_vendure() -> Iterator[tuple[Vendure, Door]]:
    """A server of its own, with its webhooks at a door of this process."""
    if not (FOLDER / "node_modules").is_dir():
        raise AssertionError("Vendure is not installed: npm ci --prefix tests/e2e/vendure")
    port = free_port()
    with Door() as door:
        threading.Thread(target=door.serve_forever, args=(0.05,), daemon=True).start()
        env = {
            **os.environ,
            "PORT": str(port),
            "WEBHOOK_URL": f"http://127.0.0.1:{door.server_address[1]}/",
            "WEBHOOK_SECRET": SECRET,
        }
        with subprocess.Popen(
            ["node", "server.js"],
            cwd=FOLDER,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as server:
            assert server.stdin and server.stdout
            ready = server.stdout.readline()
            assert b"ready" in ready, "Vendure did not start"
            yield Vendure(f"http://127.0.0.1:{port}"), door
            server.stdin.close()
            server.wait(_PATIENCE_SECONDS)
        door.shutdown()
