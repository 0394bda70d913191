"""Take over orders of the past, which become history and nothing else."""

from collections import Counter

from oms.channels.registry import channel
from oms.kernel.errors import NotFound
from oms.orders.import_contracts import LONGEST, ImportBody, channel_reader, own_reader
from oms.orders.import_orders import Imported, ImportedAs, Reader
from oms.platform.gate import parse
from oms.platform.http import OPS, Api, Reply, Request
from oms.platform.validation import read
from oms.wiring import channel_account, import_orders

handler = Api()


@handler.route("POST /imports", scope=OPS)
def take_over(request: Request) -> Reply:
    raw = request.body(LONGEST)
    body = read(ImportBody, raw, LONGEST)
    # As the gate reads them: a fraction stays as exact as it was written.
    documents = parse(raw, LONGEST)["orders"]
    run = import_orders()
    found = list(run(documents, _reader(body), request.caller.name, skip_open=body.open == "skip"))
    counts = Counter(each.outcome for each in found)
    summary = {outcome.value: counts[outcome] for outcome in ImportedAs}
    return Reply(200, {"summary": summary, "orders": list(map(_shown, found))}, log=summary)


def _reader(body: ImportBody) -> Reader:
    account = channel_account(body.channel, body.account)
    if account is None and (body.format, body.channel) != ("oms", "api"):
        raise NotFound("no such channel account")
    if account is None or body.format == "oms":
        return own_reader(body.channel, body.account)
    return channel_reader(account, channel(body.channel).map_order)


def _shown(each: Imported) -> dict[str, object]:
    refused = each.outcome is ImportedAs.REFUSED
    return {
        "outcome": each.outcome.value,
        "external_id": each.external_id or None,
        "order_id": each.order_id or None,
        "code": each.code or None,
        "pointer": f"/orders/{each.index}{each.pointer}" if refused else None,
        "detail": each.detail or None,
    }
