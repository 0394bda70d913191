"""Calls of eBay's REST APIs, by tokens that live for two hours.

Two kinds of token: the application's own, and the seller's, which a refresh token gives.
Source: developer.ebay.com/api-docs/static/oauth-tokens.html.
"""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oms.channels.model import ChannelAccount
from oms.channels.push import PushRefused
from oms.channels.reading import Reading
from oms.channels.shop_client import AccessTokens, ShopClient

_TOKENS = AccessTokens()
_HOST = "https://api.ebay.com"
_SCOPE = "https://api.ebay.com/oauth/api_scope"
_LEAST_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Api:
    """`owner` names whose token it is; `basic` is the application's id and secret."""

    owner: tuple[str, str]
    client: ShopClient
    basic: str = field(repr=False)
    grant: Mapping[str, str] = field(repr=False)
    marketplace: str = ""

    def ask(self, method: str, path: str, body: Any = None, scheme: str = "Bearer") -> Reading:
        """Raises RateLimited, Unavailable, PushRefused. Only the old Post-Order API wants the
        token under another `scheme`."""
        try:
            return self._call(method, path, body, scheme)
        except PushRefused as refused:
            if refused.status != 401:
                raise
        _TOKENS.forget(self.owner)  # it should have lived: once more with a fresh one
        return self._call(method, path, body, scheme)

    def _call(self, method: str, path: str, body: Any, scheme: str) -> Reading:
        token = _TOKENS.get(self.owner, self._new_token)
        headers = {"Authorization": f"{scheme} {token}", "Content-Language": "en-US"}
        if self.marketplace:
            headers["X-EBAY-C-MARKETPLACE-ID"] = self.marketplace
        return Reading(self.client.call(method, path, body, headers))

    def _new_token(self) -> tuple[str, float]:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": f"Basic {self.basic}",
        }
        form = urllib.parse.urlencode(self.grant).encode()
        try:
            answer = Reading(self.client.call("POST", "/identity/v1/oauth2/token", form, headers))
        except PushRefused as refused:
            raise PushRefused("eBay gives no token", "shop-credentials") from refused
        answer.at("access_token").required()
        return answer.text("access_token", 8192), answer.units("expires_in", least=_LEAST_SECONDS)


def seller_api(account: ChannelAccount) -> Api | None:
    """None without `client_id`, `client_secret` and `refresh_token` among the settings."""
    refresh_token = account.setting("refresh_token")
    grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _api(account, "seller", grant) if refresh_token else None


def application_api(account: ChannelAccount) -> Api | None:
    """None without `client_id` and `client_secret` among the settings."""
    return _api(account, "application", {"grant_type": "client_credentials", "scope": _SCOPE})


def _api(account: ChannelAccount, kind: str, grant: Mapping[str, str]) -> Api | None:
    client_id, secret = account.setting("client_id"), account.setting("client_secret")
    if not client_id or not secret:
        return None
    host = account.setting("base_url").rstrip("/") or _HOST
    return Api(
        owner=(f"{account.channel}#{kind}", f"{account.account}@{host}"),
        client=ShopClient(host, {"Accept": "application/json"}),
        basic=base64.b64encode(f"{client_id}:{secret}".encode()).decode(),
        grant=grant,
        marketplace=account.setting("marketplace_id"),
    )


def quoted(part: str) -> str:
    """One part of a path: eBay's ids are opaque."""
    return urllib.parse.quote(part, safe="")
