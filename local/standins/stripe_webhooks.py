"""Webhooks as Stripe sends them: signed at each attempt, sometimes twice, in any order."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

Deliver = Callable[[bytes, dict[str, str]], None]


def signature(body: bytes, secret: str, at: int) -> str:
    """The `Stripe-Signature` header for `body` at Unix second `at`."""
    signed = f"{at}.".encode() + body
    return f"t={at},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


class Postman:
    """Carries events to `deliver(body, headers)`.

    `copies` sends each more than once. While `holding`, events wait, and `release` sends them
    in the order that it is given: the newest first when nothing is said.
    """

    def __init__(self, deliver: Deliver | None, secret: str, now: Callable[[], int]) -> None:
        self._deliver, self._secret, self._now = deliver, secret, now
        self.copies = 1
        self.holding = False
        self._held: list[bytes] = []

    def post(self, event: dict[str, Any]) -> None:
        body = json.dumps(event, indent=2).encode()
        if self.holding:
            self._held.append(body)
        else:
            self._send(body)

    def release(self, order: Callable[[list[bytes]], list[bytes]] | None = None) -> None:
        held, self._held, self.holding = self._held, [], False
        for body in order(held) if order else held[::-1]:
            self._send(body)

    def _send(self, body: bytes) -> None:
        if self._deliver is None:
            return
        for _ in range(self.copies):
            signed = signature(body, self._secret, self._now())
            self._deliver(body, {"Content-Type": "application/json", "Stripe-Signature": signed})
