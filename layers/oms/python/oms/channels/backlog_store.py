"""What shops are still to be told of stock, in the `channels` table.

| pk | sk | what |
|---|---|---|
| `OUT#{channel}#{account}` | `SKU#{sku}` | a figure that waits |
| `OUT#{channel}#{account}` | `TOLD#{sku}` | the version that the shop was told last |
| `DRAIN#{channel}#{account}` | `DRAIN` | the lease, and when to go on; in the index `due` |
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from oms.channels.push_stock import Backlog, Drain, Figure
from oms.kernel.clock import Clock, from_iso, iso
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write, goes_through

STOCK = "STOCK"
_MOST_COUNTED = 10_000


class DynamoBacklog:
    """Answers `oms.channels.push_stock.StockBacklog`."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock) -> None:
        self._dynamo, self._table, self._clock = dynamo, table, clock

    def add(self, channel: str, account: str, figures: Sequence[Figure]) -> None:
        known = self._told_versions(channel, account, figures)
        for each in figures:
            if each.version > known.get(each.sku, 0):
                goes_through(self._dynamo, self._waiting(channel, account, each))
        self._wake(channel, account)

    def again(self, channel: str, account: str, figures: Collection[Figure]) -> None:
        """Put figures on the list though they were told before."""
        for each in figures:
            goes_through(self._dynamo, self._waiting(channel, account, each))
        self._wake(channel, account)

    def _told_versions(
        self, channel: str, account: str, figures: Sequence[Figure]
    ) -> dict[str, int]:
        keys = [_told_key(channel, account, each.sku) for each in figures]
        found = self._dynamo.get_many(self._table, keys)
        return {item["sk"].removeprefix("TOLD#"): item["version"] for item in found}

    def _waiting(self, channel: str, account: str, figure: Figure) -> Write:
        return Write(
            Action.UPDATE,
            self._table,
            _key(channel, account, figure.sku),
            update="SET #v = :version, units = :units, #since = if_not_exists(#since, :since)",
            # True when none waits, or an older one does.
            condition="attribute_not_exists(pk) OR #v < :version",
            names={"#v": "version", "#since": "since"},
            values={
                ":version": figure.version,
                ":units": figure.units,
                ":since": iso(figure.since),
            },
        )

    def _wake(self, channel: str, account: str) -> None:
        """Let the sweep find the account, in case that whoever added cannot drain."""
        wake = Write(
            Action.UPDATE,
            self._table,
            _drain_key(channel, account),
            update="SET due_list = :list, due_at = :now",
            # True unless it is known already, or the shop wants a pause.
            condition="attribute_not_exists(due_at)",
            values={":list": STOCK, ":now": iso(self._clock.now())},
        )
        goes_through(self._dynamo, wake)

    # --- the lease --------------------------------------------------------------------------

    def lease(self, channel: str, account: str, until: datetime) -> Drain | None:
        now, key = self._clock.now(), _drain_key(channel, account)
        kept = self._dynamo.get(self._table, key) or {}
        if kept.get("pause_until", "") > iso(now):
            return None
        token = secrets.token_hex(8)
        claim = Write(
            Action.UPDATE,
            self._table,
            key,
            update=(
                "SET #token = :token, ends_at = :until, due_list = :list, due_at = :until"
                " REMOVE marked, pause_until"
            ),
            # True while nobody holds it, or the holder is gone.
            condition="attribute_not_exists(#token) OR ends_at < :now",
            names={"#token": "token"},
            values={":token": token, ":until": iso(until), ":now": iso(now), ":list": STOCK},
        )
        if goes_through(self._dynamo, claim, mine=lambda old: old.get("token") == token):
            return Drain(channel, account, token, until, kept.get("tries", 0))
        # Its holder goes round once more; if it is given back by now, the turn is ours after all.
        return None if self._marked(key) else self.lease(channel, account, until)

    def _marked(self, key: dict[str, str]) -> bool:
        """Leave a mark for the holder; False when there is none any more."""
        mark = Write(
            Action.UPDATE,
            self._table,
            key,
            update="SET marked = :yes",
            condition="attribute_exists(#token)",
            names={"#token": "token"},
            values={":yes": True},
        )
        return goes_through(self._dynamo, mark)

    def renew(self, drain: Drain, until: datetime) -> bool:
        return self._as_holder(
            drain, "SET ends_at = :until, due_at = :until", {":until": iso(until)}
        )

    def release(self, drain: Drain) -> bool:
        over = "REMOVE #token, ends_at, due_list, due_at, tries, problem, pause_until"
        if self._as_holder(drain, over, {}, "attribute_not_exists(marked)"):
            return True
        marked = self._as_holder(drain, "REMOVE #token, ends_at, marked", {})
        return not marked  # neither: the lease was lost, and another sees to it

    def pause(self, drain: Drain, until: datetime, problem: str) -> None:
        self._as_holder(
            drain,
            "SET due_at = :until, pause_until = :until, problem = :problem, tries = :tries"
            " REMOVE #token, ends_at, marked",
            {
                ":until": iso(until),
                ":problem": problem[:200],
                ":tries": drain.tries + bool(problem),
            },
        )

    def _as_holder(self, drain: Drain, update: str, values: dict[str, Any], also: str = "") -> bool:
        """Change the lease; False when it is another's by now, or `also` does not hold."""
        mine = "#token = :mine"
        write = Write(
            Action.UPDATE,
            self._table,
            _drain_key(drain.channel, drain.account),
            update=update,
            condition=f"{mine} AND {also}" if also else mine,
            names={"#token": "token"},
            values={":mine": drain.token, **values},
        )
        return goes_through(self._dynamo, write)

    # --- the list ---------------------------------------------------------------------------

    def waiting(self, channel: str, account: str, limit: int) -> list[Figure]:
        items, _ = self._dynamo.query(
            self._table,
            "pk = :pk AND begins_with(sk, :sku)",
            {":pk": _out(channel, account), ":sku": "SKU#"},
            limit=limit,
        )
        return [_figure(channel, item) for item in items]

    def told(self, channel: str, account: str, figures: Sequence[Figure]) -> None:
        """First what was told, then off the list: a crash in between tells it once more."""
        for each in figures:
            goes_through(self._dynamo, self._remembered(channel, account, each))
            off = Write(
                Action.DELETE,
                self._table,
                _key(channel, account, each.sku),
                # True while no newer figure has taken its place.
                condition="#v <= :told",
                names={"#v": "version"},
                values={":told": each.version},
            )
            goes_through(self._dynamo, off)

    def _remembered(self, channel: str, account: str, figure: Figure) -> Write:
        return Write(
            Action.PUT,
            self._table,
            _told_key(channel, account, figure.sku),
            {"version": figure.version, "units": figure.units, "at": iso(self._clock.now())},
            condition="attribute_not_exists(pk) OR #v < :version",
            names={"#v": "version"},
            values={":version": figure.version},
        )

    # --- for the sweep, and for people --------------------------------------------------------

    def due(self, now: datetime, limit: int) -> Iterator[tuple[str, str]]:
        """Channel and account of those whose time has come."""
        keys = self._dynamo.query_all(
            self._table,
            "due_list = :list AND due_at <= :now",
            {":list": STOCK, ":now": iso(now)},
            index="due",
        )
        for key in islice(keys, limit):
            _, channel, account = key["pk"].split("#", 2)
            yield channel, account

    def state(self, channel: str, account: str) -> Backlog:
        items = islice(
            self._dynamo.query_all(
                self._table,
                "pk = :pk AND begins_with(sk, :sku)",
                {":pk": _out(channel, account), ":sku": "SKU#"},
            ),
            _MOST_COUNTED,
        )
        since = [from_iso(item["since"]) for item in items]
        drain = self._dynamo.get(self._table, _drain_key(channel, account)) or {}
        state = Backlog(len(since), min(since, default=None), drain.get("problem", ""))
        return replace(state, due_at=from_iso(drain["due_at"])) if "due_at" in drain else state


def _out(channel: str, account: str) -> str:
    return f"OUT#{channel}#{account}"


def _key(channel: str, account: str, sku: str) -> dict[str, str]:
    return {"pk": _out(channel, account), "sk": f"SKU#{sku}"}


def _told_key(channel: str, account: str, sku: str) -> dict[str, str]:
    return {"pk": _out(channel, account), "sk": f"TOLD#{sku}"}


def _drain_key(channel: str, account: str) -> dict[str, str]:
    return {"pk": f"DRAIN#{channel}#{account}", "sk": "DRAIN"}


def _figure(channel: str, item: Item) -> Figure:
    return Figure(
        channel=channel,
        sku=item["sk"].removeprefix("SKU#"),
        units=item["units"],
        version=item["version"],
        since=from_iso(item["since"]),
    )
