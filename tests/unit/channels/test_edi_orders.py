"""What purchase orders become here: those that partners publish, and our own."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from oms.channels.edi.inbound import identify, map_order, verify
from oms.channels.model import ChannelAccount, Kind, MappedOrder, Unmappable
from oms.orders.content import ChannelState, PaymentTerms, Verdict
from tests.contracts.channels.case import NOW
from tests.contracts.channels.edi import ACCOUNT, file_of, orders, purchase_order, sample
from tests.recorded import PAYLOADS

OPEN, TEST = ChannelState.OPEN, ChannelState.TEST
PARTNER = ChannelAccount("edi", "demo", (), "")


def mapped(raw: bytes, account: ChannelAccount = PARTNER) -> list[MappedOrder]:
    return [map_order(order, account) for order in orders(raw)]


def only(segments: list[str], **settings: Any) -> MappedOrder:
    (order,) = mapped(file_of(segments), replace(PARTNER, settings=settings))
    return order


# --- recorded ------------------------------------------------------------------------

# file: (id, total, state, looked at by a person, city, [(sku, units, unit price, segment)])
TABLE = {
    "aafes_850_5010_retail_txnonly": [
        ("1012201:0012345678", "84.00 USD", OPEN, None, "HOLLOMAN AFB",
         [("XXXXXXXXXXXX", 24, 350, "PO1@24")]),
    ],
    "edinet.x12.850": [
        ("000123456:1000012", "19.95 USD", TEST, None, "Hauppauge",
         [("0054321", 1, 1995, "PO1@9")]),
    ],
    # By the yard: nobody has said that a yard is one of ours, so a person names the article.
    "edinet.x12.850a": [
        ("1500:4600000406", "16555.00 USD", TEST, None, "Laredo",
         [("", 2500, 253, "PO1@23"), ("", 2000, 341, "PO1@31"), ("", 1000, 341, "PO1@40")]),
    ],
    # Three of four lines have no price: a person looks, unless prices are agreed.
    "napa_850_5010_a": [
        ("ATL00069:05832797OD000ZZZ04269", "96.00 USD", OPEN, Verdict.REVIEW, "COLUMBUS",
         [("AD7574", 2, 0, "PO1@15"), ("AD7594", 10, 0, "PO1@16"), ("AD7784", 5, 0, "PO1@17"),
          ("AD7822", 1, 9600, "PO1@18")]),
    ],
    "ruralking_850_5010_single_store_txnonly": [
        ("demo:260001", "410550.00 USD", OPEN, None, "",
         [("27120018", 2100, 19550, "PO1@10")]),
    ],
    "ruralking_850_5010_crossdock_mtx_newline_txnonly": [
        ("demo:325010:06", "4692.00 USD", OPEN, None, "", [("27120100", 24, 19550, "PO1@12")]),
        ("demo:325010:65", "2346.00 USD", OPEN, None, "", [("27120100", 12, 19550, "PO1@12")]),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_a_recorded_purchase_order_becomes_an_order(name: str) -> None:
    seen = [
        (
            order.external_id,
            str(order.content.totals.total),
            order.content.channel_state,
            order.content.channel_risk,
            order.content.shipping_address.city if order.content.shipping_address else None,
            [
                (line.sku, line.quantity, line.unit_price.amount_minor, line.external_id)
                for line in order.content.lines
            ],
        )
        for order in mapped((PAYLOADS / "x12" / f"{name}.edi").read_bytes())
    ]
    assert seen == TABLE[name]


# --- our own sample ------------------------------------------------------------------


def test_the_sample_becomes_an_order_on_account() -> None:
    (order,) = mapped(sample(), ACCOUNT)
    content = order.content
    assert (order.external_id, order.number) == ("0042:PO-1001", "PO-1001")
    assert content.terms is PaymentTerms.ON_ACCOUNT and content.channel_state is OPEN
    assert [(line.sku, line.quantity) for line in content.lines] == [
        ("MUG-BLUE", 12),
        ("CUP-RED", 12),  # two cases of six
    ]
    assert str(content.totals.shipping) == "9.95 USD"
    assert str(content.totals.total) == "261.83 USD" and not content.totals.variance
    assert content.customer.email == "dana@bigbox.example"
    assert content.shipping_address and content.shipping_address.lines == ("12 Lake Street",)
    assert content.billing_address and content.billing_address.postal_code == "60690"
    assert content.placed_at and content.placed_at.isoformat() == "2026-11-21T00:00:00+00:00"
    assert order.version_at and order.version_at.isoformat() == "2026-11-21T19:27:00+00:00"


def test_nobody_sends_orders_of_this_channel_over_the_web() -> None:
    assert not verify(sample(), {"x-signature": "x"}, ACCOUNT, NOW)


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        ("00", Kind.ORDER),
        ("01", Kind.CHANGE),
        ("04", Kind.CHANGE),
        ("05", Kind.CHANGE),
        ("06", Kind.IGNORED),
        ("07", Kind.ORDER),
        ("22", Kind.IGNORED),
    ],
)
def test_what_an_850_is_about_stands_in_beg01(purpose: str, kind: Kind) -> None:
    (order,) = orders(file_of(purchase_order(purpose=purpose)))
    delivery = identify(b"?", {}, order, ACCOUNT)
    assert (delivery.kind, delivery.external_id) == (kind, "0042:PO-1")
    assert delivery.topic == f"850/{purpose}"


def test_a_cancellation_ends_the_order() -> None:
    order = only(purchase_order(purpose="01"))
    assert order.content.channel_state is ChannelState.CANCELLED


def test_a_test_file_never_takes_stock() -> None:
    (order,) = mapped(file_of(purchase_order(), usage="T"))
    assert order.content.channel_state is TEST


def test_the_same_number_from_another_buyer_is_another_order() -> None:
    segments = [s.replace("*0042", "*0043") for s in purchase_order()]
    assert only(segments).external_id == "0043:PO-1"


def test_a_release_of_a_blanket_order_is_an_order_of_its_own() -> None:
    segments = ["BEG*00*RL*PO/7*R 2*20261121", *purchase_order()[1:]]
    assert only(segments).external_id == "0042:PO%2F7:rR%202"


# --- places --------------------------------------------------------------------------


def test_stores_of_a_split_become_orders_with_their_units() -> None:
    seen = [
        (order.external_id, [(line.sku, line.quantity) for line in order.content.lines])
        for order in mapped(sample("store_split"))
    ]
    assert seen == [
        ("0042:PO-1002:0007", [("MUG-BLUE", 24)]),
        ("0042:PO-1002:0009", [("MUG-BLUE", 12), ("CUP-RED", 10)]),
    ]


def test_a_split_over_several_segments_is_one_split() -> None:
    lines = ["PO1*1*6*EA*5*PE*VN*MUG-BLUE", "SDQ*EA*92*07*1*08*2", "SDQ*EA*92*09*3"]
    found = mapped(file_of(purchase_order(lines)))
    assert [order.content.lines[0].quantity for order in found] == [1, 2, 3]


def test_a_split_with_a_ship_to_goes_to_the_dock_and_names_the_store() -> None:
    lines = ["PO1*1*6*EA*5*PE*VN*MUG-BLUE", "SDQ*EA*92*07*6"]
    address = only(purchase_order(lines)).content.shipping_address
    assert address and (address.name, address.company) == ("Big Box Store 7", "Store 07")


STORE_9 = {"name": "Store 9", "lines": ["9 Hill Road"], "city": "Peoria", "region": "IL",
           "postal_code": "61602", "country": "US"}  # fmt: skip


def test_a_split_may_go_to_the_stores_themselves() -> None:
    lines = ["PO1*1*6*EA*5*PE*VN*MUG-BLUE", "SDQ*EA*92*09*6"]
    order = only(purchase_order(lines), stores="direct", locations={"09": STORE_9})
    assert order.content.shipping_address
    assert order.content.shipping_address.lines == ("9 Hill Road",)


def test_a_place_that_is_only_a_code_is_looked_up() -> None:
    header = ["N1*ST*Store# 9*92*09"]
    order = only(purchase_order(header=header), locations={"09": STORE_9})
    assert order.content.shipping_address and order.content.shipping_address.city == "Peoria"


def test_a_place_that_nobody_knows_keeps_its_name_and_waits_for_an_address() -> None:
    order = only(purchase_order(header=["N1*ST*Store# 9*92*09"]))
    assert order.content.shipping_address
    assert order.content.shipping_address.name == "Store# 9"
    assert order.content.shipping_address.lines == ()


def test_lines_for_two_places_become_two_orders() -> None:
    lines = [
        "PO1*1*2*EA*5*PE*VN*MUG-BLUE", "N1*ST*Store 7*92*07", "N3*7 Elm", "N4*Peoria*IL*61602*US",
        "PO1*2*3*EA*5*PE*VN*CUP-RED", "N1*ST*Store 9*92*09", "N3*9 Oak", "N4*Aurora*IL*60505*US",
    ]  # fmt: skip
    found = mapped(file_of(purchase_order(lines, header=[])))
    assert [(o.external_id, o.content.lines[0].sku) for o in found] == [
        ("0042:PO-1:07", "MUG-BLUE"),
        ("0042:PO-1:09", "CUP-RED"),
    ]
    cities = [o.content.shipping_address.city for o in found if o.content.shipping_address]
    assert cities == ["Peoria", "Aurora"]


# --- articles, units, money ----------------------------------------------------------


def test_the_article_is_named_by_the_qualifier_that_the_partner_agreed_on() -> None:
    line = "PO1*1*2*EA*5*PE*BP*B-77*UP*012345678905*VN*MUG-BLUE"
    assert only(purchase_order([line])).content.lines[0].sku == "MUG-BLUE"
    by_buyer = only(purchase_order([line]), sku_qualifiers=["BP", "VN"])
    assert by_buyer.content.lines[0].sku == "B-77"


def test_two_lines_of_one_number_stay_two_lines() -> None:
    lines = ["PO1*1*2*EA*5*PE*VN*MUG-BLUE", "PO1*1*3*EA*5*PE*VN*CUP-RED"]
    content = only(purchase_order(lines)).content
    assert [line.external_id for line in content.lines] == ["PO1@8", "PO1@9"]


@pytest.mark.parametrize(
    ("line", "units", "total"),
    [
        (["PO1*1*3*EA*12.0375*PE*VN*MUG-BLUE"], 3, 3611),
        (["PO1*1*100*EA*.005*PE*VN*MUG-BLUE"], 100, 50),
        (["PO1*1*2*CA*48**VN*MUG-BLUE", "PO4*6"], 12, 9600),
        (["PO1*1*2*CA*8*PE*VN*MUG-BLUE", "PO4*6"], 12, 9600),
        (["PO1*1*1*CA*48**VN*MUG-BLUE", "PO4*4*************6"], 24, 4800),
        (["PO1*1*2*DZ*60**VN*MUG-BLUE"], 24, 12000),
        (["PO1*1*500*EA*4.5*HP*VN*MUG-BLUE"], 500, 2250),
        (["PO1*1*2*EA***VN*MUG-BLUE", "CTP**CON*4.25"], 2, 850),
        (["PO1*1*2*EA**NC*VN*MUG-BLUE"], 2, 0),
        (["PO1*1*2*EA*5**VN*MUG-BLUE", "SAC*A*C310***150"], 2, 850),
        (["PO1*1*2*EA*5**VN*MUG-BLUE", "SAC*C*G400***150"], 2, 1150),
        (["PO1*1*2*EA*5**VN*MUG-BLUE", "TXI*ST*.8"], 2, 1080),
        (["PO1*1*2*EA*5**VN*MUG-BLUE", "SAC*N*B840***150"], 2, 1000),
    ],
)
def test_what_a_line_is_and_costs(line: list[str], units: int, total: int) -> None:
    content = only(purchase_order(line)).content
    assert content.lines[0].sku == "MUG-BLUE"
    assert content.lines[0].quantity == units
    assert content.totals.total.amount_minor == total
    assert content.channel_risk is None


def test_a_case_of_unknown_size_waits_for_a_person_to_name_the_article() -> None:
    line = only(purchase_order(["PO1*1*2*CA*48**VN*MUG-BLUE"])).content.lines[0]
    assert (line.sku, line.quantity) == ("", 2)
    assert line.title == "MUG-BLUE (2 CA of MUG-BLUE: pieces unknown)"


def test_a_case_whose_size_the_account_knows_is_so_many_pieces() -> None:
    order = only(purchase_order(["PO1*1*2*CA*48**VN*MUG-BLUE"]), packs={"MUG-BLUE": 24})
    assert (order.content.lines[0].sku, order.content.lines[0].quantity) == ("MUG-BLUE", 48)


def test_a_line_without_a_price_is_looked_at_unless_prices_are_agreed() -> None:
    segments = purchase_order(["PO1*1*2*EA***VN*MUG-BLUE", "CTP**RTL*9.99"])
    assert only(segments).content.channel_risk is Verdict.REVIEW
    assert only(segments, unpriced="agreed").content.channel_risk is None


def test_charges_and_taxes_of_the_whole_order_are_in_its_totals() -> None:
    header = ["SAC*C*D240***995**********Freight", "SAC*A*C310***200", "TXI*ST*1.01"]
    totals = only(purchase_order(header=header)).content.totals
    assert (totals.shipping.amount_minor, totals.tax.amount_minor) == (995, 101)
    assert totals.total.amount_minor == 12 * 1299 + 2 * 500 + 995 - 200 + 101


def test_a_total_that_the_partner_states_is_kept_beside_ours() -> None:
    totals = only(purchase_order(summary=["CTT*2", "AMT*TT*100"])).content.totals
    assert totals.channel_total.amount_minor == 10000
    assert totals.total.amount_minor == 12 * 1299 + 2 * 500


def test_a_partner_that_names_no_currency_pays_in_its_usual_one() -> None:
    segments = [s for s in purchase_order() if not s.startswith("CUR")]
    assert only(segments).currency == "USD"
    assert only(segments, currency="CAD").currency == "CAD"


# --- what cannot be an order ---------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "code", "pointer"),
    [
        ("PO1*1*0*EA*5", "invalid-quantity", "/lines/0/quantity"),
        ("PO1*1*2.5*EA*5", "invalid-quantity", "/lines/0/quantity"),
        ("PO1*1*9999999*EA*5", "invalid-quantity", "/lines/0/quantity"),
        ("PO1*1*1*EA*-5", "invalid-amount", "/lines/0/price"),
    ],
)
def test_a_line_that_makes_no_sense_names_its_segment(line: str, code: str, pointer: str) -> None:
    with pytest.raises(Unmappable) as unfit:
        only(purchase_order([line]))
    assert (unfit.value.code, unfit.value.pointer) == (code, pointer)
    assert "segment 8, PO1" in str(unfit.value)


def test_a_currency_that_is_none_is_refused() -> None:
    with pytest.raises(Unmappable) as unfit:
        only([s.replace("BY*USD", "BY*XXX") for s in purchase_order()])
    assert unfit.value.code == "unknown-currency"


ODDITIES: tuple[Any, ...] = (
    None, True, 0, -1, 10**25, "", " ", "x", "-1", "1e400", "\x00", "9" * 400, [], {}, [[]],
    [None], {"x": 1}, "2026-13-45", Decimal("2.5"), "CA", "01", "allowance", "tax",
)  # fmt: skip


def test_a_mutated_document_is_mapped_or_unmappable_and_nothing_else() -> None:
    dice = random.Random("edi documents")
    documents = [json.dumps(orders(sample(name))[0]) for name in ("purchase_order", "store_split")]
    outcomes = {"mapped": 0, "unmappable": 0}
    for _ in range(3_000):
        order = json.loads(dice.choice(documents))
        for _ in range(dice.randint(1, 3)):
            holder, key = dice.choice(list(_places(order)))
            holder[key] = dice.choice(ODDITIES)
        identify(b"", {}, order, ACCOUNT)
        try:
            map_order(order, PARTNER)
            outcomes["mapped"] += 1
        except Unmappable:
            outcomes["unmappable"] += 1
    assert min(outcomes.values()) > 300


@pytest.mark.parametrize("parsed", [None, [], "x", 7, {}, {"external_id": 7}, {"purpose": []}])
def test_what_is_no_document_of_ours_names_no_order(parsed: Any) -> None:
    assert identify(b"?", {}, parsed, ACCOUNT).external_id == ""
    with pytest.raises(Unmappable):
        map_order(parsed, PARTNER)


def _places(value: Any) -> Any:
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])
