"""Adobe's two ways to sign: I/O Events, and Commerce Webhooks. Both are RSA with SHA-256.

An event is signed twice, with keys that Adobe publishes; headers name their paths on a host
that never changes, and that is the only one asked. The body says for whom it is, as all of
Adobe's customers get events that the same keys signed.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from oms.channels.model import ChannelAccount, Headers, Unmappable
from oms.channels.reading import Reading
from oms.channels.shop_client import text_at
from oms.channels.signing import header
from oms.kernel.errors import Malformed, TooLarge
from oms.platform import gate

KEY_HOST = "https://static.adobeioevents.com"
COMMERCE_SIGNATURE = "x-adobe-commerce-webhook-signature"

_EVENT_SIGNATURES = tuple(
    (f"x-adobe-digital-signature-{n}", f"x-adobe-public-key{n}-path") for n in (1, 2)
)
_PATH = re.compile(r"/[A-Za-z0-9_-][A-Za-z0-9._/-]{0,200}")
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)
_LONGEST_SIGNATURE = 1_400
_LONGEST_KEY = 16 * 1024


class PublicKeys:
    """Keys by their address, kept as long as the process, for `AGE` at most."""

    AGE = timedelta(hours=6)
    MOST = 32

    def __init__(self) -> None:
        self._kept: dict[str, tuple[datetime, str]] = {}

    def get(self, host: str, path: str, now: datetime) -> str:
        """The key in PEM; empty when there is none at that path. Raises Unavailable."""
        kept = self._kept.get(host + path)
        if kept and timedelta(0) <= now - kept[0] < self.AGE:
            return kept[1]
        key = text_at(host + path, _LONGEST_KEY)
        if key:  # what is not there is asked for again, and takes no room
            if len(self._kept) >= self.MOST:
                self._kept.clear()
            self._kept[host + path] = (now, key)
        return key


KEYS = PublicKeys()


def is_event(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    """An I/O event for this account's client (setting `client_id`). Raises Unavailable.

    The recipient is compared first: strangers shall not make us ask for keys.
    """
    client_id = account.setting("client_id")
    if not client_id or _recipient(raw) != client_id:
        return False
    host = (account.setting("base_url") or KEY_HOST).rstrip("/")
    for signature, path in _signatures(headers):
        if _verifies(raw, signature, _PEM.findall(KEYS.get(host, path, now))):
            return True
    return False


def is_commerce_webhook(raw: bytes, headers: Headers, account: ChannelAccount) -> bool:
    """The setting `public_key` is what the shop's admin shows; two while it is changed."""
    keys = _PEM.findall(account.setting("public_key"))
    return _verifies(raw, header(headers, COMMERCE_SIGNATURE), keys)


def _signatures(headers: Headers) -> Iterator[tuple[str, str]]:
    for signed, named in _EVENT_SIGNATURES:
        signature, path = header(headers, signed), header(headers, named)
        if signature and _PATH.fullmatch(path) and ".." not in path:
            yield signature, path


def _recipient(raw: bytes) -> str:
    try:
        return Reading(gate.parse(raw)).text("recipient_client_id")
    except (Malformed, TooLarge, Unmappable):
        return ""


def _verifies(raw: bytes, signature: str, keys: Iterable[str]) -> bool:
    """Whether one of `keys` made `signature` (base64) of `raw`."""
    if not 0 < len(signature) <= _LONGEST_SIGNATURE:
        return False
    try:
        given = base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    return any(_is_made_by(key, given, raw) for key in keys)


def _is_made_by(pem: str, signature: bytes, raw: bytes) -> bool:
    # Loaded here: it is large, and most messages of most channels need none of it.
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem.encode())
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(signature, raw, PKCS1v15(), SHA256())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
