"""Is this webhook really Stripe's? (docs.stripe.com/webhooks#verify-manually)

Our own code, as the official Python verifier (16.1) raises TypeError on a non-ASCII signature
and UnicodeDecodeError on a non-UTF-8 body, which lets anyone make the endpoint fail, and
takes timestamps from the future, which lets a captured delivery be kept for later.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

TOLERANCE_SECONDS = 300
_LONGEST_HEADER = 4096


def is_signed(body: bytes, header: str | None, secrets: Sequence[str], now: datetime) -> bool:
    """True when `header` (`Stripe-Signature`) signs exactly these bytes with one of `secrets`.

    Several secrets are live while one is rolled, and Stripe then sends several `v1` as well.
    `now` is aware; a timestamp more than 300 s away, on either side, is refused. Never raises
    on what a stranger can send.
    """
    stamp, signatures = _parse(header or "")
    if not stamp or abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        return False
    signed = stamp.encode() + b"." + body
    expected = [_hmac(signed, secret) for secret in secrets if secret.strip()]
    return any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in signatures)


def _hmac(signed: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()


def _parse(header: str) -> tuple[str, list[bytes]]:
    """The timestamp as text ("" when there is not exactly one good one) and the `v1` list."""
    if len(header) > _LONGEST_HEADER or not header.isascii():
        return "", []
    fields = [part.partition("=") for part in header.split(",")]
    stamps = [value for key, _, value in fields if key.strip() == "t"]
    signatures = [value.strip().encode() for key, _, value in fields if key.strip() == "v1"]
    return (stamps[0] if len(stamps) == 1 and _is_stamp(stamps[0]) else ""), signatures


def _is_stamp(text: str) -> bool:
    # The length keeps int() and the subtraction from meeting a number of 4,000 digits.
    return text.isdigit() and len(text) <= 12
