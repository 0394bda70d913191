"""transact_write_items: all or nothing, locks while it runs, tokens that are remembered."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.simulation.dynamo.errors import Refusal, cancelled, invalid, reason_for
from tests.simulation.dynamo.parameters import check_action
from tests.simulation.dynamo.tables import Stored
from tests.simulation.dynamo.writes import Store, Write, read_write

_ACTIONS = ("Put", "Update", "Delete", "ConditionCheck")
_MOST_ACTIONS = 100
_MOST_BYTES = 4 * 1024 * 1024
_TOKEN_SECONDS = 600
_OPERATION = "transact_write_items"


class Tokens:
    """Client request tokens: in progress, or completed less than ten minutes ago."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._payloads: dict[str, bytes] = {}
        self._running: set[str] = set()
        self._completed: deque[tuple[float, str]] = deque()

    def seen(self, token: str, actions: Sequence[Any]) -> bool:
        """Whether this very request is done already. Raises when it may not be sent."""
        while self._completed and self._completed[0][0] <= self._clock() - _TOKEN_SECONDS:
            self._payloads.pop(self._completed.popleft()[1], None)
        kept = self._payloads.get(token)
        if kept is None:
            return False
        if pickle.loads(kept) != actions:
            raise Refusal(
                "IdempotentParameterMismatchException",
                "DynamoDB rejected the request because you retried a request with a different"
                " payload but with an idempotent token that was already used.",
            )
        if token in self._running:
            raise Refusal(
                "TransactionInProgressException",
                "The transaction with the given request token is already in progress.",
            )
        return True

    def begin(self, token: str, actions: Sequence[Any]) -> None:
        self._payloads[token] = pickle.dumps(actions, protocol=5)
        self._running.add(token)

    def complete(self, token: str) -> None:
        self._running.discard(token)
        self._completed.append((self._clock(), token))


class Transactions:
    """`inside` is called while the items of a transaction are locked; None: never."""

    def __init__(self, store: Store, inside: Callable[[], None] | None) -> None:
        self._store, self._inside = store, inside
        self._tokens = Tokens(store.clock)

    def write(self, request: Mapping[str, Any]) -> dict[str, Any]:
        actions, token = request["TransactItems"], request["ClientRequestToken"]
        writes = self._read(actions, token)
        if self._tokens.seen(token, actions):
            self._charge_for_reading(writes)
            return {}
        news = self._decide(writes)
        self._tokens.begin(token, actions)
        if self._inside is None:
            self._carry_out(writes, news, token)
            return {}
        held = {(write.table.name, write.key) for write in writes}
        self._store.locked |= held
        try:
            self._inside()
        finally:
            # The service goes on even when the client that asked dies here.
            self._store.locked -= held
            self._carry_out(writes, news, token)
        return {}

    def _read(self, actions: Sequence[Mapping[str, Any]], token: str) -> list[Write]:
        if len(token) > 36:
            raise _constraint("clientRequestToken", 36)
        if not actions:
            raise invalid("Value at 'transactItems' must have length greater than or equal to 1")
        if len(actions) > _MOST_ACTIONS:
            raise _constraint("transactItems", _MOST_ACTIONS)
        writes = []
        for each in actions:
            ((action, request),) = each.items() if len(each) == 1 else (("", {}),)
            if action not in _ACTIONS:
                raise invalid("TransactItems can only contain one of Check, Put, Update or Delete")
            check_action(action, request)
            writes.append(read_write(self._store, action, request))
        if len({(write.table.name, write.key) for write in writes}) < len(writes):
            raise invalid("Transaction request cannot include multiple operations on one item")
        return writes

    def _decide(self, writes: list[Write]) -> list[Stored | None]:
        """What each item becomes. Raises the cancellation, with a reason for each position."""
        news: list[Stored | None] = []
        refusals: dict[int, Refusal] = {}
        for position, write in enumerate(writes):
            try:
                news.append(self._decide_one(write))
            except Refusal as refusal:
                refusals[position] = refusal
                news.append(None)
        if refusals:
            self._charge(writes, news)
            raise cancelled([reason_for(refusals.get(n)) for n in range(len(writes))])
        # Ten items of the largest size are still below the limit.
        if len(writes) > 10 and sum(map(_weight, writes, news)) > _MOST_BYTES:
            raise invalid("Collective size of the items in the transaction exceeds 4 MB")
        return news

    def _decide_one(self, write: Write) -> Stored | None:
        self._store.free(write)
        new = write.decide()
        self._store.admit(write.table, write.key, 2 * write.units(new))
        return new

    def _carry_out(self, writes: list[Write], news: list[Stored | None], token: str) -> None:
        for write, new in zip(writes, news, strict=True):
            if write.action == "ConditionCheck":
                self._note_writing(write, 2 * write.units(new))
            else:
                self._store.carry_out(write, new, _OPERATION, 2 * write.units(new))
        self._tokens.complete(token)

    def _charge(self, writes: list[Write], news: list[Stored | None]) -> None:
        for write, new in zip(writes, news, strict=True):
            self._note_writing(write, 2 * write.units(new))

    def _note_writing(self, write: Write, units: int) -> None:
        self._store.capacity.wrote(write.table.name, _OPERATION, write.key[0], units, 0)

    def _charge_for_reading(self, writes: list[Write]) -> None:
        """A repeat under the same token costs reads, at the price of a transaction."""
        for write in writes:
            old = write.old
            size = old.size if old else 0
            self._store.capacity.read(write.table.name, _OPERATION, write.key[0], size, 4)


def _weight(write: Write, new: Stored | None) -> int:
    old = write.old
    return max(old.size if old else 0, new.size if new else 0)


def _constraint(what: str, most: int) -> Refusal:
    return invalid(
        f"1 validation error detected: Value at '{what}' failed to satisfy constraint: Member"
        f" must have length less than or equal to {most}"
    )
