"""What `POST /stock/{sku}/reconcile` accepts."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ReconcileBody(BaseModel):
    """`{"repair": false}`. `full`: from the SKU's first movement on."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    repair: bool = False
    full: bool = False
