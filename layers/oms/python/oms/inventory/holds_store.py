"""Reservations and the waiting line in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from oms.inventory import items
from oms.inventory.model import Place
from oms.inventory.reservation import (
    HoldEnded,
    HoldKnown,
    HoldState,
    Reservation,
    ReservationId,
    no_such_hold,
)
from oms.inventory.shelves import row_of
from oms.inventory.waiting import Waiting
from oms.kernel.clock import iso
from oms.kernel.ids import OrderId, Sku
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write

_KEPT_FOR = timedelta(days=30)  # an ended hold, for whoever asks what became of it


class DynamoHolds:
    """`Holds`: one row a reservation, with its own condition for each way it may end."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def get(self, reservation_id: str) -> Reservation:
        item = self._dynamo.get(self._table, items.hold_key(reservation_id))
        if item is None:
            raise no_such_hold(reservation_id)
        return items.hold_of(item)

    def first(self, hold: Reservation) -> Write:
        def refused(old: Item | None) -> Exception:
            return HoldKnown(items.hold_of(old or {}))

        return Write(
            Action.PUT,
            self._table,
            items.hold_key(hold.reservation_id),
            item=items.hold_fields(hold),
            condition="attribute_not_exists(pk)",
            refused=refused,
        )

    def extended(self, hold: Reservation, until: datetime, now: datetime) -> Write:
        due = items.due_fields(replace(hold, expires_at=until))
        return self._changed(hold, {"expires_at": iso(until), "due_at": due["due_at"]}, _HOLDS, now)

    def committed(self, hold: Reservation, order_id: OrderId, now: datetime) -> Write:
        return self._ended(hold, HoldState.COMMITTED, _HOLDS, now, order_id=order_id)

    def released(self, hold: Reservation, now: datetime) -> Write:
        return self._ended(hold, HoldState.RELEASED, _NOT_ENDED, now)

    def expired(self, hold: Reservation, now: datetime) -> Write:
        return self._ended(hold, HoldState.EXPIRED, _OVER, now)

    def _ended(
        self, hold: Reservation, state: HoldState, condition: str, now: datetime, **also: str
    ) -> Write:
        purge_at = int((now + _KEPT_FOR).timestamp())
        fields = {"state": state.value, "purge_at": purge_at, **also}
        return self._changed(hold, fields, condition, now, leaves_lists=True)

    def _changed(
        self,
        hold: Reservation,
        fields: dict[str, Any],
        condition: str,
        now: datetime,
        leaves_lists: bool = False,
    ) -> Write:
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in fields)
        told = {":held": HoldState.HELD.value, ":now": iso(now)}
        return Write(
            Action.UPDATE,
            self._table,
            items.hold_key(hold.reservation_id),
            update=update + (" REMOVE due_list, due_at" if leaves_lists else ""),
            condition=condition,
            names={f"#{name}": name for name in (*fields, "state")},
            values={f":{name}": value for name, value in fields.items()}
            | {name: value for name, value in told.items() if name in condition},
            refused=_ended_already(hold),
        )

    def overdue(
        self, now: datetime, claims: Collection[Place] | None = None
    ) -> Iterator[ReservationId]:
        if claims is None:
            lists = items.hold_lists(hot=self._something_is_hot())
        else:
            own = {items.list_of_place((s, n, row_of(shelf))) for s, n, shelf in claims}
            lists = [*sorted(own), *items.mixed_lists()]
        for each in lists:
            found = self._dynamo.query_all(
                self._table,
                "due_list = :list AND due_at <= :now",
                {":list": each, ":now": iso(now) + "~"},
                index="due",
            )
            for item in found:
                yield ReservationId(item["pk"].removeprefix("HOLD#"))

    def _something_is_hot(self) -> bool:
        """A SKU is on the list of spread ones for as long as anything is on its parts."""
        found, _ = self._dynamo.query(self._table, "pk = :pk", {":pk": items.SPREAD}, limit=1)
        return bool(found)


# When a hold may change. A hold holds up to its end and not at it.
_NOT_ENDED = "#state = :held"
_HOLDS = "#state = :held AND expires_at > :now"
_OVER = "#state = :held AND expires_at <= :now"


def _ended_already(hold: Reservation) -> Callable[[Item | None], Exception]:
    def refused(old: Item | None) -> Exception:
        if old is None:
            return no_such_hold(hold.reservation_id)
        known = items.hold_of(old)
        what = "has expired" if known.state is HoldState.HELD else f"was {known.state.lower()}"
        return HoldEnded(f"reservation {hold.reservation_id} {what}")

    return refused


class DynamoWaitingLine:
    """`WaitingLine`: a row for each place in line, and the units that wait in the SKU's terms."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def line(self, sku: Sku, limit: int = 1_000) -> list[Waiting]:
        found, _ = self._dynamo.query(
            self._table, "pk = :pk", {":pk": f"WAITING#{sku}"}, limit=limit
        )
        return [items.waiting_of(item) for item in found]

    def in_line(self, before: Sequence[Waiting], after: Sequence[Waiting]) -> list[Write]:
        was, now = ({(each.sku, each.place): each for each in side} for side in (before, after))
        gone = [self._leaves(each) for key, each in was.items() if key not in now]
        stays = [self._stands(each) for key, each in now.items() if was.get(key) != each]
        units: dict[Sku, int] = {}
        for sign, side in ((-1, before), (1, after)):
            for each in side:
                units[each.sku] = units.get(each.sku, 0) + sign * each.units
        return [*gone, *stays, *(self._counted(sku, n) for sku, n in sorted(units.items()) if n)]

    def _leaves(self, each: Waiting) -> Write:
        return Write(Action.DELETE, self._table, items.waiting_key(each.sku, each.place))

    def _stands(self, each: Waiting) -> Write:
        key = items.waiting_key(each.sku, each.place)
        return Write(Action.PUT, self._table, key, item=items.waiting_fields(each))

    def _counted(self, sku: Sku, units: int) -> Write:
        """Who enters the line puts its SKU on the list that the sweep goes through."""
        listed = "SET due_list = :list, due_at = :sku " if units > 0 else ""
        return Write(
            Action.UPDATE,
            self._table,
            items.selling_key(sku),
            update=f"{listed}ADD #waiting :units",
            names={"#waiting": "waiting"},
            values={":units": units} | ({":list": items.WAITED, ":sku": sku} if listed else {}),
        )

    def waited_for(self) -> Iterator[Sku]:
        """See `oms.inventory.serve.Books`."""
        found = self._dynamo.query_all(
            self._table, "due_list = :list", {":list": items.WAITED}, index="due"
        )
        return (Sku(item["pk"].removeprefix("SKU#")) for item in found)

    def nobody_waits(self, sku: Sku) -> None:
        """See `oms.inventory.serve.Books`."""
        gone = Write(
            Action.UPDATE,
            self._table,
            items.selling_key(sku),
            update="REMOVE due_list, due_at",
            # True when nobody has entered the line since.
            condition="#waiting <= :none",
            names={"#waiting": "waiting"},
            values={":none": 0},
            refused=lambda old: None,
        )
        self._dynamo.commit([gone])
