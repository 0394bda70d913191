"""Can the order be carried out as it stands?"""

from oms.platform.step import order_step
from oms.wiring import validate_order

handler = order_step("ValidateOrder", validate_order)
