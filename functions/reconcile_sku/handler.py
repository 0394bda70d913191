"""Check the stock books of one SKU, and repair them if asked to."""

from urllib.parse import unquote

from oms.inventory.look_up import stock_of
from oms.inventory.reconcile_contracts import ReconcileBody
from oms.inventory.report_view import of_report
from oms.kernel.ids import Sku
from oms.platform.http import OPS, Api, Reply, Request
from oms.platform.observability import count
from oms.platform.validation import read
from oms.wiring import reconcile_sku, stock, tell_discrepancies

handler = Api()


@handler.route("POST /stock/{sku}/reconcile", scope=OPS)
def reconcile(request: Request) -> Reply:
    asked = read(ReconcileBody, request.body() or b"{}")
    sku = Sku(unquote(request.path["sku"]))
    stock_of(sku, stock=stock())  # or 404
    report = reconcile_sku()(sku, repair=asked.repair, full=asked.full, actor=request.caller.name)
    tell_discrepancies(report.checked, report.at)
    count("StockDiscrepancies", len(report.checked))
    return Reply(200, of_report(report))
