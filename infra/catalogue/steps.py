"""The functions that workflows call: each step, and its undo."""

from __future__ import annotations

from infra.catalogue import grants as may
from infra.catalogue.function_row import LABELS, PAYMENTS, FunctionRow, Kind

STEPS = (
    FunctionRow(
        "validate_order",
        Kind.STEP,
        "is the order complete and coherent, and is there credit for it",
        # Credit asks a buyer's other orders; a sale over a counter comes off the books here.
        tables=(
            may.TableGrant(may.Table.ORDERS, (*may.READ_MANY, *may.CHANGE)),
            may.CHANGES_STOCK,
            may.CLAIMS_CREDIT,
        ),
    ),
    FunctionRow(
        "allocate_stock",
        Kind.STEP,
        "choose nodes and reserve",
        # Units of holds that are over are taken back on the spot.
        tables=(may.CHANGES_ORDERS, may.SWEEPS_STOCK),
        memory=1024,
    ),
    FunctionRow(
        "screen_fraud",
        Kind.STEP,
        "score, and accept, review or reject",
        # Velocity: how many orders the same customer has in the index.
        tables=(may.CHANGES_ORDERS, may.SEARCHES),
    ),
    FunctionRow(
        "authorize_payment",
        Kind.STEP,
        "authorise, or accept the channel's payment",
        tables=(may.CHANGES_ORDERS,),
        secrets=("stripe",),
        layers=PAYMENTS,
        timeout=30,
    ),
    FunctionRow(
        "confirm_order",
        Kind.STEP,
        "promise the order to the customer",
        tables=(may.CHANGES_ORDERS,),
    ),
    FunctionRow(
        "void_payment",
        Kind.STEP,
        "undo authorize_payment",
        tables=(may.CHANGES_ORDERS,),
        secrets=("stripe",),
        layers=PAYMENTS,
        timeout=30,
    ),
    FunctionRow(
        "release_stock",
        Kind.STEP,
        "undo allocate_stock",
        tables=(may.CHANGES_ORDERS, may.CHANGES_STOCK),
    ),
    FunctionRow(
        "reject_order",
        Kind.STEP,
        "end the order and release its stock in one write",
        tables=(may.CHANGES_ORDERS, may.CHANGES_STOCK),
    ),
    FunctionRow(
        "flag_attention",
        Kind.STEP,
        "put the order before a person",
        tables=(may.CHANGES_ORDERS,),
    ),
    FunctionRow(
        "buy_label",
        Kind.STEP,
        "buy the parcel's label and keep its file",
        tables=(may.CHANGES_ORDERS, may.SEES_STOCK),
        secrets=("carriers",),
        objects=(may.ObjectGrant(may.LABELS, (may.GET, may.PUT)),),
        layers=LABELS,
        timeout=30,
        memory=1024,
    ),
    FunctionRow(
        "capture_payment",
        Kind.STEP,
        "take the money of this parcel",
        tables=(may.CHANGES_ORDERS,),
        secrets=("stripe",),
        layers=PAYMENTS,
        timeout=30,
    ),
    FunctionRow(
        "notify_customer",
        Kind.STEP,
        "tell the customer that the parcel is on its way",
        tables=(may.CHANGES_ORDERS,),
        secrets=("tracking",),
        mails=True,
    ),
    FunctionRow(
        "notify_channel",
        Kind.STEP,
        "tell the sales channel the tracking number",
        tables=(may.CHANGES_ORDERS, may.NOTES_NEWS),
        objects=(may.ObjectGrant(may.EDI_OUT, (may.PUT,)),),
        secrets=("channels",),
    ),
    FunctionRow(
        "void_label",
        Kind.STEP,
        "undo buy_label",
        tables=(may.CHANGES_ORDERS,),
        secrets=("carriers",),
        timeout=30,
    ),
    FunctionRow(
        "refund_capture",
        Kind.STEP,
        "undo capture_payment",
        tables=(may.CHANGES_ORDERS,),
        secrets=("stripe",),
        layers=PAYMENTS,
        timeout=30,
    ),
)
