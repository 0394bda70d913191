"""The reports and the check of the books, as operations ask for them over HTTP."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from oms import wiring
from oms.inventory import items
from oms.inventory.report_view import as_csv, cell, percent
from oms.kernel.ids import NodeId, Sku
from oms.platform.unit import Action, Write
from tests.contracts.openapi_reading import strict_validator
from tests.workflow.world import World, api_order, world

CARD = {"method": "card", "payment_method": "pm_card_visa"}


@pytest.fixture
def oms() -> Iterator[World]:
    with world() as made:
        yield made


def report(oms: World, name: str, **query: str) -> Any:
    status, answer = oms.call("GET /reports/{name}", {"name": name}, query=query)
    assert status == 200, answer
    strict_validator({"$ref": "#/components/schemas/ReportPage"}).validate(answer)
    return answer


def spreadsheet(oms: World, name: str, **query: str) -> str:
    status, text = oms.call(
        "GET /reports/{name}", {"name": name}, query=query, headers={"accept": "text/csv"}
    )
    assert status == 200, text
    return str(text)


def ordered(oms: World, number: str = "PO-1") -> str:
    status, made = oms.call("POST /orders", body=api_order(payment=CARD, external_id=number))
    assert status == 201, made
    oms.run()
    order_id: str = made["order_id"]
    return order_id


def reconcile(oms: World, sku: str, **body: bool) -> Any:
    status, answer = oms.call("POST /stock/{sku}/reconcile", {"sku": sku}, body)
    assert status == 200, answer
    strict_validator({"$ref": "#/components/schemas/ReconcileReport"}).validate(answer)
    return answer


def bus_json(name: str) -> Any:
    return json.loads((Path(__file__).parents[2] / "events/bus" / name).read_text())


def corrupt(oms: World, **figures: int) -> None:
    oms.tables.dynamo.commit(
        [
            Write(
                Action.UPDATE,
                oms.tables.stock,
                items.level_key(Sku("MUG-BLUE"), NodeId("WH-EAST")),
                update="SET " + ", ".join(f"{name} = :{name}" for name in figures),
                values={f":{name}": figure for name, figure in figures.items()},
            )
        ]
    )


# --- the check of one SKU ------------------------------------------------------------------


def test_a_corrupt_counter_is_reported_then_repaired_then_gone(oms: World) -> None:
    """B20: the job reports it, fixes it once, the second run finds none."""
    oms.stock_up("MUG-BLUE", 10)
    corrupt(oms, on_hand=13)
    (found,) = reconcile(oms, "MUG-BLUE")["findings"]
    assert (found["kind"], found["repaired"]) == ("COUNTER", False)
    assert (found["holds"], found["should"]) == ({"on_hand": 13}, {"on_hand": 10})
    (fixed,) = reconcile(oms, "MUG-BLUE", repair=True)["findings"]
    assert fixed["repaired"] and fixed["id"] == found["id"]
    assert reconcile(oms, "MUG-BLUE", repair=True)["findings"] == []
    assert oms.stock("MUG-BLUE")["on_hand"] == 10


def test_a_discrepancy_goes_on_the_bus_under_the_name_of_its_evidence(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 10)
    corrupt(oms, on_hand=13)
    (found,) = reconcile(oms, "MUG-BLUE")["findings"]
    reconcile(oms, "MUG-BLUE")
    told = [e for e in oms.bus.published if e["DetailType"] == "StockDiscrepancyFound"]
    details = [json.loads(each["Detail"]) for each in told]
    assert {each["Source"] for each in told} == {"oms.inventory"}
    assert [each["id"] for each in details] == [found["id"], found["id"]]
    assert details[0]["sku"] == "MUG-BLUE"
    for each in (details[0], bus_json("StockDiscrepancyFound.sample.json")):
        schema = bus_json("StockDiscrepancyFound.schema.json")
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(each)


def test_a_sku_that_nobody_has_is_not_found(oms: World) -> None:
    assert oms.call("POST /stock/{sku}/reconcile", {"sku": "NO-SUCH"}, {})[0] == 404


def test_only_operations_may_check_and_see_reports(oms: World) -> None:
    shop = {"name": "shop", "scopes": "orders:write stock:read"}
    path = {"sku": "MUG-BLUE"}
    assert oms.call("POST /stock/{sku}/reconcile", path, {}, caller=shop)[0] == 403
    assert oms.call("GET /reports/{name}", {"name": "on-time"}, caller=shop)[0] == 403


# --- stock-valuation -----------------------------------------------------------------------


def test_the_valuation_ties_to_the_receipts_and_shipments(oms: World) -> None:
    """INV-13."""
    oms.stock_up("MUG-BLUE", 10)
    oms.deliver_all(ordered(oms))
    rows = {row["sku"]: row for row in report(oms, "stock-valuation")["items"]}
    mug = rows["MUG-BLUE"]
    assert (mug["received_units"], mug["issued_units"], mug["units"]) == (10, 2, 8)
    assert mug["on_hand"] == 8 and mug["ties"]
    assert mug["uncosted_units"] == 10, "nobody said what they cost, and the report says so"


def test_the_valuation_knows_what_was_paid(oms: World) -> None:
    costly(oms, "MUG-BLUE", 10, 250)
    costly(oms, "MUG-BLUE", 10, 350)
    oms.deliver_all(ordered(oms))
    (mug,) = (r for r in report(oms, "stock-valuation")["items"] if r["sku"] == "MUG-BLUE")
    assert (mug["average_minor"], mug["issued_minor"], mug["value_minor"]) == (300, 600, 5400)


def test_sums_run_on_from_page_to_page(oms: World) -> None:
    costly(oms, "MUG-BLUE", 3, 100)
    costly(oms, "TEE-RED", 2, 1000)
    first = report(oms, "stock-valuation", limit="1")
    last = report(oms, "stock-valuation", limit="1", cursor=first["next_cursor"])
    assert (first["page"]["value_minor"], first["so_far"]["value_minor"]) == (300, 300)
    assert (last["page"]["value_minor"], last["so_far"]["value_minor"]) == (2000, 2300)
    whole = report(oms, "stock-valuation")
    assert whole["so_far"] == last["so_far"]


def test_the_valuation_is_the_same_with_and_without_a_checkpoint(oms: World) -> None:
    costly(oms, "MUG-BLUE", 7, 333)
    ordered(oms)
    before = report(oms, "stock-valuation")["items"]
    oms.clock.advance(timedelta(hours=2))
    reconcile(oms, "MUG-BLUE")
    assert report(oms, "stock-valuation")["items"] == before


def costly(oms: World, sku: str, units: int, cost: int) -> None:
    """A receipt with what one unit cost."""
    from oms.inventory.model import Movement, Posting, Reason
    from oms.kernel.ids import new_ulid

    oms.clock.advance(timedelta(milliseconds=1))
    now = oms.clock.now()
    reference = f"PO-{oms.next_number()}"
    changes = {"on_hand": units}
    receipt = Movement(
        new_ulid(now),
        Sku(sku),
        NodeId("WH-EAST"),
        changes,
        Reason.RECEIPT,
        reference,
        "ops",
        now,
        unit_cost_minor=cost,
    )
    wiring.stock().post(Posting(reference, "RECEIPT", "digest", (receipt,)))


# --- stock-accuracy ------------------------------------------------------------------------


def test_the_accuracy_of_the_books_is_what_was_counted_against_them(oms: World) -> None:
    """INV-10."""
    counted(oms, "WH-EAST", "MUG-BLUE", 9, 10)
    counted(oms, "WH-EAST", "TEE-RED", 4, 4)
    counted(oms, "WH-WEST", "MUG-BLUE", 7, 7)
    answer = report(oms, "stock-accuracy")
    told = [(row["node"], row["sku"], row["difference"]) for row in answer["items"]]
    assert told == [
        ("WH-EAST", "MUG-BLUE", -1),
        ("WH-EAST", "TEE-RED", 0),
        ("WH-WEST", "MUG-BLUE", 0),
    ]
    assert answer["so_far"] == {"counted": 3, "exact": 2, "exact_percent": "66.6"}


def test_a_page_of_the_accuracy_goes_over_the_end_of_a_node(oms: World) -> None:
    for node in ("WH-EAST", "WH-WEST"):
        for sku in ("MUG-BLUE", "TEE-RED"):
            counted(oms, node, sku, 1, 1)
    seen, cursor = list[tuple[str, str]](), ""
    for _ in range(10):
        answer = report(oms, "stock-accuracy", limit="1", **({"cursor": cursor} if cursor else {}))
        seen += [(row["node"], row["sku"]) for row in answer["items"]]
        cursor = answer["next_cursor"]
        if not cursor:
            break
    assert seen == [(n, s) for n in ("WH-EAST", "WH-WEST") for s in ("MUG-BLUE", "TEE-RED")]
    assert answer["so_far"]["counted"] == 4
    (east,) = {r["node"] for r in report(oms, "stock-accuracy", node="WH-EAST")["items"]}
    assert east == "WH-EAST"


def counted(oms: World, node: str, sku: str, units: int, expected: int) -> None:
    """What a cycle count leaves behind."""
    from oms.inventory.count import Count, CountLine
    from oms.inventory.count_store import DynamoCounts

    store, now = DynamoCounts(oms.tables.dynamo, oms.tables.stock), oms.clock.now()
    line = CountLine(
        Sku(sku), expected, counted=units, expected=expected, variance=units - expected
    )
    count = Count(f"C-{oms.next_number()}", NodeId(node), "ops", now, (line,))
    store.commit([store.told(count, line, now)])


# --- on-time -------------------------------------------------------------------------------


def promise(order_id: str, day: str) -> None:
    """What allocation writes where nodes have calendars."""
    from dataclasses import replace

    from oms.kernel.ids import OrderId

    order = wiring.orders().load(OrderId(order_id))
    told = replace(order, promised_on=day).noted(
        "PromiseChanged", "system", wiring.clock().now(), promised_on=day
    )
    wiring.orders().save(order, told)


def test_promises_are_judged_by_the_first_day_that_was_promised(oms: World) -> None:
    """INV-11: later changes keep history, and the report is computed from it."""
    oms.stock_up("MUG-BLUE", 20)
    kept, moved, open_one, gone = (ordered(oms, f"PO-{n}") for n in range(4))
    promise(kept, "2026-11-25")
    promise(moved, "2026-11-20")
    promise(moved, "2026-12-24")
    promise(open_one, "2026-12-01")
    promise(gone, "2026-12-01")
    oms.act(gone, "cancel", "no more")
    for each in (kept, moved):
        oms.deliver_all(each)
    answer = report(oms, "on-time")
    verdicts = {row["order_id"]: row["verdict"] for row in answer["items"]}
    assert verdicts == {kept: "ON_TIME", moved: "LATE", open_one: "DUE", gone: "ENDED"}
    assert answer["so_far"] == {
        "on_time": 1,
        "late": 1,
        "due": 1,
        "unpromised": 0,
        "ended": 1,
        "on_time_percent": "50.0",
    }
    oms.clock.advance(timedelta(days=12))
    later = report(oms, "on-time")["items"]
    assert {r["order_id"]: r["verdict"] for r in later}[open_one] == "LATE"


def test_orders_that_nobody_could_promise_judge_nothing(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 20)
    ordered(oms)
    answer = report(oms, "on-time")
    assert answer["so_far"]["on_time_percent"] is None
    assert answer["so_far"]["unpromised"] == 1


def test_pages_over_days_lose_and_repeat_nothing(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 50)
    made = []
    for day in range(3):
        made += [ordered(oms, f"PO-{day}-{n}") for n in range(2)]
        oms.clock.advance(timedelta(days=1))
    seen, cursor, pages = list[str](), "", 0
    while cursor is not None:
        query = {"limit": "4", **({"cursor": cursor} if cursor else {})}
        answer = report(oms, "on-time", **query)
        seen += [row["order_id"] for row in answer["items"]]
        cursor, pages = answer["next_cursor"], pages + 1
    assert sorted(seen) == sorted(made) and pages == 2
    assert sum(n for name, n in answer["so_far"].items() if name != "on_time_percent") == 6
    one_day = report(oms, "on-time", **{"from": "2026-11-22", "to": "2026-11-22"})
    assert {row["captured_on"] for row in one_day["items"]} == {"2026-11-22"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"from": "2026-13-01"}, "malformed-day"),
        ({"from": "2020-01-01"}, "span-too-long"),
        ({"from": "2026-11-22", "to": "2026-11-21"}, "span-too-long"),
        ({"cursor": "x"}, "malformed-cursor"),
    ],
)
def test_questions_that_make_no_sense_are_refused(
    oms: World, query: dict[str, str], code: str
) -> None:
    status, answer = oms.call("GET /reports/{name}", {"name": "on-time"}, query=query)
    assert (status, answer["type"]) == (422, f"/problems/{code}")


def test_a_cursor_belongs_to_its_report_and_its_question(oms: World) -> None:
    first = report(oms, "stock-valuation", limit="1")
    query = {"cursor": first["next_cursor"]}
    status, _ = oms.call("GET /reports/{name}", {"name": "on-time"}, query=query)
    assert status == 422


def test_a_report_that_there_is_not_is_not_found(oms: World) -> None:
    assert oms.call("GET /reports/{name}", {"name": "profit"})[0] == 404


# --- CSV -----------------------------------------------------------------------------------


def test_a_report_is_a_spreadsheet_for_whoever_asks_for_one(oms: World) -> None:
    costly(oms, "MUG-BLUE", 3, 100)
    rows = list(csv.DictReader(io.StringIO(spreadsheet(oms, "stock-valuation"))))
    assert [row["sku"] for row in rows] == ["MUG-BLUE", "TEE-RED"]
    assert (rows[0]["value_minor"], rows[0]["ties"]) == ("300", "true")


def test_a_title_that_is_a_formula_is_text_in_the_spreadsheet(oms: World) -> None:
    oms.call("PUT /products/{sku}", {"sku": "MUG-BLUE"}, {"title": '=HYPERLINK("http://x","y")'})
    rows = list(csv.DictReader(io.StringIO(spreadsheet(oms, "stock-valuation"))))
    assert rows[0]["title"].startswith("'=HYPERLINK")


@pytest.mark.parametrize(
    "hostile",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u00a0=1", "＝1", " \u00a0\t@x"],
)
def test_no_cell_begins_with_what_a_spreadsheet_runs(hostile: str) -> None:
    assert cell(hostile).startswith("'")


def test_no_line_of_a_cell_does(oms: World) -> None:
    assert cell("fine\n=1+1\r\n-2") == "fine\n'=1+1\r\n'-2"


def test_numbers_and_plain_text_are_left_alone() -> None:
    assert (cell(-3), cell("MUG-BLUE"), cell(""), cell(None)) == (-3, "MUG-BLUE", "", "")
    assert as_csv(("a", "b"), [{"a": 'say "hi", x', "b": True}]) == (
        'a,b\r\n"say ""hi"", x",true\r\n'
    )


def test_a_part_of_nothing_has_no_percentage() -> None:
    assert (percent(0, 0), percent(1, 3), percent(3, 3)) == (None, "33.3", "100.0")
