"""A partner's file in the bucket becomes an order, and our files tell the partner the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.workflow.invariants import check
from tests.workflow.plays import packed
from tests.workflow.shopping import Shopping
from tests.workflow.world import CONTEXT, World, handler, world

MUGS = {"sku": "MUG-BLUE", "quantity": 12, "price": "6.50"}
STRANGE = {"sku": "NO-SUCH-CUP", "quantity": 3, "price": "7.00"}


@pytest.fixture
def oms() -> Iterator[World]:
    with world(shops=("edi",)) as made:
        made.stock_up("MUG-BLUE", 50)
        made.run()
        yield made


def dropped(oms: World, name: str, *lines: dict[str, Any]) -> tuple[str, bytes]:
    """The partner's id of the order, and the file it was in."""
    platform: Any = oms.street.shop("edi", "demo").platform
    external_id = platform.take_order({"number": name, "lines": list(lines)})
    file = platform.file(external_id)
    drop(oms, name, file)
    return external_id, file


def drop(oms: World, name: str, file: bytes) -> None:
    key = f"edi/in/demo/{name}.edi"
    oms.s3.put_object(Bucket="labels", Key=key, Body=file)
    detail = {"bucket": {"name": "labels"}, "object": {"key": key, "size": len(file), "etag": name}}
    body = json.dumps({"detail-type": "Object Created", "detail": detail})
    record = {"messageId": "m-1", "body": body}
    assert not handler("receive_files")({"Records": [record]}, CONTEXT)["batchItemFailures"]
    oms.run()


def sent(oms: World) -> list[str]:
    """Which transaction sets we have put out, in the order of their names."""
    listed = oms.s3.list_objects_v2(Bucket="labels", Prefix="edi/out/demo/").get("Contents", ())
    return sorted(each["Key"].rpartition("/")[2].partition("-")[0] for each in listed)


def test_a_purchase_order_goes_through_and_the_partner_hears_of_each_step(oms: World) -> None:
    external_id, _ = dropped(oms, "PO-1", MUGS)
    order_id = Shopping(oms, "edi").ours(external_id)
    assert oms.order(order_id)["status"] == "CONFIRMED"
    assert sent(oms) == ["855", "997"]
    oms.pass_time(timedelta(seconds=10))
    (shipment,) = oms.order(order_id)["shipments"]
    packed(oms, shipment["shipment_id"])
    oms.ship(shipment["shipment_id"], "ship")
    oms.run()
    assert sent(oms) == ["810", "855", "856", "997"]
    check(oms)


def test_an_unknown_sku_opens_a_task_that_names_the_segment_and_drops_no_line(oms: World) -> None:
    external_id, _ = dropped(oms, "PO-2", MUGS, STRANGE)
    order = oms.order(Shopping(oms, "edi").ours(external_id))
    assert [line["quantity"] for line in order["lines"]] == [12, 3]
    (hold,) = order["holds"]
    assert hold["kind"] == "SKU"
    assert "NO-SUCH-CUP" in hold["reason"]
    assert "PO1@" in hold["reason"]


def test_the_same_interchange_again_is_reported_and_makes_no_second_order(oms: World) -> None:
    _, file = dropped(oms, "PO-3", MUGS)
    drop(oms, "PO-3-again", file)
    assert Shopping(oms, "edi").orders() == 1
    codes = [task["subject"].get("code") for task in oms.call("GET /tasks")[1]["items"]]
    assert codes == ["duplicate-interchange"]


def test_our_cancellation_is_told_as_rejected_lines(oms: World) -> None:
    external_id, _ = dropped(oms, "PO-4", MUGS)
    order_id = Shopping(oms, "edi").ours(external_id)
    oms.act(order_id, "cancel", "we cannot")
    oms.run()
    assert sent(oms).count("855") == 2
