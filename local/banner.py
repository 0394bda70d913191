"""What `make run` prints when everything stands."""

from __future__ import annotations

from local.settings import CHANNEL_ACCOUNT, SHOPIFY_DOMAIN
from local.stack import Stack


def banner(stack: Stack) -> str:
    """Addresses, the local secrets, and a signed order to try."""
    return f"""
  Order management system, local stage. Listens on this machine only.

    console     {stack.url}/console/
    API         {stack.url}/openapi.json
    AWS         {stack.clients.endpoint}  (emulator; keys and region: any)
    logs        {_short(stack)}

  Local secrets: they exist in this stage alone, and everybody knows them.

    ops token   {stack.ops_token}
    API key     {stack.api_key}
    signatures  {stack.signing_secret}  (every channel, account "{CHANNEL_ACCOUNT}")

  A Shopify order, signed as Shopify signs:

    ORDER=path/to/order.json
    curl -si {stack.url}/webhooks/shopify/{CHANNEL_ACCOUNT} \\
      -H 'Content-Type: application/json' -H 'X-Shopify-Topic: orders/create' \\
      -H 'X-Shopify-Shop-Domain: {SHOPIFY_DOMAIN}' \\
      -H "X-Shopify-Hmac-Sha256: $(openssl dgst -sha256 -hmac {stack.signing_secret} \\
          -binary "$ORDER" | base64)" \\
      --data-binary "@$ORDER"

    curl -s {stack.url}/orders -H 'Authorization: Bearer {stack.ops_token}'

  Ctrl-C stops everything.
"""


def _short(stack: Stack) -> str:
    return f"{stack.home.parent.name}/{stack.home.name}/logs"
