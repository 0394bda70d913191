"""Every payload that the platforms publish becomes an order, or the right exception, or is about
nothing that we capture. The table is printed: `pytest -s`, or `python -m
tests.contracts.recorded_table`."""

from __future__ import annotations

import pytest

from tests.contracts import recorded_table
from tests.recorded import MISSING, are_missing

pytestmark = pytest.mark.skipif(are_missing(), reason=MISSING)

# What is no order in its own right, and why.
EXCEPTIONS = {
    # An old order comes without its items, which are another answer.
    "amazon/v0_getOrder_example_pending.json": "exception invalid-lines at /items",
    "amazon/v0_getOrder_sandbox_1.json": "exception invalid-lines at /items",
    "amazon/v0_getOrders_example.json": "exception invalid-lines at /items",
    "amazon/v0_getOrders_sandbox_1.json": "exception invalid-lines at /items",
    "amazon/v0_getOrders_sandbox_3.json": "exception invalid-lines at /items",
    # Its lines stand without a currency: the order has one.
    "woocommerce/order_refund.json": "exception missing-field at /currency",
    # Open tickets and drafts that nobody has paid.
    "square/BatchRetrieveOrdersResponse.json": "exception not-an-order-yet at /order/state",
    "square/CreateOrderResponse.json": "exception not-an-order-yet at /order/state",
    "square/RetrieveOrderResponse.json": "exception not-an-order-yet at /order/state",
    "square/UpdateOrderResponse.json": "exception not-an-order-yet at /order/state",
    "square/CalculateOrderResponse.json": "exception missing-field at /order/id",
    "square/CloneOrderResponse.json": "exception not-an-order-yet at /order/state",
    "x12/edinet.x12.850.edi": "1 x 850; faults: interchange-control-number at segment 15, IEA",
    "x12/edinet.x12.850a.edi": "1 x 850; faults: interchange-control-number at segment 54, IEA",
    "x12/dandh_855_4010_ack.edi": "1 x 855; faults: set-count at set 3152, segment 6, SE",
}


def test_every_recorded_payload_becomes_what_it_is() -> None:
    became = dict(recorded_table.rows())
    print(recorded_table.table())
    refused = {
        name: what
        for name, what in became.items()
        if what.startswith("exception") or "faults" in what
    }
    assert EXCEPTIONS.items() <= refused.items()
    assert refused.keys() - EXCEPTIONS.keys() == set()
    orders = [name for name, what in became.items() if what.startswith("order")]
    assert len(orders) >= 14
    named = [n for n in became if "/order_" in n and "order_refund" not in n]
    assert set(named) <= set(orders), "whatever is named an order becomes one"
