"""HMAC signatures of webhooks, over the raw bytes, in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

from oms.channels.model import Headers

_LONGEST_SIGNATURE = 1024


def header(headers: Headers, *names: str) -> str:
    """The first of `names` that has a value, whatever its case; empty when none has."""
    values = {name.lower(): value for name, value in headers.items()}
    found = (values.get(name) for name in names)
    value = next((each for each in found if isinstance(each, str) and each), "")
    return value.encode(errors="replace").decode()  # half a character would break later


def is_signed(raw: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Whether `signature` is the base64 HMAC-SHA256 of `raw` under one of `secrets`.

    An empty secret signs nothing: it means that the setting is missing.
    """
    if not signature or len(signature) > _LONGEST_SIGNATURE:
        return False
    given = signature.encode()  # compare_digest raises on text that is not ASCII
    expected = [sign(raw, secret) for secret in secrets if secret.strip()]
    return any(hmac.compare_digest(ours, given) for ours in expected)


def sign(raw: bytes, secret: str) -> bytes:
    """What the channel puts into its header."""
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest())
