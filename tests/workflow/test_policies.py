"""The merchant's rules over HTTP, how products are sold, and what can be promised under them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from oms import wiring
from oms.inventory import items
from oms.inventory.incoming import Incoming
from oms.inventory.model import Level, Movement, Posting, Reason
from oms.inventory.shelves import pool
from oms.kernel.ids import NodeId, Sku, new_ulid
from tests.workflow.plays import placed
from tests.workflow.world import World, api_order, world

MUG = "MUG-BLUE"
TODAY, DAY_9 = "2026-11-21", "2026-11-30"
NEW_YORK = {"country": "US", "postal_code": "10001"}
RENO = {"country": "US", "postal_code": "89501"}


@pytest.fixture
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up(MUG, 10)
        yield made


def put(oms: World, which: str, **body: Any) -> tuple[int, Any]:
    return oms.call(f"PUT /policies/{which}", body=body)


def selling(oms: World, **rules: Any) -> Any:
    version = oms.call("GET /policies/selling")[1]["version"]
    status, page = put(oms, "selling", version=version, **rules)
    assert status == 200, page
    return page


def product(oms: World, sku: str = MUG, **terms: Any) -> tuple[int, Any]:
    return oms.call("PUT /products/{sku}", {"sku": sku}, {"title": "Blue mug", **terms})


def ask(oms: World, sku: str = MUG, quantity: int = 1, channel: str = "api", **to: str) -> Any:
    query = {"channel": channel, "quantity": str(quantity), **to}
    status, page = oms.call("GET /stock/{sku}/availability", {"sku": sku}, query=query)
    assert status == 200, page
    return page


def line(quantity: int, sku: str = MUG, **changes: Any) -> dict[str, Any]:
    return {**api_order()["lines"][0], "sku": sku, "quantity": quantity, **changes}


def coming(oms: World, units: int, day: str = DAY_9, node: str = "WH-EAST", sku: str = MUG) -> None:
    """A purchase order that is on its way, as the books of incoming goods show it."""
    row = Incoming(Sku(sku), NodeId(node), f"PO-{oms.next_number()}", units, day)
    item = {**items.incoming_key(row), "node": node, "reference": row.reference}
    wiring.dynamo().put_many(oms.tables.stock, [{**item, "units": units, "expected_on": day}])


def sell_units(page: Any) -> dict[str, int]:
    return {each["sku"]: each["sellable"] for each in page["items"]}


# --- the documents ---------------------------------------------------------------------


def test_nothing_set_is_version_0_and_the_defaults(oms: World) -> None:
    empty = {"version": 0, "channels": [], "buffers": [], "pools": []}
    assert oms.call("GET /policies/selling") == (200, empty)
    rules = oms.call("GET /policies/routing")[1]
    assert (rules["version"], rules["criteria"]) == (0, ["fewest_nodes", "distance"])


def test_both_parts_of_the_rules_share_one_version(oms: World) -> None:
    assert put(oms, "routing", version=0, criteria=["distance"])[1]["version"] == 1
    assert put(oms, "selling", version=1, buffers=[{"units": 2}])[1]["version"] == 2
    assert (
        oms.call("GET /policies/routing")[1] | {"version": 2, "criteria": ["distance"]}
        == (oms.call("GET /policies/routing")[1])
    )


def test_whoever_read_an_older_version_is_refused(oms: World) -> None:
    assert put(oms, "selling", version=0, buffers=[{"units": 2}])[0] == 200
    for which, rules in (
        ("selling", {"buffers": [{"units": 3}]}),
        ("routing", {"criteria": ["stock"]}),
    ):
        status, problem = put(oms, which, version=0, **rules)
        assert (status, problem["type"]) == (409, "/problems/version-conflict")
    assert oms.call("GET /policies/selling")[1]["buffers"][0]["units"] == 2


def test_the_same_put_again_after_a_lost_answer_is_answered_alike(oms: World) -> None:
    first = put(oms, "selling", version=0, buffers=[{"units": 2}])
    assert put(oms, "selling", version=0, buffers=[{"units": 2}]) == first
    routed = put(oms, "routing", version=1, criteria=["distance"])
    assert put(oms, "routing", version=1, criteria=["distance"]) == routed
    assert routed[1]["version"] == 2


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ({"channels": [{"channel": "web", "mode": "MAYBE"}]}, "/channels/0/mode"),
        ({"channels": [{"channel": "web"}, {"channel": "web"}]}, "/channels"),
        (
            {"channels": [{"channel": "web", "hold_seconds": 900, "most_hold_seconds": 60}]},
            "/channels/0/most_hold_seconds",
        ),
        ({"channels": [{"channel": "web", "hold_seconds": 5}]}, "/channels/0/hold_seconds"),
        ({"buffers": [{"units": -1}]}, "/buffers/0/units"),
        ({"buffers": [{"units": 1, "node": "WH-MOON"}]}, "/buffers/0/node"),
        ({"buffers": [{"units": 1, "sku": "NO-SUCH"}]}, "/buffers/0/sku"),
        ({"pools": [{"name": "b2b", "channels": ["b2b"]}] * 2}, "/pools"),
        ({"pools": [{"name": "b2b", "channels": []}]}, "/pools/0/channels"),
        ({"pools": [{"name": "b#b", "channels": ["b2b"]}]}, "/pools/0/name"),
        (
            {"pools": [{"name": "b", "channels": ["b"], "release_on": "soon"}]},
            "/pools/0/release_on",
        ),
        ({"routing": {}}, "/routing"),
    ],
)
def test_a_rule_that_cannot_be_names_its_field(oms: World, rules: Any, pointer: str) -> None:
    status, problem = put(oms, "selling", version=0, **rules)
    assert (status, [each["pointer"] for each in problem["errors"]]) == (422, [pointer])
    assert oms.call("GET /policies/selling")[1]["version"] == 0


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ({"criteria": ["nearest"]}, "/criteria/0"),
        ({"criteria": []}, "/criteria"),
        ({"criteria": ["priority"]}, "/priorities"),
        ({"criteria": ["priority"], "priorities": ["WH-MOON"]}, "/priorities/0"),
        (
            {"criteria": ["shipping_cost"], "costs": {"WH-MOON": {"base": 1}}},
            "/costs/WH-MOON",
        ),
    ],
)
def test_a_rule_file_that_cannot_be_names_its_field(oms: World, rules: Any, pointer: str) -> None:
    status, problem = put(oms, "routing", version=0, **rules)
    assert (status, [each["pointer"] for each in problem["errors"]]) == (422, [pointer])


def test_changing_the_rule_file_alone_changes_which_node_is_reserved(oms: World) -> None:
    oms.stock_up(MUG, 10, "WH-WEST")
    first = oms.order(placed(oms))
    put(oms, "routing", version=0, criteria=["priority"], priorities=["WH-WEST", "WH-EAST"])
    second = oms.order(placed(oms))
    assert (first["nodes"], second["nodes"]) == (["WH-EAST"], ["WH-WEST"])


# --- buffers and pools -----------------------------------------------------------------


def test_of_two_rules_that_match_the_more_specific_wins_and_the_answer_says_so(
    oms: World,
) -> None:
    selling(oms, buffers=[{"units": 3, "sku": MUG}, {"units": 1}, {"units": 2, "channel": "web"}])
    page = ask(oms, channel="web")
    assert (page["sellable"], page["by_node"][0]["kept_back"]) == (7, 3)
    assert page["by_node"][0]["rule"] == "3 kept back for SKU MUG-BLUE"
    assert page["explanation"][0] == (
        "MUG-BLUE at WH-EAST: 3 kept back for SKU MUG-BLUE, rather than 2 kept back for "
        "channel web: it is more specific"
    )
    selling(oms, buffers=[{"units": 3}, {"units": 4}])
    assert "it stands later" in ask(oms)["explanation"][0]
    assert ask(oms)["sellable"] == 6


def test_an_order_cannot_have_what_a_buffer_keeps_from_its_channel(oms: World) -> None:
    selling(oms, buffers=[{"units": 4, "channel": "api"}])
    order = oms.order(placed(oms, lines=[line(8)]))
    assert (order["stage"], oms.stock(MUG)["available"]) == ("BACKORDERED", 4)
    assert ask(oms, channel="pos")["sellable"] == 2  # ten, less six, less the two that wait


def test_a_safety_stock_counts_towards_a_buffer_and_shows_as_its_own_bucket(oms: World) -> None:
    body = {"reason": "SAFETY", "node": "WH-EAST", "lines": [{"sku": MUG, "quantity": -3}]}
    assert oms.call("POST /stock/adjustments", body=body)[0] == 201
    selling(oms, buffers=[{"units": 4, "channel": "web"}])
    assert oms.stock(MUG)["safety"] == 3
    assert (ask(oms, channel="web")["sellable"], ask(oms)["sellable"]) == (6, 7)


def test_a_pool_is_for_its_channels_until_the_day_it_is_released(oms: World) -> None:
    selling(oms, pools=[{"name": "b2b", "channels": ["b2b"], "release_on": "2026-11-23"}])
    _move_to_pool(oms, 4)
    assert (ask(oms, channel="b2b")["sellable"], ask(oms, channel="web")["sellable"]) == (10, 6)
    assert ask(oms, channel="web")["schedule"] == [
        {"date": TODAY, "units": 6},
        {"date": "2026-11-23", "units": 10},
    ]
    oms.clock.advance(timedelta(days=2))
    assert ask(oms, channel="web")["sellable"] == 10


def _move_to_pool(oms: World, units: int) -> None:
    """Ring-fence units, as the route of pools does."""
    now, sku, node = oms.clock.now(), Sku(MUG), NodeId("WH-EAST")
    moves = tuple(
        Movement(
            new_ulid(now),
            sku,
            node,
            {"on_hand": change},
            Reason.SHELVED,
            "b2b",
            "ops",
            now,
            shelf,
        )
        for shelf, change in ((Level(sku, node).shelf, -units), (pool("b2b"), units))
    )
    wiring.stock().post(Posting("b2b", "SHELVE", "1", moves))


# --- what can be promised --------------------------------------------------------------


@pytest.mark.parametrize("to", [NEW_YORK, RENO])
@pytest.mark.parametrize("quantity", [1, 10, 11, 15])
def test_who_asks_and_then_orders_gets_the_nodes_that_were_named(
    oms: World, to: dict[str, str], quantity: int
) -> None:
    oms.stock_up(MUG, 5, "WH-WEST")
    before = oms.row_counts()
    told = ask(oms, quantity=quantity, **to)["promise"]
    assert oms.row_counts() == before
    address = {**api_order()["shipping_address"], **to, "region": "NY" if to is NEW_YORK else "NV"}
    order = oms.order(placed(oms, lines=[line(quantity)], shipping_address=address))
    legs = sorted((leg["node"], leg["quantity"]) for leg in order["reservations"])
    assert legs == [(each["node"], each["quantity"]) for each in told["nodes"]]
    assert (told["outcome"], told["date"]) == ("ALLOCATED", TODAY)


def test_stock_and_a_purchase_order_promise_a_larger_demand_for_its_day(oms: World) -> None:
    coming(oms, 10)
    page = ask(oms, quantity=15)
    assert page["schedule"] == [{"date": TODAY, "units": 10}, {"date": DAY_9, "units": 20}]
    assert (page["promise"]["outcome"], page["promise"]["date"]) == ("BACKORDERED", DAY_9)
    order = oms.order(placed(oms, lines=[line(15)]))
    assert (order["stage"], order["expected_on"]) == ("BACKORDERED", DAY_9)
    # Later small orders can have what is left of the purchase order, and nothing before it.
    page = ask(oms, quantity=1)
    assert (page["sellable"], page["waiting"]) == (0, 5)
    assert page["schedule"] == [{"date": TODAY, "units": 0}, {"date": DAY_9, "units": 5}]
    small = oms.order(placed(oms, lines=[line(1)]))
    assert (small["stage"], small["expected_on"]) == ("BACKORDERED", DAY_9)
    assert oms.order(order["order_id"])["expected_on"] == DAY_9


def test_what_is_overdue_or_has_no_day_promises_nothing(oms: World) -> None:
    coming(oms, 10, "2026-11-01")
    coming(oms, 10, "")
    page = ask(oms, quantity=15)
    assert page["schedule"] == [{"date": TODAY, "units": 10}]
    assert page["promise"]["date"] is None
    order = oms.order(placed(oms, lines=[line(15)]))
    assert order["expected_on"] is None


def test_the_lead_time_promises_what_nobody_has_ordered_yet(oms: World) -> None:
    assert product(oms, lead_days=14)[0] == 200
    assert ask(oms, quantity=15)["promise"]["date"] == "2026-12-05"
    assert oms.order(placed(oms, lines=[line(15)]))["expected_on"] == "2026-12-05"


def test_a_buffer_is_filled_before_what_comes_is_promised(oms: World) -> None:
    selling(oms, buffers=[{"units": 15, "sku": MUG}])
    coming(oms, 10)
    assert ask(oms)["schedule"] == [{"date": TODAY, "units": 0}, {"date": DAY_9, "units": 5}]


def test_a_pre_order_waits_for_its_day_and_locks_nothing_before(oms: World) -> None:
    assert product(oms, available_from="2026-12-01")[0] == 200
    page = ask(oms, quantity=2)
    assert (page["sellable"], page["promise"]["date"]) == (0, "2026-12-01")
    order_id = placed(oms, lines=[line(2)])
    order = oms.order(order_id)
    assert (order["stage"], order["expected_on"]) == ("BACKORDERED", "2026-12-01")
    assert oms.stock(MUG)["reserved"] == 0


def test_a_product_without_backorders_ends_the_order_and_the_answer_says_so(oms: World) -> None:
    assert product(oms, backorders=False)[0] == 200
    page = ask(oms, quantity=11)["promise"]
    assert (page["outcome"], page["date"]) == ("CANCELLED", None)
    assert oms.order(placed(oms, lines=[line(11)]))["status"] == "CANCELLED"
    assert oms.stock(MUG)["available"] == 10


def test_what_lies_where_nobody_sends_from_is_not_for_sale(oms: World) -> None:
    node = {"kind": "STORE", "name": "Depot", "lines": ["1"], "city": "Reno", "country": "US"}
    body = {**node, "latitude": 39.5, "longitude": -119.8, "ships": False}
    assert oms.call("PUT /nodes/{node_id}", {"node_id": "WH-DEPOT"}, body)[0] == 200
    oms.stock_up(MUG, 90, "WH-DEPOT")
    assert (ask(oms)["sellable"], oms.stock(MUG)["available"]) == (10, 100)
    assert sell_units(oms.call("GET /stock", query={"channel": "web"})[1])[MUG] == 10


def test_each_node_has_its_own_days(oms: World) -> None:
    node = {"kind": "WAREHOUSE", "name": "Newark", "lines": ["1"], "city": "Newark"}
    where = {"region": "NJ", "postal_code": "07102", "country": "US"}
    calendar = {"timezone": "America/New_York", "cut_off": "14:00", "processing_days": 1}
    body = {**node, **where, "calendar": calendar}
    assert oms.call("PUT /nodes/{node_id}", {"node_id": "WH-EAST"}, body)[0] == 200
    oms.stock_up(MUG, 5, "WH-WEST")
    east, west = ask(oms, quantity=12, **NEW_YORK)["promise"]["nodes"]
    assert (east["ships_on"], east["delivers_on"]) == ("2026-11-24", "2026-11-25")
    assert (west["node"], west["quantity"], west["ships_on"]) == ("WH-WEST", 2, None)


def test_three_lines_come_from_three_kinds_of_node_each_with_its_own_date(oms: World) -> None:
    newark = {"city": "Newark", "region": "NJ", "postal_code": "07102", "country": "US"}
    reno = {"city": "Reno", "region": "NV", "postal_code": "89501", "country": "US"}
    sites = (
        ("WH-EAST", "WAREHOUSE", newark, {"processing_days": 0}, MUG),
        ("ST-NEWARK", "STORE", newark, {"processing_days": 3}, "TEE-RED"),
        ("3PL-RENO", "THIRD_PARTY", reno, {"processing_days": 0}, "CAP-NAVY"),
    )
    for node, kind, where, days, sku in sites:
        calendar = {"timezone": "America/New_York", "cut_off": "14:00", **days}
        body = {"kind": kind, "name": node, "lines": ["1"], **where, "calendar": calendar}
        assert oms.call("PUT /nodes/{node_id}", {"node_id": node}, body)[0] == 200
        oms.stock_up(sku, 5, node)
    order = oms.order(placed(oms, lines=[line(1, sku) for *_, sku in sites]))
    assert {leg["node"]: leg["delivers_on"] for leg in order["reservations"]} == {
        "WH-EAST": "2026-11-24",
        "ST-NEWARK": "2026-11-27",
        "3PL-RENO": "2026-11-30",
    }
    assert order["promised_on"] == "2026-11-30"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"quantity": "0"}, "/quantity"),
        ({"quantity": "-1"}, "/quantity"),
        ({"quantity": "99999999"}, "/quantity"),
        ({"quantity": "many"}, "/quantity"),
        ({"country": "usa"}, "/country"),
        ({"postal_code": "9" * 21}, "/postal_code"),
    ],
)
def test_a_question_that_cannot_be_names_its_part(
    oms: World, query: dict[str, str], pointer: str
) -> None:
    status, problem = oms.call("GET /stock/{sku}/availability", {"sku": MUG}, query=query)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)


def test_nothing_is_promised_of_what_is_not_in_the_catalogue(oms: World) -> None:
    assert oms.call("GET /stock/{sku}/availability", {"sku": "NO-SUCH"})[0] == 404


# --- products --------------------------------------------------------------------------

KIT = "SET-GIFT"
PARTS = [{"sku": MUG, "quantity": 2}, {"sku": "TEE-RED", "quantity": 1}]


def test_a_kit_is_limited_by_its_parts_everywhere(oms: World) -> None:
    oms.stock_up("TEE-RED", 3)
    assert product(oms, KIT, components=PARTS)[0] == 200
    page = ask(oms, KIT, 3)
    assert (page["sellable"], page["promise"]["outcome"]) == (3, "ALLOCATED")
    assert page["components"] == [
        {"sku": MUG, "sellable": 10},
        {"sku": "TEE-RED", "sellable": 3},
    ]
    assert page["by_node"][0]["units"] == 3
    coming(oms, 10, sku="TEE-RED")
    assert ask(oms, KIT, 5)["promise"]["date"] == DAY_9
    assert ask(oms, KIT)["schedule"][-1] == {"date": DAY_9, "units": 5}
    units = sell_units(oms.call("GET /stock", query={"channel": "web"})[1])
    assert units == {MUG: 10, KIT: 3, "TEE-RED": 3}
    order = oms.order(placed(oms, lines=[line(3, KIT)]))
    assert (order["stage"], ask(oms, KIT)["sellable"]) == ("CONFIRMED", 0)


def test_a_product_keeps_the_terms_that_a_later_put_does_not_name(oms: World) -> None:
    oms.stock_up("TEE-RED", 1)
    assert product(oms, KIT, components=PARTS, lead_days=3)[0] == 200
    for _ in range(2):
        status, page = product(oms, KIT, reorder_point=4)
        assert (status, page["selling"]["components"]) == (200, PARTS)
    assert (page["selling"]["lead_days"], page["selling"]["reorder_point"]) == (3, 4)
    status, page = product(oms, KIT, components=[], lead_days=None)
    assert (page["selling"]["components"], page["selling"]["lead_days"]) == ([], None)
    assert product(oms, MUG, lead_days=1)[0] == 200


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ([{"sku": "NO-SUCH", "quantity": 1}], "/components/0/sku"),
        ([{"sku": KIT, "quantity": 1}], "/components/0/sku"),
        ([{"sku": MUG, "quantity": 0}], "/components/0/quantity"),
        ([{"sku": MUG, "quantity": 1}, {"sku": MUG, "quantity": 2}], "/components/1/sku"),
        ([{"sku": MUG, "quantity": 1}] * 21, "/components"),
        ([{"sku": "KIT-KNOWN", "quantity": 1}], "/components/0/sku"),
    ],
)
def test_a_kit_that_cannot_be_names_its_part(oms: World, parts: Any, pointer: str) -> None:
    assert product(oms, "KIT-KNOWN", components=[{"sku": MUG, "quantity": 1}])[0] == 200
    status, problem = product(oms, KIT, components=parts)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)
    assert oms.call("GET /stock/{sku}", {"sku": KIT})[0] == 404


def test_what_is_part_of_a_kit_or_lies_on_a_shelf_becomes_no_kit_itself(oms: World) -> None:
    assert product(oms, "CUP-RED")[0] == 200
    assert product(oms, KIT, components=[{"sku": "CUP-RED", "quantity": 1}])[0] == 200
    tee = [{"sku": "TEE-RED", "quantity": 1}]
    for sku, code in (("CUP-RED", "kit-of-kits"), (MUG, "has-stock")):
        status, problem = product(oms, sku, components=tee)
        assert (status, problem["errors"][0]["code"]) == (422, code)
    assert product(oms, KIT, components=[])[0] == 200
    assert product(oms, "CUP-RED", components=tee)[0] == 200


# --- orders ----------------------------------------------------------------------------


def test_an_order_that_ships_complete_takes_nothing_before_it_can_have_all(oms: World) -> None:
    order = oms.order(placed(oms, lines=[line(11)], ship_complete=True, priority=9))
    assert (order["stage"], order["ship_complete"], order["priority"]) == ("BACKORDERED", True, 9)
    assert (order["reservations"], oms.stock(MUG)["available"]) == ([], 10)


def test_a_line_locks_no_stock_before_its_day(oms: World) -> None:
    later = line(2, reserve_after="2027-01-20")
    order = oms.order(placed(oms, lines=[later]))
    assert (order["stage"], order["lines"][0]["reserve_after"]) == ("BACKORDERED", "2027-01-20")
    assert (oms.stock(MUG)["reserved"], ask(oms)["sellable"]) == (0, 10)


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"priority": 10}, "/priority", "wrong-type"),
        ({"priority": True}, "/priority", "wrong-type"),
        ({"ship_complete": "yes"}, "/ship_complete", "wrong-type"),
        ({"fresh_days": -1}, "/fresh_days", "wrong-type"),
        ({"lines": [line(1, reserve_after="20270120")]}, "/lines/0/reserve_after", "invalid-day"),
        ({"lines": [line(1, reserve_after="2027-02-30")]}, "/lines/0/reserve_after", "invalid-day"),
    ],
)
def test_a_wish_that_cannot_be_names_its_field(
    oms: World, changes: Any, pointer: str, code: str
) -> None:
    status, problem = oms.call("POST /orders", body=api_order(**changes))
    found = [(each["pointer"], each["code"]) for each in problem["errors"]]
    assert (status, found) == (422, [(pointer, code)])
