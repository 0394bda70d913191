"""Is this order what it says it is?"""

from oms.platform.step import order_step
from oms.wiring import screen_fraud

handler = order_step("ScreenFraud", screen_fraud)
