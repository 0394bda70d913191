"""The composition root: which adapter stands behind which port, for each function.

Everything is built on first use and once a process. Each builder imports what it builds, so a
function loads only what it uses.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from oms.kernel.clock import Clock, SystemClock
from oms.kernel.ids import OrderId, Sku
from oms.orders.store import DynamoOrders
from oms.platform.config import config
from oms.platform.dynamo import Dynamo
from oms.platform.observability import about, count_each
from oms.platform.secrets import Secrets
from oms.tracking.token import TrackingTokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from oms.channels.accounts import ChannelAccounts
    from oms.channels.model import ChannelAccount
    from oms.channels.ports import Shop
    from oms.fulfilment.at_node import PackShipment, PickShipment, RejectShipment, ShipParcels
    from oms.fulfilment.carriers import Carrier
    from oms.fulfilment.label import BuyLabel, VoidLabel
    from oms.inventory.accuracy import ReportAccuracy
    from oms.inventory.arrival import Arrivals
    from oms.inventory.availability import CheckAvailability
    from oms.inventory.claims_store import ClaimsStore
    from oms.inventory.consignment_store import DynamoConsignments
    from oms.inventory.count_stock import CountStock
    from oms.inventory.count_store import DynamoCounts
    from oms.inventory.expire import ExpireHold, ReclaimExpired, SweepStock
    from oms.inventory.gather import GatherStock
    from oms.inventory.holds_store import DynamoHolds
    from oms.inventory.lots import LotStatus
    from oms.inventory.lots_store import DynamoLots
    from oms.inventory.publish import PublishStock
    from oms.inventory.publish_store import DynamoFigures
    from oms.inventory.reconcile import Checked, ReconcileSku
    from oms.inventory.reconcile_store import ReconcileStore
    from oms.inventory.reconcile_walk import ReconcileStock
    from oms.inventory.refresh import RefreshStock
    from oms.inventory.reserve import ExtendHold, ReleaseReservation, ReserveStock
    from oms.inventory.serve import ServeWaiting, SweepWaiting
    from oms.inventory.spread import SpreadStock
    from oms.inventory.spread_store import DynamoSpread, GlancingStock
    from oms.inventory.store import DynamoStock
    from oms.inventory.sweeps import SweepInTurn
    from oms.inventory.transfer import Transfers
    from oms.inventory.valuation_store import ValueStock
    from oms.inventory.work_store import DynamoWork
    from oms.notifications.deliver import AttemptDelivery, DeliverEvent, SweepWebhooks
    from oms.notifications.deliveries_store import DynamoDeliveries
    from oms.notifications.listen import ListenForWebhooks
    from oms.notifications.replay import ReplayDeliveries
    from oms.notifications.safe_address import Reach
    from oms.notifications.subscribe import ChangeSubscription, PingSubscription, Subscribe
    from oms.notifications.subscriptions_store import DynamoSubscriptions
    from oms.notifications.tell import NotifyChannel, NotifyCustomer
    from oms.notifications.webhook_view import ShowSubscription
    from oms.orders.allocate import AllocateStock, ReleaseStock
    from oms.orders.buyers_store import DynamoBuyers
    from oms.orders.cancel import CancelOrder, EndOrder, RejectOrder
    from oms.orders.capture import CaptureOrder
    from oms.orders.confirm import ConfirmOrder
    from oms.orders.confirm_draft import ConfirmDraft
    from oms.orders.content import Content
    from oms.orders.credit import ClaimCredit
    from oms.orders.drafts import Drafts
    from oms.orders.drafts_store import DynamoDrafts
    from oms.orders.events import BusEvent
    from oms.orders.hand_over import HandOver
    from oms.orders.hold import ApproveReview, Correct, FlagAttention, HoldOrder, ReleaseHold
    from oms.orders.import_orders import ImportOrders
    from oms.orders.inbound_store import DynamoInbound
    from oms.orders.screen import ScreenFraud
    from oms.orders.sweep import SweepOrders
    from oms.orders.validate import ValidateOrder
    from oms.orders.wake import WakeOrder
    from oms.orders.workflows import Workflows
    from oms.payments.authorize import AuthorizePayment, VoidPayment
    from oms.payments.capture import CapturePayment, RefundCapture
    from oms.payments.ports import PaymentProvider
    from oms.payments.settle import SettlePayment
    from oms.payments.watch import WatchPayment
    from oms.platform.blobs import Blobs
    from oms.platform.bus import Bus
    from oms.search.cursor import Cursors
    from oms.search.listing import ListOrders
    from oms.search.on_time import ReportOnTime
    from oms.search.project import IndexOrders
    from oms.search.store import DynamoIndex
    from oms.tasks.listing import ListTasks
    from oms.tasks.notices_store import DynamoNotices
    from oms.tasks.resolve import ResolveTask
    from oms.tracking.record import RecordScan

# --- adapters ----------------------------------------------------------------------------


@cache
def clock() -> Clock:
    return SystemClock()


@cache
def dynamo() -> Dynamo:
    from oms.inventory.items import skus_in

    return Dynamo(on_conflict=lambda keys: count_each("StockConflicts", "sku", skus_in(keys)))


@cache
def secrets() -> Secrets:
    return Secrets(config().secrets_prefix)


@cache
def orders() -> DynamoOrders:
    return DynamoOrders(
        dynamo(),
        config().orders_table,
        clock(),
        config().timers,
        seen=lambda order: about(order.correlation_id),
    )


@cache
def stock() -> DynamoStock:
    from oms.inventory.store import DynamoStock

    return DynamoStock(dynamo(), config().stock_table, clock())


@cache
def glancing_stock() -> GlancingStock:
    from oms.inventory.spread_store import GlancingStock

    return GlancingStock(dynamo(), config().stock_table, clock())


@cache
def figures() -> DynamoFigures:
    from oms.inventory.publish_store import DynamoFigures

    return DynamoFigures(dynamo(), config().stock_table)


@cache
def spread_books() -> DynamoSpread:
    from oms.inventory.spread_store import DynamoSpread

    return DynamoSpread(dynamo(), config().stock_table)


def connected_channels() -> list[str]:
    """The channels that are to be told of stock: an account of theirs wants to hear."""
    from oms.channels.registry import hears_of_stock

    return sorted(
        channel
        for channel, accounts in secrets().get("channels").items()
        if any(hears_of_stock(channel, each.get("settings", {})) for each in accounts.values())
    )


@cache
def holds() -> DynamoHolds:
    from oms.inventory.holds_store import DynamoHolds

    return DynamoHolds(dynamo(), config().stock_table)


@cache
def stock_work() -> DynamoWork:
    from oms.inventory.work_store import DynamoWork

    return DynamoWork(dynamo(), config().stock_table, clock())


@cache
def inbound() -> DynamoInbound:
    from oms.channels.news_store import DynamoNews
    from oms.orders.inbound_store import DynamoInbound
    from oms.platform.blobs import Blobs

    blobs = Blobs(config().raw_bucket)
    noted = DynamoNews(dynamo(), config().channels_table, clock()).noted
    return DynamoInbound(dynamo(), config().inbound_table, blobs, clock(), noted)


@cache
def index() -> DynamoIndex:
    from oms.search.store import DynamoIndex

    return DynamoIndex(dynamo(), config().index_table)


@cache
def labels() -> Blobs:
    from oms.platform.blobs import Blobs

    return Blobs(config().label_bucket)


def _tracking_key() -> bytes:
    return str(secrets().get("tracking")["key"]).encode()


@cache
def tokens() -> TrackingTokens:
    return TrackingTokens(_tracking_key())


@cache
def cursors() -> Cursors:
    from oms.search.cursor import Cursors

    return Cursors(_tracking_key())


def tracking_url(order_id: OrderId) -> str:
    """The customer's link, relative to the API like every link in an answer."""
    return f"/track/{tokens().token(order_id)}"


