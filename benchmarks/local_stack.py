"""Times on the local stack: POST to 202, POST to CONFIRMED, and orders a second.

The emulator is a single Python process that plays every AWS service, so these figures are of
the local stack on this machine and say little about AWS. A running stack is used when
`OMS_BASE_URL` names it; else one is started for the purpose.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from benchmarks.mix import Sample
from local.client import ApiClient, shopify_message

_ALONE, _CLIENTS, _EACH = 30, 8, 5
_CHANGES, _BESIDE = 20, 2
_POLL_SECONDS = 0.02
_PATIENCE_SECONDS = 60.0
_DONE = ("CONFIRMED", "RELEASED", "SHIPPED", "DELIVERED", "CLOSED")


def measured() -> dict[str, Any]:
    """The figures, or `{"skipped": why}`."""
    try:
        with _stack() as url:
            return _figures(ApiClient(url))
    except Exception as error:  # whatever is missing here, the rest of the benchmark stands
        return {"skipped": f"{type(error).__name__}: {str(error)[:200]}"}


@contextmanager
def _stack() -> Iterator[str]:
    if url := os.environ.get("OMS_BASE_URL"):
        yield url
        return
    from local.stack import Stack

    with Stack(data=None, port=0, name="bench", nodes=False) as stack:
        yield stack.url


def _figures(api: ApiClient) -> dict[str, Any]:
    first = int(time.time()) % 1_000_000 * 100
    for number in range(4):  # every function warm
        _one(api, first + number)
    alone = [_one(api, first + 10 + number) for number in range(_ALONE)]
    began = time.perf_counter()
    with ThreadPoolExecutor(_CLIENTS) as clients:
        numbers = range(first + 50, first + 50 + _CLIENTS * _EACH)
        together = list(clients.map(lambda number: _one(api, number), numbers))
    seconds = time.perf_counter() - began
    return {
        "stock_to_shop_ms": _spread(_stock_to_shop(api, first + 900)),
        "orders_alone": _ALONE,
        "accepted_ms": _spread([accepted for accepted, _ in alone]),
        "confirmed_ms": _spread([confirmed for _, confirmed in alone]),
        "clients": _CLIENTS,
        "orders_together": len(together),
        "orders_per_second": round(len(together) / seconds, 2),
        "accepted_together_ms": _spread([accepted for accepted, _ in together]),
    }


def _stock_to_shop(api: ApiClient, number: int) -> list[float]:
    """Milliseconds from a change of stock to the shop having the new figure, one SKU at a time,
    while orders come in beside it."""
    skus = _listed(api, number)
    before = api.get("/_shops/shopify")
    with ThreadPoolExecutor(_BESIDE) as clients:
        for n in range(_BESIDE * _EACH):
            clients.submit(_one, api, number + 1 + n)
        return [_told(api, sku, before[sku] + 1) for sku in skus]


def _listed(api: ApiClient, number: int) -> list[str]:
    """SKUs that the shop lists, each with a figure: an order names them all."""
    skus = [row["sku"] for row in api.get("/stock", limit="60")["items"]][:_CHANGES]
    order = json.loads(Sample("Shopify, one line", number).raw)
    line = order["line_items"][0]
    order["line_items"] = [{**line, "id": n, "sku": sku} for n, sku in enumerate(skus, 1)]
    body, headers = json.dumps(order).encode(), {"Content-Type": "application/json"}
    api.ask("POST", "/_shops/shopify", body, headers)
    api.post("/channels/shopify/demo/push-stock")
    _until(lambda: all(api.get("/_shops/shopify").get(sku) for sku in skus))
    return skus


def _told(api: ApiClient, sku: str, units: int) -> float:
    line = {"sku": sku, "quantity": 1}
    began = time.perf_counter()
    api.post("/stock/adjustments", {"reason": "FOUND", "node": "WH-EAST", "lines": [line]})
    _until(lambda: api.get("/_shops/shopify")[sku] >= units)
    return (time.perf_counter() - began) * 1000


def _until(happened: Callable[[], bool]) -> None:
    until = time.perf_counter() + _PATIENCE_SECONDS
    while not happened():
        if time.perf_counter() > until:
            raise TimeoutError("the shop was never told")
        time.sleep(_POLL_SECONDS)


def _one(api: ApiClient, number: int) -> tuple[float, float]:
    """Milliseconds until 202 and until CONFIRMED was seen (looked for every 20 ms)."""
    path, headers = shopify_message(raw := Sample("Shopify, one line", number).raw)
    began = time.perf_counter()
    answer = api.send(path, raw, headers)
    accepted = time.perf_counter() - began
    if answer.status != 202:
        raise RuntimeError(f"{path} answered {answer.status}")
    order_id = json.loads(answer.body)["order_id"]
    _wait_for(lambda: api.get(f"/orders/{order_id}")["status"])
    return accepted * 1000, (time.perf_counter() - began) * 1000


def _wait_for(status: Callable[[], str]) -> None:
    until = time.perf_counter() + _PATIENCE_SECONDS
    while (seen := status()) not in _DONE:
        if time.perf_counter() > until:
            raise TimeoutError(f"the order is still {seen}")
        time.sleep(_POLL_SECONDS)


def _spread(milliseconds: list[float]) -> dict[str, float]:
    ordered = sorted(milliseconds)
    return {
        "p50": round(statistics.median(ordered), 1),
        "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 1),
    }
