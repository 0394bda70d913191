"""Buy the label of a packed parcel, once."""

from oms.platform.step import parcel_step
from oms.wiring import buy_label

handler = parcel_step("BuyLabel", buy_label)