def mailed_link(order_id: OrderId) -> str:
    """The link as a mail needs it; empty while the stage does not know its public address."""
    base = config().public_base_url
    return f"{base}{tracking_url(order_id)}" if base else ""


def payment_provider() -> PaymentProvider:
    """Made anew when the secret may have been rotated; the clients inside are cheap."""
    account = secrets().get("stripe")
    return _stripe(str(account["api_key"]), bool(account.get("multicapture")))


@cache
def _stripe(api_key: str, multicapture: bool) -> PaymentProvider:
    from oms.payments.stripe_provider import StripeProvider, stripe_client

    client = stripe_client(api_key, config().stripe_api_base)
    return StripeProvider(client, clock(), multicapture)


@cache
def carrier() -> Carrier:
    from oms.fulfilment.offline_carrier import OfflineCarrier

    return OfflineCarrier()


@cache
def channel_accounts() -> ChannelAccounts:
    from oms.channels.accounts import ChannelAccounts
    from oms.channels.accounts_store import DynamoSetups

    setups = DynamoSetups(dynamo(), config().channels_table)
    # Only a local stack has a stand-in for all shops.
    return ChannelAccounts(lambda: secrets().get("channels"), setups, config().shop_api_base)


def channel_account(channel: str, account: str) -> ChannelAccount | None:
    """The account that a path names, or None: the caller answers as to a bad signature."""
    return channel_accounts().get(channel, account)


