"""The customer's link: a secret name for an order that nobody can guess or count.

The token is derived, so every repeat of a capture answers the same link, and only its hash
is stored, so a copy of the table opens no tracking page.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

TOKEN_LENGTH = 26  # 128 bits in base32 without padding


class TrackingTokens:
    """`key` is the deployment's tracking secret."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, order_id: str) -> str:
        """26 lower-case characters, 128 bits of HMAC-SHA256 over the order id."""
        mac = hmac.digest(self._key, b"tracking:" + order_id.encode(), "sha256")[:16]
        return base64.b32encode(mac).decode().rstrip("=").lower()

    @staticmethod
    def hash(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()
