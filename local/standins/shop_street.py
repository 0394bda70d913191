"""All the shops of the stand-in, each opened when it is first asked for."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from local.standins.platform import Answered, Asked, Books, Shopfront, utc_now

_SHOPS = "local.standins.shops"


class ShopStreet:
    """Shops by platform and name; paths begin with both. A platform is a module of `shops`.

    `lock` is for who does several things to a shop, or to several.
    """

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._shops: dict[tuple[str, str], Shopfront] = {}
        self.lock = threading.RLock()

    def pages(self) -> Any:
        """See `kept_books`."""
        with self.lock:
            return self._shops

    def reopen(self, pages: Any) -> None:
        with self.lock:
            self._shops.update(pages)

    def shop(self, platform: str, name: str) -> Shopfront:
        """Raises LookupError for a platform that there is no stand-in for."""
        with self.lock:
            if (platform, name) not in self._shops:
                self._shops[platform, name] = _make(platform)(name, self._now)
            return self._shops[platform, name]

    def books(self) -> dict[str, Books]:
        """Of every shop that was opened, as they are now."""
        with self.lock:
            opened = self._shops.items()
            return {"/".join(key): copy.deepcopy(shop.platform.books) for key, shop in opened}

    def handle(self, asked: Asked) -> Answered:
        """One request to any shop, one at a time. Raises ReplyLost."""
        platform, name, path = (*asked.path.strip("/").split("/", 2), "", "")[:3]
        with self.lock:
            try:
                shop = self.shop(platform, name)
            except LookupError:
                return Answered(404, {"error": "Not Found"})
            there = Asked(asked.method, f"/{path}", asked.query, asked.headers, asked.body)
            return shop.handle(there)


def _make(platform: str) -> Callable[[str, Callable[[], datetime]], Shopfront]:
    if not platform.isidentifier() or not find_spec(f"{_SHOPS}.{platform}"):
        raise LookupError(platform)
    make: Any = getattr(import_module(f"{_SHOPS}.{platform}"), "make", None)
    if make is None:  # a part of a platform
        raise LookupError(platform)
    return make  # type: ignore[no-any-return]
