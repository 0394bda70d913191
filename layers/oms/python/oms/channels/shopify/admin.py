"""Shopify's Admin API: GraphQL for everything but reading an order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oms.channels.push import PushRefused, RateLimited, ToldLine
from oms.channels.reading import Reading
from oms.channels.shop_client import ShopClient
from oms.kernel.errors import Unavailable

API_VERSION = "2026-07"

# A second request with the same idempotency key while the first is still at work.
_AT_WORK = "IDEMPOTENCY_CONCURRENT_REQUEST"
_LEAST_WAIT, _LONGEST_WAIT = 1.0, 60.0


@dataclass(frozen=True, slots=True)
class Admin:
    """Another shape than expected raises Unmappable: read the answers within `understood`."""

    client: ShopClient
    version: str = API_VERSION

    def get(self, path: str) -> Any:
        return self.client.call("GET", f"/admin/api/{self.version}{path}")

    def ask(self, query: str, /, **variables: Any) -> Reading:
        """The answer's `data`. GraphQL tells of throttling and faults with 200 and `errors`."""
        body = {"query": query, "variables": variables}
        path = f"/admin/api/{self.version}/graphql.json"
        answer = Reading(self.client.call("POST", path, body))
        errors = answer.each("errors")
        codes = {error.at("extensions").text("code") for error in errors}
        if "THROTTLED" in codes:
            raise RateLimited("Shopify is asked too often", _wait(answer.at("extensions", "cost")))
        if "ACCESS_DENIED" in codes:
            raise PushRefused("Shopify denies access", "shop-credentials")
        if errors:
            raise Unavailable(f"Shopify: {errors[0].text('message')}")
        return answer.at("data").required()

    def tell(self, mutation: str, name: str, /, **variables: Any) -> Reading:
        """What the mutation `name` gives. Raises PushRefused for its user errors."""
        done = self.ask(mutation, **variables).at(name).required()
        errors = (*done.each("userErrors"), *done.each("orderCancelUserErrors"))
        if any(error.text("code") == _AT_WORK for error in errors):
            raise Unavailable("Shopify is still at the first request of that key")
        if errors:
            detail = [error.value for error in errors]
            raise PushRefused(f"Shopify: {errors[0].text('message')}", detail=detail)
        return done

    def order(self, query: str, external_id: str) -> Reading:
        """The `order` of a query that has its id as variable. PushRefused when unknown."""
        order = self.ask(query, id=gid("Order", external_id)).at("order")
        if not order:
            raise PushRefused("Shopify does not know the order", "not-in-shop")
        return order

    def pages(self, query: str, /, *where: str, **variables: Any) -> Iterator[Reading]:
        """Every node of the connection that stands at `where` in the answer."""
        after: str | None = None
        while True:
            page = self.ask(query, after=after, **variables).at(*where)
            yield from page.each_required("nodes")
            if not (after := next_cursor(page)):
                return


def next_cursor(page: Reading) -> str:
    """Where the next page of a connection begins; empty at its end."""
    info = page.at("pageInfo").required()
    return info.text("endCursor", 1000) if info.flag("hasNextPage") else ""


def gid(kind: str, number: str) -> str:
    return f"gid://shopify/{kind}/{number}"


def units_by_line(lines: Iterable[ToldLine]) -> dict[str, int]:
    """Units by Shopify's name of the line; lines that it does not know are left out."""
    units: dict[str, int] = {}
    for line in lines:
        if line.external_id:
            name = gid("LineItem", line.external_id)
            units[name] = units.get(name, 0) + line.quantity
    return units


def _wait(cost: Reading) -> float:
    """Until the bucket holds what the query costs (shopify.dev, "API limits")."""
    status = cost.at("throttleStatus")
    missing = _number(cost.at("requestedQueryCost")) - _number(status.at("currentlyAvailable"))
    seconds = missing / (_number(status.at("restoreRate")) or Decimal(1))
    return min(max(_LEAST_WAIT, float(seconds)), _LONGEST_WAIT)


def _number(field: Reading) -> Decimal:
    is_number = isinstance(field.value, int | Decimal)
    return Decimal(field.value) if is_number else Decimal(0)
