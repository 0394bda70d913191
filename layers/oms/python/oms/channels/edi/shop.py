"""A trading partner as a shop: it is told by files (855, 856, 810) in the bucket.

There is no API to look at, so what was told is remembered by our key (`outbox`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from oms.channels.edi.acknowledgement import acknowledgement
from oms.channels.edi.goods import is_unpriced
from oms.channels.edi.invoice import invoice
from oms.channels.edi.outbox import Files, Outbox
from oms.channels.edi.outgoing import Numbered, interchange
from oms.channels.edi.partner import Partner
from oms.channels.edi.ship_notice import ship_notice, sscc
from oms.channels.edi.shipped import ShippedLine, shipped_lines
from oms.channels.edi.store import EdiStore
from oms.channels.edi.tokens import Segment
from oms.channels.model import ChannelAccount
from oms.channels.push import CancelFacts, PushOutcome, PushRefused, ShipmentFacts, SilentShop
from oms.kernel.clock import SystemClock
from oms.platform.blobs import Blobs
from oms.platform.config import config
from oms.platform.dynamo import Dynamo

Json = dict[str, Any]
# Parcels are numbered over all partners: they are all ours.
_ALL_PARTNERS = ""


def connect(
    account: ChannelAccount, store: EdiStore | None = None, files: Files | None = None
) -> EdiShop | None:
    """None while the account lacks `domain` or `our_id`: a file needs both names on it."""
    if not Partner.of(account).can_be_told:
        return None
    store = store or EdiStore(Dynamo(), config().channels_table, SystemClock())
    files = files or Blobs(config().raw_bucket)
    return EdiShop(account, store, Outbox(files, store, account.account))


@dataclass(frozen=True, slots=True)
class EdiShop(SilentShop):
    account: ChannelAccount
    store: EdiStore
    outbox: Outbox

    def acknowledge(self, external_id: str) -> PushOutcome:
        order = self._order(external_id)
        return self._acknowledge(order, (), f"{external_id}#accepted")

    def tell_cancelled(self, ended: CancelFacts) -> PushOutcome:
        order = self._order(ended.external_id)
        named = [line.external_id for line in ended.lines if line.external_id]
        rejected = named or [line["id"] for line in order["lines"]]
        return self._acknowledge(order, rejected, ended.key)

    def tell_shipped(self, shipment: ShipmentFacts) -> PushOutcome:
        """The ship notice, then the invoice of the same parcel."""
        order = self._order(shipment.external_id)
        lines = shipped_lines(order, shipment.lines, self.account)
        if not lines:
            return PushOutcome.UNSUPPORTED
        told = {self._notify(order, shipment, lines), self._invoice(order, shipment, lines)}
        return PushOutcome.TOLD if PushOutcome.TOLD in told else min(told)

    def _acknowledge(self, order: Json, rejected: Sequence[str], key: str) -> PushOutcome:
        return self._send(
            "855", order, key, lambda number: acknowledgement(order, rejected, number)
        )

    def _notify(
        self, order: Json, shipment: ShipmentFacts, lines: Sequence[ShippedLine]
    ) -> PushOutcome:
        partner = self._partner(order)

        def body(number: Numbered) -> list[Segment]:
            parcel = self._parcel_number(partner, shipment.key)
            return ship_notice(order, shipment, lines, partner, number, parcel)

        return self._send("856", order, shipment.key, body)

    def _invoice(
        self, order: Json, shipment: ShipmentFacts, lines: Sequence[ShippedLine]
    ) -> PushOutcome:
        """Nobody can bill a price that stands in an agreement elsewhere: not from here."""
        if any(is_unpriced(each.line) for each in lines):
            return PushOutcome.UNSUPPORTED
        partner = self._partner(order)

        def body(number: Numbered) -> list[Segment]:
            return invoice(order, lines, partner, number, is_last=shipment.is_last)

        return self._send("810", order, shipment.key, body)

    def _send(
        self, kind: str, order: Json, key: str, body: Callable[[Numbered], list[Segment]]
    ) -> PushOutcome:
        partner = self._partner(order)
        if kind not in partner.sends:
            return PushOutcome.UNSUPPORTED
        return self.outbox.send(
            kind, key, lambda number: interchange(kind, body(number), partner, number)
        )

    def _partner(self, order: Json) -> Partner:
        return Partner.of(self.account, order["sender"], order["receiver"], order["is_test"])

    def _parcel_number(self, partner: Partner, key: str) -> str:
        if not partner.gs1_prefix:
            return ""
        serial = self.store.number(_ALL_PARTNERS, "sscc", f"{self.account.account}#{key}")
        return sscc(partner.gs1_prefix, serial.control)

    def _order(self, external_id: str) -> Json:
        order = self.store.document(self.account.account, external_id)
        if order is None:
            raise PushRefused("no such purchase order came from the partner", "not-in-shop")
        return order
