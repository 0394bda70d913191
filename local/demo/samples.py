"""The sample orders of `orders/*.json`: what is sent, who helps, and where each should arrive."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.client import (
    Answer,
    ApiClient,
    Refused,
    shop_client,
    shopify_message,
    woocommerce_message,
)

Json = dict[str, Any]
FOLDER = Path(__file__).with_name("orders")


@dataclass(frozen=True, slots=True)
class Help:
    """What a person does when the order waits with a task of `kind`."""

    kind: str
    action: str
    fields: Json


@dataclass(frozen=True, slots=True)
class Sample:
    """`arrives` is the final status; `passes` must be met on the way. `shipments` counts the
    parcels' origins, `from_country` names where one of them must be."""

    name: str
    title: str
    via: str
    body: Json
    arrives: str
    passes: tuple[str, ...] = ()
    people: tuple[Help, ...] = ()
    shipments: int = 0
    from_country: tuple[str, ...] = ()


def samples(folder: Path = FOLDER) -> list[Sample]:
    """All samples, in the order of their names."""
    return [_sample(path) for path in sorted(folder.glob("*.json"))]


def _sample(path: Path) -> Sample:
    read = json.loads(path.read_text())
    people = tuple(Help(each["task"], each["action"], each["fields"]) for each in read["people"])
    return Sample(
        name=path.stem,
        title=read["title"],
        via=read["via"],
        body=read["body"],
        arrives=read["arrives"],
        passes=tuple(read["passes"]),
        people=people,
        shipments=read["shipments"],
        from_country=tuple(read["from_country"]),
    )


def send(sample: Sample, url: str, run: int = 0) -> str:
    """Send the sample as its channel would; gives the order id. Raises Refused.

    Every `run` above 0 makes new orders of the same samples.
    """
    return _SENDERS[sample.via](renumbered(sample.body, sample.via, run), url)


def renumbered(body: Json, via: str, run: int) -> Json:
    """`body` as another order of the same shop; at our own, of another customer, whose first
    order it is again for the fraud screen."""
    if not run:
        return body
    if via == "api":
        customer = body["customer"]
        stranger = (
            customer | {"email": f"{run}.{customer['email']}"}
            if customer.get("email")
            else customer
        )
        return body | {"external_id": f"{body['external_id']}-{run}", "customer": stranger}
    number = body["id"] + run * 100
    names = {"id": number, "number": str(number)} if via == "woocommerce" else {"id": number}
    return body | names


def _shopify(body: Json, url: str) -> str:
    return _webhook(url, body, shopify_message)


def _woocommerce(body: Json, url: str) -> str:
    return _webhook(url, body, woocommerce_message)


def _webhook(url: str, body: Json, message: Callable[[bytes], tuple[str, dict[str, str]]]) -> str:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    path, headers = message(raw)
    return _order_id(path, ApiClient(url).send(path, raw, headers), 202)


def _api(body: Json, url: str) -> str:
    raw = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": body["external_id"]}
    return _order_id("POST /orders", shop_client(url).ask("POST", "/orders", raw, headers), 201)


def _order_id(what: str, answer: Answer, expected: int) -> str:
    if answer.status not in (expected, 200) or "order_id" not in (answer.json or {}):
        raise Refused(what, answer)
    return str(answer.json["order_id"])


_SENDERS = {"shopify": _shopify, "woocommerce": _woocommerce, "api": _api}
