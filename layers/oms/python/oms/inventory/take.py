"""Take what many want at once: plan, take, and plan again when somebody was faster."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from oms.inventory.model import LotBlocked, OutOfStock
from oms.kernel.errors import Contended, Unavailable

T = TypeVar("T")

PLANS = 12  # how often a lost race is planned again before the caller is asked to come again
# How often a commit may be crowded out, each for 2.2 s at most: a buyer hears within 7 seconds,
# and a step of a workflow within its own timeout.
CROWDED = 3


def until_taken(attempt: Callable[[int], T | None]) -> T:
    """What `attempt` gives. It gets its number, so that another one begins at other parts of a
    hot SKU, and gives None when it is to be made again.

    A lost race is made again too. Raises Unavailable when too many want the same units;
    nothing is held then.
    """
    crowded = 0
    for number in range(PLANS):
        try:
            taken = attempt(number)
        except (OutOfStock, LotBlocked):
            continue  # a rival was faster: look at the stock again
        except Contended:
            crowded += 1
            if crowded == CROWDED:
                raise
            continue
        if taken is not None:
            return taken
    raise Unavailable("too many want the same stock at once")
