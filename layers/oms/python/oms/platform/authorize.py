"""Bearer tokens: API keys of programs, and Cognito access tokens of people.

A key is known only by its hash. A person's token is checked whole: signature, issuer, expiry,
use and client; what the person may do follows from the groups in it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from functools import cache
from typing import Any

from oms.platform.config import config
from oms.platform.http import Caller
from oms.wiring import secrets

# What the groups of the user pool may do.
GROUPS: Mapping[str, frozenset[str]] = {
    "ops": frozenset({"ops"}),
    "node": frozenset({"node", "stock:read"}),
    "viewer": frozenset({"stock:read"}),
}
_LONGEST_TOKEN = 4096


def authorize(headers: Mapping[str, str]) -> Caller | None:
    """The caller, or None for anybody we do not know."""
    given = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
    scheme, _, token = given.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN:
        return None
    return _key_holder(token) or (_person(token) if token.count(".") == 2 else None)


def _key_holder(token: str) -> Caller | None:
    digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
    found = None
    for key in secrets().get("api-keys").get("keys", ()):
        # Every key is compared, so the time taken tells nothing about which one came close.
        if hmac.compare_digest(digest, str(key["sha256"])):
            found = Caller(key["name"], frozenset(key["scopes"]))
    return found


def _person(token: str) -> Caller | None:
    if not config().user_pool:
        return None
    import jwt  # only where people sign in: it loads a cryptography library

    try:
        key = _signing_keys().get_signing_key_from_jwt(token).key
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=_issuer(),
            options={"require": ["exp", "iss", "sub", "token_use"]},
        )
    except jwt.PyJWTError:
        return None
    if claims["token_use"] != "access" or claims.get("client_id") != config().user_pool_client:
        return None
    scopes = (GROUPS.get(group, frozenset()) for group in claims.get("cognito:groups", ()))
    return Caller(str(claims.get("username", claims["sub"])), frozenset().union(*scopes))


def _issuer() -> str:
    region, _, _ = config().user_pool.partition("_")
    return f"https://cognito-idp.{region}.amazonaws.com/{config().user_pool}"


@cache
def _signing_keys() -> Any:
    import jwt

    return jwt.PyJWKClient(f"{_issuer()}/.well-known/jwks.json", lifespan=3600, timeout=3)
