"""Set up a business buyer, or change what its account says."""

from __future__ import annotations

from oms.kernel.errors import FieldError, Invalid, NotFound, VersionConflict
from oms.kernel.unchanged import until_unchanged
from oms.orders.buyers import Buyer, BuyerStore


def set_buyer(buyer: Buyer, version: int | None, *, buyers: BuyerStore) -> Buyer:
    """Put `buyer` in the place of the account of its id.

    Raises VersionConflict when `version` (0: there is none yet) is not the one that stands, and
    Invalid `currency-fixed` for another currency: open orders are counted in the first one.
    """
    return until_unchanged(lambda: _set(buyer, version, buyers), tries=6 if version is None else 1)


def _set(buyer: Buyer, version: int | None, buyers: BuyerStore) -> Buyer:
    known = _known(buyer.buyer_id, buyers)
    if version not in (None, known.version if known else 0):
        raise VersionConflict(f"the buyer is at version {known.version if known else 0}")
    if known and known.currency != buyer.currency:
        fixed = FieldError("/currency", "currency-fixed", f"the buyer buys in {known.currency}")
        raise Invalid("a buyer keeps its currency", [fixed], "currency-fixed")
    return buyers.save(known, buyer)


def _known(buyer_id: str, buyers: BuyerStore) -> Buyer | None:
    try:
        return buyers.load(buyer_id)
    except NotFound:
        return None
