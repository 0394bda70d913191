"""Cancelling an order, by a feed: Amazon has no other way (Feeds API 2021-06-30).

An order acknowledgement with the status `Failure` cancels. Its form is `OrderAcknowledgement.xsd`.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from xml.sax.saxutils import escape

from oms.channels.amazon.calls import Api
from oms.channels.push import CancelFacts, PushRefused
from oms.channels.shop_client import ShopClient

_TYPE = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
_CONTENT = "text/xml; charset=UTF-8"
_FEED_SECONDS_APART = 120.0
# Words of ours, and Amazon's reason that comes nearest. The last one counts as a defect.
_REASONS = (
    ("address", "ShippingAddressUndeliverable"),
    ("price", "PricingError"),
    ("customer", "BuyerCanceled"),
    ("buyer", "BuyerCanceled"),
)
_OTHER_REASON = "NoInventory"


def submit_cancellation(api: Api, seller: str, marketplace: str, ended: CancelFacts) -> None:
    """Hands the feed over; Amazon works it off within minutes and then says ORDER_CHANGE.

    To submit it twice cancels once. Raises RateLimited, Unavailable, PushRefused.
    """
    document = api.ask("POST", "/feeds/2021-06-30/documents", {"contentType": _CONTENT})
    document.at("feedDocumentId").required()
    _upload(api, document.text("url", 4096), _acknowledgement(seller, ended))
    feed = {
        "feedType": _TYPE,
        "marketplaceIds": [marketplace],
        "inputFeedDocumentId": document.text("feedDocumentId"),
    }
    api.ask("POST", "/feeds/2021-06-30/feeds", feed, seconds_apart=_FEED_SECONDS_APART)


def _upload(api: Api, url: str, content: bytes) -> None:
    """To the address that Amazon signed. It says nothing of us but that, so no token goes along."""
    there = urllib.parse.urlsplit(url)
    if api.api.base_url.startswith("http://"):  # a stand-in is all of Amazon's hosts
        host = api.api.base_url
    elif there.scheme == "https" and (there.hostname or "").endswith(".amazonaws.com"):
        host = f"https://{there.netloc}"
    else:
        raise PushRefused("Amazon names an odd place for the feed", "unsound-answer")
    path = urllib.parse.urlunsplit(("", "", there.path, there.query, ""))
    ShopClient(host, {}).call("PUT", path, content, {"Content-Type": _CONTENT})


def _acknowledgement(seller: str, ended: CancelFacts) -> bytes:
    return "".join(_written(seller, ended)).encode()


def _written(seller: str, ended: CancelFacts) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?><AmazonEnvelope><Header>'
    yield "<DocumentVersion>1.01</DocumentVersion>"
    yield f"<MerchantIdentifier>{escape(seller)}</MerchantIdentifier></Header>"
    yield "<MessageType>OrderAcknowledgement</MessageType><Message><MessageID>1</MessageID>"
    yield f"<OrderAcknowledgement><AmazonOrderID>{escape(ended.external_id)}</AmazonOrderID>"
    yield "<StatusCode>Failure</StatusCode>"
    for item in dict.fromkeys(line.external_id for line in ended.lines if line.external_id):
        yield f"<Item><AmazonOrderItemCode>{escape(item)}</AmazonOrderItemCode>"
        yield f"<CancelReason>{_reason(ended.reason)}</CancelReason></Item>"
    yield "</OrderAcknowledgement></Message></AmazonEnvelope>"


def _reason(ours: str) -> str:
    said = ours.casefold()
    return next((theirs for word, theirs in _REASONS if word in said), _OTHER_REASON)
