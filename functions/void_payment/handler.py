"""Undo `authorize_payment`."""

from oms.platform.step import order_step
from oms.wiring import void_payment

handler = order_step("VoidPayment", void_payment)
