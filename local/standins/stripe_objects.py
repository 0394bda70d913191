"""The stand-in's books as the JSON objects of Stripe's API, as far as an order system reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local.standins.stripe_ledger import Intent, Refund, Refusal

Json = dict[str, Any]


def payment_intent(made: Intent, expand: Sequence[str] = ()) -> Json:
    return {
        "id": made.id,
        "object": "payment_intent",
        "amount": made.amount,
        "amount_capturable": made.capturable,
        "amount_received": made.captured,
        "canceled_at": made.canceled_at,
        "cancellation_reason": made.cancellation_reason,
        "capture_method": "manual",
        "created": made.created,
        "currency": made.currency,
        "last_payment_error": _card_error(made),
        "latest_charge": _latest_charge(made, expand),
        "livemode": False,
        "metadata": dict(made.metadata),
        "payment_method": made.payment_method,
        "status": made.status,
    }


def charge(made: Intent, with_refunds: bool = False) -> Json:
    shown: Json = {
        "id": made.charge,
        "object": "charge",
        "amount": made.amount,
        "amount_captured": made.captured,
        # Released money stands here too, as it does at Stripe.
        "amount_refunded": made.refunded + made.released,
        "captured": made.captured > 0,
        "created": made.created,
        "currency": made.currency,
        "livemode": False,
        "metadata": dict(made.metadata),
        "paid": made.decline is None,
        "payment_intent": made.id,
        "payment_method_details": {"type": "card", "card": _card(made)},
        "refunded": made.refunded + made.released == made.amount,
        "status": "failed" if made.decline else "succeeded",
    }
    if with_refunds:
        shown["refunds"] = refunds(made, f"/v1/charges/{made.charge}/refunds")
    return shown


def refund(of: Intent, given: Refund) -> Json:
    return {
        "id": given.id,
        "object": "refund",
        "amount": given.amount,
        "balance_transaction": None if given.release else f"txn_{given.id}",
        "charge": of.charge,
        "created": given.created,
        "currency": of.currency,
        "metadata": dict(given.metadata),
        "payment_intent": of.id,
        "status": given.status,
    }


def refunds(of: Intent, url: str, after: str = "", limit: int = 10) -> Json:
    return page([refund(of, each) for each in reversed(of.refunds)], url, after, limit)


def page(newest_first: list[Json], url: str, after: str = "", limit: int = 10) -> Json:
    """One page of a list, the one behind the object called `after`."""
    ids = [each["id"] for each in newest_first]
    rest = newest_first[ids.index(after) + 1 if after in ids else 0 :]
    return {"object": "list", "url": url, "data": rest[:limit], "has_more": len(rest) > limit}


def search_result(found: list[Json], limit: int) -> Json:
    return {
        "object": "search_result",
        "url": "/v1/payment_intents/search",
        "data": found[:limit],
        "has_more": len(found) > limit,
        "next_page": None,
    }


def refusal(said: Refusal) -> Json:
    error: Json = {"type": said.kind, "message": str(said)}
    if said.code:
        error["code"] = said.code
    if said.intent is not None:
        error["payment_intent"] = payment_intent(said.intent)
    if said.intent is not None and said.intent.decline and said.status == 402:
        error["decline_code"] = said.intent.decline[1]
        error["charge"] = said.intent.charge
    return {"error": error}


def event(event_id: str, kind: str, subject: Json, created: int) -> Json:
    return {
        "id": event_id,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": created,
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def snapshot(made: Intent) -> Json:
    """The books themselves, for a test to hold ours against."""
    return {
        "amount": made.amount,
        "currency": made.currency,
        "status": made.status,
        "captured": made.captured,
        "refunded": made.refunded,
        "released": made.released,
        "captures": list(made.captures),
        "refunds": [each.amount for each in made.refunds if not each.release],
        "metadata": dict(made.metadata),
    }


def _latest_charge(made: Intent, expand: Sequence[str]) -> str | Json:
    if not any(each.startswith("latest_charge") for each in expand):
        return made.charge
    return charge(made, with_refunds="latest_charge.refunds" in expand)


def _card(made: Intent) -> Json:
    multicapture = "available" if made.multicapture else "unavailable"
    return {
        "brand": "visa",
        "last4": "4242",
        "capture_before": None if made.decline else made.capture_before,
        "multicapture": {"status": multicapture},
    }


def _card_error(made: Intent) -> Json | None:
    if made.decline is None:
        return None
    code, decline_code = made.decline
    return {
        "type": "card_error",
        "code": code,
        "decline_code": decline_code,
        "charge": made.charge,
        "message": "Your card was declined.",
    }