def polled_accounts() -> list[ChannelAccount]:
    """The accounts of channels that can be asked what changed."""
    from oms.channels.registry import CHANNELS

    known = channel_accounts().all()
    return [each for each in known if each.channel in CHANNELS and CHANNELS[each.channel].polls]


def shop_of(channel: str, account: str) -> Shop:
    """The shop of a channel account; a silent one when there is no such account (any more)."""
    from oms.channels.push import SilentShop
    from oms.channels.registry import shop

    known = channel_account(channel, account)
    return shop(known) if known else SilentShop()


@cache
def bus() -> Bus:
    from oms.platform.bus import Bus

    return Bus(config().event_bus)


@cache
def workflows() -> Workflows:
    from oms.orders.workflows import Workflows

    return Workflows(config().intake_machine, config().shipment_machine)


def workflow_link(workflow: str, name: str) -> str | None:
    """Where operations open an execution in the Step Functions console; None off AWS."""
    arn = config().intake_machine if workflow == "order_intake" else config().shipment_machine
    if not arn or config().stage == "local":
        return None
    region = arn.split(":")[3]
    execution = arn.replace(":stateMachine:", ":execution:") + f":{name}"
    return (
        f"https://{region}.console.aws.amazon.com/states/home?region={region}"
        f"#/v2/executions/details/{execution}"
    )


# --- use cases ---------------------------------------------------------------------------


@cache
def capture_order() -> CaptureOrder:
    from oms.orders.capture import CaptureOrder

    return CaptureOrder(orders(), inbound(), dynamo(), tokens(), clock())


@cache
def place_order() -> CaptureOrder:
    """Capture of our own shop's orders, which may be placed on a cart's hold."""
    from oms.orders.adopt_hold import AdoptHold

    return replace(capture_order(), adopt=AdoptHold(stock(), holds(), clock()))


@cache
def list_orders() -> ListOrders:
    from oms.search.listing import ListOrders

    return ListOrders(orders(), index(), cursors())


@cache
def index_orders() -> IndexOrders:
    from oms.search.project import IndexOrders

    return IndexOrders(orders(), index())


@cache
def list_tasks() -> ListTasks:
    from oms.tasks.listing import ListTasks

    return ListTasks(orders(), inbound(), notices(), cursors(), clock())


@cache
def resolve_task() -> ResolveTask:
    from oms.tasks.resolve import ResolveTask

    return ResolveTask(
        orders(), stock(), cancel_order(), reject_order(), approve_review(), correct(), clock()
    )


# --- stock -------------------------------------------------------------------------------


@cache
def expire_hold() -> ExpireHold:
    from oms.inventory.expire import ExpireHold

    return ExpireHold(stock(), holds(), dynamo(), clock())


