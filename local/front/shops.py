"""The demo shops know the orders that they send.

A real shop has an order before it tells us of it, and is told when it ships. The stand-in learns
it here, from the webhook that was taken in, so that any signed order can be sent by hand.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from local.client import ApiClient, Refused

_WEBHOOK = re.compile(r"/webhooks/(shopify|woocommerce)/([\w-]+)$")


@dataclass(frozen=True, slots=True)
class DemoShops:
    """`url` is the shop stand-in's."""

    url: str

    def __call__(self, path: str, body: bytes) -> None:
        found = _WEBHOOK.match(path.partition("?")[0])
        if found is None:
            return
        platform, shop = found.groups()
        try:
            ApiClient(self.url).post(
                "/_orders", {"platform": platform, "shop": shop, "order": json.loads(body)}
            )
        except (OSError, ValueError, Refused):
            return  # not JSON, or the stand-in is going down: the shop stays as it is
