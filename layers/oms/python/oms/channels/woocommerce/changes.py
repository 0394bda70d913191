"""Which orders of a WooCommerce shop changed, oldest change first.

Numbered pages lose orders: one that changes meanwhile moves to the end, all others move up
by one, and the first of the next page has become the last of the page that was read. So each
page asks anew for what changed from the last second seen, and the cursor is that second.

Only where one second has more changes than a page holds (a bulk edit) pages are counted, by an
offset, and each repeats half of the one before it: what moves up meanwhile is still seen.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from oms.channels.push import ChangedOrder, ChangedPage
from oms.channels.reading import Reading
from oms.channels.shop_client import ShopClient, query
from oms.channels.woocommerce.inbound import NOT_YET_ORDERS
from oms.channels.woocommerce.orders import API

PAGE = 100
_STEP = PAGE // 2
_SECOND = timedelta(seconds=1)


def page(client: ShopClient, since: datetime, cursor: str) -> ChangedPage:
    """Ids and times only: most of the orders are known as they are.

    Raises PushRefused, Unavailable, Unmappable.
    """
    after, offset = _place(since, cursor)
    asked = query(
        modified_after=after.strftime("%Y-%m-%dT%H:%M:%S"),
        dates_are_gmt="true",
        status="any",
        orderby="modified",
        order="asc",
        per_page=PAGE,
        offset=offset,
        _fields="id,status,date_modified_gmt",
    )
    rows = Reading({"orders": client.call("GET", f"{API}/orders{asked}")}).each_required("orders")
    changed = tuple((_changed(row), row.text("status")) for row in rows)
    items = tuple(order for order, status in changed if status not in NOT_YET_ORDERS)
    if len(changed) < PAGE:
        return ChangedPage(items)
    return ChangedPage(items, _next(changed[-1][0], after, offset))


def _place(since: datetime, cursor: str) -> tuple[datetime, int]:
    """`modified_after` leaves out the very second that it names."""
    if cursor:
        second, _, offset = cursor.partition("|")
        return datetime.fromisoformat(second), int(offset)
    return since.astimezone(UTC).replace(microsecond=0) - _SECOND, 0


def _next(last: ChangedOrder, after: datetime, offset: int) -> str:
    before = (last.version_at or after) - _SECOND
    if before > after:
        return f"{before.isoformat()}|0"
    return f"{after.isoformat()}|{offset + _STEP}"


def _changed(row: Reading) -> ChangedOrder:
    row.at("date_modified_gmt").required()
    return ChangedOrder(row.identifier("id"), row.time("date_modified_gmt", assumed="Z"))
