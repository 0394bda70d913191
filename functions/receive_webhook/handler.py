"""Take in what a sales channel sends."""

from oms.channels.model import LONGEST_BODY, ChannelAccount, Kind
from oms.channels.registry import channel
from oms.channels.take import Taken, TakenAs
from oms.kernel.errors import NotFound, Unauthenticated
from oms.platform.gate import parse
from oms.platform.http import Api, Reply, Request
from oms.platform.observability import count
from oms.wiring import channel_account, clock, tracking_url
from oms.wiring_channels import take_delivery

handler = Api()


@handler.route("POST /webhooks/{channel}/{account}")
def receive(request: Request) -> Reply:
    speaks = channel(request.path["channel"])
    raw = request.body(LONGEST_BODY)
    if speaks.is_ping(raw):
        return Reply(200, {"ping": True})
    account = _account(request)
    if account is None or not speaks.verify(raw, request.headers, account, clock().now()):
        count("WebhookRefused")
        raise Unauthenticated("the signature does not verify")
    parsed = parse(raw, LONGEST_BODY)
    delivery = speaks.identify(raw, request.headers, parsed, account)
    if delivery.kind is Kind.PING:
        return Reply(200, {"ping": True})
    return _answer(take_delivery()(account, speaks, parsed, raw, delivery, request.request_id))


@handler.route("GET /webhooks/{channel}/{account}")
def answer_challenge(request: Request) -> Reply:
    """Some channels ask whether the address is ours before they send anything."""
    speaks, account = channel(request.path["channel"]), _account(request)
    answer = speaks.challenge(request.query, account) if account else None
    if answer is None:
        raise NotFound("there is nothing to see here")
    return Reply(200, dict(answer))


def _account(request: Request) -> ChannelAccount | None:
    return channel_account(request.path["channel"], request.path["account"])


_METRICS = {
    TakenAs.CAPTURED: "OrderAccepted",
    TakenAs.REPEATED: "OrderRepeated",
    TakenAs.NOTED: "NoticeAccepted",
    TakenAs.QUARANTINED: "DeliveryQuarantined",
}


def _answer(taken: Taken) -> Reply:
    if metric := _METRICS.get(taken.outcome):
        count(metric)
    if taken.order_id is None:
        status = 200 if taken.outcome is TakenAs.IGNORED else 202
        return Reply(status, {taken.outcome.value.lower(): True})
    duplicate = taken.outcome is TakenAs.REPEATED
    body = {
        "order_id": taken.order_id,
        "tracking_url": tracking_url(taken.order_id),
        "duplicate": duplicate,
    }
    return Reply(202, body, log={"order_id": taken.order_id, "duplicate": duplicate})
