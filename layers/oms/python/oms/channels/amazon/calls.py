"""Calls of the Selling Partner API, by a token that Login with Amazon gives for an hour.

Source: developer-docs.amazon.com/sp-api/docs/connect-to-the-selling-partner-api.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oms.channels.amazon import marketplaces
from oms.channels.model import ChannelAccount
from oms.channels.push import PushRefused, RateLimited
from oms.channels.reading import Reading
from oms.channels.shop_client import AccessTokens, ShopClient

_TOKENS = AccessTokens()
_LOGIN = "https://api.amazon.com"
_AGENT = "oms/1.0 (Language=Python)"  # Amazon refuses a call without one
_LEAST_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Api:
    """`seconds_apart`, where it is asked for, is what Amazon's usage plan gives an operation:
    a refused call learns from it how long to wait."""

    account: tuple[str, str]
    api: ShopClient
    login: ShopClient
    grant: Mapping[str, str] = field(repr=False)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str = "",
        seconds_apart: float = 2.0,
    ) -> Reading:
        """Raises RateLimited, Unavailable, PushRefused. `token` is a restricted one, if needed."""
        try:
            return self._asked(method, path, body, token)
        except RateLimited as limited:
            raise RateLimited(str(limited), seconds_apart) from None  # it names no time itself

    def _asked(self, method: str, path: str, body: Any, token: str) -> Reading:
        try:
            return self._call(method, path, body, token or self._token())
        except PushRefused as refused:
            if token or refused.status not in (401, 403):
                raise
        _TOKENS.forget(self.account)  # it should have lived: once more with a fresh one
        return self._call(method, path, body, self._token())

    def _call(self, method: str, path: str, body: Any, token: str) -> Reading:
        return Reading(self.api.call(method, path, body, {"x-amz-access-token": token}))

    def _token(self) -> str:
        return _TOKENS.get(self.account, self._new_token)

    def _new_token(self) -> tuple[str, float]:
        form = urllib.parse.urlencode({"grant_type": "refresh_token", **self.grant})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer = Reading(self.login.call("POST", "/auth/o2/token", form.encode(), kind))
        except PushRefused as refused:
            raise PushRefused("Amazon gives no token", "shop-credentials") from refused
        answer.at("access_token").required()
        return answer.text("access_token", 4096), answer.units("expires_in", least=_LEAST_SECONDS)


def api_of(account: ChannelAccount) -> Api | None:
    """None without `client_id`, `client_secret` and `refresh_token` among the settings."""
    grant = {
        name: account.setting(name) for name in ("client_id", "client_secret", "refresh_token")
    }
    if not all(grant.values()):
        return None
    instead = account.setting("base_url").rstrip("/")
    region = marketplaces.region_of(account.setting("marketplace_id"))
    host = instead or f"https://sellingpartnerapi-{region}.amazon.com"
    agent = {"User-Agent": _AGENT}
    return Api(
        account=(account.channel, account.account),
        api=ShopClient(host, agent),
        login=ShopClient(instead or _LOGIN, agent),
        grant=grant,
    )


def quoted(part: str) -> str:
    """One part of a path: SKUs may hold anything."""
    return urllib.parse.quote(part, safe="")
