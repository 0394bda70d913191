"""The whole order path in one process: real handlers, real ASL, real wiring, moto's tables.

What AWS carries between them is carried here by hand and in the open: `run()` reads the
stream, feeds its consumers, routes what they put on the bus by the catalogue's own rules, and
runs the executions that are started, until nothing moves. Time stands still until it is moved.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib.util
import itertools
import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3

from infra.catalogue.messaging import RULES
from infra.local_secrets import LOCAL_SECRETS
from infra.settings import settings_of
from local.standins.stripe_books import StripeBooks
from local.standins.stripe_in_process import InProcessClient
from oms import wiring
from oms.inventory.model import Node, NodeKind, Product
from oms.kernel.address import Address
from oms.kernel.clock import SettableClock
from oms.kernel.ids import NodeId, Sku
from oms.platform import blobs, bus, config, secrets
from tests.component.moto_tables import Tables, tables
from tests.workflow.asl import Execution, TaskFailed, run

ROOT = Path(__file__).parents[2]
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CONTEXT = SimpleNamespace(aws_request_id="test", function_name="test")
OPS = {"name": "ops", "scopes": "ops node orders:write"}

NODES = (
    Node(
        NodeId("WH-EAST"),
        NodeKind.WAREHOUSE,
        "Newark",
        Address("Newark", ("1 Dock Road",), "Newark", "NJ", "07102", "US"),
        40.73,
        -74.17,
    ),
    Node(
        NodeId("WH-WEST"),
        NodeKind.WAREHOUSE,
        "Reno",
        Address("Reno", ("2 Pine Street",), "Reno", "NV", "89501", "US"),
        39.53,
        -119.81,
    ),
)

Fault = Callable[[str, str], None]  # (step, "before" or "after"); may raise


@cache
def handler(name: str) -> Any:
    """The handler of a function folder, loaded as Lambda would: by its path."""
    path = ROOT / "functions" / name / "handler.py"
    spec = importlib.util.spec_from_file_location(f"functions_{name}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


class FakeBus:
    """Takes events as EventBridge does: a part of them when told to."""

    def __init__(self) -> None:
        self.entries: deque[dict[str, Any]] = deque()
        self.refuse = 0

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        results = []
        for entry in Entries:
            if self.refuse:
                self.refuse -= 1
                results.append({"ErrorCode": "ThrottlingException"})
            else:
                self.entries.append(entry)
                results.append({"EventId": "1"})
        failed = sum("ErrorCode" in each for each in results)
        return {"FailedEntryCount": failed, "Entries": results}


class FakeMail:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_email(self, **message: Any) -> None:
        self.sent.append(message)


@dataclass
class World:
    tables: Tables
    clock: SettableClock
    stripe: StripeBooks
    bus: FakeBus
    mail: FakeMail
    s3: Any
    executions: dict[str, Execution] = field(default_factory=dict)
    started: deque[tuple[str, str, dict[str, Any]]] = field(default_factory=deque)
    invocations: Counter[str] = field(default_factory=Counter)
    fault: Fault = lambda step, when: None
    _seen: int = 0

    # --- asking over HTTP -------------------------------------------------------------

    def call(
        self,
        route: str,
        path: dict[str, str] | None = None,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        caller: dict[str, str] | None = OPS,
        function: str = "",
    ) -> tuple[int, Any]:
        """One request to the function behind `route`, as API Gateway would make it."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        event = {
            "version": "2.0",
            "routeKey": route,
            "pathParameters": path or {},
            "queryStringParameters": query or {},
            "headers": {"content-type": "application/json", **(headers or {})},
            "requestContext": {"requestId": "req-1", "authorizer": {"lambda": caller or {}}},
            "body": base64.b64encode(raw).decode(),
            "isBase64Encoded": True,
        }
        function = function or _function_of(route)
        self.invocations[function] += 1
        reply = handler(function)(json.loads(json.dumps(event)), CONTEXT)
        kind = reply["headers"].get("content-type", "")
        return reply["statusCode"], json.loads(reply["body"]) if "json" in kind and reply[
            "body"
        ] else reply["body"] or reply["headers"]

    def shopify(self, raw: bytes, secret: str = "local-secret") -> tuple[int, Any]:
        """A webhook signed as Shopify signs."""
        mac = base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")).decode()
        return self._webhook(
            "shopify",
            raw,
            {
                "x-shopify-hmac-sha256": mac,
                "x-shopify-topic": "orders/create",
                "x-shopify-shop-domain": "demo.myshopify.com",
                "x-shopify-webhook-id": hashlib.md5(raw).hexdigest(),
            },
        )

    def woocommerce(self, raw: bytes, secret: str = "local-secret") -> tuple[int, Any]:
        mac = base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")).decode()
        return self._webhook(
            "woocommerce",
            raw,
            {
                "x-wc-webhook-signature": mac,
                "x-wc-webhook-topic": "order.created",
                "x-wc-webhook-resource": "order",
                "x-wc-webhook-event": "created",
                "x-wc-webhook-source": "https://demo.example/",
                "x-wc-webhook-delivery-id": "d-1",
            },
        )

    def _webhook(self, channel: str, raw: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        return self.call(
            "POST /webhooks/{channel}/{account}",
            {"channel": channel, "account": "demo"},
            raw,
            headers=headers,
            caller=None,
        )

    def order(self, order_id: str) -> Any:
        status, page = self.call("GET /orders/{order_id}", {"order_id": order_id})
        assert status == 200, page
        return page

    def act(self, order_id: str, action: str, reason: str = "") -> tuple[int, Any]:
        return self.call(
            "POST /orders/{order_id}/{action}",
            {"order_id": order_id, "action": action},
            {"reason": reason},
        )

    def ship(self, shipment_id: str, action: str, body: Any = None) -> tuple[int, Any]:
        return self.call(
            "POST /shipments/{shipment_id}/{action}",
            {"shipment_id": shipment_id, "action": action},
            body or {},
        )

    # --- letting things happen ----------------------------------------------------------

    def run(self) -> None:
        """Carry everything that is under way to where it goes, until nothing moves."""
        while self._stream() or self._deliver() or self._execute():
            pass

    def pass_time(self, by: timedelta) -> None:
        """Move the clock, let the sweeper see it, and let things happen."""
        self.clock.advance(by)
        self.sweep()
        self.run()

    def sweep(self) -> Any:
        self.invocations["sweep_orders"] += 1
        return handler("sweep_orders")({}, CONTEXT)

    def _stream(self) -> bool:
        records = [
            record
            for record in self.tables.stream_records(self.tables.orders)[self._seen :]
            if record["dynamodb"]["Keys"]["sk"]["S"] in ("ORDER", "CONTENT")
        ]
        self._seen = len(self.tables.stream_records(self.tables.orders))
        if not records:
            return False
        orders = [r for r in records if r["dynamodb"]["Keys"]["sk"]["S"] == "ORDER"]
        for function, batch in (("publish_events", orders), ("index_orders", records)):
            if batch:
                self.invocations[function] += 1
                answer = handler(function)({"Records": batch}, CONTEXT)
                assert answer == {"batchItemFailures": []}, answer
        return True

    def _deliver(self) -> bool:
        moved = bool(self.bus.entries)
        while self.bus.entries:
            entry = self.bus.entries.popleft()
            for rule in RULES:
                if entry["DetailType"] in rule.events:
                    self._consume(rule.function, entry)
        return moved

    def _consume(self, function: str, entry: dict[str, Any]) -> None:
        message = {"detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
        record = {"messageId": "m-1", "body": json.dumps(message)}
        self.invocations[function] += 1
        for _ in range(5):  # as often as the queue would give it again
            if not handler(function)({"Records": [record]}, CONTEXT)["batchItemFailures"]:
                return
        raise AssertionError(f"{function} sent {entry['DetailType']} to the dead letters")

    def start_execution(self, **request: Any) -> None:
        """What Step Functions does with a start: a name once, whatever became of it."""
        name, machine = request["name"], request["stateMachineArn"]
        if name in self.executions or any(name == each[1] for each in self.started):
            from botocore.exceptions import ClientError

            raise ClientError({"Error": {"Code": "ExecutionAlreadyExists"}}, "StartExecution")
        self.started.append((machine, name, json.loads(request["input"])))

    def _execute(self) -> bool:
        if not self.started:
            return False
        machine, name, given = self.started.popleft()
        self.executions[name] = Execution(machine, given)
        self.executions[name] = run(machine, given, self._invoke)
        return True

    def _invoke(self, placeholder: str, payload: dict[str, Any]) -> Any:
        function = "".join("_" + c.lower() if c.isupper() else c for c in placeholder)[1:]
        self.invocations[function] += 1
        try:
            self.fault(function, "before")
            result = handler(function)(json.loads(json.dumps(payload)), CONTEXT)
            self.fault(function, "after")
        except TaskFailed:
            raise
        except Exception as error:
            raise TaskFailed(type(error).__name__, str(error)) from error
        return result

    # --- shortcuts ----------------------------------------------------------------------

    def deliver_all(self, order_id: str) -> None:
        """Play the nodes and the carrier for an order that is CONFIRMED or further on."""
        self.pass_time(timedelta(seconds=10))
        for shipment in self.order(order_id)["shipments"]:
            for action in ("pick", "pack"):
                status, reply = self.ship(shipment["shipment_id"], action)
                assert status == 200, reply
                self.run()
            status, reply = self.ship(shipment["shipment_id"], "ship")
            assert status == 200, reply
            self.run()
        for shipment in self.order(order_id)["shipments"]:
            for parcel in shipment["parcels"]:
                self.scan(parcel["tracking_number"], "IN_TRANSIT")
                self.clock.advance(timedelta(hours=1))
                self.scan(parcel["tracking_number"], "DELIVERED")
        self.run()

    def scan(self, tracking_number: str, status: str, scan_id: str = "") -> tuple[int, Any]:
        from oms.tracking.signature import HEADER, sign

        events = [
            {
                "id": scan_id or f"{tracking_number}-{status}",
                "tracking_number": tracking_number,
                "status": status,
                "at": self.clock.now().isoformat(),
                "place": "Chicago",
            }
        ]
        raw = json.dumps({"events": events}).encode()
        signed = sign("local-carrier-secret", raw, self.clock.now())
        return self.call(
            "POST /webhooks/carriers/{carrier}",
            {"carrier": "offline"},
            raw,
            headers={HEADER.lower(): signed},
            caller=None,
        )

    def stock_up(self, sku: str, quantity: int, node: str = "WH-EAST") -> None:
        body = {
            "reference": f"PO-{next(_COUNTER)}",
            "node": node,
            "lines": [{"sku": sku, "quantity": quantity}],
        }
        status, reply = self.call("POST /stock/receipts", body=body)
        assert status == 201, reply

    def stock(self, sku: str) -> dict[str, int]:
        status, reply = self.call("GET /stock/{sku}", {"sku": sku})
        assert status == 200, reply
        total: dict[str, int] = reply["total"]
        return total


_COUNTER = itertools.count(1)


@cache
def _function_of(route: str) -> str:
    from infra.catalogue.routes import ROUTES

    (function,) = (each.function for each in ROUTES if each.key == route)
    return function


@contextmanager
def world() -> Iterator[World]:
    """A fresh deployment with two nodes and a little catalogue."""
    forget()
    settings = settings_of("local")
    with tables() as made:
        env = {
            "OMS_STAGE": "local",
            "ORDERS_TABLE": made.orders,
            "INBOUND_TABLE": made.inbound,
            "STOCK_TABLE": made.stock,
            "INDEX_TABLE": made.order_index,
            "LABEL_BUCKET": "labels",
            "RAW_BUCKET": "labels",
            "EVENT_BUS": "oms",
            "INTAKE_MACHINE_ARN": "order_intake",
            "SHIPMENT_MACHINE_ARN": "shipment",
            "SECRETS_PREFIX": "oms-local",
            "SETTINGS": settings.for_functions,
            "POWERTOOLS_METRICS_DISABLED": "true",
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        }
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="labels")
        clock = SettableClock(START)
        books = StripeBooks(clock)
        made_world = World(made, clock, books, FakeBus(), FakeMail(), s3)
        with (
            patch.dict(os.environ, env),
            patch.object(wiring, "clock", lambda: clock),
            patch.object(wiring, "dynamo", lambda: made.dynamo),
            patch.object(wiring, "_stripe", lambda key: _provider(books, clock)),
            patch.object(secrets, "_client", lambda: _Secrets()),
            patch.object(blobs, "_client", lambda: s3),
            patch.object(bus, "_client", lambda: made_world.bus),
            patch("oms.orders.workflows._client", lambda: made_world),
            patch("oms.notifications.mailer._client", lambda: made_world.mail),
        ):
            forget()
            _furnish()
            yield made_world
    forget()


def forget() -> None:
    """A new process: nothing that was built for another test is used again."""
    for module in (wiring, config):
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def _furnish() -> None:
    wiring.stock().save_nodes(NODES)
    wiring.stock().save_products(
        [Product(Sku("MUG-BLUE"), "Blue mug", 350), Product(Sku("TEE-RED"), "Red tee", 180)]
    )


def _provider(books: StripeBooks, clock: SettableClock) -> Any:
    from oms.payments.stripe_provider import StripeProvider, stripe_client

    return StripeProvider(stripe_client("sk_test_local", http_client=InProcessClient(books)), clock)


class _Secrets:
    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        name = SecretId.removeprefix("oms-local/")
        return {"SecretString": json.dumps(LOCAL_SECRETS[name])}


def api_order(**changes: Any) -> dict[str, Any]:
    """A body for `POST /orders` that nothing is wrong with."""
    return {
        "external_id": "PO-7",
        "currency": "USD",
        "customer": {"name": "Ada Park", "email": "ada@example.com", "phone": "+12025550100"},
        "shipping_address": {
            "name": "Ada Park",
            "lines": ["12 Elm Street"],
            "city": "New York",
            "region": "NY",
            "postal_code": "10001",
            "country": "US",
        },
        "lines": [
            {
                "sku": "MUG-BLUE",
                "quantity": 2,
                "unit_price": {"amount_minor": 1299, "currency": "USD"},
            }
        ],
        **changes,
    }
