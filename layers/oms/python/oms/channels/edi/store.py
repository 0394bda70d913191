"""What EDI must remember, on the `channels` table: interchanges that were seen, the purchase
orders that replies are made of, and the control number of each reply.

All under pk `EDI#{account}`; sk is `ISA#...`, `DOCUMENT#...`, `REPLY#...` or `COUNTER#...`.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from oms.channels.documents import document
from oms.channels.edi.outgoing import Numbered
from oms.channels.model import Unmappable
from oms.kernel.clock import Clock, from_iso, iso
from oms.kernel.errors import Contended, VersionConflict
from oms.kernel.ids import digest
from oms.kernel.unchanged import until_unchanged
from oms.platform import gate
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write

_ABSENT = "attribute_not_exists(pk)"
_LARGEST_DOCUMENT = 8 * 1024 * 1024
_LARGEST_ITEM = 380_000  # bytes; DynamoDB ends at 400 KB
_NUMBERS = 999_999_999  # nine digits


class SeenInterchanges(Protocol):
    def claim(self, account: str, key: str, delivery: str) -> bool:
        """Whether `delivery` is the first to bring the interchange `key`, or that one again."""


class Documents(Protocol):
    def keep(self, account: str, order: dict[str, Any]) -> None:
        """The purchase order as it was last sent. Raises Unmappable when it is too large."""

    def document(self, account: str, external_id: str) -> dict[str, Any] | None: ...


class ControlNumbers(Protocol):
    def number(self, account: str, counter: str, key: str) -> Numbered:
        """The next number of `counter`, or the one that `key` has."""

    def is_sent(self, account: str, key: str) -> bool: ...

    def mark_sent(self, account: str, key: str) -> None: ...


@dataclass(frozen=True, slots=True)
class EdiStore:
    """Answers SeenInterchanges, Documents and ControlNumbers."""

    dynamo: Dynamo
    table: str
    clock: Clock

    def claim(self, account: str, key: str, delivery: str) -> bool:
        where = _key(account, f"ISA#{digest(key)}")
        item = {"key": key, "delivery": delivery, "at": iso(self.clock.now())}
        if self._put_once(where, item):
            return True
        seen = self.dynamo.get(self.table, where)
        return seen is not None and seen["delivery"] == delivery

    def keep(self, account: str, order: dict[str, Any]) -> None:
        sent_at, packed = order["sent_at"] or "", zlib.compress(document(order), 6)
        if len(packed) > _LARGEST_ITEM:
            raise Unmappable("too-large", "", "the purchase order is too large to be kept")
        put = Write(
            Action.PUT,
            self.table,
            _key(account, f"DOCUMENT#{order['external_id']}"),
            {"document": packed, "sent_at": sent_at},
            condition=f"{_ABSENT} OR sent_at <= :sent_at",
            values={":sent_at": sent_at},
            refused=lambda newer: None,  # what is kept was sent later
        )
        self.dynamo.commit([put])

    def document(self, account: str, external_id: str) -> dict[str, Any] | None:
        item = self.dynamo.get(self.table, _key(account, f"DOCUMENT#{external_id}"))
        if item is None:
            return None
        order: dict[str, Any] = gate.parse(zlib.decompress(item["document"]), _LARGEST_DOCUMENT)
        return order

    def number(self, account: str, counter: str, key: str) -> Numbered:
        try:
            return until_unchanged(lambda: self._number(account, counter, key))
        except VersionConflict:
            raise Contended("too many take control numbers at once") from None

    def is_sent(self, account: str, key: str) -> bool:
        item = self.dynamo.get(self.table, _reply(account, key))
        return bool(item and item.get("sent"))

    def mark_sent(self, account: str, key: str) -> None:
        mark = Write(
            Action.UPDATE,
            self.table,
            _reply(account, key),
            update="SET sent = :yes",
            values={":yes": True},
        )
        self.dynamo.commit([mark])

    def _number(self, account: str, counter: str, key: str) -> Numbered:
        """The number and the key that it belongs to are written together: none is lost."""
        if known := self.dynamo.get(self.table, _reply(account, key)):
            return Numbered(known["control"], from_iso(known["at"]))
        last = self.dynamo.get(self.table, _key(account, f"COUNTER#{counter}"))
        made = Numbered((last["control"] if last else 0) % _NUMBERS + 1, _minute(self.clock.now()))
        reply = {"control": made.control, "at": iso(made.at), "key": key}
        self.dynamo.commit([self._next(account, counter, last, made), self._first(account, reply)])
        return made

    def _next(self, account: str, counter: str, last: Item | None, made: Numbered) -> Write:
        return Write(
            Action.PUT,
            self.table,
            _key(account, f"COUNTER#{counter}"),
            {"control": made.control},
            condition="control = :last" if last else _ABSENT,
            values={":last": last["control"]} if last else {},
            refused=_somebody_was_first,
        )

    def _first(self, account: str, reply: Item) -> Write:
        return Write(
            Action.PUT,
            self.table,
            _reply(account, reply["key"]),
            reply,
            condition=_ABSENT,
            refused=_somebody_was_first,
        )

    def _put_once(self, where: dict[str, str], item: Item) -> bool:
        fresh = True

        def refused(old: Item | None) -> None:
            nonlocal fresh
            fresh = False

        self.dynamo.commit(
            [Write(Action.PUT, self.table, where, item, condition=_ABSENT, refused=refused)]
        )
        return fresh


def _somebody_was_first(old: Item | None) -> Exception:
    return VersionConflict("another reply took the number")


def _minute(at: datetime) -> datetime:
    """X12 tells the time to the minute."""
    return at.replace(second=0, microsecond=0)


def _key(account: str, sort: str) -> dict[str, str]:
    return {"pk": f"EDI#{account}", "sk": sort}


def _reply(account: str, key: str) -> dict[str, str]:
    return _key(account, f"REPLY#{digest(key)}")
