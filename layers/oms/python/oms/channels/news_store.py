"""News in the `channels` table: one row an order, and the stream that tells of it at once.

| pk | sk | what |
|---|---|---|
| `NEWS#{channel}#{account}#{external_id}` | `NEWS` | `News`; in the index `due` while open |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from oms.channels.news import News
from oms.kernel.clock import Clock, from_iso, iso
from oms.platform.attributes import unmarshal
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write, goes_through

NEWS = "NEWS"
MORE = "MORE"  # the stream passes on what brings news, and not what settles it
# The stream tells within a second; the sweep sees to what the stream lost.
_AT_THE_LATEST = timedelta(seconds=90)
_KEPT_FOR = timedelta(days=30)


class DynamoNews:
    """`NewsDesk`, and the write by which a message becomes news."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock) -> None:
        self._dynamo, self._table, self._clock = dynamo, table, clock

    def noted(self, channel: str, account: str, external_id: str, thin: bool) -> Write:
        """One more message. To be committed with the message itself."""
        now = self._clock.now()
        due = now + _AT_THE_LATEST
        return Write(
            Action.UPDATE,
            self._table,
            _key(channel, account, external_id),
            update=(
                "SET wanted = if_not_exists(wanted, :none) + :one, #at = if_not_exists(#at, :now),"
                " due_list = :list, due_at = :due, purge_at = :purge, effect = :more"
            )
            + (", #fetch = :yes" if thin else ""),
            names={"#at": "since"} | ({"#fetch": "fetch"} if thin else {}),
            values=({":yes": True} if thin else {})
            | {
                ":none": 0,
                ":more": MORE,
                ":one": 1,
                ":now": iso(now),
                ":list": NEWS,
                ":due": iso(due),
                ":purge": int((now + _KEPT_FOR).timestamp()),
            },
        )

    def note(self, channel: str, account: str, external_id: str, *, untold: bool) -> None:
        """News without a message: a poll saw that there are some."""
        write = self.noted(channel, account, external_id, thin=True)
        if untold:
            values = {**write.values, ":untold": True}
            write = replace(write, update=f"{write.update}, untold = :untold", values=values)
        self._dynamo.commit([write])

    def load(self, channel: str, account: str, external_id: str) -> News | None:
        item = self._dynamo.get(self._table, _key(channel, account, external_id))
        return _news(item) if item else None

    def due(self, now: datetime, limit: int) -> Iterator[News]:
        keys = self._dynamo.query_all(
            self._table,
            "due_list = :list AND due_at <= :now",
            {":list": NEWS, ":now": iso(now)},
            index="due",
        )
        for key in islice(keys, limit):
            item = self._dynamo.get(self._table, {"pk": key["pk"], "sk": key["sk"]})
            if item and (news := _news(item)).is_open:
                yield news

    def open_news(self, limit: int = 1000) -> list[News]:
        """What is not taken over yet, by when it will be tried; for the health of channels."""
        keys = self._dynamo.query_all(self._table, "due_list = :list", {":list": NEWS}, index="due")
        wanted = [{"pk": key["pk"], "sk": key["sk"]} for key in islice(keys, limit)]
        return [_news(item) for item in self._dynamo.get_many(self._table, wanted)]

    def settle(self, news: News) -> bool:
        settled = Write(
            Action.UPDATE,
            self._table,
            _key(news.channel, news.account, news.external_id),
            update=(
                "SET done = :wanted"
                " REMOVE effect, due_list, due_at, tries, problem, untold, #at, #fetch"
            ),
            # True while no message came since `news` was read.
            condition="wanted = :wanted",
            names={"#at": "since", "#fetch": "fetch"},
            values={":wanted": news.wanted},
        )
        return goes_through(self._dynamo, settled)

    def postpone(self, news: News, until: datetime, problem: str) -> None:
        write = Write(
            Action.UPDATE,
            self._table,
            _key(news.channel, news.account, news.external_id),
            update="SET due_list = :list, due_at = :until, tries = :tries, problem = :problem"
            " REMOVE effect",
            values={
                ":list": NEWS,
                ":until": iso(until),
                ":tries": news.tries + 1,
                ":problem": problem[:200],
            },
        )
        self._dynamo.commit([write])


def news_in(records: Iterable[Mapping[str, Any]]) -> list[News]:
    """The orders of which `records` bring a message, each once. A try that was put off is none."""
    found: dict[str, News] = {}
    for record in records:
        images = record["dynamodb"]
        new, old = (_image(images.get(name)) for name in ("NewImage", "OldImage"))
        if new and new["sk"] == NEWS and new.get("wanted", 0) > (old or {}).get("wanted", 0):
            news = _news(new)
            found[news.name] = news
    return list(found.values())


def _image(image: Any) -> Item | None:
    return unmarshal(image) if image else None


def _key(channel: str, account: str, external_id: str) -> dict[str, str]:
    return {"pk": f"NEWS#{channel}#{account}#{external_id}", "sk": NEWS}


def _news(item: Item) -> News:
    _, channel, account, external_id = item["pk"].split("#", 3)
    return News(
        channel=channel,
        account=account,
        external_id=external_id,
        wanted=item["wanted"],
        since=from_iso(item.get("since", _LONG_AGO)),
        due_at=from_iso(item["due_at"]) if "due_at" in item else None,
        done=item.get("done", 0),
        fetch=item.get("fetch", False),
        untold=item.get("untold", False),
        tries=item.get("tries", 0),
        problem=item.get("problem", ""),
    )


_LONG_AGO = "2000-01-01T00:00:00.000Z"
