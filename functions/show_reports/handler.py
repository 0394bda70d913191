"""Reports: JSON, or CSV for a spreadsheet."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oms.inventory import report_view as view
from oms.kernel.errors import NotFound
from oms.platform.http import OPS, Api, Reply, Request
from oms.search.on_time import span
from oms.wiring import clock, cursors, report_on_time, stock_accuracy, value_stock

handler = Api()
Page = tuple[list[dict[str, Any]], str, dict[str, Any], dict[str, int]]


@handler.route("GET /reports/{name}", scope=OPS)
def show_report(request: Request) -> Reply:
    """Sums run on from page to page inside the cursor, so the last page has those of the whole."""
    name = request.path["name"]
    if name not in REPORTS:
        raise NotFound("there is no such report")
    read, columns, asks = REPORTS[name]
    asked = {"report": name} | {each: request.query.get(each, "") for each in asks}
    cursor = request.query.get("cursor", "")
    position = json.loads(cursors().open(cursor, asked)) if cursor else {}
    items, after, sums, carried = read(request, position.get("after", ""), position.get("sums", {}))
    following = json.dumps({"after": after, "sums": carried}, separators=(",", ":"))
    next_cursor = cursors().seal(following, asked) if after else None
    if "text/csv" in request.headers.get("accept", ""):
        return _csv(name, columns, items, next_cursor)
    return Reply(200, {"report": name, "items": items, **sums, "next_cursor": next_cursor})


def _csv(
    name: str, columns: Sequence[str], items: Sequence[Mapping[str, Any]], next_cursor: str | None
) -> Reply:
    headers = {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": f'attachment; filename="{name}.csv"',
    }
    following = {"next-cursor": next_cursor} if next_cursor else {}
    return Reply(200, view.as_csv(columns, items), {**headers, **following})


def _valuation(request: Request, after: str, sums: dict[str, int]) -> Page:
    page = value_stock()(request.limit(), after)
    items = [view.of_value(each) for each in page.items]
    so_far = view.totals(items, sums)
    return items, page.after, {"page": view.totals(items), "so_far": so_far}, so_far


def _accuracy(request: Request, after: str, sums: dict[str, int]) -> Page:
    page = stock_accuracy()(request.limit(), after, request.query.get("node", ""))
    items = [view.of_counted(each) for each in page.items]
    so_far = view.hits(items, sums)
    return items, page.after, {"so_far": view.of_hits(so_far)}, so_far


def _on_time(request: Request, after: str, sums: dict[str, int]) -> Page:
    first, last = request.query.get("from", ""), request.query.get("to", "")
    start, end = span(first, last, clock().now().date())
    page = report_on_time()(start, end, request.limit(), after)
    counts = page.counts(sums)
    told = {"from": start.isoformat(), "to": end.isoformat(), "so_far": view.of_counts(counts)}
    return [view.of_kept(each) for each in page.items], page.after, told, counts


Read = Callable[[Request, str, dict[str, int]], Page]
REPORTS: dict[str, tuple[Read, Sequence[str], Sequence[str]]] = {
    "stock-valuation": (_valuation, view.VALUE_COLUMNS, ()),
    "stock-accuracy": (_accuracy, view.COUNT_COLUMNS, ("node",)),
    "on-time": (_on_time, view.KEPT_COLUMNS, ("from", "to")),
}
