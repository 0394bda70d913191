"""Make a task of an order that its workflow does not know how to go on with."""

from collections.abc import Mapping
from typing import Any

from oms.platform.step import order_step
from oms.wiring import flag_attention


def _reason(seen: Mapping[str, Any]) -> str:
    """What the workflow has seen when it stops here, as a person reads it."""
    if "error" in seen:
        paid = _outcome(seen, "capture_payment") == "CAPTURED"
        return "a message could not be sent" if paid else "a step failed and could not be undone"
    if _outcome(seen, "buy_label") == "REFUSED":
        return "the carrier refused the parcel"
    if _outcome(seen, "capture_payment") == "REFUSED":
        return "the payment provider refused to capture the money"
    return "a workflow met an unknown outcome"


def _outcome(seen: Mapping[str, Any], step: str) -> str:
    return str(seen.get(step, {}).get("outcome", ""))


def handler(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    reason = _reason(event)
    flag = order_step(
        "FlagAttention", lambda: lambda order_id, run: flag_attention()(order_id, run, reason)
    )
    return flag(event, context)
