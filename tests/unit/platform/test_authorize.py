"""Who gets in: API keys by their hash, people by a whole and fitting Cognito token."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.catalogue.routes import ROUTES
from infra.local_secrets import LOCAL_SECRETS
from oms.platform import authorize as door
from oms.platform.authorize import authorize

POOL, CLIENT = "eu-central-1_Pool", "client-1"
ISSUER = f"https://cognito-idp.eu-central-1.amazonaws.com/{POOL}"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(autouse=True)
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stage with the local keys and a user pool whose public key is ours."""
    public = SimpleNamespace(key=KEY.public_key())
    keys = SimpleNamespace(get_signing_key_from_jwt=lambda token: public)
    monkeypatch.setattr(
        door, "secrets", lambda: SimpleNamespace(get=lambda name: LOCAL_SECRETS[name])
    )
    monkeypatch.setattr(
        door, "config", lambda: SimpleNamespace(user_pool=POOL, user_pool_client=CLIENT)
    )
    monkeypatch.setattr(door, "_signing_keys", lambda: keys)
    yield


def claims(**changes: Any) -> dict[str, Any]:
    return {
        "iss": ISSUER,
        "sub": "sub-1",
        "username": "kim",
        "client_id": CLIENT,
        "token_use": "access",
        "exp": int(time.time()) + 600,
        "cognito:groups": ["ops"],
        **changes,
    }


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def signed(key: Any = KEY, algorithm: str = "RS256", **changes: Any) -> dict[str, str]:
    return bearer(jwt.encode(claims(**changes), key, algorithm))


def test_an_operator_gets_in_with_the_scopes_of_the_groups() -> None:
    caller = authorize(signed())
    assert caller and (caller.name, caller.scopes) == ("kim", {"ops"})
    node = authorize(signed(**{"cognito:groups": ["node", "no-such-group"]}))
    assert node and node.scopes == {"node", "stock:read"}


def test_somebody_in_no_group_may_do_nothing() -> None:
    caller = authorize(signed(**{"cognito:groups": []}))
    assert caller and caller.scopes == frozenset()


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - 10},
        {"iss": ISSUER + "X"},
        {"token_use": "id"},
        {"client_id": "another-client"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_token_that_does_not_fit_is_refused(changes: dict[str, Any]) -> None:
    assert authorize(signed(**changes)) is None


def test_a_forged_token_is_refused() -> None:
    assert authorize(signed(key=STRANGER)) is None
    assert authorize(bearer(jwt.encode(claims(), "", "none"))) is None
    assert authorize(signed(key="x" * 32, algorithm="HS256")) is None


@pytest.mark.parametrize("missing", ["exp", "iss", "sub", "token_use"])
def test_a_token_without_a_claim_is_refused(missing: str) -> None:
    short = {name: value for name, value in claims().items() if name != missing}
    assert authorize(bearer(jwt.encode(short, KEY, "RS256"))) is None


def test_a_key_is_known_by_its_hash_alone() -> None:
    shop = authorize(bearer("local-api-key"))
    assert shop and shop.scopes == {"orders:write"}
    assert "local-api-key" not in str(LOCAL_SECRETS["api-keys"])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer "},
        {"Authorization": "local-api-key"},
        {"Authorization": "Basic local-api-key"},
        {"Authorization": "Bearer local-api-keY"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Bearer " + "x" * 5000},
        {"Authorization": "Bearer schl\u00fcssel\ud800"},
    ],
)
def test_anybody_else_stays_out(headers: dict[str, str]) -> None:
    assert authorize(headers) is None


@pytest.mark.parametrize("route", [r for r in ROUTES if not r.open_because], ids=lambda r: r.key)
def test_a_route_behind_the_authorizer_refuses_a_caller_without_its_scope(route: Any) -> None:
    path = Path(__file__).parents[3] / "functions" / route.function / "handler.py"
    spec = importlib.util.spec_from_file_location(f"scope_{route.function}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    nobody = {"authorizer": {"lambda": {"name": "kim", "scopes": "no-such-scope"}}}
    event = {"routeKey": route.key, "requestContext": nobody, "pathParameters": {}}
    reply = module.handler(event, SimpleNamespace(aws_request_id="r"))
    assert reply["statusCode"] == 403
