"""Signatures of the Standard Webhooks scheme (standardwebhooks.com), read and written.

Three headers: `webhook-id`, `webhook-timestamp` in unix seconds, and `webhook-signature`, a list
parted by blanks of `v1,<base64>`: the HMAC-SHA256 of `{id}.{timestamp}.{body}`.

Keys are bytes, as senders differ in what their secret stands for: `text_key` is for those that
sign with the secret's own characters (BigCommerce), `decoded_key` for `whsec_` secrets.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from oms.channels.model import Headers
from oms.channels.signing import header

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = timedelta(minutes=5)

_PREFIX = "whsec_"
_SECONDS = re.compile(r"[0-9]{1,12}")
_SIGNATURES = re.compile(r"v[0-9a-z]{1,8},[A-Za-z0-9+/=]+( v[0-9a-z]{1,8},[A-Za-z0-9+/=]+)*")
_LONGEST_ID = 256
_LONGEST_SIGNATURE = 4096
_MOST_SIGNATURES = 20


def text_key(secret: str) -> bytes:
    """The secret's own bytes; none for a blank one, which signs nothing."""
    return secret.encode(errors="replace") if secret.strip() else b""


def decoded_key(secret: str) -> bytes:
    """The key that a secret `whsec_<base64>` stands for. Raises ValueError for another form."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not a base64 secret") from None
    if not key:
        raise ValueError("an empty secret")
    return key


def sign(message_id: str, at: datetime, raw: bytes, key: bytes) -> str:
    """One entry of the signature header, `v1,<base64>`. `at` counts by whole seconds."""
    return _signature(message_id, str(int(at.timestamp())), raw, key)


def signed_headers(
    message_id: str, at: datetime, raw: bytes, keys: Iterable[bytes]
) -> dict[str, str]:
    """The three headers, one signature for each of `keys`: two while a secret is rotated."""
    signatures = [sign(message_id, at, raw, key) for key in keys if key]
    return {
        ID: message_id,
        TIMESTAMP: str(int(at.timestamp())),
        SIGNATURE: " ".join(signatures),
    }


def is_signed(raw: bytes, headers: Headers, keys: Iterable[bytes], now: datetime) -> bool:
    """Whether one of `keys` signed these bytes, not over five minutes before or after `now`.

    Never raises. An empty key signs nothing: it means that the setting is missing.
    """
    message_id, sent_at = header(headers, ID), header(headers, TIMESTAMP)
    if not 0 < len(message_id) <= _LONGEST_ID or not _is_recent(sent_at, now):
        return False
    expected = [_signature(message_id, sent_at, raw, key).encode() for key in keys if key]
    given = _given(header(headers, SIGNATURE))
    return any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in given)


def _is_recent(sent_at: str, now: datetime) -> bool:
    if not _SECONDS.fullmatch(sent_at):
        return False
    return abs(now.timestamp() - int(sent_at)) <= TOLERANCE.total_seconds()


def _given(signatures: str) -> list[bytes]:
    """Those of other versions of the scheme may stand among them, and match nothing of ours."""
    if len(signatures) > _LONGEST_SIGNATURE or not _SIGNATURES.fullmatch(signatures):
        return []
    return [each.encode() for each in signatures.split(" ")[:_MOST_SIGNATURES]]


def _signature(message_id: str, seconds: str, raw: bytes, key: bytes) -> str:
    signed = b".".join((message_id.encode(), seconds.encode(), raw))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
