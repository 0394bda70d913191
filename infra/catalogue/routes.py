"""The HTTP API: every route, the function that answers it, and who may call it.

This is the one list of routes. The stacks deploy it, and a test compares it with the
OpenAPI document that the service itself hands out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """`open_because` is why a route has no authorizer; empty means it has one."""

    method: str
    path: str
    function: str
    open_because: str = ""
    burst: bool = False  # callers that come in waves: the larger throttle of the stage

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"


_SIGNED = "the sender signs the raw bytes, which the function verifies"
_CHALLENGE = "a channel asks whether the address is ours, and hears nothing that is secret"
_TOKEN = "the link holds 128 secret bits"
_PUBLIC = "says nothing that is not public"

ROUTES = (
    Route("GET", "/health", "show_service", _PUBLIC),
    Route("GET", "/openapi.json", "show_service", _PUBLIC),
    Route("POST", "/webhooks/{channel}/{account}", "receive_webhook", _SIGNED, burst=True),
    Route("GET", "/webhooks/{channel}/{account}", "receive_webhook", _CHALLENGE),
    Route("POST", "/webhooks/payments/stripe", "receive_payment_event", _SIGNED, burst=True),
    Route("POST", "/webhooks/carriers/{carrier}", "receive_carrier_event", _SIGNED, burst=True),
    Route("GET", "/orders", "manage_orders"),
    Route("POST", "/orders", "manage_orders", burst=True),
    Route("GET", "/orders/counts", "manage_orders"),
    Route("GET", "/orders/{order_id}", "manage_orders"),
    Route("GET", "/orders/{order_id}/executions", "manage_orders"),
    Route("POST", "/orders/{order_id}/channel-refund", "manage_orders"),
    Route("POST", "/orders/{order_id}/{action}", "manage_orders"),
    Route("POST", "/imports", "import_orders"),
    Route("GET", "/tasks", "manage_tasks"),
    Route("POST", "/tasks/{task_id}/{action}", "manage_tasks"),
    Route("GET", "/shipments/{shipment_id}/label", "manage_shipments"),
    Route("POST", "/shipments/{shipment_id}/{action}", "manage_shipments"),
    Route("POST", "/reservations", "manage_reservations", burst=True),
    Route("GET", "/reservations/{reservation_id}", "manage_reservations"),
    Route("POST", "/reservations/{reservation_id}/extend", "manage_reservations", burst=True),
    Route("POST", "/reservations/{reservation_id}/release", "manage_reservations", burst=True),
    Route("GET", "/channels", "manage_channels"),
    Route("GET", "/channels/{channel}/{account}", "manage_channels"),
    Route("PUT", "/channels/{channel}/{account}", "manage_channels"),
    Route("POST", "/channels/{channel}/{account}/poll", "manage_channels"),
    Route("POST", "/channels/{channel}/{account}/push-stock", "manage_channels"),
    Route("POST", "/channels/{channel}/{account}/reconcile", "manage_channels"),
    Route("POST", "/channels/{channel}/{account}/try", "manage_channels"),
    Route("GET", "/policies/routing", "manage_policies"),
    Route("PUT", "/policies/routing", "manage_policies"),
    Route("GET", "/policies/selling", "manage_policies"),
    Route("PUT", "/policies/selling", "manage_policies"),
    Route("GET", "/nodes", "manage_stock"),
    Route("PUT", "/nodes/{node_id}", "manage_stock"),
    Route("PUT", "/products/{sku}", "manage_stock"),
    Route("GET", "/stock", "manage_stock"),
    Route("GET", "/stock/alerts", "manage_hot_stock"),
    Route("GET", "/stock/{sku}", "manage_stock"),
    Route("GET", "/stock/{sku}/availability", "manage_stock", burst=True),
    Route("GET", "/stock/{sku}/movements", "manage_stock"),
    Route("POST", "/stock/{sku}/spread", "manage_hot_stock"),
    Route("POST", "/stock/{sku}/gather", "manage_hot_stock"),
    Route("POST", "/stock/adjustments", "manage_stock"),
    Route("POST", "/stock/receipts", "manage_stock"),
    Route("POST", "/stock/{sku}/reconcile", "reconcile_sku"),
    Route("POST", "/stock/transfers", "manage_stock_work"),
    Route("GET", "/stock/transfers/{reference}", "manage_stock_work"),
    Route("POST", "/stock/transfers/{reference}/receive", "manage_stock_work"),
    Route("POST", "/stock/transfers/{reference}/close", "manage_stock_work"),
    Route("POST", "/stock/counts", "manage_stock_work"),
    Route("GET", "/stock/counts/{count_id}", "manage_stock_work"),
    Route("POST", "/stock/counts/{count_id}/submit", "manage_stock_work"),
    Route("POST", "/stock/counts/{count_id}/approve", "manage_stock_work"),
    Route("GET", "/stock/lots/{sku}/{lot}", "manage_stock_work"),
    Route("POST", "/stock/lots/{sku}/{lot}/{action}", "manage_stock_work"),
    Route("POST", "/stock/pools", "manage_stock_work"),
    Route("POST", "/purchase-orders", "manage_stock_work"),
    Route("GET", "/purchase-orders/{reference}", "manage_stock_work"),
    Route("POST", "/purchase-orders/{reference}/{action}", "manage_stock_work"),
    Route("GET", "/reports/{name}", "show_reports"),
    Route("GET", "/track/{token}", "show_tracking", _TOKEN, burst=True),
    Route("GET", "/webhook-subscriptions", "manage_subscriptions"),
    Route("POST", "/webhook-subscriptions", "manage_subscriptions"),
    Route("GET", "/webhook-subscriptions/{subscription_id}", "manage_subscriptions"),
    Route("GET", "/webhook-subscriptions/{subscription_id}/deliveries", "manage_subscriptions"),
    Route("POST", "/webhook-subscriptions/{subscription_id}/rotate", "manage_subscriptions"),
    Route("POST", "/webhook-subscriptions/{subscription_id}/test", "manage_subscriptions"),
    Route("POST", "/webhook-subscriptions/{subscription_id}/replay", "manage_subscriptions"),
    Route("POST", "/webhook-subscriptions/{subscription_id}/{action}", "manage_subscriptions"),
    Route("GET", "/drafts", "manage_drafts"),
    Route("POST", "/drafts", "manage_drafts"),
    Route("GET", "/drafts/{draft_id}", "manage_drafts"),
    Route("PATCH", "/drafts/{draft_id}", "manage_drafts"),
    Route("POST", "/drafts/{draft_id}/confirm", "manage_drafts"),
    Route("POST", "/drafts/{draft_id}/discard", "manage_drafts"),
    Route("GET", "/buyers", "manage_buyers"),
    Route("PUT", "/buyers/{buyer_id}", "manage_buyers"),
    Route("GET", "/buyers/{buyer_id}", "manage_buyers"),
)

AUTHORIZER = "authorize_request"
