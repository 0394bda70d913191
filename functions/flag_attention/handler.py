"""Make a task of an order that its workflow does not know how to go on with."""

from collections.abc import Mapping
from typing import Any

from oms.platform.step import order_step
from oms.wiring import flag_attention

_REASONS = {True: "a workflow could not undo its work", False: "a workflow met an unknown outcome"}


def handler(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    reason = _REASONS["error" in event]
    flag = order_step(
        "FlagAttention", lambda: lambda order_id, run: flag_attention()(order_id, run, reason)
    )
    return flag(event, context)
