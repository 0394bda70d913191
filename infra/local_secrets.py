"""The secrets of the `local` stage. They are no secrets, and no other stage may hold one.

Shapes, by name under the stage's prefix; on AWS the merchant fills them in the same way:

channels   {channel: {account: {"secrets": [signing secrets], ...}}}
api-keys   {"keys": [{"name", "sha256": hex of the bearer token, "scopes": [...]}]}
stripe     {"api_key", "webhook_secrets": [...]}
carriers   {carrier: {"webhook_secrets": [...]}}
tracking   {"key"}
"""

from __future__ import annotations

from hashlib import sha256

OPS_TOKEN = "local-ops-token"
API_KEY = "local-api-key"
SIGNING_SECRET = "local-secret"
STRIPE_KEY = "sk_test_local"
STRIPE_WEBHOOK_SECRET = "whsec_local"
CARRIER_SECRET = "local-carrier-secret"
TRACKING_KEY = "local-tracking-key"
SHOP_TOKEN = "local-shop-token"


def _key(name: str, token: str, *scopes: str) -> dict[str, object]:
    return {"name": name, "sha256": sha256(token.encode()).hexdigest(), "scopes": list(scopes)}


LOCAL_SECRETS: dict[str, object] = {
    "channels": {
        "shopify": {
            "demo": {
                "secrets": [SIGNING_SECRET],
                "domain": "demo.myshopify.com",
                "settings": {"access_token": SHOP_TOKEN},
            }
        },
        "woocommerce": {
            "demo": {
                "secrets": [SIGNING_SECRET],
                "source": "https://demo.example/",
                "settings": {"consumer_key": SHOP_TOKEN, "consumer_secret": SHOP_TOKEN},
            }
        },
    },
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
