"""The events that somebody can subscribe to: all that this system puts on the bus."""

from __future__ import annotations

from oms.inventory.news import PUBLISHED as OF_STOCK
from oms.inventory.reconcile_walk import PUBLISHED as OF_BOOKS
from oms.notifications.end_subscription import PUBLISHED as OF_WEBHOOKS
from oms.orders.events import PUBLISHED as OF_ORDERS

EVENTS = frozenset((*OF_ORDERS, *OF_STOCK, *OF_BOOKS, *OF_WEBHOOKS))
