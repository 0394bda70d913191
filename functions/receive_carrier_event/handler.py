"""Take in a carrier's scans."""

from oms.kernel.errors import NotFound, Unauthenticated
from oms.platform.http import Api, Reply, Request
from oms.platform.validation import read
from oms.tracking.contracts import OfflineCarrierEvents
from oms.tracking.signature import HEADER, verify
from oms.wiring import clock, record_scan, secrets

handler = Api()


@handler.route("POST /webhooks/carriers/{carrier}")
def receive(request: Request) -> Reply:
    carrier, raw = request.path["carrier"], request.body()
    account = secrets().get("carriers").get(carrier)
    if account is None:
        raise NotFound("no such carrier")
    signed = request.headers.get(HEADER.lower())
    if not verify(signed, raw, account.get("webhook_secrets", ()), clock().now()):
        raise Unauthenticated("the signature does not verify")
    events = read(OfflineCarrierEvents, raw).to_domain()
    known = [record_scan()(carrier, number, scan) for number, scan in events]
    return Reply(200, {"received": len(known), "unknown": known.count(False)})
