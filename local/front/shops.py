"""The demo shops: what they sell reaches us as it would from the platform, and what they sent by
hand is known to them.

`POST /_shops/{platform}` places an order, given as the platform's own document, and delivers what
the platform would send: a webhook, a notification in a queue, a file in a bucket. `GET` shows what
the shop believes it can sell. A webhook that somebody signed by hand is learnt from when it was
taken in, where the webhook is the order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from local.client import ApiClient, Refused
from local.settings import CHANNEL_ACCOUNT

_WEBHOOK = re.compile(r"/webhooks/(shopify|woocommerce)/([\w-]+)$")
PREFIX = "/_shops/"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DemoShops:
    """`url` is the stand-ins', `front` ours. `enqueue` puts a message into the queue for
    notifications, `drop` a file into the bucket."""

    url: str
    front: str = ""
    enqueue: Callable[[str], None] = lambda message: None
    drop: Callable[[str, bytes], None] = lambda key, body: None

    def __call__(self, path: str, body: bytes) -> None:
        """Learn from a webhook that was taken in."""
        found = _WEBHOOK.match(path.partition("?")[0])
        if found is None:
            return
        platform, shop = found.groups()
        try:
            order = json.loads(body)
            if "line_items" not in order or "order_id" in order:  # a refund, a fulfilment
                return
            taken = {"platform": platform, "shop": shop, "order": order}
            ApiClient(self.url).post("/_orders", taken)
        except (OSError, TypeError, ValueError, Refused):
            return  # not JSON, or the stand-in is going down: the shop stays as it is

    def sell(self, platform: str, document: Json) -> Json:
        """Place an order and deliver it; `{"external_id"}`. Raises Refused."""
        placed = {"platform": platform, "shop": CHANNEL_ACCOUNT, "order": document}
        sent = ApiClient(self.url).post("/_orders", placed)
        self._deliver(platform, sent)
        return {"external_id": sent["external_id"]}

    def stock(self, platform: str) -> Json:
        """What the shop believes it can sell, by its own SKUs."""
        books = ApiClient(self.url).get("/_books")
        return dict(books.get(f"{platform}/{CHANNEL_ACCOUNT}", {}).get("stock", {}))

    def _deliver(self, platform: str, sent: Json) -> None:
        if platform == "edi":
            self._drop(sent["external_id"])
        elif sent.get("headers"):
            path = f"/webhooks/{platform}/{CHANNEL_ACCOUNT}"
            answer = ApiClient(self.front).send(path, sent["body"].encode(), sent["headers"])
            if answer.status >= 300:
                raise Refused(path, answer)
        elif "body" in sent:
            self.enqueue(sent["body"])

    def _drop(self, external_id: str) -> None:
        there = f"/edi/{CHANNEL_ACCOUNT}/orders/{quote(external_id, safe=':')}"
        file = ApiClient(self.url).ask("GET", there)
        if file.status >= 300:
            raise Refused(there, file)
        self.drop(f"edi/in/{CHANNEL_ACCOUNT}/{external_id.replace(':', '-')}.edi", file.body)
