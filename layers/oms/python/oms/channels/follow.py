"""Bring an order up to date with its channel: look at what came, or fetch, and take it over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from oms.channels.gaps import Cause, Notices, WriteDownGap
from oms.channels.model import LONGEST_BODY, ChannelAccount, Delivery, Kind, Unmappable
from oms.channels.news import GIVES_UP_AFTER, News, NewsDesk
from oms.channels.ports import Inbound as Speaks
from oms.channels.ports import Shop
from oms.channels.push import PushRefused, RateLimited
from oms.channels.take import TakeDelivery, TakenAs, in_our_words, kept_as
from oms.kernel.clock import Clock
from oms.kernel.errors import Malformed, TooLarge, Unavailable
from oms.kernel.ids import OrderId
from oms.orders.follow_channel import FollowChannel, Followed, Snapshot
from oms.orders.ports import RawDelivery
from oms.platform.gate import parse

Item = dict[str, Any]


class Kept(Protocol):
    """What channels have sent, as it is kept."""

    def order_of(self, channel: str, account: str, external_id: str) -> OrderId | None: ...

    def newest(self, channel: str, account: str, external_id: str) -> Item | None: ...

    def raw_body(self, item: Item) -> bytes: ...

    def quarantine(
        self, channel: str, account: str, delivery: RawDelivery, code: str, reason: str
    ) -> None: ...


class Looked(StrEnum):
    """What became of one look at news."""

    FOLLOWED = "FOLLOWED"
    CAPTURED = "CAPTURED"  # the order was not known before
    NOTHING = "NOTHING"  # there was nothing (more) to take over
    QUARANTINED = "QUARANTINED"
    WAITS = "WAITS"  # for the order's first message, or for the shop to answer
    GIVEN_UP = "GIVEN_UP"


@dataclass(frozen=True, slots=True)
class _Document:
    """What stands for the order now. `is_latest`: fetched. `makes_none`: only for a known order."""

    raw: bytes
    is_latest: bool
    makes_none: bool = False


@dataclass(frozen=True, slots=True)
class FollowNews:
    account_of: Callable[[str, str], ChannelAccount | None]
    speaks: Callable[[str], Speaks]
    shop_of: Callable[[ChannelAccount], Shop]
    kept: Kept
    take: TakeDelivery
    follow: FollowChannel
    desk: NewsDesk
    write_down: WriteDownGap
    notices: Notices
    clock: Clock

    def __call__(self, news: News) -> Looked:
        """Raises nothing that waiting can mend: such news is put off."""
        account = self.account_of(news.channel, news.account)
        if account is None:
            return self._give_up(news, "the channel account is gone")
        try:
            looked = self._look(news, account)
        except RateLimited as busy:
            return self._put_off(news, str(busy), busy.wait_seconds)
        except Unavailable as fault:
            return self._put_off(news, str(fault))
        except PushRefused as refusal:
            return self._refused(news, refusal)
        if looked is not Looked.WAITS:
            self.desk.settle(news)
        return looked

    def _look(self, news: News, account: ChannelAccount) -> Looked:
        document = self._document(news, account)
        if document is None:
            return Looked.NOTHING
        order_id = self.kept.order_of(news.channel, news.account, news.external_id)
        if order_id is None and document.makes_none:
            return self._put_off(news, "waits for the order itself")
        if order_id is None:
            return self._captured(news, account, document)
        return self._followed(news, account, order_id, document)

    def _document(self, news: News, account: ChannelAccount) -> _Document | None:
        """The order as it is now: fetched after a thin message, else the newest that was sent."""
        if news.fetch and (fetched := self._fetched(news, account)):
            return fetched
        item = self.kept.newest(news.channel, news.account, news.external_id)
        if item is None or item.get("thin"):
            return None
        return _Document(self.kept.raw_body(item), False, bool(item.get("must_be_known")))

    def _fetched(self, news: News, account: ChannelAccount) -> _Document | None:
        """None for a shop that cannot be asked: its next whole message will tell."""
        try:
            return _Document(self.shop_of(account).fetch(news.external_id), True)
        except PushRefused as refusal:
            if refusal.code == "no-access":
                return None
            raise

    def _captured(self, news: News, account: ChannelAccount, document: _Document) -> Looked:
        found = Delivery(Kind.ORDER, news.external_id, "", "fetched")
        speaks, raw = self.speaks(news.channel), document.raw
        taken = self.take(account, speaks, parse(raw, LONGEST_BODY * 4), raw, found)
        return {
            TakenAs.CAPTURED: Looked.CAPTURED,
            TakenAs.QUARANTINED: Looked.QUARANTINED,
        }.get(taken.outcome, Looked.NOTHING)

    def _followed(
        self, news: News, account: ChannelAccount, order_id: OrderId, document: _Document
    ) -> Looked:
        try:
            snapshot = self._snapshot(account, document)
        except (Unmappable, Malformed, TooLarge) as problem:
            return self._quarantined(news, document, problem)
        followed = self.follow(order_id, snapshot)
        if followed is Followed.UNCLEAR:
            latest = self._fetched(news, account) or _Document(document.raw, True)
            followed = self.follow(order_id, self._snapshot(account, latest))
        if followed in (Followed.UNCHANGED, Followed.STALE):
            return Looked.NOTHING
        if news.untold:
            where, cause = (news.channel, news.account), Cause.CHANGE_NOT_TOLD
            self.write_down(where, news.external_id, cause, snapshot.version_at, order_id)
        return Looked.FOLLOWED

    def _snapshot(self, account: ChannelAccount, document: _Document) -> Snapshot:
        parsed = parse(document.raw, LONGEST_BODY * 4)
        mapped = in_our_words(self.speaks(account.channel).map_order(parsed, account), account)
        return Snapshot(
            content=mapped.content,
            refunded_minor=mapped.refunded.amount_minor if mapped.refunded else 0,
            version_at=mapped.version_at,
            actor=f"channel:{account.channel}/{account.account}",
            is_latest=document.is_latest,
        )

    def _quarantined(
        self, news: News, document: _Document, problem: Unmappable | Malformed | TooLarge
    ) -> Looked:
        found = Delivery(Kind.ORDER, news.external_id, "", "update")
        kept = kept_as(document.raw, found)
        self.kept.quarantine(news.channel, news.account, kept, problem.code, str(problem))
        return Looked.QUARANTINED

    # --- what waits, and what never comes -------------------------------------------------

    def _put_off(self, news: News, problem: str, asked_for: float = 0.0) -> Looked:
        now = self.clock.now()
        if now - news.since > GIVES_UP_AFTER:
            return self._give_up(news, problem)
        self.desk.postpone(news, news.next_try(now, asked_for), problem)
        return Looked.WAITS

    def _refused(self, news: News, refusal: PushRefused) -> Looked:
        if refusal.code == "shop-credentials":
            self._tell(f"credentials#{news.channel}#{news.account}", news, str(refusal))
            return self._put_off(news, str(refusal))
        return self._give_up(news, str(refusal))

    def _give_up(self, news: News, problem: str) -> Looked:
        self._tell(f"news#{news.name}#{news.wanted}", news, problem)
        self.desk.settle(news)
        return Looked.GIVEN_UP

    def _tell(self, key: str, news: News, problem: str) -> None:
        subject = {
            "channel": news.channel,
            "account": news.account,
            "external_id": news.external_id,
        }
        self.notices.raise_notice(key, "CHANNEL", problem, subject)
