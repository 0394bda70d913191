"""What the order list needs: rows to look along, and the orders themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from oms.orders.content import Content
from oms.orders.model import Order


class OrderIndex(Protocol):
    def page(self, pk: str, *, before: str, prefix: str = "", limit: int) -> list[str]:
        """Sort keys of a token, newest first, those before `before` (empty: from the top)."""


class OrderReader(Protocol):
    @property
    def shards(self) -> int: ...

    def load_many(self, order_ids: Iterable[str]) -> Mapping[str, tuple[Order, Content]]: ...

    def worklist(self, worklist: str, shard: int, after: str) -> Iterator[tuple[str, str]]:
        """(due key, order id) of one shard, most urgent first, after the key `after`."""
