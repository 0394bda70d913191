"""The REST API of a Magento shop: lists, which are searched, and no end that they show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from oms.channels.push import PushRefused
from oms.channels.reading import Reading
from oms.channels.shop_client import ShopClient, query

PAGE = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A page; `total` is of all of them."""

    items: tuple[Reading, ...]
    total: int


@dataclass(frozen=True, slots=True)
class MagentoApi:
    client: ShopClient

    def get(self, path: str) -> Reading:
        return Reading(self.client.call("GET", path))

    def post(self, path: str, body: Any) -> Any:
        return self.client.call("POST", path, body)

    def page(
        self, path: str, field: str, condition: str, value: str, number: int, *sort: str
    ) -> Found:
        """What `value` fits by `condition` (`eq`, `gteq`), sorted by fields, upwards."""
        answer = self.get(path + _criteria(field, condition, value, number, sort))
        return Found(answer.each("items"), answer.units("total_count", least=0))

    def of_order(self, path: str, external_id: str) -> Iterator[Reading]:
        """All shipments, invoices or credit memos of an order.

        A page after the last is the last once more: only the total says where to stop.
        """
        for number in count(1):
            found = self.page(path, "order_id", "eq", external_id, number, "entity_id")
            yield from found.items
            if number * PAGE >= found.total:
                return


def order_path(external_id: str, singular: bool = False) -> str:
    """Some of its paths say `order`, some `orders`."""
    if not (external_id.isascii() and external_id.isdigit()):
        raise PushRefused("not an order of Magento", "not-in-shop")
    return f"/order{'' if singular else 's'}/{external_id}"


def note(reason: str, key: str) -> dict[str, Any]:
    """A comment that customers do not see, with our key to find it by."""
    comment = {"comment": f"{reason} [{key}]".strip(), "is_visible_on_front": 0}
    return {"appendComment": True, "comment": comment, "notify": False}


def is_noted(document: Reading, key: str) -> bool:
    return any(f"[{key}]" in each.text("comment", 2_000) for each in document.each("comments"))


def _criteria(field: str, condition: str, value: str, number: int, sort: tuple[str, ...]) -> str:
    criteria = "searchCriteria"
    filtered = f"{criteria}[filter_groups][0][filters][0]"
    orders = {
        f"{criteria}[sortOrders][{n}][{part}]": text
        for n, name in enumerate(sort)
        for part, text in (("field", name), ("direction", "ASC"))
    }
    return query(
        **{
            f"{filtered}[field]": field,
            f"{filtered}[condition_type]": condition,
            f"{filtered}[value]": value,
            f"{criteria}[currentPage]": number,
            f"{criteria}[pageSize]": PAGE,
            **orders,
        }
    )
