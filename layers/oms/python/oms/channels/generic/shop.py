"""A shop that is called by the requests of its mapping.

What tells is safe to repeat as the mapping's author promised: by the method, by our key in a
header, or by a look before. With a look, a lost reply is found on the next try.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from oms.channels.documents import document
from oms.channels.generic import facts
from oms.channels.generic.api_terms import SETTING, Api, Look, Request
from oms.channels.generic.fields import Fields
from oms.channels.generic.mapping import Mapping as Terms
from oms.channels.generic.mapping import mapping_of
from oms.channels.generic.paths import Path, found, nested, places
from oms.channels.generic.templates import Facts, fill, fill_path, fill_text
from oms.channels.model import ChannelAccount
from oms.channels.push import (
    CancelFacts,
    ChangedOrder,
    ChangedPage,
    PushOutcome,
    PushRefused,
    RefundFacts,
    ShipmentFacts,
    SilentShop,
    StockLevel,
)
from oms.channels.reading import Reading, understood
from oms.channels.shop_client import ShopClient
from oms.kernel.errors import Unavailable

_ONE_BY_ONE = 20  # levels in one `set_stock` where each is a call


def connect(account: ChannelAccount) -> GenericShop | None:
    """None without a mapping, an address, or a setting that the mapping's headers need."""
    mapping = mapping_of(account)
    base_url = account.setting("base_url") or account.domain
    if mapping is None or not base_url.startswith(("https://", "http://")):
        return None
    if not all(account.setting(name) for name in mapping.api.needed_settings):
        return None
    settings = {
        SETTING + name: value for name, value in account.settings.items() if isinstance(value, str)
    }
    headers = {name: fill_text(text, settings) for name, text in mapping.api.headers.items()}
    client = ShopClient(base_url.rstrip("/"), headers)
    return GenericShop(client, mapping, settings, account)


