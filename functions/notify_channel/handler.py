"""Tell the channel that a parcel is on its way."""

from oms.platform.step import parcel_step
from oms.wiring import notify_channel

handler = parcel_step("NotifyChannel", notify_channel)
