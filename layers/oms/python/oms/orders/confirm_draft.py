"""Confirm a draft: it becomes an order, once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from oms.kernel.clock import Clock
from oms.kernel.errors import FieldError, Invalid, VersionConflict
from oms.kernel.ids import OrderId, Sku
from oms.kernel.unchanged import until_unchanged
from oms.orders.capture import CaptureOrder, NewOrder
from oms.orders.content import Content
from oms.orders.drafts import (
    CHANNEL,
    Draft,
    DraftState,
    DraftStore,
    ended,
    order_body,
    overrides,
    still_open,
)
from oms.orders.model import Order
from oms.orders.ports import RawDelivery
from oms.platform.unit import Write

# Currency and content of a body of `POST /orders`. Raises Invalid.
Read = Callable[[Mapping[str, Any]], tuple[str, Content]]
# The SKUs among these that the catalogue has.
Known = Callable[[Collection[Sku]], Collection[Sku]]


@dataclass(frozen=True, slots=True)
class ConfirmDraft:
    store: DraftStore
    capture: CaptureOrder
    read: Read
    known: Known
    clock: Clock

    def __call__(
        self, draft_id: str, version: int | None, actor: str, correlation_id: str = ""
    ) -> tuple[OrderId, bool]:
        """The order, and whether it was there before.

        With a `version` only that one is confirmed. Raises VersionConflict, Invalid with what is
        missing, Refused `draft-ended` when it was discarded.
        """
        return until_unchanged(lambda: self._confirm(draft_id, version, actor, correlation_id))

    def missing(self, draft: Draft) -> tuple[FieldError, ...]:
        """What stands in the way, field by field; empty when it can be confirmed."""
        try:
            self._read(draft)
        except Invalid as incomplete:
            return incomplete.errors
        return ()

    def _confirm(
        self, draft_id: str, version: int | None, actor: str, correlation_id: str
    ) -> tuple[OrderId, bool]:
        draft = self.store.load(draft_id)
        if draft.state is DraftState.CONFIRMED:
            return OrderId(draft.order_id), True
        still_open(draft)
        if version not in (None, draft.version):
            raise VersionConflict(f"the draft is at version {draft.version}")
        currency, content = self._read(draft)
        captured = self.capture(
            NewOrder(
                CHANNEL,
                "default",
                draft.draft_id,
                draft.draft_id[-10:].upper(),
                currency,
                content,
                overrides=overrides(draft),
            ),
            _delivery(draft),
            correlation_id=correlation_id,
            alongside=lambda order: self._end(draft, order, actor),
        )
        return captured.order_id, captured.duplicate

    def _end(self, draft: Draft, order: Order, actor: str) -> list[Write]:
        after = ended(draft, DraftState.CONFIRMED, actor, self.clock.now(), order.order_id)
        return self.store.saved(draft, after)

    def _read(self, draft: Draft) -> tuple[str, Content]:
        currency, content = self.read(order_body(draft))
        known = self.known({line.sku for line in content.lines})
        errors = [
            FieldError(f"/lines/{n}/sku", "unknown-sku", "not in the catalogue")
            for n, line in enumerate(content.lines)
            if line.sku not in known
        ]
        if errors:
            raise Invalid("the draft names unknown SKUs", errors, "unknown-sku")
        return currency, content


def _delivery(draft: Draft) -> RawDelivery:
    """What the order was made of, as it is kept beside the orders of other channels."""
    raw = json.dumps(order_body(draft), ensure_ascii=False, sort_keys=True).encode()
    return RawDelivery(raw, hashlib.sha256(raw).hexdigest())
