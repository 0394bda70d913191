"""Customers of a channel: they buy in the stand-in shop, and its messages reach us."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from local.standins.platform import Message, Shopfront, ShopOrder
from oms.channels.registry import CHANNELS
from tests.contracts.channels.case import ChannelCase, case_of
from tests.workflow.world import World

WEBHOOK = "POST /webhooks/{channel}/{account}"


@dataclass(frozen=True)
class Shopping:
    """`name` is the channel; the shop is account `demo`."""

    oms: World
    name: str

    @property
    def case(self) -> ChannelCase:
        return case_of(self.name)

    @property
    def front(self) -> Shopfront:
        return self.oms.street.shop(self.name, "demo")

    def buy(self, number: int = 0) -> str:
        """Place the channel's sample order, as its `number`th; gives the channel's id of it."""
        return self.front.platform.take_order(copy.deepcopy(self.case.other(number)))

    def order(self, external_id: str) -> ShopOrder:
        return self.front.platform.books.orders[external_id]

    def message(self, external_id: str, topic: str = "") -> Message | None:
        return self.front.platform.message(external_id, topic)

    def tell(self, message: Message | None) -> Any:
        """Deliver a message the way it comes; what was answered. Without one, a poll tells."""
        match CHANNELS[self.name].arrives:
            case "webhook" if message:
                path = {"channel": self.name, "account": "demo"}
                headers = dict(message.headers)
                status, reply = self.oms.call(
                    WEBHOOK, path, message.body, headers=headers, caller=None
                )
                assert status in (200, 202), (status, reply)
                return reply
            case "queue" if message:
                record = {"messageId": "m-1", "body": message.body.decode()}
                done = self.oms._function("receive_notifications", {"Records": [record]})
                assert not done["batchItemFailures"]
                return {"noted": True}
            case _:
                return self.poll()

    def poll(self) -> Any:
        path = {"channel": self.name, "account": "demo"}
        status, page = self.oms.call("POST /channels/{channel}/{account}/poll", path, {})
        assert status == 200, page
        return page

    def sell(self, number: int = 0) -> tuple[str, str]:
        """Buy and tell, and let things happen; the channel's id and ours."""
        external_id = self.buy(number)
        self.tell(self.message(external_id))
        self.oms.run()
        return external_id, self.ours(external_id)

    def ours(self, external_id: str) -> str:
        """Our id of the channel's order; empty while there is none."""
        key = f"{self.name}#demo#{external_id}"
        rows = self.oms.rows(self.oms.tables.inbound)
        return next((r["order_id"] for r in rows if r["pk"] == key and r["sk"] == "ORDER"), "")

    def orders(self) -> int:
        """How many orders there are."""
        return sum(row["sk"] == "ORDER" for row in self.oms.rows(self.oms.tables.orders))
