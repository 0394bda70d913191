"""Tell the channel how an order went on."""

from typing import Any

from oms.kernel.ids import OrderId
from oms.notifications.tell_in_time import Telling, What
from oms.platform.consumer import event_handler
from oms.platform.observability import count
from oms.wiring_channels import tell_in_time

_WHAT = {
    "OrderCaptured": What.TAKEN,
    "OrderCancelled": What.ENDED,
    "OrderRejected": What.ENDED,
    "ChannelRefundRequested": What.REFUND,
}


def _tell(event: dict[str, Any]) -> None:
    detail, what = event["detail"], _WHAT[event["detail-type"]]
    number = int(detail["data"].get("number", 0))
    if tell_in_time()(Telling(OrderId(detail["order_id"]), what, number)):
        count("ChannelTold")


handler = event_handler(_tell)
