"""Amazon's stores by their id: which API they belong to and the currency they sell in.

Source: developer-docs.amazon.com/sp-api/docs/marketplace-ids, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping

_BY_CURRENCY: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("na", "USD"): ("ATVPDKIKX0DER",),
    ("na", "CAD"): ("A2EUQ1WTGCTBG2",),
    ("na", "MXN"): ("A1AM78C64UM0Y8",),
    ("na", "BRL"): ("A2Q3Y263D00KWC",),
    ("eu", "EUR"): (
        "A28R8C7NBKEWEA",  # Ireland
        "A1RKKUPIHCS9HS",  # Spain
        "A13V1IB3VIYZZH",  # France
        "AMEN7PMS3EDWL",  # Belgium
        "A1805IZSGTT6HS",  # Netherlands
        "A1PA6795UKMFR9",  # Germany
        "APJ6JRA9NG5V4",  # Italy
    ),
    ("eu", "GBP"): ("A1F83G8C2ARO7P",),
    ("eu", "SEK"): ("A2NODRKZP88ZB9",),
    ("eu", "PLN"): ("A1C3SOZRARQ6R3",),
    ("eu", "TRY"): ("A33AVAJ2PDY3EV",),
    ("eu", "ZAR"): ("AE08WJ6YKNBMC",),
    ("eu", "EGP"): ("ARBP9OOSHTCHU",),
    ("eu", "SAR"): ("A17E79C6D8DWNP",),
    ("eu", "AED"): ("A2VIGQ35RCS4UG",),
    ("eu", "INR"): ("A21TJRUUN4KGV",),
    ("fe", "JPY"): ("A1VC38T7YXB528",),
    ("fe", "SGD"): ("A19VAU5U5O7RUS",),
    ("fe", "AUD"): ("A39IBJ37TRP1C6",),
}
_STORES = {store: place for place, stores in _BY_CURRENCY.items() for store in stores}


def currency_of(marketplace_id: str) -> str:
    """Empty for a store that we do not know."""
    return _STORES.get(marketplace_id, ("", ""))[1]


def region_of(marketplace_id: str) -> str:
    """`na`, `eu` or `fe`; North America for a store that we do not know."""
    return _STORES.get(marketplace_id, ("na", ""))[0]
