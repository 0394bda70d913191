"""What `POST /orders/{order_id}/channel-refund` accepts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_MOST = 10**12


class ChannelRefundBody(BaseModel):
    """`amount_minor` is in the order's currency. The channel shows `reason` to the customer."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    amount_minor: Annotated[int, Field(gt=0, le=_MOST)]
    reason: Annotated[str, Field(max_length=500)] = ""
