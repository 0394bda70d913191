"""The composition root of what channels need beyond capture; see `oms.wiring`."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from oms import wiring
from oms.platform.config import config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from oms.channels.accounts_store import DynamoSetups
    from oms.channels.backlog_store import DynamoBacklog
    from oms.channels.compare import CompareBooks
    from oms.channels.edi.receive import ReceiveFile
    from oms.channels.follow import FollowNews
    from oms.channels.gaps import WriteDownGap
    from oms.channels.health import ShowHealth
    from oms.channels.model import ChannelAccount
    from oms.channels.news_store import DynamoNews
    from oms.channels.poll import PollAll, PollChannel
    from oms.channels.poll_store import DynamoPolls
    from oms.channels.ports import Shop
    from oms.channels.push_all import PushEverything
    from oms.channels.push_stock import PushStock
    from oms.channels.sweep import SweepChannels
    from oms.channels.take import TakeDelivery
    from oms.channels.try_out import TryOut
    from oms.notifications.ask_refund import AskRefund
    from oms.notifications.later_store import DynamoLater
    from oms.notifications.tell_channel import TellChannel
    from oms.notifications.tell_in_time import TellInTime
    from oms.orders.follow_channel import FollowChannel


@cache
def setups() -> DynamoSetups:
    from oms.channels.accounts_store import DynamoSetups

    return DynamoSetups(wiring.dynamo(), config().channels_table)


@cache
def news() -> DynamoNews:
    from oms.channels.news_store import DynamoNews

    return DynamoNews(wiring.dynamo(), config().channels_table, wiring.clock())


@cache
def polls() -> DynamoPolls:
    from oms.channels.poll_store import DynamoPolls

    return DynamoPolls(wiring.dynamo(), config().channels_table)


@cache
def backlog() -> DynamoBacklog:
    from oms.channels.backlog_store import DynamoBacklog

    return DynamoBacklog(wiring.dynamo(), config().channels_table, wiring.clock())


def _shop(account: ChannelAccount) -> Shop:
    from oms.channels.registry import shop

    return shop(account)


@cache
def take_delivery() -> TakeDelivery:
    from oms.channels.take import TakeDelivery

    return TakeDelivery(wiring.capture_order(), wiring.inbound())


@cache
def follow_channel() -> FollowChannel:
    from oms.orders.follow_channel import FollowChannel

    return FollowChannel(wiring.orders(), wiring.stock(), wiring.end_order(), wiring.clock())


@cache
def follow_news() -> FollowNews:
    from oms.channels.follow import FollowNews
    from oms.channels.registry import channel

    return FollowNews(
        account_of=wiring.channel_account,
        speaks=channel,
        shop_of=_shop,
        kept=wiring.inbound(),
        take=take_delivery(),
        follow=follow_channel(),
        desk=news(),
        write_down=_write_down_gap(),
        notices=wiring.notices(),
        clock=wiring.clock(),
    )


@cache
def poll_channel() -> PollChannel:
    from oms.channels.poll import PollChannel
    from oms.channels.registry import channel

    return PollChannel(
        speaks=channel,
        shop_of=_shop,
        take=take_delivery(),
        news=news(),
        known=wiring.inbound(),
        orders=wiring.orders(),
        polls=polls(),
        write_down=_write_down_gap(),
        clock=wiring.clock(),
    )


def _write_down_gap() -> WriteDownGap:
    from oms.channels.gaps import WriteDownGap

    return WriteDownGap(polls(), wiring.notices(), wiring.clock())


@cache
def poll_all() -> PollAll:
    from oms.channels.poll import PollAll
    from oms.channels.registry import tells_by_itself

    return PollAll(poll_channel(), wiring.polled_accounts, tells_by_itself, wiring.clock())


@cache
def push_stock() -> PushStock:
    from oms.channels.push_stock import PushStock

    return PushStock(_told_of_stock, _shop, backlog(), wiring.notices(), wiring.clock())


def _told_of_stock() -> list[ChannelAccount]:
    from oms.channels.registry import hears_of_stock

    known = wiring.channel_accounts().all()
    return [each for each in known if hears_of_stock(each.channel, each.settings)]


@cache
def push_everything() -> PushEverything:
    from oms.channels.push_all import PushEverything

    return PushEverything(wiring.stock(), wiring.figures(), backlog(), wiring.clock())


@cache
def sweep_channels() -> SweepChannels:
    """What waited for its time: news, stock figures, what shops did not hear, polls."""
    from oms.channels.sweep import SweepChannels

    return SweepChannels(
        news(),
        follow_news(),
        backlog(),
        push_stock(),
        wiring.channel_account,
        _later().due,
        tell_in_time(),
        poll_all(),
        wiring.clock(),
    )


@cache
def tell_channel() -> TellChannel:
    from oms.channels.turns_store import DynamoTurns
    from oms.notifications.tell_channel import TellChannel

    turns = DynamoTurns(wiring.dynamo(), config().channels_table, wiring.clock())
    return TellChannel(wiring.orders(), wiring.shop_of, turns, wiring.notices(), wiring.clock())


def _later() -> DynamoLater:
    from oms.notifications.later_store import DynamoLater

    return DynamoLater(wiring.dynamo(), config().channels_table)


@cache
def tell_in_time() -> TellInTime:
    from oms.notifications.tell_in_time import TellInTime

    return TellInTime(tell_channel(), _later(), wiring.notices(), wiring.clock())


@cache
def ask_refund() -> AskRefund:
    from oms.notifications.ask_refund import AskRefund

    return AskRefund(wiring.orders(), wiring.clock())


@cache
def receive_file() -> ReceiveFile:
    from oms.channels.edi.receive import ReceiveFile
    from oms.channels.edi.store import EdiStore
    from oms.platform.blobs import Blobs

    return ReceiveFile(
        files=Blobs(config().raw_bucket),
        account_of=lambda name: wiring.channel_account("edi", name),
        take=take_delivery(),
        quarantine=_quarantine_file,
        records=EdiStore(wiring.dynamo(), config().channels_table, wiring.clock()),
    )


def _quarantine_file(account: str, code: str, pointer: str, message: str, raw: bytes) -> None:
    from oms.orders.ports import RawDelivery

    kept = RawDelivery(raw, sha256(raw).hexdigest(), topic="edi")
    wiring.inbound().quarantine("edi", account, kept, code, message)


@cache
def try_out() -> TryOut:
    from oms.channels.registry import channel
    from oms.channels.try_out import TryOut

    return TryOut(channel)


@cache
def show_health() -> ShowHealth:
    from oms.channels.health import ShowHealth

    return ShowHealth(
        wiring.channel_accounts(), news(), backlog(), polls(), setups(), wiring.clock()
    )


@cache
def compare_books() -> CompareBooks:
    from oms.channels.compare import CompareBooks
    from oms.channels.registry import channel

    return CompareBooks(
        speaks=channel,
        shop_of=_shop,
        known=wiring.inbound(),
        orders=wiring.orders(),
        figures=wiring.figures(),
        catalogue=wiring.stock(),
        taken_since=_taken_since,
        clock=wiring.clock(),
    )


def _taken_since(account: ChannelAccount, since: datetime) -> Iterator[str]:
    from oms.search.model import Filters

    cursor: str | None = ""
    while cursor is not None:
        page = wiring.list_orders()(Filters(channel=account.channel), 200, cursor)
        for order, _ in page.items:
            if order.captured_at < since:
                return
            if order.account == account.account:
                yield order.external_id
        cursor = page.next_cursor
