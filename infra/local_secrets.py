"""The secrets of the `local` stage. They are no secrets, and no other stage may hold one.

Shapes, by name under the stage's prefix; on AWS the merchant fills them in the same way:

channels   {channel: {account: {"secrets": [signing secrets], ...}}}
api-keys   {"keys": [{"name", "sha256": hex of the bearer token, "scopes": [...]}]}
stripe     {"api_key", "webhook_secrets": [...]}
carriers   {carrier: {"webhook_secrets": [...]}}
tracking   {"key"}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

OPS_TOKEN = "local-ops-token"
API_KEY = "local-api-key"
SIGNING_SECRET = "local-secret"
STRIPE_KEY = "sk_test_local"
STRIPE_WEBHOOK_SECRET = "whsec_local"
CARRIER_SECRET = "local-carrier-secret"
TRACKING_KEY = "local-tracking-key"
SHOP_TOKEN = "local-shop-token"

# Account `demo` of every channel, as the stand-ins of `local/standins/shops` know it.
_APP = {"client_id": "local-client", "client_secret": SHOP_TOKEN}
_GRANTED = {**_APP, "refresh_token": SHOP_TOKEN}
_SQUARE = {
    "access_token": SHOP_TOKEN,
    "location_id": "LOCAL-STORE",
    "notification_url": "https://oms.example/webhooks/square/demo",
}
_MAPPING = Path(__file__).parents[1] / "docs/samples/social.json"


def _demo(
    domain: str, settings: Mapping[str, object], **more: object
) -> dict[str, dict[str, object]]:
    account = {"secrets": [SIGNING_SECRET], "domain": domain, "settings": dict(settings)}
    return {"demo": {**account, **more}}


# The emulator is one process: three channels hear of each change of stock, the others when they
# are asked to (`POST /channels/{channel}/demo/push-stock`).
_QUIET = {"stock": False}

LOCAL_CHANNELS: dict[str, object] = {
    "shopify": _demo("demo.myshopify.com", {"access_token": SHOP_TOKEN}),
    "woocommerce": _demo(
        "https://demo.example/", {"consumer_key": SHOP_TOKEN, "consumer_secret": SHOP_TOKEN}
    ),
    "magento": _demo("https://demo.example/", {"access_token": SHOP_TOKEN, **_APP, **_QUIET}),
    "bigcommerce": _demo("demo", {"access_token": SHOP_TOKEN, "location_id": 1, **_QUIET}),
    "amazon": _demo("A1LOCALSELLER", {**_GRANTED, "marketplace_id": "ATVPDKIKX0DER"}),
    "ebay": _demo(
        "demo-seller",
        {
            **_GRANTED,
            **_QUIET,
            "marketplace_id": "EBAY_US",
            "verification_token": SHOP_TOKEN,
            "notification_url": "https://oms.example/webhooks/ebay/demo",
        },
    ),
    "walmart": _demo("", {**_APP, **_QUIET, "webhook_auth": "hmac"}),
    "square": _demo("", {**_SQUARE, **_QUIET}, nodes={"LOCAL-STORE": "ST-NYC"}),
    "edi": _demo("01/925175000", {"our_id": "ZZ/OMSDEMO", "our_name": "Demo Supplier"}),
    "generic": _demo(
        "@kiln-and-co",
        {"mapping": json.loads(_MAPPING.read_text()), "access_token": SHOP_TOKEN, **_QUIET},
    ),
}


def _key(name: str, token: str, *scopes: str) -> dict[str, object]:
    return {"name": name, "sha256": sha256(token.encode()).hexdigest(), "scopes": list(scopes)}


LOCAL_SECRETS: dict[str, object] = {
    "channels": LOCAL_CHANNELS,
    "api-keys": {
        "keys": [
            _key("local-ops", OPS_TOKEN, "ops", "node", "orders:write"),
            _key("local-shop", API_KEY, "orders:write"),
        ]
    },
    "stripe": {"api_key": STRIPE_KEY, "webhook_secrets": [STRIPE_WEBHOOK_SECRET]},
    "carriers": {"offline": {"webhook_secrets": [CARRIER_SECRET]}},
    "tracking": {"key": TRACKING_KEY},
}

# What must not appear in the template of any other stage.
MARKERS = (
    OPS_TOKEN,
    API_KEY,
    SIGNING_SECRET,
    STRIPE_KEY,
    STRIPE_WEBHOOK_SECRET,
    CARRIER_SECRET,
    TRACKING_KEY,
    SHOP_TOKEN,
    *(sha256(token.encode()).hexdigest() for token in (OPS_TOKEN, API_KEY)),
)