@cache
def reclaim_expired() -> ReclaimExpired:
    from oms.inventory.expire import ReclaimExpired

    return ReclaimExpired(stock(), holds(), expire_hold(), clock())


@cache
def sweep_stock() -> SweepStock:
    from oms.inventory.expire import SweepStock

    return SweepStock(holds(), stock_work(), expire_hold(), clock())


@cache
def wake_order() -> WakeOrder:
    from oms.orders.wake import WakeOrder

    return WakeOrder(orders(), stock(), clock())


@cache
def serve_waiting() -> ServeWaiting:
    from oms.inventory.serve import ServeWaiting

    return ServeWaiting(stock(), wake_order(), clock())


@cache
def sweep_waiting() -> SweepWaiting:
    from oms.inventory.serve import SweepWaiting

    return SweepWaiting(stock(), serve_waiting(), sweep_stock())


@cache
def publish_stock() -> PublishStock:
    from oms.inventory.publish import PublishStock

    return PublishStock(stock(), figures(), connected_channels, clock())


@cache
def refresh_stock() -> RefreshStock:
    from oms.inventory.refresh import RefreshStock

    return RefreshStock(stock(), figures(), publish_stock(), connected_channels, clock())


@cache
def spread_stock() -> SpreadStock:
    from oms.inventory.spread import SpreadStock

    return SpreadStock(spread_books(), clock())


@cache
def gather_stock() -> GatherStock:
    from oms.inventory.gather import GatherStock

    return GatherStock(spread_books(), clock())


@cache
def sweep_all_stock() -> SweepInTurn:
    """Holds and work, waiting lines, what was hot; and a new day for what is published."""
    from oms.inventory.gather import SweepSpread
    from oms.inventory.sweeps import SweepInTurn

    spread = SweepSpread(spread_books(), gather_stock(), spread_stock(), clock())
    return SweepInTurn((sweep_waiting(), spread, refresh_stock()))


@cache
def reserve_stock() -> ReserveStock:
    from oms.inventory.reserve import ReserveStock
    from oms.routing.plan_cart import PlanCart

    plan = PlanCart(stock(), clock(), glancing_stock())
    return ReserveStock(stock(), holds(), dynamo(), plan, reclaim_expired(), clock())


@cache
def check_availability() -> CheckAvailability:
    from oms.inventory.availability import CheckAvailability

    return CheckAvailability(stock(), clock())


@cache
def extend_reservation() -> ExtendHold:
    from oms.inventory.reserve import ExtendHold

    return ExtendHold(holds(), dynamo(), clock())


@cache
def release_reservation() -> ReleaseReservation:
    from oms.inventory.reserve import ReleaseReservation

    return ReleaseReservation(stock(), holds(), dynamo(), clock())


@cache
def consignments() -> DynamoConsignments:
    from oms.inventory.consignment_store import DynamoConsignments

    return DynamoConsignments(dynamo(), config().stock_table)


@cache
def lots() -> DynamoLots:
    from oms.inventory.lots_store import DynamoLots

    return DynamoLots(dynamo(), config().stock_table)


@cache
def counts() -> DynamoCounts:
    from oms.inventory.count_store import DynamoCounts

    return DynamoCounts(dynamo(), config().stock_table)


@cache
def arrivals() -> Arrivals:
    from oms.inventory.arrival import Arrivals

    return Arrivals(consignments(), lots(), stock().serials)


@cache
def transfers() -> Transfers:
    from oms.inventory.transfer import Transfers

    return Transfers(stock(), consignments(), lots(), clock())


@cache
def count_stock() -> CountStock:
    from oms.inventory.count_stock import CountStock

    return CountStock(stock(), counts(), clock())


def show_lot(sku: Sku, name: str) -> LotStatus:
    from oms.inventory.lots import status_of

    return status_of(sku, name, books=stock(), lots=lots(), holds=holds())


def recall_lot(sku: Sku, name: str, reason: str, actor: str) -> LotStatus:
    from oms.inventory.lots import recall

    return recall(
        sku, name, reason, actor, books=stock(), lots=lots(), holds=holds(), clock=clock()
    )


