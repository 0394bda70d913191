"""Who sent a carrier's webhook: an HMAC over the raw bytes and the time of sending.

The header is `X-Carrier-Signature: t=<unix seconds>,v1=<hex>`, where the hex is HMAC-SHA256
of `<t>.<body>`. The time is signed too, so a recorded message cannot be played back later.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

HEADER = "X-Carrier-Signature"
TOLERANCE_SECONDS = 300
_LONGEST_HEADER = 1024
_LONGEST_TIME = 12


def sign(secret: str, body: bytes, at: datetime) -> str:
    """The header's value for `body` sent at `at` (aware). What a carrier does."""
    sent = str(int(at.timestamp()))
    return f"t={sent},v1={_hmac(secret, sent, body)}"


def verify(header: str | None, body: bytes, secrets: Iterable[str], now: datetime) -> bool:
    """Whether `body` (raw bytes) was signed with one of `secrets` within 300 s of `now`.

    Several secrets and several `v1` let a secret be rotated without a gap. Anything
    malformed is False, never an exception. An empty secret signs nothing: it means that
    the setting is missing.
    """
    sent, signatures = _parse(header)
    if not sent or abs(int(now.timestamp()) - int(sent)) > TOLERANCE_SECONDS:
        return False
    expected = [_hmac(secret, sent, body).encode() for secret in secrets if secret]
    return any(hmac.compare_digest(want, got) for want in expected for got in signatures)


def _parse(header: str | None) -> tuple[str, list[bytes]]:
    """The time as it was written, as that is what was signed, and every `v1`. No time: empty."""
    if not header or len(header) > _LONGEST_HEADER:
        return "", []
    fields = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in fields if name == "t"]
    signatures = [value.encode(errors="replace") for name, _, value in fields if name == "v1"]
    return (times[0], signatures) if len(times) == 1 and _is_time(times[0]) else ("", [])


def _is_time(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_TIME


def _hmac(secret: str, sent: str, body: bytes) -> str:
    return hmac.new(secret.encode(), sent.encode() + b"." + body, hashlib.sha256).hexdigest()
