"""End an order that the fraud screen rejected, and give its stock back."""

from oms.platform.step import order_step
from oms.wiring import reject_order

handler = order_step("RejectOrder", lambda: reject_order().as_step)
