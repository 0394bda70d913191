"""Promise the order to the customer."""

from oms.platform.step import order_step
from oms.wiring import confirm_order

handler = order_step("ConfirmOrder", confirm_order)
