"""Hold the money, or accept that somebody else has it."""

from oms.platform.step import order_step
from oms.wiring import authorize_payment

handler = order_step("AuthorizePayment", authorize_payment)
