"""Take a partner's file in: each order of it is captured, each fault of it is answered.

An interchange is worked on once, whatever copies of it come; the same delivery of it may be
given here again and again, as every step below is once in effect. The 997 is written last: it
promises that what it accepts is durable.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from oms.channels.documents import document
from oms.channels.edi import inbound
from oms.channels.edi.envelope import Fault, Group, Interchange, TransactionSet, interchanges
from oms.channels.edi.outbox import Outbox
from oms.channels.edi.outgoing import bare_interchange, interchange
from oms.channels.edi.partner import Partner, takes_anybody
from oms.channels.edi.purchase_order import purchase_orders
from oms.channels.edi.purchase_order_check import purchase_order_faults
from oms.channels.edi.replies import (
    Judged,
    Standing,
    functional_acknowledgement,
    interchange_acknowledgement,
    standing,
)
from oms.channels.edi.store import ControlNumbers, Documents, SeenInterchanges
from oms.channels.edi.tokens import LARGEST_FILE, write
from oms.channels.model import ChannelAccount, Kind, Unmappable
from oms.platform import gate

IN = "edi/in/"
REJECTED, DUPLICATE, ACKNOWLEDGED = "REJECTED", "DUPLICATE", "ACKNOWLEDGED"
_LARGEST_ORDER = 4 * LARGEST_FILE
_DUPLICATE_NOTE = "025"
_REFUSALS = frozenset("RMWX")  # AK501, AK901

# (account, code, pointer, message, raw): what a person must look at. The message names the place.
Quarantine = Callable[[str, str, str, str, bytes], None]


class Files(Protocol):
    def get(self, key: str, version: str = "") -> bytes: ...

    def put(self, key: str, body: bytes, content_type: str) -> None: ...


class Records(SeenInterchanges, Documents, ControlNumbers, Protocol): ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file in an account's folder. `version` tells two files of one name apart."""

    account: ChannelAccount
    raw: bytes
    version: str

    def partner(self, sent: Interchange) -> Partner:
        return Partner.of(self.account, sent.sender, sent.receiver, sent.is_test)


