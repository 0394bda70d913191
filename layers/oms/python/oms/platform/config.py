"""What a function is told by its environment. The only place that reads it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from oms.orders.agenda import Timers


@dataclass(frozen=True, slots=True)
class Config:
    """Names of this stage's resources and its settings. A name that this function was not
    given is empty: it has no business with it."""

    stage: str
    service: str
    orders_table: str
    inbound_table: str
    stock_table: str
    index_table: str
    channels_table: str
    label_bucket: str
    raw_bucket: str
    event_bus: str
    webhook_rule: str
    intake_machine: str
    shipment_machine: str
    secrets_prefix: str
    stripe_api_base: str
    shop_api_base: str
    user_pool: str
    user_pool_client: str
    public_base_url: str
    timers: Timers
    sender: str
    label_formats: tuple[str, ...]
    repair_stock: bool = False  # by the nightly check; otherwise it only reports
    local_webhooks: bool = False  # subscribers may be on this machine, by plain http


@cache
def config() -> Config:
    env, settings = os.environ.get, json.loads(os.environ.get("SETTINGS") or "{}")
    return Config(
        stage=env("OMS_STAGE", "local"),
        service=env("POWERTOOLS_SERVICE_NAME", "oms"),
        orders_table=env("ORDERS_TABLE", ""),
        inbound_table=env("INBOUND_TABLE", ""),
        stock_table=env("STOCK_TABLE", ""),
        index_table=env("INDEX_TABLE", ""),
        channels_table=env("CHANNELS_TABLE", ""),
        label_bucket=env("LABEL_BUCKET", ""),
        raw_bucket=env("RAW_BUCKET", ""),
        event_bus=env("EVENT_BUS", ""),
        webhook_rule=env("WEBHOOK_RULE", ""),
        intake_machine=env("INTAKE_MACHINE_ARN", ""),
        shipment_machine=env("SHIPMENT_MACHINE_ARN", ""),
        secrets_prefix=env("SECRETS_PREFIX", ""),
        stripe_api_base=env("STRIPE_API_BASE", ""),
        shop_api_base=env("SHOP_API_BASE", ""),
        user_pool=env("USER_POOL_ID", ""),
        user_pool_client=env("USER_POOL_CLIENT_ID", ""),
        public_base_url=env("PUBLIC_BASE_URL", ""),
        timers=_timers(settings),
        sender=settings.get("sender", ""),
        label_formats=tuple(settings.get("label_formats", ("PDF",))),
        repair_stock=bool(settings.get("repair_stock", False)),
        local_webhooks=bool(settings.get("local_webhooks", False)),
    )


def _timers(settings: dict[str, Any]) -> Timers:
    given = {
        "stuck": "stuck_seconds",
        "backorder_retry": "backorder_retry_seconds",
        "grace": "grace_seconds",
        "review": "review_seconds",
        "reminder": "reminder_seconds",
        "node": "node_seconds",
        "transit": "transit_seconds",
        "close_after": "close_after_seconds",
    }
    return Timers(
        **{name: timedelta(seconds=settings[key]) for name, key in given.items() if key in settings}
    )
