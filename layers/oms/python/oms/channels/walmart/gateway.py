"""Walmart's API gateway: a token of 15 minutes, and headers that every call must carry."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass, field
from typing import Any

from oms.channels.documents import document
from oms.channels.push import PushRefused
from oms.channels.reading import Reading, understood
from oms.channels.shop_client import AccessTokens, Answer, ShopClient

HOST = "https://marketplace.walmartapis.com"
_SERVICE = {"WM_SVC.NAME": "Walmart Marketplace", "Accept": "application/json"}
_LONGEST_LIFE = 900
_TOKENS = AccessTokens()


@dataclass(frozen=True, slots=True)
class Gateway:
    """`basic` is the client's id and secret as Basic credentials, `account` names the tokens."""

    client: ShopClient
    account: tuple[str, str]
    basic: str = field(repr=False)

    @classmethod
    def of(cls, base_url: str, account: tuple[str, str], client_id: str, secret: str) -> Gateway:
        basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        return cls(ShopClient(base_url, _SERVICE), account, f"Basic {basic}")

    def get(self, path: str) -> Reading:
        return Reading(self.ask("GET", path).body)

    def post(self, path: str, body: Any = None) -> Reading:
        return Reading(self.ask("POST", path, body).body)

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Raises as ShopClient does. A token that died early is asked for again, once."""
        try:
            return self._asked(method, path, body)
        except PushRefused as refused:
            if refused.status != 401:
                raise
        _TOKENS.forget(self.account)
        return self._asked(method, path, body)

    def _asked(self, method: str, path: str, body: Any) -> Answer:
        token = {"WM_SEC.ACCESS_TOKEN": _TOKENS.get(self.account, self._token)}
        sent = None if body is None else document(body)  # amounts as they are, never floats
        return self.client.ask(method, path, sent, {**token, **_correlation()})

    @understood()
    def _token(self) -> tuple[str, float]:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        headers = {"Authorization": self.basic, **form, **_correlation()}
        asked = self.client.call("POST", "/v3/token", b"grant_type=client_credentials", headers)
        granted = Reading(asked)
        granted.at("access_token").required()
        lives = min(granted.units("expires_in", least=1), _LONGEST_LIFE)
        return granted.text("access_token", 10_000), float(lives)


def _correlation() -> dict[str, str]:
    """A new one for each call: Walmart's support finds a call by it."""
    return {"WM_QOS.CORRELATION_ID": str(uuid.uuid4())}
