"""Idempotency keys as Stripe keeps them (docs.stripe.com/api/idempotent_requests).

The first reply to a key is kept for 24 hours, failures included, unless the request was turned
away before any work began. The same key on other parameters is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local.standins.stripe_ledger import Refusal

_LIFE_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Kept:
    """`request` is (path, parameters); `at` a Unix second."""

    request: tuple[str, dict[str, Any]]
    status: int
    answer: dict[str, Any]
    at: int


class KeyBook:
    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}

    def recall(self, key: str, request: tuple[str, dict[str, Any]], now: int) -> Kept | None:
        """The first reply under `key`, None when there is none. Raises `Refusal`."""
        kept = self.kept.get(key)
        if kept is None or now >= kept.at + _LIFE_SECONDS:
            return None
        if kept.request != request:
            raise Refusal(
                f"Keys for idempotent requests can only be used with the same endpoint and "
                f"parameters they were first used with: '{key}'.",
                kind="idempotency_error",
            )
        return kept

    def keep(self, key: str, kept: Kept) -> None:
        if key:
            self.kept[key] = kept
