"""The sample orders of `orders/*.json`: what is sent, who helps, and where each should arrive."""

from __future__ import annotations

import copy
import json
import re
import time
from collections.abc import Callable, Sequence
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
_DIGITS = re.compile(r"\d+$")
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Help:
    """What a person does when the order waits with a task of `kind`."""

    kind: str
    action: str
    fields: Json


@dataclass(frozen=True, slots=True)
class Sample:
    """`arrives` is the final status; `passes` must be met on the way. `shipments` counts the
    parcels' origins, `from_country` names where one of them must be. `numbered` is where the
    body has its number, for those that a stand-in sells."""

    name: str
    title: str
    via: str
    body: Json
    arrives: str
    passes: tuple[str, ...] = ()
    people: tuple[Help, ...] = ()
    shipments: int = 0
    from_country: tuple[str, ...] = ()
    numbered: tuple[str, ...] = ()


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
        numbered=tuple(read.get("numbered", ())),
    )


def send(sample: Sample, url: str, run: int = 0) -> str:
    """Send the sample as its channel would; gives the order id. Raises Refused.

    Every `run` above 0 makes new orders of the same samples.
    """
    if sample.numbered:
        return _sold(sample.via, numbered(sample.body, sample.numbered, run), url)
    return _SENDERS[sample.via](renumbered(sample.body, sample.via, run), url)


def numbered(body: Json, path: Sequence[str], run: int) -> Json:
    """`body` with another number where `path` leads, in the channel's own form of one."""
    if not run:
        return body
    body = copy.deepcopy(body)
    place = body
    for step in path[:-1]:
        place = place[step]
    known = place[path[-1]]
    place[path[-1]] = known + run if isinstance(known, int) else _next(known, run)
    return body


def _next(number: str, run: int) -> str:
    """Other digits at its end, as many as there were; or some, where there were none."""
    digits = _DIGITS.search(number)
    if digits is None:
        return f"{number}{run}"
    length = len(digits[0])
    return number[: digits.start()] + str(run)[-length:].zfill(length)


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


def _sold(platform: str, body: Json, url: str) -> str:
    """Place it in the platform's stand-in, whose message brings it; our id, when it is here."""
    api = ApiClient(url)
    raw, path = json.dumps(body, ensure_ascii=False).encode(), f"/_shops/{platform}"
    sold = api.ask("POST", path, raw, {"Content-Type": "application/json"})
    if sold.status >= 300:
        raise Refused(path, sold)
    external_id, until = sold.json["external_id"], time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        for order in api.get("/orders", q=external_id)["items"]:
            if (order["channel"], order["external_id"]) == (platform, external_id):
                return str(order["order_id"])
        time.sleep(0.3)
    raise OSError(f"{platform} sold {external_id}, and it never arrived")


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
