"""Drafts: orders that an agent takes down on the phone, until the customer says yes.

A draft may lack anything. What it becomes is the body of `POST /orders`, so what is missing is
told in the same words. Confirming makes the order and ends the draft in one transaction: pressed
twice, at once or after a lost reply, it is one order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from oms.kernel.clock import Clock, from_iso, iso
from oms.kernel.errors import FieldError, Invalid, Refused, VersionConflict
from oms.kernel.ids import LineId, Sku, digest, new_ulid
from oms.kernel.money import Money
from oms.kernel.unchanged import until_unchanged
from oms.orders.capture import PriceOverride
from oms.platform.unit import Write

CHANNEL = "phone"
Fields = dict[str, Any]


class DraftState(StrEnum):
    OPEN = "OPEN"
    CONFIRMED = "CONFIRMED"
    DISCARDED = "DISCARDED"


@dataclass(frozen=True, slots=True)
class Draft:
    """`fields` is what is known of the body of `POST /orders`; a line may have a `price_override`
    with its reason, `by` whom and when (`at`). `digest` is of the request that made the draft."""

    draft_id: str
    fields: Fields
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime
    state: DraftState = DraftState.OPEN
    order_id: str = ""
    digest: str = ""
    version: int = 0

    @property
    def lines(self) -> Sequence[Fields]:
        return self.fields.get("lines") or ()


class DraftStore(Protocol):
    """Where drafts live. Reads are consistent."""

    def load(self, draft_id: str) -> Draft:
        """Raises NotFound."""

    def find(self, draft_id: str) -> Draft | None: ...

    def saved(self, before: Draft | None, after: Draft) -> list[Write]:
        """Refused: VersionConflict."""

    def commit(self, writes: Sequence[Write]) -> None: ...

    def page(self, limit: int, after: str) -> tuple[Sequence[Draft], str]:
        """Open ones, the newest first, and where the next page begins; empty at the end."""


# The fields that stand in the way of confirming a draft.
Missing = Callable[[Draft], Sequence[FieldError]]


@dataclass(frozen=True, slots=True)
class Drafts:
    """Begin, change and discard."""

    store: DraftStore
    clock: Clock

    def begin(self, fields: Fields, actor: str, key: str = "") -> tuple[Draft, bool]:
        """The new draft, or the one that `key` (the caller's Idempotency-Key) made before, and
        whether it was known. Raises Invalid `idempotency-key-reused` for another body."""
        name = digest(actor, key) if key else new_ulid(self.clock.now())
        return until_unchanged(lambda: self._begin(name, fields, actor))

    def _begin(self, name: str, fields: Fields, actor: str) -> tuple[Draft, bool]:
        now, told = self.clock.now(), digest(repr(fields))
        if known := self.store.find(name):
            if known.digest != told:
                raise Invalid("another draft was begun under it", code="idempotency-key-reused")
            return known, True
        stamped = _stamped(fields, (), actor, now)
        draft = Draft(name, stamped, actor, now, actor, now, digest=told)
        self.store.commit(self.store.saved(None, draft))
        return self.store.load(name), False

    def change(self, draft_id: str, changes: Fields, version: int, actor: str) -> Draft:
        """Replace fields; one that is None is taken away. Raises VersionConflict when `version`
        is not the one that stands, Refused `draft-ended`."""
        draft = self._open(draft_id, version)
        now = self.clock.now()
        fields = {name: v for name, v in {**draft.fields, **changes}.items() if v is not None}
        fields = _stamped(fields, draft.lines, actor, now)
        after = replace(draft, fields=fields, changed_by=actor, changed_at=now)
        return self._save(draft, after)

    def discard(self, draft_id: str, actor: str) -> Draft:
        """Discarding what is discarded changes nothing. Raises Refused `draft-ended`."""
        return until_unchanged(lambda: self._discard(draft_id, actor))

    def _discard(self, draft_id: str, actor: str) -> Draft:
        draft = self.store.load(draft_id)
        if draft.state is DraftState.DISCARDED:
            return draft
        return self._save(draft, ended(draft, DraftState.DISCARDED, actor, self.clock.now()))

    def _open(self, draft_id: str, version: int) -> Draft:
        draft = self.store.load(draft_id)
        still_open(draft)
        if draft.version != version:
            raise VersionConflict(f"the draft is at version {draft.version}")
        return draft

    def _save(self, before: Draft, after: Draft) -> Draft:
        self.store.commit(self.store.saved(before, after))
        return self.store.load(before.draft_id)


def still_open(draft: Draft) -> None:
    """Raises Refused `draft-ended`."""
    if draft.state is not DraftState.OPEN:
        raise Refused(f"the draft was {draft.state.lower()}", "draft-ended")


def ended(draft: Draft, state: DraftState, actor: str, at: datetime, order_id: str = "") -> Draft:
    """Raises Refused `draft-ended` when it has ended before."""
    still_open(draft)
    return replace(draft, state=state, order_id=order_id, changed_by=actor, changed_at=at)


# --- prices that an agent sets ---------------------------------------------------------------


def _stamped(fields: Fields, known: Sequence[Fields], actor: str, at: datetime) -> Fields:
    """`fields` with who set each price and when; what stood before keeps its first stamp."""
    if "lines" not in fields:
        return fields
    before = {_of_whom(line): line["price_override"] for line in known if _said(line)}
    stamp = {"by": actor, "at": iso(at)}
    lines = [
        {**line, "price_override": before.get(_of_whom(line)) or {**_said(line), **stamp}}
        if _said(line)
        else line
        for line in fields["lines"]
    ]
    return {**fields, "lines": lines}


def _said(line: Mapping[str, Any]) -> Fields:
    """The override as the agent gave it; empty when there is none."""
    given = line.get("price_override") or {}
    return {name: v for name, v in given.items() if name not in ("by", "at")}


def _of_whom(line: Mapping[str, Any]) -> tuple[str, str]:
    return str(line.get("sku", "")), repr(sorted(_said(line).items()))


def overrides(draft: Draft) -> tuple[PriceOverride, ...]:
    """The prices of its lines that were set by hand. For a draft that lacks nothing."""
    return tuple(_override(n, line) for n, line in enumerate(draft.lines, start=1) if _said(line))


def _override(number: int, line: Mapping[str, Any]) -> PriceOverride:
    told, listed = line["price_override"], line.get("unit_price")
    return PriceOverride(
        LineId(f"L{number}"),
        Sku(line["sku"]),
        Money(listed["amount_minor"], listed["currency"]) if listed else None,
        Money(told["amount_minor"], told["currency"]),
        told["reason"],
        told["by"],
        from_iso(told["at"]),
    )


def order_body(draft: Draft) -> Fields:
    """The body of `POST /orders` that the draft stands for, complete or not."""
    lines = [_line(line) for line in draft.lines]
    return {**draft.fields, "lines": lines, "channel": CHANNEL}


def _line(line: Mapping[str, Any]) -> Fields:
    plain = {name: value for name, value in line.items() if name != "price_override"}
    said = _said(line)
    if not said:
        return plain
    price = {"amount_minor": said["amount_minor"], "currency": said["currency"]}
    return {**plain, "unit_price": price}
