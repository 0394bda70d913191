"""A social shop that nobody wrote code for: its mapping is `docs/samples/social.json`."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from oms.channels.model import ChannelAccount
from oms.channels.standard_webhooks import signed_headers, text_key
from tests.contracts.channels.case import NOW, SECRET, ChannelCase

SAMPLES = Path(__file__).parents[3] / "docs" / "samples"
SOCIAL: dict[str, Any] = json.loads((SAMPLES / "social.json").read_text())
SHOP = "@kiln-and-co"

_MUG = {
    "ref": "i-1",
    "sku": "MUG-BLUE",
    "name": "Blue mug",
    "count": 2,
    "each": 1290,
    "currency": "EUR",
    "offers": [{"code": "HELLO", "amount": 100}, {"code": "FRIEND", "amount": 80}],
    "tax": 456,
    "ships": True,
}
_CUP: dict[str, Any] = {
    "ref": "i-2",
    "sku": "CUP-RED",
    "name": None,
    "count": 1,
    "each": 1910,
    "currency": "EUR",
    "offers": [],
    "tax": 363,
    "ships": True,
}
_HOME = {
    "first_name": "Edda",
    "last_name": "Lind",
    "street": ["Kastanienallee 7", "Hinterhaus"],
    "city": "Berlin",
    "zip": 10435,
    "country": "de",
    "phone": "+49301234567",
}
_ORDER = {
    "order": {
        "id": "SOC-81723-A",
        "short": "81723",
        "created": "2026-11-21T19:27:40Z",
        "changed": "2026-11-21T19:27:42Z",
        "currency": "EUR",
        "status": "open",
        "sandbox": False,
        "items": [_MUG, _CUP],
        "delivery": {"price": 490, "tax": 93, "to": _HOME},
        "tip": 0,
        "extras": [{"label": "Gift wrap", "amount": 250, "tax": 48, "currency": "EUR"}],
        "to_pay": 6010,
        "payment": {"status": "captured"},
        "refunds": [],
        "buyer": {
            "display_name": "edda.makes",
            "email": "edda.lind@example.com",
            "phone": "+49301234567",
            "address": _HOME,
        },
    }
}


def document() -> Any:
    return copy.deepcopy(_ORDER)


def message() -> bytes:
    return json.dumps(document()).encode()


def sign(body: bytes, secret: str) -> dict[str, str]:
    return {
        **signed_headers("msg-1", NOW, body, [text_key(secret)]),
        "x-social-shop": SHOP,
        "x-social-event": "order.placed",
    }


SETTINGS = {"mapping": SOCIAL, "access_token": "local-shop-token"}
CASE = ChannelCase(
    account=ChannelAccount("generic", "demo", (SECRET,), SHOP, SETTINGS),
    document=document,
    message=message,
    sign=sign,
    signature="webhook-signature",
    where={
        "external_id": ("order", "id"),
        "currency": ("order", "currency"),
        "lines": ("order", "items"),
        "quantity": ("order", "items", 0, "count"),
        "sku": ("order", "items", 0, "sku"),
        "line_id": ("order", "items", 0, "ref"),
        "price": ("order", "items", 0, "each"),
    },
    impostor={"x-social-shop": "@kiln-and-c0"},
    unsigned=("x-social-event",),
    settings=SETTINGS,
    page=20,
)