@dataclass(frozen=True, slots=True)
class ReceiveFile:
    """`take` is `oms.channels.take.TakeDelivery`."""

    files: Files
    account_of: Callable[[str], ChannelAccount | None]
    take: Callable[..., Any]
    quarantine: Quarantine
    records: Records

    def __call__(self, key: str, version: str, size: int = 0, version_id: str = "") -> Counter[str]:
        """`version` tells this arrival from others of the name, `version_id` is the bucket's.

        How many orders of the file at `key` had which outcome, and how many sets REJECTED."""
        name = key.removeprefix(IN).partition("/")[0]
        if size > LARGEST_FILE:
            return self._refused(
                name, "too-large", key, f"over {LARGEST_FILE} bytes: {key}", key.encode()
            )
        raw, account = self.files.get(key, version_id), self.account_of(name)
        if account is None:
            return self._refused(
                name, "unknown-partner", key, f"no account of this name: {key}", raw
            )
        arrived = Arrived(account, raw, f"{key}#{version}")
        try:
            found = interchanges(raw)
        except Unmappable as problem:
            return self._refused(name, problem.code, problem.pointer, str(problem), raw)
        return sum((self._interchange(arrived, each) for each in found), Counter[str]())

    def _refused(
        self, account: str, code: str, pointer: str, message: str, raw: bytes
    ) -> Counter[str]:
        self.quarantine(account, code, pointer, message, raw)
        return Counter({REJECTED: 1})

    # --- one interchange ----------------------------------------------------------------

    def _interchange(self, arrived: Arrived, sent: Interchange) -> Counter[str]:
        name = arrived.account.account
        if message := _stranger(arrived, sent):
            # No reply: it would go to our partner, who did not send this.
            return self._refused(name, "not-this-partner", "segment 1, ISA", message, arrived.raw)
        if not self.records.claim(name, _key(arrived, sent), arrived.version):
            return self._duplicate(arrived, sent)
        outcomes = Counter[str]()
        for group in sent.groups:
            outcomes += self._group(arrived, sent, group)
        if sent.faults and not sent.groups:
            outcomes += self._reject(arrived, sent.faults, arrived.raw)
        self._answer(
            arrived, sent, standing(sent.faults, arrived.partner(sent).forgives), _note(sent)
        )
        return outcomes

    def _duplicate(self, arrived: Arrived, sent: Interchange) -> Counter[str]:
        message = f"interchange {sent.control} has come before"
        name = arrived.account.account
        self.quarantine(name, "duplicate-interchange", "segment 1, ISA", message, arrived.raw)
        self._answer(arrived, sent, Standing.REJECTED, _DUPLICATE_NOTE)
        return Counter({DUPLICATE: 1})

    def _answer(self, arrived: Arrived, sent: Interchange, verdict: Standing, note: str) -> None:
        """The TA1, where ISA14 asks for it."""
        partner = arrived.partner(sent)
        if not sent.wants_answer or not partner.can_be_told:
            return
        body = interchange_acknowledgement(sent, verdict, note)
        self._outbox(arrived).send(
            "TA1",
            f"{_key(arrived, sent)}#{note}",
            lambda number: bare_interchange(body, partner, number),
        )

    # --- one group ----------------------------------------------------------------------

    def _group(self, arrived: Arrived, sent: Interchange, group: Group) -> Counter[str]:
        around = (*sent.faults, *group.faults)
        partner = arrived.partner(sent)
        judged = [_judged(each, around, partner.forgives) for each in group.sets]
        outcomes = Counter[str]()
        for each in judged:
            if each.is_taken:
                outcomes += self._take(arrived, sent, each.found)
            else:
                raw = write(each.found.segments, sent.delimiters).encode()
                outcomes += self._reject(arrived, each.faults, raw)
        if around and not judged:
            outcomes += self._reject(arrived, around, arrived.raw)
        self._acknowledge(arrived, sent, group, judged)
        return outcomes

    def _reject(self, arrived: Arrived, faults: Sequence[Fault], raw: bytes) -> Counter[str]:
        """The worst fault names the exception; all of them are told."""
        worst = min(faults, key=lambda fault: fault.forgivable)
        message = "; ".join(f"{fault.message} ({fault.place})" for fault in faults[:10])
        return self._refused(arrived.account.account, worst.code, worst.place, message, raw)

    def _acknowledge(
        self, arrived: Arrived, sent: Interchange, group: Group, judged: Sequence[Judged]
    ) -> None:
        partner = arrived.partner(sent)
        is_wanted = partner.can_be_told and "997" in partner.sends
        if group.header is None or group.header[1] == "FA" or not is_wanted:
            return
        body = functional_acknowledgement(group, judged)
        self._outbox(arrived).send(
            "997",
            f"{_key(arrived, sent)}#{group.header[6]}#{group.header.position}",
            lambda number: interchange("997", body, partner, number),
        )

    def _outbox(self, arrived: Arrived) -> Outbox:
        return Outbox(self.files, self.records, arrived.account.account)

    # --- one set ------------------------------------------------------------------------

    def _take(self, arrived: Arrived, sent: Interchange, found: TransactionSet) -> Counter[str]:
        if found.kind == "997":
            return self._their_acknowledgement(arrived, sent, found)
        name = arrived.account.account
        orders = purchase_orders(found, sent, arrived.partner(sent).them.id or name)
        return Counter(self._take_or_refuse(arrived, order) for order in orders)

    def _take_or_refuse(self, arrived: Arrived, order: dict[str, Any]) -> str:
        try:
            return self._take_order(arrived, order)
        except Unmappable as problem:
            self._refused(
                arrived.account.account, problem.code, problem.pointer, str(problem), arrived.raw
            )
            return REJECTED

    def _take_order(self, arrived: Arrived, order: dict[str, Any]) -> str:
        raw = document(order)
        parsed = gate.parse(raw, _LARGEST_ORDER)
        delivery = inbound.identify(raw, {}, parsed, arrived.account)
        is_kept = delivery.kind is not Kind.IGNORED and order["purpose"] != inbound.CANCEL
        if is_kept and delivery.external_id:  # without one it will be no order
            self.records.keep(arrived.account.account, order)
        taken = self.take(arrived.account, inbound, parsed, raw, delivery, arrived.version)
        return str(taken.outcome)

    def _their_acknowledgement(
        self, arrived: Arrived, sent: Interchange, found: TransactionSet
    ) -> Counter[str]:
        """What they say to a file of ours; a refusal means that they do not know what we told."""
        said = (each for each in found.segments if each.tag in ("AK5", "AK9"))
        refused = next((each for each in said if each[1] in _REFUSALS), None)
        if refused is None:
            return Counter({ACKNOWLEDGED: 1})
        about = next((s[2] for s in found.segments if s.tag == "AK1"), "")
        fault = Fault("reply-refused", found.place(refused), f"they refuse our group {about}")
        return self._reject(arrived, (fault,), write(found.segments, sent.delimiters).encode())


def _judged(found: TransactionSet, around: Sequence[Fault], forgives: bool) -> Judged:
    own = (*found.faults, *_content_faults(found))
    return Judged(found, own, tuple(around), standing((*around, *own), forgives))


def _content_faults(found: TransactionSet) -> tuple[Fault, ...]:
    if found.kind == "850":
        return purchase_order_faults(found)
    if found.kind == "997":
        return ()
    place = f"set {found.control}, segment 1, ST"
    return (Fault("unsupported-set", place, f"no {found.kind or '?'} is taken here", "1"),)


def _key(arrived: Arrived, sent: Interchange) -> str:
    """A set without an envelope is known by its bytes."""
    return sent.key or f"bare|{hashlib.sha256(arrived.raw).hexdigest()}"


def _note(sent: Interchange) -> str:
    return next((fault.note for fault in sent.faults if fault.note), "")


def _stranger(arrived: Arrived, sent: Interchange) -> str:
    """Why the interchange is not from this partner to us; empty when it is. An id that the
    account does not name is not compared, and a bare set has none: the folder vouches for it.
    """
    wanted = (
        ("sender", arrived.account.domain, sent.sender),
        ("receiver", arrived.account.setting("our_id"), sent.receiver),
    )
    if sent.header is None or takes_anybody(arrived.account):
        return ""
    wrong = (f"the {who} is {given}" for who, ours, given in wanted if ours and ours != given)
    return next(wrong, "")
