"""A stand-in for Stripe with books of its own: a pure core without a network.

It does what an order system leans on: manual capture in one or more parts, voids, refunds,
idempotency keys that remember failures too, search that lags behind, signed webhooks. And it
misbehaves on demand. localstripe and stripe-mock do not keep such books.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from local.standins import stripe_objects as objects
from local.standins.stripe_api import StripeApi
from local.standins.stripe_forms import Form, parse_form
from local.standins.stripe_idempotency import Kept, KeyBook
from local.standins.stripe_ledger import Ledger, Refusal
from local.standins.stripe_webhooks import Deliver, Postman
from oms.kernel.clock import Clock, SystemClock

Json = dict[str, Any]
Reply = tuple[int, dict[str, str], bytes]


class Misbehaviour(StrEnum):
    """What the next POST suffers. Of the failures, only the rate limit leaves no memory."""

    LOSE_REPLY = "lose_reply"  # the work is done, the caller never hears
    FAIL_BEFORE = "fail_before"  # 500, nothing done, kept under the key
    FAIL_AFTER = "fail_after"  # 500, work done, kept under the key
    RATE_LIMIT = "rate_limit"  # 429, nothing done
    DELAY = "delay"


class ReplyLost(Exception):
    """The front must break the connection: the work is done, the reply is gone."""


class StripeBooks:
    """`handle` is the API. `misbehave` spoils the next POSTs; `postman` spoils webhooks.

    `deliver(body, headers)` gets each webhook before the API call that caused it returns, as
    can happen at Stripe. `sleep` is what DELAY does, for `delay_seconds`.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        deliver: Deliver | None = None,
        webhook_secret: str = "whsec_standin",
        authorization_life: timedelta = timedelta(days=7),
        search_lag: timedelta = timedelta(minutes=1),
        id_prefix: str = "standin",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock or SystemClock()
        self._sleep, self.delay_seconds = sleep, 2.0
        self.ledger = Ledger(id_prefix, int(authorization_life.total_seconds()))
        self.postman = Postman(deliver, webhook_secret, self.now)
        self._api = StripeApi(self.ledger, self.now, self._note, int(search_lag.total_seconds()))
        self._keys = KeyBook()
        self._misdeeds: deque[Misbehaviour] = deque()
        self._outbox: list[Json] = []
        self._lock = threading.RLock()

    def now(self) -> int:
        """Unix seconds."""
        return int(self._clock.now().timestamp())

    def pages(self) -> tuple[Json, Json]:
        """See `kept_books`: payments, and the keys that were used."""
        with self._lock:
            return self.ledger.intents, self._keys.kept

    def reopen(self, pages: tuple[Json, Json]) -> None:
        with self._lock:
            intents, keys = pages
            self.ledger.intents.update(intents)
            self._keys.kept.update(keys)

    def misbehave(self, *next_posts: Misbehaviour) -> None:
        self._misdeeds.extend(next_posts)

    def books(self) -> Json:
        """Every payment intent as it stands, by id: what our own books must equal."""
        with self._lock:
            self._api.expire()
            return {
                "payment_intents": {
                    key: objects.snapshot(each) for key, each in self.ledger.intents.items()
                }
            }

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """One API call; `path` with its query. Raises `ReplyLost` when told to misbehave."""
        named = {name.lower(): value for name, value in headers.items()}
        misdeed = self._next_misdeed(method)
        with self._lock:
            self._api.expire()
            status, replayed, answer = self._answer(method, path, named, body, misdeed)
        # Outside the lock: whoever gets a webhook may well call back before we return.
        self._post_outbox()
        if misdeed is Misbehaviour.LOSE_REPLY:
            raise ReplyLost(f"{method} {path}")
        return status, self._headers(replayed), json.dumps(answer).encode()

    def _answer(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        misdeed: Misbehaviour | None,
    ) -> tuple[int, bool, Json]:
        """Status, whether it is a replay, and the object."""
        if not headers.get("authorization"):
            return 401, False, _error("You did not provide an API key.")
        if misdeed is Misbehaviour.RATE_LIMIT:
            return 429, False, _error("Request rate limit exceeded.", "rate_limit")
        parts = urlsplit(path)
        form = parse_form(body.decode() if method == "POST" else parts.query)
        key = headers.get("idempotency-key", "") if method == "POST" else ""
        try:
            kept = self._keys.recall(key, (parts.path, form), self.now())
        except Refusal as said:
            return said.status, False, objects.refusal(said)
        if kept:
            return kept.status, True, kept.answer
        return self._first_time(method, parts.path, form, key, misdeed)

    def _first_time(
        self, method: str, path: str, form: Form, key: str, misdeed: Misbehaviour | None
    ) -> tuple[int, bool, Json]:
        status, saved, answer = self._work(method, path, form, misdeed)
        if saved:
            self._keys.keep(key, Kept((path, form), status, answer, self.now()))
        return status, False, answer

    def _work(
        self, method: str, path: str, form: Form, misdeed: Misbehaviour | None
    ) -> tuple[int, bool, Json]:
        """Status, whether it is kept under the key, and the object."""
        if misdeed is Misbehaviour.FAIL_BEFORE:
            return 500, True, _error("An error occurred.", kind="api_error")
        try:
            status, saved, answer = 200, True, self._api.answer(method, path, form)
        except Refusal as said:
            status, saved, answer = said.status, said.saved, objects.refusal(said)
        if misdeed is Misbehaviour.FAIL_AFTER:
            return 500, True, _error("An error occurred.", kind="api_error")
        return status, saved, answer

    def _next_misdeed(self, method: str) -> Misbehaviour | None:
        with self._lock:
            misdeed = self._misdeeds.popleft() if method == "POST" and self._misdeeds else None
        if misdeed is Misbehaviour.DELAY:
            self._sleep(self.delay_seconds)
        return misdeed

    def _note(self, kind: str, subject: Json) -> None:
        self._outbox.append(objects.event(self.ledger.new_id("evt"), kind, subject, self.now()))

    def _post_outbox(self) -> None:
        with self._lock:
            waiting, self._outbox = self._outbox, []
        for event in waiting:
            self.postman.post(event)

    def _headers(self, replayed: bool) -> dict[str, str]:
        told = {"Content-Type": "application/json", "Request-Id": self.ledger.new_id("req")}
        return told | {"Idempotent-Replayed": "true"} if replayed else told


def _error(message: str, code: str = "", kind: str = "invalid_request_error") -> Json:
    return {"error": {"type": kind, "message": message, "code": code or None}}
