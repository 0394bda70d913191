"""Whether eBay signed a notification: ECDSA, under a public key that the message names.

The key's own answer says which digest it signs with: SHA-1 in the vectors that eBay publishes.
Source: eBay's event-notification SDKs.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oms.channels.ebay.calls import application_api, quoted
from oms.channels.model import ChannelAccount, Unmappable
from oms.channels.push import PushRefused
from oms.channels.reading import Reading
from oms.kernel.errors import Malformed, TooLarge, Unavailable
from oms.platform import gate

_LONGEST = 2048
_KID = re.compile(r"[A-Za-z0-9_-]{8,64}")  # it becomes a part of a path
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----(.*)-----END PUBLIC KEY-----", re.DOTALL)
_ALGORITHMS = frozenset({"ecdsa", "ECDSA"})
_KEPT = timedelta(hours=1)
_UNKNOWN_KEPT = timedelta(minutes=5)
_MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class PublicKey:
    """`der` is the key itself, `digest` as eBay spells it: `SHA1`, `SHA256`."""

    der: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What the header says: which key signed, how, and the signature."""

    kid: str
    digest: str
    signature: bytes


_KEYS: dict[tuple[str, str, str], tuple[datetime, PublicKey | None]] = {}


def is_signed(raw: bytes, header: str, account: ChannelAccount, now: datetime) -> bool:
    """Raises Unavailable when the key cannot be had now, and nothing else."""
    claim = _claim(header)
    if claim is None:
        return False
    key = _key(claim.kid, account, now)
    if key is None or key.digest != claim.digest:
        return False
    return any(_fits(body, claim, key) for body in _as_signed(raw))


def _claim(header: str) -> Claim | None:
    """None for anything but what eBay writes, in its only spelling."""
    said = Reading(_json(_decoded(header) or b"") if len(header) <= _LONGEST else None)
    try:
        signature = _decoded(said.text("signature", _LONGEST))
        kid, algorithm = said.text("kid"), said.text("alg")
        digest = said.text("digest")
    except Unmappable:
        return None
    if not signature or algorithm not in _ALGORITHMS or not _KID.fullmatch(kid):
        return None
    return Claim(kid, digest, signature)


def _decoded(text: str) -> bytes | None:
    try:
        decoded = base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if base64.b64encode(decoded).decode() == text else None


def _json(raw: bytes) -> Any:
    try:
        return gate.parse(raw, _LONGEST)
    except (Malformed, TooLarge):
        return None


def _as_signed(raw: bytes) -> tuple[bytes, ...]:
    """The bytes as they came; then as eBay's own SDKs write them again before they verify."""
    try:
        gate.parse(raw, len(raw))
        again = json.dumps(json.loads(raw), separators=(",", ":"), ensure_ascii=False).encode()
    except (Malformed, TooLarge, ValueError):
        return (raw,)
    return (raw, again) if again != raw else (raw,)


def _fits(body: bytes, claim: Claim, key: PublicKey) -> bool:
    # Only this channel needs the library, which takes a while to load.
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    digests = {"SHA1": hashes.SHA1(), "SHA256": hashes.SHA256(), "SHA512": hashes.SHA512()}
    digest = digests.get(key.digest.replace("-", ""))
    try:
        public = load_der_public_key(key.der)
        if digest is None or not isinstance(public, ec.EllipticCurvePublicKey):
            return False
        public.verify(claim.signature, body, ec.ECDSA(digest))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


# --- keys ----------------------------------------------------------------------------


def _key(kid: str, account: ChannelAccount, now: datetime) -> PublicKey | None:
    """From the settings (`public_keys`: what eBay answers, by key id), else from eBay."""
    known = account.settings.get("public_keys")
    if isinstance(known, dict) and kid in known:
        return _read(Reading(known[kid]))
    name = (account.account, account.setting("base_url"), kid)
    kept = _KEYS.get(name)
    if kept is None or kept[0] <= now:
        kept = _fetched(kid, account, now)
        _keep(name, kept)
    return kept[1]


def _keep(name: tuple[str, str, str], kept: tuple[datetime, PublicKey | None]) -> None:
    """Anybody may name a key, so there is an end to those we remember: the oldest goes."""
    _KEYS.pop(name, None)
    while len(_KEYS) >= _MOST_KEPT:
        _KEYS.pop(next(iter(_KEYS)))
    _KEYS[name] = kept


def _fetched(kid: str, account: ChannelAccount, now: datetime) -> tuple[datetime, PublicKey | None]:
    api = application_api(account)
    if api is None:
        return now, None
    try:
        key = _read(api.ask("GET", f"/commerce/notification/v1/public_key/{quoted(kid)}"))
    except PushRefused as refused:
        if refused.status in (400, 404):
            return now + _UNKNOWN_KEPT, None
        raise Unavailable(f"eBay does not tell its public key: {refused}") from None
    except Unmappable:
        raise Unavailable("eBay tells its public key in another shape") from None
    return now + _KEPT, key


def _read(answer: Reading) -> PublicKey | None:
    """eBay writes the PEM on one line."""
    try:
        found = _PEM.search(answer.text("key", 4096))
        digest, algorithm = answer.text("digest"), answer.text("algorithm")
    except Unmappable:
        return None
    der = _decoded("".join(found[1].split())) if found else None
    return PublicKey(der, digest) if der and algorithm in _ALGORITHMS else None