def clear_lot(sku: Sku, name: str) -> LotStatus:
    from oms.inventory.lots import clear

    return clear(sku, name, books=stock(), lots=lots(), holds=holds())


# --- the books, checked ------------------------------------------------------------------


@cache
def _claims() -> ClaimsStore:
    from oms.inventory.claims_store import ClaimsStore

    return ClaimsStore(dynamo(), config().stock_table, config().orders_table, orders(), index())


@cache
def _reconcile_store() -> ReconcileStore:
    from oms.inventory.reconcile_store import ReconcileStore

    return ReconcileStore(dynamo(), config().stock_table, stock(), _claims(), clock())


@cache
def reconcile_sku() -> ReconcileSku:
    from oms.inventory.reconcile import ReconcileSku

    return ReconcileSku(_reconcile_store(), clock())


@cache
def reconcile_stock() -> ReconcileStock:
    from oms.inventory.reconcile_walk import ReconcileStock

    return ReconcileStock(
        reconcile_sku(),
        _claims(),
        stock(),
        _reconcile_store(),
        tell_discrepancies,
        clock(),
        repair=config().repair_stock,
    )


def tell_discrepancies(found: Sequence[Checked], at: datetime) -> None:
    from oms.inventory.reconcile_walk import discrepancy

    bus().publish([discrepancy(each, at) for each in found])


@cache
def value_stock() -> ValueStock:
    from oms.inventory.checkpoint_store import MovementSums
    from oms.inventory.valuation_store import ValueStock

    return ValueStock(stock(), MovementSums(dynamo(), config().stock_table, clock()))


@cache
def stock_accuracy() -> ReportAccuracy:
    from oms.inventory.accuracy import ReportAccuracy
    from oms.inventory.count_store import DynamoCounts

    return ReportAccuracy(stock(), DynamoCounts(dynamo(), config().stock_table))


@cache
def report_on_time() -> ReportOnTime:
    from oms.search.on_time import ReportOnTime

    return ReportOnTime(orders(), index(), clock())


# --- orders ------------------------------------------------------------------------------


@cache
def end_order() -> EndOrder:
    from oms.orders.cancel import EndOrder

    return EndOrder(orders(), stock(), clock())


@cache
def cancel_order() -> CancelOrder:
    from oms.orders.cancel import CancelOrder

    return CancelOrder(end_order())


@cache
def reject_order() -> RejectOrder:
    from oms.orders.cancel import RejectOrder

    return RejectOrder(end_order())


@cache
def hold_order() -> HoldOrder:
    from oms.orders.hold import HoldOrder

    return HoldOrder(orders(), clock())


@cache
def release_hold() -> ReleaseHold:
    from oms.orders.hold import ReleaseHold

    return ReleaseHold(orders(), clock())


@cache
def approve_review() -> ApproveReview:
    from oms.orders.hold import ApproveReview

    return ApproveReview(orders(), clock())


@cache
def correct() -> Correct:
    from oms.orders.hold import Correct

    return Correct(orders(), clock())


@cache
def sweep_orders() -> SweepOrders:
    from oms.orders.sweep import SweepOrders

    return SweepOrders(orders(), orders(), end_order(), clock())


@cache
def settle_payment() -> SettlePayment:
    from oms.payments.settle import SettlePayment

    return SettlePayment(orders(), payment_provider, clock())


@cache
def watch_payment() -> WatchPayment:
    from oms.payments.watch import WatchPayment

    return WatchPayment(orders(), payment_provider, clock())


@cache
def record_scan() -> RecordScan:
    from oms.tracking.record import RecordScan

    return RecordScan(orders(), stock(), clock())


@cache
def pick_shipment() -> PickShipment:
    from oms.fulfilment.at_node import PickShipment

    return PickShipment(orders(), stock(), clock())


@cache
def pack_shipment() -> PackShipment:
    from oms.fulfilment.at_node import PackShipment

    return PackShipment(orders(), stock(), clock())