@dataclass(frozen=True, slots=True)
class GenericShop(SilentShop):
    client: ShopClient
    mapping: Terms
    settings: Facts = field(repr=False)
    account: ChannelAccount

    @property
    def api(self) -> Api:
        return self.mapping.api

    # --- asking ----------------------------------------------------------------------

    @understood()
    def fetch(self, external_id: str) -> bytes:
        """The order where a message would have it, so that `map_order` finds it there."""
        terms = self.api.fetch
        if terms is None:
            raise PushRefused("the mapping has no fetch", "no-access")
        if not external_id:  # its path would lead to something else
            raise PushRefused("an order without an id", "not-in-shop")
        asked = {**self.settings, "id": external_id}
        body = fill(terms.body, asked)
        answer = Reading(self.client.call(terms.method, fill_path(terms.path, asked), body))
        order = found(answer, terms.order)
        if order.value is None and _says_null(answer, terms.order):
            raise PushRefused("the shop does not know the order", "not-in-shop")
        if not isinstance(order.value, dict):
            raise order.fail("wrong-type", "an order is expected")
        return self._message(order)

    @understood()
    def changed(self, since: datetime, cursor: str) -> ChangedPage:
        terms = self.api.changed
        if terms is None:
            return ChangedPage(())
        path = terms.next_path if cursor and terms.next_path else terms.path
        asked = {**self.settings, "since": facts.time(self.mapping, since), "cursor": cursor}
        answer = Fields(self.mapping, Reading(self.client.call("GET", fill_path(path, asked))))
        items = tuple(map(self._changed, answer.listed(terms.items)))
        following = answer.word(terms.next_cursor) if terms.next_cursor else ""
        return ChangedPage(items, following)

    def _changed(self, order: Reading) -> ChangedOrder:
        fields, terms = Fields(self.mapping, order), self.mapping.order
        whole = self.api.changed is not None and self.api.changed.whole
        return ChangedOrder(
            external_id=fields.identifier(terms.id),
            version_at=fields.time_or_none(terms.version_at),
            document=self._message(order) if whole else b"",
        )

    def _message(self, order: Reading) -> bytes:
        return document(nested(self.mapping.order.root, order.value))

    @understood()
    def stock_of(self, skus: Sequence[str]) -> Mapping[str, int]:
        terms = self.api.stock_of
        if terms is None:
            return {}
        path = fill_path(terms.path, {**self.settings, "skus": ",".join(skus)})
        answer = Fields(self.mapping, Reading(self.client.call("GET", path)))
        rows = [answer.below(row) for row in answer.listed(terms.items)]
        return {row.text_at(terms.sku, 100): row.units(terms.units, least=0) for row in rows}

    # --- telling ---------------------------------------------------------------------

    @property
    def stock_batch(self) -> int:  # type: ignore[override]
        terms = self.api.set_stock
        return terms.batch if terms and terms.batch > 1 else _ONE_BY_ONE

    def set_stock(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        terms = self.api.set_stock
        if terms is None:
            return {level.sku: PushOutcome.UNSUPPORTED for level in levels}
        if terms.batch > 1:
            self._tell(terms, facts.of_levels(levels))
            return {level.sku: PushOutcome.TOLD for level in levels}
        return dict(self._one_by_one(terms, levels))

    def _one_by_one(
        self, terms: Request, levels: Sequence[StockLevel]
    ) -> Iterator[tuple[str, PushOutcome]]:
        """Until the shop has enough: the first failure is told, a later one ends the round."""
        for n, level in enumerate(levels):
            try:
                yield level.sku, self._tell(terms, facts.of_level(level))
            except PushRefused as refused:
                if refused.code != "not-in-shop":
                    raise
                yield level.sku, PushOutcome.UNSUPPORTED
            except Unavailable:
                if n == 0:
                    raise
                return

    def tell_shipped(self, shipment: ShipmentFacts) -> PushOutcome:
        return self._tell(self.api.tell_shipped, facts.of_shipment(shipment, self.account))

    def tell_cancelled(self, ended: CancelFacts) -> PushOutcome:
        return self._tell(self.api.tell_cancelled, facts.of_cancel(ended))

    def tell_refunded(self, refund: RefundFacts) -> PushOutcome:
        return self._tell(self.api.tell_refunded, facts.of_refund(refund))

    @understood()
    def _tell(self, terms: Request | None, told: Facts) -> PushOutcome:
        """Raises PushRefused, Unavailable."""
        if terms is None:
            return PushOutcome.UNSUPPORTED
        told = {**self.settings, **told}
        if terms.look and self._knows(terms.look, told):
            return PushOutcome.ALREADY
        key = str(told["key"])
        headers = {terms.idempotency_header: key} if terms.idempotency_header else None
        path, body = fill_path(terms.path, told), fill(terms.body, told)
        try:
            answer = Reading(self.client.call(terms.method, path, body, headers))
            _refuse(terms, answer)
        except PushRefused as refused:
            # Another teller of the same may have been faster than our look.
            if refused.status in terms.already or (terms.look and self._knows(terms.look, told)):
                return PushOutcome.ALREADY
            raise
        return PushOutcome.TOLD

    def _knows(self, look: Look, told: Facts) -> bool:
        answer = self.client.call(look.method, fill_path(look.path, told), fill(look.body, told))
        wanted = fill_text(look.equals, told)
        there = places(Reading(answer), look.found)
        return bool(wanted) and any(str(holder.at(key).value) == wanted for holder, key in there)


def _says_null(answer: Reading, path: Path) -> bool:
    """Whether the value is there and null, as GraphQL says of what it cannot find."""
    return bool(path) and any(holder.has(key) for holder, key in places(answer, path))


def _refuse(terms: Request, answer: Reading) -> None:
    """Some shops say no with a 200, as all of GraphQL does."""
    for path in terms.refused_at:
        if found(answer, path):
            raise PushRefused("the shop says no", status=200, detail=answer.value)
    if terms.told_at and found(answer, terms.told_at).value is None:
        raise Unavailable("the shop does not say that it did it")
