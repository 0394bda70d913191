"""Stand-ins for what lies outside the deployment, each with books of its own."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ConnectionClosedError

from infra.local_secrets import LOCAL_SECRETS
from local.standins.stripe_books import StripeBooks
from local.standins.stripe_in_process import InProcessClient
from oms.fulfilment.carriers import CarrierRefused, Label, LabelRequest
from oms.fulfilment.offline_carrier import OfflineCarrier
from oms.kernel.clock import Clock
from oms.orders.store import unpack_timeline
from oms.payments.stripe_provider import StripeProvider, stripe_client


class FakeBus:
    """Takes events as EventBridge does: a part of them when told to."""

    def __init__(self) -> None:
        self.entries: deque[dict[str, Any]] = deque()
        self.published: list[dict[str, Any]] = []
        self.refuse = 0
        self.switched_on: set[str] = set()  # of the rules that are dormant

    def enable_rule(self, Name: str, EventBusName: str) -> None:
        self.switched_on.add(Name)

    def disable_rule(self, Name: str, EventBusName: str) -> None:
        self.switched_on.discard(Name)

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        results = []
        for entry in Entries:
            if self.refuse:
                self.refuse -= 1
                results.append({"ErrorCode": "ThrottlingException"})
            else:
                self.entries.append(entry)
                self.published.append(entry)
                results.append({"EventId": "1"})
        failed = sum("ErrorCode" in each for each in results)
        return {"FailedEntryCount": failed, "Entries": results}


class FakeMail:
    """Keeps what was sent. `out_of_order` of the next messages are refused."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.out_of_order = 0

    def send_email(self, **message: Any) -> None:
        if self.out_of_order:
            self.out_of_order -= 1
            raise ConnectionClosedError(endpoint_url="https://email")
        self.sent.append(message)

    def told(self, text: str) -> int:
        """How many mails speak of `text`."""
        return sum(text in json.dumps(each) for each in self.sent)


@dataclass
class CarrierBooks:
    """A carrier that, unlike the built-in one, sells a new label at every purchase."""

    live: dict[str, list[Label]] = field(default_factory=dict)
    bought: int = 0
    refuses: bool = False
    _paper: OfflineCarrier = field(default_factory=OfflineCarrier)
    name: str = "offline"

    def find(self, reference: str) -> Label | None:
        return next(iter(self.live.get(reference, ())), None)

    def buy(self, request: LabelRequest) -> Label:
        if self.refuses:
            raise CarrierRefused("no such street")
        self.bought += 1
        sold = self._paper.buy(replace(request, reference=f"{request.reference}~{self.bought}"))
        label = replace(sold, reference=request.reference)
        self.live.setdefault(request.reference, []).append(label)
        return label

    def void(self, reference: str) -> bool:
        return bool(self.live.pop(reference, None))


# The value of a query that names the list, by index.
_LISTS = {"worklist": ":w", "due": ":list"}


@dataclass
class Flaky:
    """A DynamoDB client whose network can be cut. Reads pass.

    `cut(operation, request)` says what becomes of a write: `""` nothing, `"lost"` it happens
    and its reply is lost, `"resent"` the SDK then sends it again by itself, `"down"` it never
    arrives.
    """

    client: Any
    lists: Callable[[str], set[str]] = lambda index: set()
    cut: Callable[[str, dict[str, Any]], str] = lambda operation, request: ""
    writes: int = 0

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.client, name)
        if name == "query":
            return self._query
        if name not in ("put_item", "update_item", "delete_item", "transact_write_items"):
            return call

        def send(**request: Any) -> Any:
            self.writes += 1
            fate = self.cut(name, request)
            if fate == "down":
                raise ConnectionClosedError(endpoint_url="https://dynamodb")
            reply = call(**request)
            if fate == "resent":
                return call(**request)
            if fate == "lost":
                raise ConnectionClosedError(endpoint_url="https://dynamodb")
            return reply

        return send

    def _query(self, **request: Any) -> Any:
        """Most of a sweep asks for lists on which nothing stands: answered here, at once."""
        if index := request.get("IndexName"):
            (wanted,) = request["ExpressionAttributeValues"][_LISTS[index]].values()
            if wanted not in self.lists(index):
                return {"Items": []}
        return self.client.query(**request)


@dataclass
class LocalSecrets:
    """The local stage's secrets; the Stripe account may capture in parts, or not. Only these
    `channels` sell for us: each is told of every change of stock."""

    captures_in_parts: bool = True
    channels: tuple[str, ...] = ("shopify", "woocommerce")

    def get_secret_value(self, SecretId: str) -> dict[str, str]:
        name = SecretId.removeprefix("oms-local/")
        document = LOCAL_SECRETS[name]
        if name == "stripe":
            document = {**document, "multicapture": self.captures_in_parts}
        if name == "channels":
            document = json.loads(json.dumps(document))  # a copy
            document = {channel: document[channel] for channel in self.channels}
            for accounts in document.values():  # here every shop hears of stock at once
                accounts["demo"]["settings"].pop("stock", None)
        return {"SecretString": json.dumps(document)}


def provider(books: StripeBooks, clock: Clock, multicapture: bool) -> StripeProvider:
    """Our Stripe adapter before the stand-in's books, without a socket."""
    client = stripe_client("sk_test_local", http_client=InProcessClient(books))
    return StripeProvider(client, clock, multicapture)


def down_when(*events: str, times: int = 1_000) -> Callable[[str, dict[str, Any]], str]:
    """A `cut`: the database is away whenever an order would be told one of `events`."""
    left = times

    def cut(operation: str, request: dict[str, Any]) -> str:
        nonlocal left
        writes = request.get("TransactItems") or [{"Put": request}]
        items = [each["Put"].get("Item", {}) for each in writes if "Put" in each]
        told = [unpack_timeline(item["timeline"]["B"])[-1] for item in items if "timeline" in item]
        if left and any(entry.event in events for entry in told):
            left -= 1
            return "down"
        return ""

    return cut
