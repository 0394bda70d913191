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
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
from botocore.config import Config
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from infra.catalogue.messaging import RULES, RuleRow
from infra.catalogue.tables import Table
from infra.settings import settings_of
from local.standins.shop_street import ShopStreet
from local.standins.stripe_books import StripeBooks
from oms import wiring, wiring_channels
from oms.channels import shop_client
from oms.channels.push import SilentShop
from oms.inventory.model import Node, NodeKind, Product
from oms.kernel.address import Address
from oms.kernel.clock import SettableClock
from oms.kernel.ids import NodeId, Sku
from oms.orders.model import Order
from oms.orders.store import order_from_item
from oms.platform import blobs, bus, config, secrets
from oms.platform.attributes import unmarshal
from oms.platform.dynamo import Dynamo
from oms.tracking.signature import HEADER, sign
from tests.component.moto_tables import REGION, Tables, tables
from tests.workflow.asl import Execution, TaskFailed, run
from tests.workflow.doubles import CarrierBooks, FakeBus, FakeMail, Flaky, LocalSecrets, provider
from tests.workflow.shops import StreetOpener
from tests.workflow.table_stream import TableStream

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


@dataclass(repr=False)
class World:
    tables: Tables
    clock: SettableClock
    stripe: StripeBooks
    bus: FakeBus
    mail: FakeMail
    s3: Any
    carrier: CarrierBooks
    executions: dict[str, Execution] = field(default_factory=dict)
    started: deque[tuple[str, str, dict[str, Any]]] = field(default_factory=deque)
    invocations: Counter[str] = field(default_factory=Counter)
    fault: Fault = lambda step, when: None
    network: Flaky = field(default_factory=lambda: Flaky(None))
    vanish: Callable[[str], bool] = lambda name: False  # executions that never run
    batches: list[list[dict[str, Any]]] = field(default_factory=list)
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    dead: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    alarms: list[Exception] = field(default_factory=list)
    stock_stream: TableStream = field(init=False)
    channel_stream: TableStream = field(init=False)
    silent: frozenset[str] = frozenset()  # queues that a test has no use for
    _seen: int = 0
    _read: int = 0
    _versions: list[Order] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stock_stream = TableStream(
            Table.STOCK, "sweep_stock", self._records_of(self.tables.stock), self._function
        )
        self.channel_stream = TableStream(
            Table.CHANNELS, "sweep_channels", self._records_of(self.tables.channels), self._function
        )
        self.street = ShopStreet(self.clock.now)

    def next_number(self) -> int:
        return next(_COUNTER)

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
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
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

    def shopify(
        self, raw: bytes, secret: str = "local-secret", path: dict[str, str] | None = None
    ) -> tuple[int, Any]:
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
            path,
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

    def _webhook(
        self,
        channel: str,
        raw: bytes,
        headers: dict[str, str],
        path: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        return self.call(
            "POST /webhooks/{channel}/{account}",
            path or {"channel": channel, "account": "demo"},
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
        while (
            self._stream()
            or self.stock_stream.carry()
            or self.channel_stream.carry()
            or self._deliver()
            or self._execute()
        ):
            pass

    def heal(self, rounds: int = 8) -> None:
        """Let the sweeper come round often enough to take on whatever got stuck."""
        for _ in range(rounds):
            self.pass_time(timedelta(seconds=_STUCK + 5))

    def pass_time(self, by: timedelta) -> None:
        """Move the clock, let the sweeper see it, and let things happen."""
        self.clock.advance(by)
        self.sweep()
        self.run()

    def sweep(self) -> Any:
        """One round of the sweeper; a round that fails is seen by an alarm, and the next comes."""
        sweeps = (
            self.stock_stream.sweep,
            self.channel_stream.sweep,
            self.sweep_orders,
        )
        for sweep in sweeps:
            try:
                done = sweep()
            except ExceptionGroup as failed:
                self.alarms.append(failed)
                done = {}
        return done

    def sweep_orders(self) -> Any:
        return self._function("sweep_orders", {})

    def _function(self, name: str, event: dict[str, Any]) -> Any:
        self.invocations[name] += 1
        return handler(name)(event, CONTEXT)

    def _records_of(self, table: str) -> Callable[[int], list[dict[str, Any]]]:
        def records(after: int) -> list[dict[str, Any]]:
            items = _moto_table(table).stream_shard.items
            return [_as_lambda_gets(each.to_json()) for each in items[after:]]

        return records

    def stream(self) -> list[dict[str, Any]]:
        """Every record of the orders' stream so far, oldest first."""
        return [each.to_json() for each in _moto_table(self.tables.orders).stream_shard.items]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Everything in a table, in plain values."""
        held = _moto_table(table).items.values()
        return [unmarshal(item.to_json()["Attributes"]) for part in held for item in part.values()]

    def each_write(self) -> Iterator[Order]:
        """Every version of every order that was ever stored, in order; read once."""
        records = _moto_table(self.tables.orders).stream_shard.items
        for each in records[self._read :]:
            images = each.to_json()["dynamodb"]
            if images["Keys"]["sk"]["S"] == "ORDER":
                self._versions.append(order_from_item(unmarshal(images["NewImage"])))
        self._read = len(records)
        return iter(self._versions)

    def row_counts(self) -> dict[str, int]:
        """How many items each table holds: equal before and after means nothing was written."""
        names = (self.tables.orders, self.tables.inbound, self.tables.stock)
        return {name: sum(map(len, _moto_table(name).items.values())) for name in names}

    def _stream(self) -> bool:
        shard = _moto_table(self.tables.orders).stream_shard
        fresh = [_as_lambda_gets(each.to_json()) for each in shard.items[self._seen :]]
        self._seen = len(shard.items)
        records = [r for r in fresh if r["dynamodb"]["Keys"]["sk"]["S"] in ("ORDER", "CONTENT")]
        if not records:
            return False
        self.batches.append(records)
        self.feed(records)
        return True

    def feed(self, records: list[dict[str, Any]]) -> None:
        """Give a batch to the stream's consumers, as often as the stream would."""
        orders = [r for r in records if r["dynamodb"]["Keys"]["sk"]["S"] == "ORDER"]
        for function, batch in (("publish_events", orders), ("index_orders", records)):
            for _ in range(10):
                self.invocations[function] += 1
                if (
                    not batch
                    or not handler(function)({"Records": batch}, CONTEXT)["batchItemFailures"]
                ):
                    break
            else:
                raise AssertionError(f"{function} never took its batch")

    def _deliver(self) -> bool:
        moved = bool(self.bus.entries)
        while self.bus.entries:
            entry = self.bus.entries.popleft()
            for rule in RULES:
                channel = json.loads(entry["Detail"]).get("channel", "")
                if self._listens(rule) and rule.takes(entry["DetailType"], channel):
                    self.messages.append((rule.function, entry))
                    self.consume(rule.function, entry)
        return moved

    def _listens(self, rule: RuleRow) -> bool:
        on = not rule.dormant or rule.function in self.bus.switched_on
        return on and rule.function not in self.silent

    def consume(self, function: str, entry: dict[str, Any]) -> None:
        """One queue message, as often as the queue gives it; then it is with the dead letters."""
        message = {"detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
        record = {"messageId": "m-1", "body": json.dumps(message)}
        for _ in range(5):
            self.invocations[function] += 1
            if not handler(function)({"Records": [record]}, CONTEXT)["batchItemFailures"]:
                return
        self.dead.append((function, entry))

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
        if self.vanish(name):
            return True
        self.executions[name] = run(machine, given, self.invoke)
        return True

    def invoke(self, placeholder: str, payload: dict[str, Any]) -> Any:
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

    @contextmanager
    def carrier_refuses(self) -> Iterator[None]:
        self.carrier.refuses = True
        yield
        self.carrier.refuses = False

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

    def scan(
        self,
        tracking_number: str,
        status: str,
        scan_id: str = "",
        *,
        at: datetime | None = None,
        secret: str = "local-carrier-secret",
    ) -> tuple[int, Any]:
        events = [
            {
                "id": scan_id or f"{tracking_number}-{status}",
                "tracking_number": tracking_number,
                "status": status,
                "at": (at or self.clock.now()).isoformat(),
                "place": "Chicago",
            }
        ]
        raw = json.dumps({"events": events}).encode()
        signed = sign(secret, raw, self.clock.now())
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


_STUCK = settings_of("local").timers.stuck_seconds
_COUNTER = itertools.count(1)


def _as_lambda_gets(record: dict[str, Any]) -> dict[str, Any]:
    """JSON: times are numbers, and bytes are base64 text."""

    def plain(value: Any) -> Any:
        return base64.b64encode(value).decode() if isinstance(value, bytes) else value.timestamp()

    made: dict[str, Any] = json.loads(json.dumps(record, default=plain))
    return made


def _lists(tables: Tables, index: str) -> set[str]:
    """The lists of an index on which anything stands."""
    named = {"worklist": (tables.orders,), "due": (tables.stock, tables.channels)}[index]
    attribute = {"worklist": "worklist", "due": "due_list"}[index]
    held = (part for name in named for part in _moto_table(name).items.values())
    attributes = (item.attrs.get(attribute) for part in held for item in part.values())
    return {each.value for each in attributes if each}


def _moto_table(name: str) -> Any:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].get_table(name)


@cache
def _function_of(route: str) -> str:
    from infra.catalogue.routes import ROUTES

    (function,) = (each.function for each in ROUTES if each.key == route)
    return function


@contextmanager
def world(*, captures_in_parts: bool = True, shops: Sequence[str] = ()) -> Iterator[World]:
    """A fresh deployment with two nodes and a little catalogue. `shops` are the channels that are
    open for calls; without any, nobody can be called that sells for us, or is told of stock."""
    forget()
    settings = settings_of("local")
    with tables() as made:
        env = {
            "OMS_STAGE": "local",
            "ORDERS_TABLE": made.orders,
            "INBOUND_TABLE": made.inbound,
            "STOCK_TABLE": made.stock,
            "INDEX_TABLE": made.order_index,
            "CHANNELS_TABLE": made.channels,
            "SHOP_API_BASE": "http://shops.test",
            "LABEL_BUCKET": "labels",
            "RAW_BUCKET": "labels",
            "EVENT_BUS": "oms",
            "WEBHOOK_RULE": "send_webhooks",
            "INTAKE_MACHINE_ARN": "order_intake",
            "SHIPMENT_MACHINE_ARN": "shipment",
            "SECRETS_PREFIX": "oms-local",
            "SETTINGS": settings.for_functions,
            "POWERTOOLS_METRICS_DISABLED": "true",
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        }
        s3 = boto3.client("s3", "us-east-1", config=Config(signature_version="s3v4"))
        s3.create_bucket(Bucket="labels")
        clock = SettableClock(START)
        books = StripeBooks(clock)
        known = LocalSecrets(captures_in_parts, *([tuple(shops)] if shops else []))
        flaky = Flaky(made.client, lambda index: _lists(made, index))
        dynamo = Dynamo(flaky, sleep=lambda seconds: None)
        made_world = World(
            made, clock, books, FakeBus(), FakeMail(), s3, CarrierBooks(), network=flaky
        )
        made_world.silent = frozenset() if shops else frozenset({"push_stock", "tell_channel"})
        with (
            patch.dict(os.environ, env),
            patch.object(wiring, "clock", lambda: clock),
            patch.object(wiring, "dynamo", lambda: dynamo),
            patch.object(
                wiring, "_stripe", lambda key, multicapture: provider(books, clock, multicapture)
            ),
            patch.object(wiring, "carrier", lambda: made_world.carrier),
            _shops(made_world, bool(shops)),
            patch.object(secrets, "_client", lambda: known),
            patch.object(blobs, "_client", lambda: s3),
            patch.object(bus, "_client", lambda: made_world.bus),
            patch("oms.orders.workflows._client", lambda: made_world),
            patch("oms.notifications.mailer._client", lambda: made_world.mail),
        ):
            forget()
            _furnish()
            yield made_world
    forget()


@contextmanager
def _shops(made: World, opened: bool) -> Iterator[None]:
    """Shops on the street of the world, or none that can be called."""
    with ExitStack() as patches:
        if opened:
            opener = StreetOpener(made.street)
            patches.enter_context(patch.object(shop_client, "_OPENER", opener))
        else:
            silent = patch.object(wiring, "shop_of", lambda channel, account: SilentShop())
            patches.enter_context(silent)
            patches.enter_context(
                patch.object(wiring_channels, "_shop", lambda account: SilentShop())
            )
        yield


def forget() -> None:
    """A new process: nothing that was built for another test is used again."""
    handler.cache_clear()
    for module in (wiring, wiring_channels, config):
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def _furnish() -> None:
    wiring.stock().save_nodes(NODES)
    wiring.stock().save_products(
        [Product(Sku("MUG-BLUE"), "Blue mug", 350), Product(Sku("TEE-RED"), "Red tee", 180)]
    )


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
