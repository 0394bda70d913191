"""Take a channel's message in: durable first, understood as far as it goes, and never lost.

A whole order is captured. A further message about an order is kept with the note that the order
has news; so is a thin one, of which the order must be fetched. What is genuine but no order that
we understand waits in quarantine.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from oms.channels.model import NOT_YET, ChannelAccount, Delivery, Kind, MappedOrder, Unmappable
from oms.channels.ports import Inbound as Speaks
from oms.kernel.ids import OrderId, Sku
from oms.orders.capture import CaptureOrder, NewOrder
from oms.orders.content import Content
from oms.orders.marks import marks_of
from oms.orders.ports import Inbound, RawDelivery


class TakenAs(StrEnum):
    CAPTURED = "CAPTURED"
    REPEATED = "REPEATED"  # the order is known; what the message changes is followed
    NOTED = "NOTED"  # the order will be fetched
    QUARANTINED = "QUARANTINED"
    IGNORED = "IGNORED"  # not about an order, or about one that is none yet (a cart)


@dataclass(frozen=True, slots=True)
class Taken:
    outcome: TakenAs
    order_id: OrderId | None = None


@dataclass(frozen=True, slots=True)
class TakeDelivery:
    capture: CaptureOrder
    inbound: Inbound

    def __call__(
        self,
        account: ChannelAccount,
        speaks: Speaks,
        parsed: Any,
        raw: bytes,
        delivery: Delivery,
        correlation_id: str = "",
    ) -> Taken:
        """`raw` are the verified bytes that `parsed` was made of."""
        kept = kept_as(raw, delivery)
        if delivery.kind is Kind.ORDER:
            return self._order(account, speaks, parsed, kept, correlation_id)
        if delivery.kind not in (Kind.NOTICE, Kind.CHANGE):
            return Taken(TakenAs.IGNORED)
        if not delivery.external_id:
            problem = Unmappable("missing-field", "", "the message names no order")
            return self._quarantined(account, kept, problem)
        self.inbound.later(account.channel, account.account, delivery.external_id, kept)
        return Taken(TakenAs.NOTED)

    def _order(
        self,
        account: ChannelAccount,
        speaks: Speaks,
        parsed: Any,
        kept: RawDelivery,
        correlation_id: str,
    ) -> Taken:
        try:
            mapped = in_our_words(speaks.map_order(parsed, account), account)
        except Unmappable as problem:
            if problem.code == NOT_YET:
                return Taken(TakenAs.IGNORED)
            return self._quarantined(account, kept, problem)
        kept = replace(kept, version_at=mapped.version_at)
        captured = self.capture(new_order(mapped, account), kept, correlation_id=correlation_id)
        outcome = TakenAs.REPEATED if captured.duplicate else TakenAs.CAPTURED
        return Taken(outcome, captured.order_id)

    def _quarantined(
        self, account: ChannelAccount, kept: RawDelivery, problem: Unmappable
    ) -> Taken:
        self.inbound.quarantine(account.channel, account.account, kept, problem.code, str(problem))
        return Taken(TakenAs.QUARANTINED)


def kept_as(raw: bytes, delivery: Delivery) -> RawDelivery:
    """How a message is kept. A thin one is the same message whatever its try number says."""
    return RawDelivery(
        body=raw,
        digest=hashlib.sha256(raw).hexdigest(),
        key=delivery.delivery_key,
        topic=delivery.topic,
        version_at=delivery.version_at,
        follow=True,
        thin=delivery.kind is Kind.NOTICE,
        must_be_known=delivery.kind is Kind.CHANGE,
    )


def in_our_words(mapped: MappedOrder, account: ChannelAccount) -> MappedOrder:
    """`mapped` with our SKUs, and the marks by which later changes are seen."""
    content = mapped.content
    lines = tuple(
        replace(line, sku=Sku(account.our_sku(line.sku))) if line.sku else line
        for line in content.lines
    )
    ours: Content = replace(content, lines=lines)
    return replace(mapped, content=replace(ours, marks=marks_of(ours)))


def new_order(mapped: MappedOrder, account: ChannelAccount) -> NewOrder:
    return NewOrder(
        channel=account.channel,
        account=account.account,
        external_id=mapped.external_id,
        number=mapped.number,
        currency=mapped.currency,
        content=mapped.content,
        version_at=mapped.version_at,
        refunded_minor=mapped.refunded.amount_minor if mapped.refunded else 0,
    )
