"""Undo `buy_label`."""

from oms.platform.step import parcel_step
from oms.wiring import void_label

handler = parcel_step("VoidLabel", void_label)
