"""Undo `allocate_stock`."""

from oms.platform.step import order_step
from oms.wiring import release_stock

handler = order_step("ReleaseStock", release_stock)
