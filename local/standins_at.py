"""Starts the stand-ins for the outside world, each on a port of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from local.child import Child
from local.ports import free_port
from local.settings import HOST, OMS_SOURCE, ROOT, STRIPE_WEBHOOK_SECRET, quiet_environment


@dataclass(frozen=True, slots=True)
class StandIn:
    """`parameter` is the template's name for its address, `variable` the functions' name."""

    name: str
    child: Child
    url: str
    parameter: str
    variable: str


def start_standins(logs: Path, front: str) -> list[StandIn]:
    """Stripe, which posts webhooks to the API at `front`, and a shop that is told of parcels."""
    webhooks = ["--webhook-url", f"{front}/webhooks/payments/stripe"]
    webhooks += ["--webhook-secret", STRIPE_WEBHOOK_SECRET]
    return [
        _start("stripe", webhooks, logs, "StripeApiBase", "STRIPE_API_BASE"),
        _start("shop", [], logs, "ShopApiBase", "SHOP_API_BASE"),
    ]


def _start(name: str, options: list[str], logs: Path, parameter: str, variable: str) -> StandIn:
    port = free_port()
    child = Child(
        name,
        f"local.standins.{name}_http",
        ["--port", str(port), *options],
        log=logs / f"{name}.log",
        environment=quiet_environment(PYTHONPATH=f"{ROOT}:{OMS_SOURCE}"),
    )
    return StandIn(name, child, f"http://{HOST}:{port}", parameter, variable)
