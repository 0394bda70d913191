"""Undo `capture_payment`."""

from oms.platform.step import parcel_step
from oms.wiring import refund_capture

handler = parcel_step("RefundCapture", refund_capture)
