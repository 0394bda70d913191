"""The composition root: which adapter stands behind which port, for each function.

Everything is built on first use and once a process. Each builder imports what it builds, so a
function loads only what it uses.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from oms.kernel.clock import Clock, SystemClock
from oms.kernel.ids import OrderId
from oms.orders.store import DynamoOrders
from oms.platform.config import config
from oms.platform.dynamo import Dynamo
from oms.platform.observability import about
from oms.platform.secrets import Secrets
from oms.tracking.token import TrackingTokens

if TYPE_CHECKING:
    from oms.channels.model import ChannelAccount
    from oms.channels.push import TrackingPush
    from oms.fulfilment.at_node import PackShipment, PickShipment, RejectShipment, ShipParcels
    from oms.fulfilment.carriers import Carrier
    from oms.fulfilment.label import BuyLabel, VoidLabel
    from oms.inventory.store import DynamoStock
    from oms.notifications.tell import NotifyChannel, NotifyCustomer
    from oms.orders.allocate import AllocateStock, ReleaseStock
    from oms.orders.cancel import CancelOrder, EndOrder, RejectOrder
    from oms.orders.capture import CaptureOrder
    from oms.orders.confirm import ConfirmOrder
    from oms.orders.hold import ApproveReview, Correct, FlagAttention, HoldOrder, ReleaseHold
    from oms.orders.inbound_store import DynamoInbound
    from oms.orders.screen import ScreenFraud
    from oms.orders.sweep import SweepOrders
    from oms.orders.validate import ValidateOrder
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
    from oms.search.project import IndexOrders
    from oms.search.store import DynamoIndex
    from oms.tasks.listing import ListTasks
    from oms.tasks.resolve import ResolveTask
    from oms.tracking.record import RecordScan

# --- adapters ----------------------------------------------------------------------------


@cache
def clock() -> Clock:
    return SystemClock()


@cache
def dynamo() -> Dynamo:
    return Dynamo()


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

    return DynamoStock(dynamo(), config().stock_table)


@cache
def inbound() -> DynamoInbound:
    from oms.orders.inbound_store import DynamoInbound
    from oms.platform.blobs import Blobs

    return DynamoInbound(dynamo(), config().inbound_table, Blobs(config().raw_bucket), clock())


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


def channel_account(channel: str, account: str) -> ChannelAccount | None:
    """The account that a path names, or None: the caller answers as to a bad signature."""
    from oms.channels.model import ChannelAccount

    known = secrets().get("channels").get(channel, {}).get(account)
    if known is None:
        return None
    settings = dict(known.get("settings", {}))
    if stand_in := config().shop_api_base:  # on the local stack only
        settings["base_url"] = f"{stand_in}/{channel}/{account}"
    return ChannelAccount(
        channel=channel,
        account=account,
        secrets=tuple(known["secrets"]),
        domain=known.get("domain") or known.get("source", ""),
        settings=settings,
    )


def tracking_push(channel: str, account: str) -> TrackingPush:
    from oms.channels.push import NoTrackingPush
    from oms.channels.registry import tracking_push

    known = channel_account(channel, account)
    return tracking_push(known) if known else NoTrackingPush()


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

    return ListTasks(orders(), inbound(), cursors(), clock())


@cache
def resolve_task() -> ResolveTask:
    from oms.tasks.resolve import ResolveTask

    return ResolveTask(
        orders(), stock(), cancel_order(), reject_order(), approve_review(), correct(), clock()
    )


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

    return PickShipment(orders(), clock())


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

    return ValidateOrder(orders(), stock(), I18nAddressCheck(), clock())


@cache
def allocate_stock() -> AllocateStock:
    from oms.orders.allocate import AllocateStock

    return AllocateStock(orders(), stock(), clock())


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

    return NotifyChannel(orders(), tracking_push, clock())
