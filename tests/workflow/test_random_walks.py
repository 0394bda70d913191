"""Random commands, faults and time: the laws hold after every step, whatever happened before."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from local.standins.stripe_books import Misbehaviour
from tests.workflow.invariants import check
from tests.workflow.plays import DECLINED, INTAKE, SHIPMENT, kill, parcels, posted, tasks_of
from tests.workflow.world import World, api_order, world

ACTIONS = ("cancel", "hold", "release-hold", "approve", "reject")
SUSPECT = {"name": "Eve", "email": "eve@mailinator.com"}
FINAL = ("CLOSED", "CANCELLED", "REJECTED")
CHANGES = (
    {},
    {},
    {},
    {"payment": DECLINED},
    {"customer": SUSPECT},
    {"shipping_address": None},
    {"payment": {"method": "on_account"}},
)


class Walk:
    """One seed's choices among everything that may happen to a few orders."""

    def __init__(self, oms: World, seed: int) -> None:
        self.oms, self.dice = oms, random.Random(seed)
        self.orders: list[str] = []

    def step(self) -> str:
        moves: tuple[Callable[[], object], ...] = (
            self.post,
            self.act,
            self.act,
            self.work,
            self.work,
            self.work,
            self.scan,
            self.task,
            self.crash,
            self.spoil,
            self.wait,
            self.wait,
            self.oms.run,
        )
        move = self.dice.choice(moves)
        move()
        if self.dice.random() < 0.7:
            self.oms.run()
        return move.__name__

    def post(self) -> None:
        if len(self.orders) < 5:
            self.orders.append(posted(self.oms, **self.dice.choice(CHANGES)))

    def pick(self) -> str:
        if not self.orders:
            self.post()
        return self.dice.choice(self.orders)

    def act(self) -> None:
        order_id, action = self.pick(), self.dice.choice(ACTIONS)
        order = self.oms.order(order_id)
        offered = {each["name"] for each in order["allowed_actions"]}
        status, reply = self.oms.act(order_id, action)
        repeated = (action, order["stage"]) in (("cancel", "CANCELLED"), ("reject", "REJECTED"))
        held_again = action == "hold" and any(h["kind"] == "MANUAL" for h in order["holds"])
        if not (repeated or held_again):
            assert (status == 200) is (action in offered), (action, offered, reply)
        if status == 409:
            assert self.oms.order(order_id) == order

    def work(self) -> None:
        for each in self.oms.order(self.pick())["shipments"]:
            action = self.dice.choice(("pick", "pack", "ship", "pick", "pack", "ship", "reject"))
            status, _ = self.oms.ship(each["shipment_id"], action)
            assert (status == 200) is (action in each["allowed_actions"])

    def scan(self) -> None:
        for box in parcels(self.oms, self.pick()):
            if box["tracking_number"]:
                status = self.dice.choice(("IN_TRANSIT", "DELIVERED", "EXCEPTION"))
                assert self.oms.scan(box["tracking_number"], status)[0] == 200

    def task(self) -> None:
        for each in tasks_of(self.oms, self.pick()):
            action = self.dice.choice(each["allowed_actions"])["name"]
            body = {"shipping_address": api_order()["shipping_address"], "sku": "MUG-BLUE"}
            path = {"task_id": each["task_id"], "action": action}
            status, reply = self.oms.call("POST /tasks/{task_id}/{action}", path, body)
            assert status in (200, 409), reply

    def crash(self) -> None:
        step, when = self.dice.choice((*INTAKE, *SHIPMENT)), self.dice.choice(("before", "after"))
        kill(self.oms, step, when, self.dice.choice((1, 2, 4)))

    def spoil(self) -> None:
        self.oms.stripe.misbehave(self.dice.choice(list(Misbehaviour)[:4]))

    def wait(self) -> None:
        seconds = self.dice.choice((6, 50, 50, 3600, 90_000))
        self.oms.pass_time(timedelta(seconds=seconds))


@pytest.mark.parametrize("seed", range(6))
def test_after_any_walk_the_books_agree_and_every_order_has_its_next_step(seed: int) -> None:
    with world() as oms:
        oms.stock_up("MUG-BLUE", 9)
        walk = Walk(oms, seed)
        for _ in range(45):
            walk.step()
            check(oms, healed=False)
        oms.fault = lambda step, when: None
        oms.stripe._misdeeds.clear()
        oms.run()
        oms.heal(8)
        check(oms)
        assert not oms.alarms
