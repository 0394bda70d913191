"""The entry of workflow steps: ids in, an outcome out.

An outcome is data for the Choice that follows. An exception is a fault: the workflow retries
it, then undoes. So nothing is caught here; the fault is logged with its ids and goes on up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from oms.kernel.ids import OrderId
from oms.orders.step import Outcome, Run
from oms.platform.observability import count, flush, start

Handler = Callable[[Mapping[str, Any], Any], dict[str, str]]


class OrderStep(Protocol):
    def __call__(self, order_id: OrderId, run: Run) -> Outcome: ...


class ParcelStep(Protocol):
    def __call__(self, order_id: OrderId, run: Run, shipment: int, parcel: int) -> Outcome: ...


def order_step(name: str, build: Callable[[], OrderStep]) -> Handler:
    """A handler for the state `name`. Input `{order_id, run}`, output `{outcome}`."""
    return _handler(name, lambda event, run: build()(OrderId(event["order_id"]), run))


def parcel_step(name: str, build: Callable[[], ParcelStep]) -> Handler:
    """A handler for the state `name`. Input `{order_id, run, shipment, parcel}`."""
    return _handler(
        name,
        lambda event, run: build()(
            OrderId(event["order_id"]), run, event["shipment"], event["parcel"]
        ),
    )


def _handler(name: str, work: Callable[[Mapping[str, Any], Run], Outcome]) -> Handler:
    def handler(event: Mapping[str, Any], context: Any) -> dict[str, str]:
        log = start(context, order_id=event["order_id"], run=event["run"], step=name)
        began = time.perf_counter()
        try:
            outcome = work(event, Run(event["run"], name))
        except Exception:
            count(f"{name}Failed")
            log.exception("step failed")
            raise
        else:
            count(f"{name}{_camel(outcome)}")
            elapsed = round((time.perf_counter() - began) * 1000, 1)
            log.info("step done", extra={"outcome": outcome.value, "ms": elapsed})
            return {"outcome": outcome.value}
        finally:
            flush()

    return handler


def _camel(outcome: Outcome) -> str:
    return "".join(word.capitalize() for word in outcome.value.split("_"))
