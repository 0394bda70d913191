"""Capture what a sales channel sends."""

import hashlib
from typing import Any

from oms.channels.model import LONGEST_BODY, ChannelAccount, Kind, Unmappable
from oms.channels.ports import Channel
from oms.channels.registry import channel
from oms.kernel.errors import Unauthenticated
from oms.orders.capture import Captured, NewOrder
from oms.orders.ports import RawDelivery
from oms.platform.gate import parse
from oms.platform.http import Api, Reply, Request
from oms.platform.observability import count
from oms.wiring import capture_order, channel_account, inbound, tracking_url

handler = Api()


@handler.route("POST /webhooks/{channel}/{account}")
def receive(request: Request) -> Reply:
    speaks = channel(request.path["channel"])
    raw = request.body(LONGEST_BODY)
    if speaks.is_ping(raw):
        return Reply(200, {"ping": True})
    account = _account(request)
    if account is None or not speaks.verify(raw, request.headers, account):
        count("WebhookRefused")
        raise Unauthenticated("the signature does not verify")
    parsed = parse(raw, LONGEST_BODY)
    delivery = speaks.identify(raw, request.headers, parsed)
    if delivery.kind is not Kind.ORDER:
        return Reply(200, {"ignored": True})
    kept = RawDelivery(raw, hashlib.sha256(raw).hexdigest(), delivery.delivery_key, delivery.topic)
    return _capture(speaks, parsed, account, kept, request.request_id)


def _account(request: Request) -> ChannelAccount | None:
    return channel_account(request.path["channel"], request.path["account"])


def _capture(
    speaks: Channel, parsed: Any, account: ChannelAccount, kept: RawDelivery, request_id: str
) -> Reply:
    try:
        new = speaks.map_order(parsed, account)
    except Unmappable as problem:
        inbound().quarantine(account.channel, account.account, kept, problem.code, str(problem))
        count("DeliveryQuarantined")
        return Reply(202, {"quarantined": True})
    captured = capture_order()(
        NewOrder(
            channel=account.channel,
            account=account.account,
            external_id=new.external_id,
            number=new.number,
            currency=new.currency,
            content=new.content,
        ),
        kept,
        correlation_id=request_id,
    )
    return _accepted(captured)


def _accepted(captured: Captured) -> Reply:
    count("OrderRepeated" if captured.duplicate else "OrderAccepted")
    body = {
        "order_id": captured.order_id,
        "tracking_url": tracking_url(captured.order_id),
        "duplicate": captured.duplicate,
    }
    return Reply(202, body, log={"order_id": captured.order_id, "duplicate": captured.duplicate})
