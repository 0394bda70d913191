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
_TOKEN = "the link holds 128 secret bits"
_PUBLIC = "says nothing that is not public"

ROUTES = (
    Route("GET", "/health", "show_service", _PUBLIC),
    Route("GET", "/openapi.json", "show_service", _PUBLIC),
    Route("POST", "/webhooks/{channel}/{account}", "receive_webhook", _SIGNED, burst=True),
    Route("POST", "/webhooks/payments/stripe", "receive_payment_event", _SIGNED, burst=True),
    Route("POST", "/webhooks/carriers/{carrier}", "receive_carrier_event", _SIGNED, burst=True),
    Route("GET", "/orders", "manage_orders"),
    Route("POST", "/orders", "manage_orders", burst=True),
    Route("GET", "/orders/counts", "manage_orders"),
    Route("GET", "/orders/{order_id}", "manage_orders"),
    Route("GET", "/orders/{order_id}/executions", "manage_orders"),
    Route("POST", "/orders/{order_id}/{action}", "manage_orders"),
    Route("GET", "/tasks", "manage_tasks"),
    Route("POST", "/tasks/{task_id}/{action}", "manage_tasks"),
    Route("GET", "/shipments/{shipment_id}/label", "manage_shipments"),
    Route("POST", "/shipments/{shipment_id}/{action}", "manage_shipments"),
    Route("POST", "/reservations", "manage_reservations", burst=True),
    Route("GET", "/reservations/{reservation_id}", "manage_reservations"),
    Route("POST", "/reservations/{reservation_id}/extend", "manage_reservations", burst=True),
    Route("POST", "/reservations/{reservation_id}/release", "manage_reservations", burst=True),
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
)

AUTHORIZER = "authorize_request"
