"""Buyers of a flash sale, from several processes at once.

Each process has some threads, each thread a connection that stays open, each buyer wants one unit.
A buyer who is asked to wait comes again after `Retry-After`, with the same Idempotency-Key.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from local.aws.clients import Clients

PROCESSES, THREADS = 4, 8
PATIENCE_SECONDS = 60  # for one answer: whoever waits longer hangs
MOST_WAITS = 30
_PAUSE = 503


@dataclass(frozen=True, slots=True)
class Heard:
    """The last answer to one buyer: status, the problem's type, what became of the unit.

    `waits` counts the answers 503 before; `seconds` is the longest time until an answer.
    """

    status: int
    problem: str = ""
    reservation_id: str = ""
    waits: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Shop:
    """Where to buy, and what."""

    url: str
    token: str
    sku: str


def all_buy(shop: Shop, buyers: int) -> list[Heard]:
    """What each of `buyers` heard in the end."""
    return _together(partial(_buy, shop), buyers)


def all_buy_carelessly(endpoint: str, table: str, sku: str, buyers: int) -> int:
    """The negative control: how many of `buyers` got a unit from code that looks first and
    writes afterwards, without a condition."""
    return sum(_together(partial(_buy_carelessly, endpoint, table, sku), buyers))


def _together(process: Callable[[range], list[Any]], buyers: int) -> list[Any]:
    """Threads of this process are not copied into the others: they start afresh."""
    shares = [range(first, buyers, PROCESSES) for first in range(PROCESSES)]
    afresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=afresh) as processes:
        return [each for share in processes.map(process, shares) for each in share]


def _side_by_side(work: Callable[[Iterable[int]], list[Any]], numbers: range) -> list[Any]:
    with ThreadPoolExecutor(THREADS) as threads:
        lanes = threads.map(work, (numbers[first::THREADS] for first in range(THREADS)))
        return [each for lane in lanes for each in lane]


# --- through the API -----------------------------------------------------------------


def _buy(shop: Shop, numbers: range) -> list[Heard]:
    return _side_by_side(partial(_stand_in_queue, shop), numbers)


def _stand_in_queue(shop: Shop, numbers: Iterable[int]) -> list[Heard]:
    parts = urlsplit(shop.url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port, timeout=PATIENCE_SECONDS
    )
    try:
        return [_until_answered(connection, shop, number) for number in numbers]
    finally:
        connection.close()


def _until_answered(connection: http.client.HTTPConnection, shop: Shop, number: int) -> Heard:
    longest, waits = 0.0, 0
    while True:
        began = time.monotonic()
        heard, pause = _ask(connection, shop, number)
        longest = max(longest, time.monotonic() - began)
        if heard.status != _PAUSE or not pause or waits == MOST_WAITS:
            return replace(heard, waits=waits, seconds=longest)
        waits += 1
        time.sleep(pause)


def _ask(connection: http.client.HTTPConnection, shop: Shop, number: int) -> tuple[Heard, float]:
    """The answer, and the seconds of its Retry-After."""
    body = json.dumps({"lines": [{"sku": shop.sku, "quantity": 1}]})
    headers = {
        "Authorization": f"Bearer {shop.token}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"{shop.sku}-{number}",
    }
    connection.request("POST", "/reservations", body, headers)
    reply = connection.getresponse()
    told = _document(reply.read())
    heard = Heard(reply.status, told.get("type", ""), told.get("reservation_id", ""))
    return heard, float(reply.headers.get("Retry-After", 0))


def _document(raw: bytes) -> dict[str, Any]:
    """Empty for what is no document of ours: the status says enough then."""
    try:
        told: dict[str, Any] = json.loads(raw)
    except ValueError:
        return {}
    return told


# --- past the API --------------------------------------------------------------------


def _buy_carelessly(endpoint: str, table: str, sku: str, numbers: range) -> list[bool]:
    # One client for each process: boto3's clients may be shared by threads.
    client = Clients(endpoint)("dynamodb")
    return _side_by_side(lambda some: [_look_then_write(client, table, sku) for _ in some], numbers)


def _look_then_write(client: Any, table: str, sku: str) -> bool:
    found = client.get_item(TableName=table, Key={"pk": {"S": sku}}, ConsistentRead=True)
    available = int(found["Item"]["available"]["N"])
    if available < 1:
        return False
    left = {"pk": {"S": sku}, "available": {"N": str(available - 1)}}
    client.put_item(TableName=table, Item=left)
    return True
