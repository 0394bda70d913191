"""How the connections to channels are: what is known here without asking a shop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from oms.channels.accounts import ChannelAccounts, Setup
from oms.channels.gaps import Gap
from oms.channels.model import ChannelAccount
from oms.channels.news import News
from oms.channels.poll import Cursor
from oms.channels.push_stock import Backlog
from oms.channels.registry import CHANNELS
from oms.kernel.clock import Clock, iso
from oms.kernel.errors import NotFound

Json = dict[str, Any]


class OpenNews(Protocol):
    def open_news(self, limit: int = 1000) -> list[News]: ...


class BacklogState(Protocol):
    def state(self, channel: str, account: str) -> Backlog: ...


class PollState(Protocol):
    def cursor(self, channel: str, account: str) -> Cursor | None: ...

    def gaps(self, channel: str, account: str, limit: int = 20) -> list[Gap]: ...


class Setups(Protocol):
    def setup(self, channel: str, account: str) -> Setup: ...


@dataclass(frozen=True, slots=True)
class ShowHealth:
    accounts: ChannelAccounts
    news: OpenNews
    backlog: BacklogState
    polls: PollState
    setups: Setups
    clock: Clock

    def __call__(self) -> list[Json]:
        """Every account in a few figures."""
        news = self.news.open_news()
        return [self._card(each, _of(news, each)) for each in self.accounts.all()]

    def one(self, channel: str, name: str) -> Json:
        """One account with its set-up, what it waits for and the newest gaps. Raises NotFound."""
        account = self.accounts.get(channel, name)
        if account is None:
            raise NotFound("no such channel account")
        news, setup = _of(self.news.open_news(), account), self.setups.setup(channel, name)
        return {
            **self._card(account, news),
            "setup": {
                "nodes": setup.nodes,
                "skus": setup.skus,
                "settings": setup.settings,
                "version": setup.version,
            },
            "news": [_news(each) for each in news[:20]],
            "gaps": [_gap(each) for each in self.polls.gaps(channel, name)],
        }

    def _card(self, account: ChannelAccount, news: Sequence[News]) -> Json:
        channel, name, now = account.channel, account.account, self.clock.now()
        stock, cursor = self.backlog.state(channel, name), self.polls.cursor(channel, name)
        row = CHANNELS.get(channel)
        return {
            "channel": channel,
            "account": name,
            "domain": account.domain,
            "arrives": row.arrives if row else "",
            "secrets": len(account.secrets),
            "orders": {
                "waiting": len(news),
                "lag_seconds": _age(min((n.since for n in news), default=None), now),
                "problem": next((n.problem for n in news if n.problem), ""),
            },
            "stock": {
                "waiting": stock.waiting,
                "lag_seconds": _age(stock.oldest, now),
                "problem": stock.problem,
                "next_try_at": _iso(stock.due_at),
            },
            "poll": _poll(cursor, now) if cursor else None,
        }


def _of(news: Sequence[News], account: ChannelAccount) -> list[News]:
    name = (account.channel, account.account)
    return [each for each in news if (each.channel, each.account) == name]


def _poll(cursor: Cursor, now: datetime) -> Json:
    return {
        "up_to": iso(cursor.since),
        "lag_seconds": _age(cursor.since, now),
        "polled_at": _iso(cursor.polled_at),
        "next_at": _iso(cursor.next_at),
        "seen": cursor.seen,
        "gaps": cursor.gaps,
        "problem": cursor.problem,
    }


def _news(news: News) -> Json:
    return {
        "external_id": news.external_id,
        "since": iso(news.since),
        "tries": news.tries,
        "next_try_at": _iso(news.due_at),
        "problem": news.problem,
    }


def _gap(gap: Gap) -> Json:
    return {
        "external_id": gap.external_id,
        "cause": gap.cause.value,
        "found_at": iso(gap.found_at),
        "changed_at": _iso(gap.changed_at),
        "order_id": gap.order_id or None,
    }


def _age(since: datetime | None, now: datetime) -> int:
    return max(0, round((now - since).total_seconds())) if since else 0


def _iso(at: datetime | None) -> str | None:
    return iso(at) if at else None
