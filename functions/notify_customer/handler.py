"""Tell the customer that a parcel is on its way."""

from oms.platform.step import parcel_step
from oms.wiring import notify_customer

handler = parcel_step("NotifyCustomer", notify_customer)
