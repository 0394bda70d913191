"""A partner is told what becomes of its order, and its own strict reading agrees."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from local.standins.platform import Asked
from local.standins.shops.edi import TradingPartner, make
from local.standins.shops.edi_strict import Unreadable
from oms.channels.edi.inbound import map_order
from oms.channels.edi.outbox import Outbox
from oms.channels.edi.outgoing import Numbered, interchange, segment
from oms.channels.edi.partner import Partner
from oms.channels.edi.shop import EdiShop, connect
from oms.channels.edi.store import EdiStore
from oms.channels.edi.tokens import read
from oms.channels.model import ChannelAccount
from oms.channels.push import CancelFacts, PushOutcome, PushRefused, ShipmentFacts, ToldLine
from oms.kernel.errors import Unavailable
from tests.contracts.channels.case import NOW
from tests.contracts.channels.edi import ACCOUNT, SETTINGS, edi_store, orders

ORDER = {
    "number": "PO-77",
    "lines": [
        {"sku": "MUG-BLUE", "quantity": 12, "price": "12.0375"},
        {"sku": "CUP-RED", "quantity": 2, "price": "48", "unit": "CA", "pack": 6},
    ],
}
ID = "0042:PO-77"


@dataclass
class Folder:
    objects: dict[str, bytes] = field(default_factory=dict)
    puts: list[str] = field(default_factory=list)
    fails: int = 0

    def put(self, key: str, body: bytes, content_type: str) -> None:
        if self.fails:
            self.fails -= 1
            raise Unavailable("the bucket does not answer")
        self.objects[key] = body
        self.puts.append(key)


@dataclass
class Trade:
    """A partner that has ordered, and the shop that tells it."""

    settings: dict[str, Any] = field(default_factory=dict)
    order: dict[str, Any] = field(default_factory=lambda: ORDER)
    folder: Folder = field(default_factory=Folder)
    store: EdiStore = field(default_factory=edi_store)

    def __post_init__(self) -> None:
        self.partner = TradingPartner("demo", lambda: NOW)
        self.partner.take_order(self.order)
        (document,) = orders(self.partner.file(ID))
        self.store.keep("demo", document)
        self.lines = [line["id"] for line in document["lines"]]

    @property
    def account(self) -> ChannelAccount:
        return replace(ACCOUNT, settings={**SETTINGS, **self.settings})

    @property
    def shop(self) -> EdiShop:
        shop = connect(self.account, self.store, self.folder)
        assert shop
        return shop

    def parcel(self, *units: int, key: str = "O-1#1", **changes: Any) -> ShipmentFacts:
        told = tuple(map(ToldLine, self.lines, units))
        facts = ShipmentFacts(
            ID, told, f"1Z{key[-1]}", "UPS", "", key, shipped_at=datetime(2026, 11, 22, tzinfo=UTC)
        )
        return replace(facts, **changes)

    def deliver(self) -> TradingPartner:
        """The transport brings what lies in the folder; everything again, as transports do."""
        for name in sorted(self.folder.objects):
            self.partner.receive(self.folder.objects[name])
        return self.partner

    def tags(self, kind: str, *tags: str) -> list[str]:
        names = [n for n in self.folder.objects if n.startswith(f"edi/out/demo/{kind}-")]
        (file,) = (self.folder.objects[name] for name in names)
        return ["*".join((s.tag, *s.elements)) for s in read(file)[0].segments if s.tag in tags]


# --- 855 -----------------------------------------------------------------------------


def test_an_order_is_acknowledged_line_by_line() -> None:
    trade = Trade()
    assert trade.shop.acknowledge(ID) is PushOutcome.TOLD
    partner = trade.deliver()
    assert partner.ledger.answers == {"PO-77": [{"verdict": "AD", "lines": ["IA", "IA"]}]}
    assert partner.books.orders[ID].acknowledged == 1
    assert trade.tags("855", "BAK", "PO1") == [
        "BAK*00*AD*PO-77*20261121*****20261121",
        "PO1*1*12*EA*12.0375**VN*MUG-BLUE",
        "PO1*2*2*CA*48**VN*CUP-RED",
    ]


def test_a_cancelled_line_is_rejected_and_the_other_accepted() -> None:
    trade = Trade()
    ended = CancelFacts(ID, (ToldLine(trade.lines[1], 12),), "no stock", "O-1#cancel")
    assert trade.shop.tell_cancelled(ended) is PushOutcome.TOLD
    said = trade.deliver().ledger.answers["PO-77"]
    assert said == [{"verdict": "AC", "lines": ["IA", "IR"]}]


@pytest.mark.parametrize("named", [True, False])
def test_a_cancelled_order_is_rejected_whole(named: bool) -> None:
    trade = Trade()
    lines = tuple(ToldLine(id, 12) for id in trade.lines) if named else ()
    trade.shop.tell_cancelled(CancelFacts(ID, lines, "no stock", "O-1#cancel"))
    said = trade.deliver().ledger.answers["PO-77"]
    assert said == [{"verdict": "RD", "lines": ["IR", "IR"]}]


# --- 856 and 810 ---------------------------------------------------------------------


def test_a_parcel_is_told_and_billed() -> None:
    trade = Trade(settings={"gs1_prefix": "0614141"})
    assert trade.shop.tell_shipped(trade.parcel(12, 12)) is PushOutcome.TOLD
    partner = trade.deliver()
    (sent,) = partner.books.orders[ID].fulfilments
    assert (sent["tracking"], sent["carrier"]) == ("1Z1", "UPS")
    assert sent["lines"] == {"1": 12, "2": 2}  # two cases of six
    assert sent["sscc"] == "00006141410000000012"
    assert partner.ledger.invoices["PO-77"] == [
        {"total": Decimal("240.45"), "lines": {"1": 12, "2": 2}}
    ]


def test_the_tree_of_a_ship_notice_has_a_pack_with_its_numbers() -> None:
    trade = Trade()
    trade.shop.tell_shipped(trade.parcel(12, 12))
    assert trade.tags("856", "HL", "MAN", "PRF", "TD5", "REF", "CTT") == [
        "HL*1**S",
        "TD5*B*2*UPSN*M*UPS",
        "REF*CN*1Z1",
        "HL*2*1*O",
        "PRF*PO-77***20261121",
        "HL*3*2*P",
        "MAN*CP*1Z1",  # no GS1 prefix, no SSCC
        "HL*4*3*I",
        "HL*5*3*I",
        "CTT*5",
    ]


@pytest.mark.parametrize(
    ("levels", "tree"),
    [("SOI", "SOII"), ("SOPI", "SOPII"), ("SOTPI", "SOTPII"), ("nonsense", "SOPII")],
)
def test_a_partner_gets_the_levels_that_it_wants(levels: str, tree: str) -> None:
    trade = Trade(settings={"asn_levels": levels})
    trade.shop.tell_shipped(trade.parcel(12, 12))
    assert "".join(hl.split("*")[3] for hl in trade.tags("856", "HL")) == tree
    trade.deliver()  # hangs together


def test_two_parcels_add_up_to_the_order() -> None:
    trade = Trade(settings={"gs1_prefix": "0614141"})
    trade.shop.tell_shipped(trade.parcel(4, 6, key="O-1#1", is_last=False))
    trade.shop.tell_shipped(trade.parcel(8, 6, key="O-1#2"))
    partner = trade.deliver()
    bills = partner.ledger.invoices["PO-77"]
    assert sum(bill["total"] for bill in bills) == Decimal("240.45")
    sent = partner.books.orders[ID].fulfilments
    assert [each["lines"] for each in sent] == [{"1": 4, "2": 1}, {"1": 8, "2": 1}]
    assert len({each["sscc"] for each in sent}) == 2


def test_a_broken_case_is_told_and_billed_by_the_piece() -> None:
    trade = Trade()
    trade.shop.tell_shipped(trade.parcel(0, 5, lines=(ToldLine(trade.lines[1], 5),)))
    (bill,) = trade.deliver().ledger.invoices["PO-77"]
    assert bill == {"total": Decimal("40.00"), "lines": {"2": 5}}
    assert trade.tags("810", "IT1") == ["IT1*2*5*EA*8*PE*VN*CUP-RED"]


def test_freight_is_billed_with_the_last_parcel_only() -> None:
    trade = Trade()
    order = trade.store.document("demo", ID)
    assert order
    freight = {"id": "SAC@8", "kind": "charge", "code": "D240", "hundredths": 995, "title": ""}
    tax = {"id": "TXI@9", "kind": "tax", "code": "ST", "amount": "1.01"}
    off = {"id": "SAC@11", "kind": "allowance", "code": "C310", "hundredths": 120, "title": ""}
    order["lines"][0]["charges"] = [off]
    trade.store.keep("demo", {**order, "charges": [freight, tax]})
    trade.shop.tell_shipped(trade.parcel(4, 6, key="O-1#1", is_last=False))
    trade.shop.tell_shipped(trade.parcel(8, 6, key="O-1#2"))
    bills = trade.deliver().ledger.invoices["PO-77"]
    totals = sorted(bill["total"] for bill in bills)
    assert totals == [
        Decimal("48.15") + 48 - Decimal("0.40"),
        Decimal("96.30") + 48 - Decimal("0.80") + Decimal("9.95") + Decimal("1.01"),
    ]


def test_a_price_that_is_agreed_elsewhere_is_not_billed_from_here() -> None:
    trade = Trade()
    order = trade.store.document("demo", ID)
    assert order
    order["lines"][0]["price"] = None
    trade.store.keep("demo", order)
    assert trade.shop.tell_shipped(trade.parcel(12, 12)) is PushOutcome.TOLD
    assert [kind for kind, _ in trade.deliver().ledger.replies] == ["856"]


# --- once in effect ------------------------------------------------------------------


def test_telling_twice_writes_the_same_files_once() -> None:
    trade = Trade()
    for outcome in (PushOutcome.TOLD, PushOutcome.ALREADY, PushOutcome.ALREADY):
        assert trade.shop.tell_shipped(trade.parcel(12, 12)) is outcome
    assert trade.shop.acknowledge(ID) is PushOutcome.TOLD
    assert trade.shop.acknowledge(ID) is PushOutcome.ALREADY
    assert len(trade.folder.puts) == 3


def test_a_file_that_may_have_been_written_is_written_again_the_same() -> None:
    trade = Trade()
    trade.shop.acknowledge(ID)
    before = dict(trade.folder.objects)
    forgetful = Outbox(trade.folder, _Forgetful(trade.store), "demo")  # died before the mark
    again = replace(trade.shop, outbox=forgetful)
    assert again.acknowledge(ID) is PushOutcome.TOLD
    assert trade.folder.objects == before and len(trade.folder.puts) == 2


@dataclass
class _Forgetful:
    store: EdiStore

    def number(self, account: str, counter: str, key: str) -> Numbered:
        return self.store.number(account, counter, key)

    def is_sent(self, account: str, key: str) -> bool:
        return False

    def mark_sent(self, account: str, key: str) -> None: ...


def test_a_bucket_that_does_not_answer_is_asked_again() -> None:
    trade = Trade(folder=Folder(fails=1))
    with pytest.raises(Unavailable):
        trade.shop.tell_shipped(trade.parcel(12, 12))
    assert trade.shop.tell_shipped(trade.parcel(12, 12)) is PushOutcome.TOLD
    partner = trade.deliver()
    assert len(partner.books.orders[ID].fulfilments) == 1
    assert [control for _, control in partner.ledger.replies] == ["000000002", "000000001"]


def test_a_transport_that_brings_a_file_twice_is_noticed_by_its_control_number() -> None:
    trade = Trade()
    trade.shop.tell_shipped(trade.parcel(12, 12))
    trade.deliver()
    assert trade.deliver().ledger.duplicates == 2
    assert len(trade.partner.books.orders[ID].fulfilments) == 1


def test_what_the_bucket_raises_is_that_it_is_unavailable() -> None:
    trade = Trade()
    trade.folder.put = _denied  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        trade.shop.acknowledge(ID)


def _denied(key: str, body: bytes, content_type: str) -> None:
    raise EndpointConnectionError(endpoint_url="http://127.0.0.1")


def test_replies_that_are_made_at_once_have_a_number_each() -> None:
    store, taken = edi_store(), list[int]()

    def take(name: int) -> None:
        taken.append(store.number("demo", "interchange", f"reply {name % 4}").control)

    threads = [threading.Thread(target=take, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [1, 1, 2, 2, 3, 3, 4, 4]  # two of each reply


# --- what cannot be told -------------------------------------------------------------


def test_an_order_that_never_came_cannot_be_told() -> None:
    with pytest.raises(PushRefused) as refused:
        Trade().shop.acknowledge("0042:PO-404")
    assert refused.value.code == "not-in-shop"


def test_a_line_that_the_order_has_not_is_refused() -> None:
    trade = Trade()
    with pytest.raises(PushRefused):
        trade.shop.tell_shipped(trade.parcel(1, lines=(ToldLine("PO1@99", 1),)))
    nameless = trade.parcel(1, lines=(ToldLine("", 1),))
    assert trade.shop.tell_shipped(nameless) is PushOutcome.UNSUPPORTED


def test_a_partner_gets_only_the_replies_that_it_wants() -> None:
    trade = Trade(settings={"sends": ["856"]})
    assert trade.shop.acknowledge(ID) is PushOutcome.UNSUPPORTED
    trade.shop.tell_shipped(trade.parcel(12, 12))
    assert [kind for kind, _ in trade.deliver().ledger.replies] == ["856"]


@pytest.mark.parametrize("missing", ["domain", "our_id"])
def test_an_account_without_names_cannot_be_told(missing: str) -> None:
    account = replace(ACCOUNT, settings=SETTINGS)
    nameless = replace(account, domain="") if missing == "domain" else replace(account, settings={})
    assert connect(nameless, edi_store(), Folder()) is None


# --- files ---------------------------------------------------------------------------


def body() -> Sequence[Any]:
    return [segment("BAK", "00", "AD", "PO*7~7"), segment("CTT", 0)]


@pytest.mark.parametrize("version", ["004010", "005010"])
def test_an_isa_has_its_106_characters_and_no_delimiter_gets_into_a_field(version: str) -> None:
    partner = Partner.of(replace(ACCOUNT, settings={**SETTINGS, "version": version}))
    file = interchange("855", body(), partner, Numbered(12, NOW)).decode()
    assert (file[3], file[104], file[105]) == ("*", ">", "~")
    assert f"*{'U*00401' if version == '004010' else '^*00501'}*000000012*0*P*>~" in file
    assert "BAK*00*AD*PO 7 7~" in file


def test_a_partner_may_have_its_own_delimiters() -> None:
    partner = Partner.of(replace(ACCOUNT, settings={**SETTINGS, "delimiters": "|:!"}))
    file = interchange("855", body(), partner, Numbered(12, NOW))
    (tokens,) = read(file)
    assert (tokens.delimiters.element, tokens.delimiters.terminator) == ("|", "!")


def test_numbers_are_counted_for_each_partner_and_kept_for_each_reply() -> None:
    store = edi_store()
    first, again = (
        store.number("demo", "interchange", "a"),
        store.number("demo", "interchange", "a"),
    )
    assert first == again == Numbered(1, NOW)
    assert store.number("demo", "interchange", "b").control == 2
    assert store.number("other", "interchange", "a").control == 1


# --- the stand-in itself -------------------------------------------------------------


def test_the_partner_refuses_what_a_translator_would() -> None:
    trade = Trade()
    trade.shop.tell_shipped(trade.parcel(12, 12))
    for name, before, after in (
        ("856", b"CTT*5", b"CTT*4"),
        ("856", b"HL*4*3*I", b"HL*4*1*I"),
        ("810", b"TDS*24045", b"TDS*24046"),
        ("810", b"SE*", b"SE*1"),
        ("810", b"IEA*1*000000002", b"IEA*1*000000003"),
    ):
        file = next(b for n, b in trade.folder.objects.items() if f"/{name}-" in n)
        assert before in file, before
        with pytest.raises(Unreadable):
            trade.partner.receive(file.replace(before, after))
    assert not trade.partner.ledger.replies and not trade.partner.books.orders[ID].fulfilments


def test_the_partner_is_a_shop_of_the_street() -> None:
    front = make("demo", lambda: NOW)
    front.platform.take_order(ORDER)
    file = front.handle(Asked("GET", f"/orders/{ID}")).body
    (document,) = orders(file)
    assert map_order(document, ACCOUNT).external_id == ID
    front.platform.cancel(ID)
    (cancelled,) = orders(front.handle(Asked("GET", f"/orders/{ID}")).body)
    assert cancelled["purpose"] == "01"
    assert front.handle(Asked("PUT", "/files/x.edi", body=b"nonsense")).status == 422
