"""Take the money for a parcel that is about to leave."""

from oms.platform.step import parcel_step
from oms.wiring import capture_payment

handler = parcel_step("CapturePayment", capture_payment)
