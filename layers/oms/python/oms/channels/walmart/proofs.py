"""Who sent it: the ways in which a Walmart webhook can prove itself.

The way is chosen when the subscription is made (`authMethod`), so the account names it in
`settings["webhook_auth"]`; `signature` is the one of Walmart's page on security and
authenticity. `settings["auth_header"]` is the header that carries the proof of the other three.
Without a choice nobody is believed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from oms.channels.model import ChannelAccount, Headers
from oms.channels.signing import header, is_signed, sign

_SIGNATURE = "wm_sec.signature"
_TIMESTAMP = "wm_sec.timestamp"
_TOLERANCE_SECONDS = 300
_SECONDS_OR_MILLISECONDS = re.compile(r"[0-9]{10}(?:[0-9]{3})?", re.ASCII)

Proof = Callable[[bytes, Headers, ChannelAccount, datetime], bool]


def is_genuine(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    proof = _PROOFS.get(account.setting("webhook_auth"))
    return bool(proof and proof(raw, headers, account, now))


def _basic(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    """A secret is `user:password`. Walmart's pages do not agree on the word before it."""
    given = _proof(headers, account)
    word, _, rest = given.partition(" ")
    encoded = (base64.b64encode(secret.encode()) for secret in _secrets(account))
    return _is_one_of(rest if word.lower() == "basic" else given, encoded)


def _hmac(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    """Over the body alone. Which of its two usual forms it has is not said."""
    given = _proof(headers, account)
    as_hex = (base64.b64decode(sign(raw, secret)).hex().encode() for secret in _secrets(account))
    return is_signed(raw, given, account.secrets) or _is_one_of(given, as_hex)


def _oauth(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    word, _, token = _proof(headers, account).partition(" ")
    known = (secret.encode() for secret in _secrets(account))
    return word.lower() == "bearer" and _is_one_of(token, known)


def _signature(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    """`WM_SEC.KEY_ID` only says which secret to try: every one of the account's is tried."""
    stamp = header(headers, _TIMESTAMP)
    path = _path_and_query(account.setting("notification_url"))
    if not path or not _is_lately(stamp, now):
        return False
    signed = "\n".join(("POST", path, stamp, hashlib.sha256(raw).hexdigest())).encode()
    return is_signed(signed, header(headers, _SIGNATURE), account.secrets)


_PROOFS: Mapping[str, Proof] = {
    "basic": _basic,
    "hmac": _hmac,
    "oauth": _oauth,
    "signature": _signature,
}


def _proof(headers: Headers, account: ChannelAccount) -> str:
    return header(headers, (account.setting("auth_header") or "authorization").lower())


def _secrets(account: ChannelAccount) -> list[str]:
    """An empty one is a setting that is missing."""
    return [secret for secret in account.secrets if secret.strip()]


def _is_one_of(given: str, expected: Iterable[bytes]) -> bool:
    """In constant time for each."""
    return any(hmac.compare_digest(each, given.encode()) for each in expected)


def _path_and_query(url: str) -> str:
    """As Walmart was told it: what API Gateway shows may have another stage or host."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _is_lately(stamp: str, now: datetime) -> bool:
    if not _SECONDS_OR_MILLISECONDS.fullmatch(stamp):
        return False
    return abs(now.timestamp() - int(stamp[:10])) <= _TOLERANCE_SECONDS