@cache
def ship_parcels() -> ShipParcels:
    from oms.fulfilment.at_node import ShipParcels

    return ShipParcels(orders(), stock(), clock())


@cache
def reject_shipment() -> RejectShipment:
    from oms.fulfilment.at_node import RejectShipment

    return RejectShipment(orders(), stock(), clock())


# --- steps -------------------------------------------------------------------------------


@cache
def validate_order() -> ValidateOrder:
    from oms.orders.address_check import I18nAddressCheck
    from oms.orders.validate import ValidateOrder

    return ValidateOrder(
        orders(), stock(), I18nAddressCheck(), clock(), hand_over(), claim_credit()
    )


@cache
def allocate_stock() -> AllocateStock:
    from oms.orders.allocate import AllocateStock

    return AllocateStock(orders(), stock(), clock(), end_order(), reclaim_expired())


@cache
def release_stock() -> ReleaseStock:
    from oms.orders.allocate import ReleaseStock

    return ReleaseStock(orders(), stock(), clock())


@cache
def screen_fraud() -> ScreenFraud:
    from oms.fraud.built_in import BuiltInScreen
    from oms.orders.screen import ScreenFraud

    return ScreenFraud(orders(), BuiltInScreen(index(), clock()), clock(), config().timers)


@cache
def authorize_payment() -> AuthorizePayment:
    from oms.payments.authorize import AuthorizePayment

    return AuthorizePayment(orders(), payment_provider, clock())


@cache
def void_payment() -> VoidPayment:
    from oms.payments.authorize import VoidPayment

    return VoidPayment(orders(), payment_provider, clock())


@cache
def confirm_order() -> ConfirmOrder:
    from oms.orders.confirm import ConfirmOrder

    return ConfirmOrder(orders(), clock(), config().timers)


@cache
def flag_attention() -> FlagAttention:
    from oms.orders.hold import FlagAttention

    return FlagAttention(orders(), clock())


@cache
def buy_label() -> BuyLabel:
    from oms.fulfilment.carriers import LabelFormat
    from oms.fulfilment.label import BuyLabel

    formats = tuple(LabelFormat(each) for each in config().label_formats)
    return BuyLabel(orders(), stock(), carrier(), labels(), clock(), formats)


@cache
def void_label() -> VoidLabel:
    from oms.fulfilment.label import VoidLabel

    return VoidLabel(orders(), carrier(), clock())


@cache
def capture_payment() -> CapturePayment:
    from oms.payments.capture import CapturePayment

    in_parts = bool(secrets().get("stripe").get("multicapture"))
    return CapturePayment(orders(), payment_provider, clock(), in_parts)


@cache
def refund_capture() -> RefundCapture:
    from oms.payments.capture import RefundCapture

    return RefundCapture(orders(), payment_provider, clock())


@cache
def notify_customer() -> NotifyCustomer:
    from oms.notifications.mailer import SesMailer
    from oms.notifications.tell import NotifyCustomer

    sender = config().sender
    return NotifyCustomer(orders(), SesMailer(sender) if sender else None, mailed_link, clock())


@cache
def notify_channel() -> NotifyChannel:
    from oms.notifications.tell import NotifyChannel

    return NotifyChannel(orders(), shop_of, clock())


# --- webhooks to subscribers -------------------------------------------------------------


@cache
def notices() -> DynamoNotices:
    from oms.tasks.notices_store import DynamoNotices

    return DynamoNotices(dynamo(), config().channels_table, clock())


@cache
def subscriptions() -> DynamoSubscriptions:
    from oms.notifications.subscriptions_store import DynamoSubscriptions

    return DynamoSubscriptions(dynamo(), config().channels_table, clock())


@cache
def listen_for_webhooks() -> ListenForWebhooks:
    from oms.notifications.listen import ListenForWebhooks
    from oms.platform.bus import RuleSwitch

    switch = RuleSwitch(config().webhook_rule, config().event_bus)
    return ListenForWebhooks(subscriptions(), switch)


@cache
def deliveries() -> DynamoDeliveries:
    from oms.notifications.deliveries_store import DynamoDeliveries

    return DynamoDeliveries(dynamo(), config().channels_table)


