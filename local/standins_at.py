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


def start_standins(logs: Path, front: str, keep_in: Path | None = None) -> list[StandIn]:
    """Stripe, which posts webhooks to the API at `front`, and a shop that is told of parcels.

    `keep_in` is a folder for their books, so that a restart finds them as they were.
    """
    webhooks = ["--webhook-url", f"{front}/webhooks/payments/stripe"]
    webhooks += ["--webhook-secret", STRIPE_WEBHOOK_SECRET]
    return [
        _start(
            "stripe", webhooks + _kept("stripe", keep_in), logs, "StripeApiBase", "STRIPE_API_BASE"
        ),
        _start("shop", _kept("shop", keep_in), logs, "ShopApiBase", "SHOP_API_BASE"),
    ]


def _kept(name: str, folder: Path | None) -> list[str]:
    return ["--books", str(folder / f"{name}.books")] if folder else []


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
