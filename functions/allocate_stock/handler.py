"""Choose the nodes and take the stock, in one write."""

from oms.platform.step import order_step
from oms.wiring import allocate_stock

handler = order_step("AllocateStock", allocate_stock)