def _webhook_reach() -> Reach:
    from oms.notifications.safe_address import Reach

    return Reach(this_machine=config().local_webhooks)


@cache
def _attempt_delivery() -> AttemptDelivery:
    import random

    from oms.notifications.deliver import AttemptDelivery
    from oms.notifications.end_subscription import DisableFailing
    from oms.notifications.http_sender import HttpSender

    def tell(events: Sequence[BusEvent]) -> None:
        bus().publish(events)

    return AttemptDelivery(
        deliveries(),
        subscriptions(),
        HttpSender(_webhook_reach()),
        DisableFailing(subscriptions(), notices(), dynamo(), tell, clock()),
        clock(),
        jitter=lambda: random.uniform(-1, 1),
    )


@cache
def deliver_event() -> DeliverEvent:
    from oms.notifications.deliver import DeliverEvent

    return DeliverEvent(
        subscriptions(), deliveries(), subscriptions(), _attempt_delivery(), clock()
    )


@cache
def sweep_webhooks() -> SweepWebhooks:
    from oms.notifications.deliver import SweepWebhooks

    return SweepWebhooks(
        subscriptions(), deliveries(), subscriptions(), _attempt_delivery(), clock()
    )


@cache
def subscribe() -> Subscribe:
    from oms.notifications.safe_address import CheckAddress
    from oms.notifications.subscribe import Subscribe

    return Subscribe(subscriptions(), CheckAddress(_webhook_reach()), clock())


@cache
def change_subscription() -> ChangeSubscription:
    from oms.notifications.subscribe import ChangeSubscription

    return ChangeSubscription(subscriptions(), subscriptions(), notices(), clock())


@cache
def ping_subscription() -> PingSubscription:
    from oms.notifications.subscribe import PingSubscription

    return PingSubscription(
        subscriptions(), deliveries(), subscriptions(), _attempt_delivery(), clock()
    )


@cache
def replay_deliveries() -> ReplayDeliveries:
    from oms.notifications.replay import ReplayDeliveries

    return ReplayDeliveries(subscriptions(), deliveries(), clock())


@cache
def show_subscription() -> ShowSubscription:
    from oms.notifications.webhook_view import ShowSubscription

    return ShowSubscription(deliveries(), subscriptions())


# --- drafts and buyers -------------------------------------------------------------------


@cache
def buyers() -> DynamoBuyers:
    from oms.orders.buyers_store import DynamoBuyers

    return DynamoBuyers(dynamo(), config().channels_table)


@cache
def claim_credit() -> ClaimCredit:
    from oms.orders.credit import ClaimCredit

    return ClaimCredit(buyers(), orders())


@cache
def draft_store() -> DynamoDrafts:
    from oms.orders.drafts_store import DynamoDrafts

    return DynamoDrafts(dynamo(), config().channels_table)


@cache
def drafts() -> Drafts:
    from oms.orders.drafts import Drafts

    return Drafts(draft_store(), clock())


@cache
def confirm_draft() -> ConfirmDraft:
    from oms.orders.confirm_draft import ConfirmDraft
    from oms.orders.contracts import parse_order

    def read(body: Mapping[str, Any]) -> tuple[str, Content]:
        order = parse_order(body)
        return order.currency, order.content

    return ConfirmDraft(draft_store(), capture_order(), read, stock().products, clock())


@cache
def hand_over() -> HandOver:
    from oms.inventory.checkpoint_store import MovementSums
    from oms.orders.claimants_store import DynamoClaimants
    from oms.orders.hand_over import HandOver

    sums = MovementSums(dynamo(), config().stock_table, clock())
    claimants = DynamoClaimants(sums, stock(), holds(), orders())
    return HandOver(orders(), stock(), holds(), claimants, clock())


# --- imports -----------------------------------------------------------------------------


@cache
def import_orders() -> ImportOrders:
    from oms.orders.import_orders import ImportOrders

    return ImportOrders(orders(), inbound(), dynamo(), tokens(), clock())
