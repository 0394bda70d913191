"""EDI: a purchase order of the sample file as its document, and files built for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oms.channels.documents import document as encoded
from oms.channels.edi.envelope import Interchange, interchanges
from oms.channels.edi.purchase_order import purchase_orders
from oms.channels.edi.store import EdiStore
from oms.channels.model import ChannelAccount
from oms.kernel.clock import SettableClock
from oms.platform import gate
from oms.platform.dynamo import Dynamo
from tests.contracts.channels.case import NOW, ChannelCase
from tests.simulation.dynamo.client import DynamoDouble

SAMPLES = Path(__file__).parents[3] / "events" / "receive_files"
SETTINGS = {"our_id": "ZZ/OMSDEMO", "our_name": "Demo Supplier"}
ACCOUNT = ChannelAccount("edi", "demo", (), "01/925175000")
ADDRESS = ("N1*ST*Big Box Store 7*92*0007", "N3*12 Lake Street", "N4*Chicago*IL*60601*US")
LINES = ("PO1*1*12*EA*12.99*PE*VN*MUG-BLUE", "PO1*2*2*EA*5*PE*VN*CUP-RED")


def edi_store() -> EdiStore:
    """On a table in memory, the clock standing at `NOW`."""
    clock = SettableClock(NOW)
    client = DynamoDouble(lambda: clock.now().timestamp())
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    client.create_table(
        TableName="channels",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    return EdiStore(Dynamo(client, sleep=lambda seconds: None), "channels", clock)


def sample(name: str = "purchase_order") -> bytes:
    return (SAMPLES / f"{name}.edi").read_bytes()


def orders(raw: bytes) -> list[dict[str, Any]]:
    """The documents of every order in a file, as they are after being kept as JSON."""
    return [
        gate.parse(encoded(order))
        for sent in interchanges(raw)
        for group in sent.groups
        for found in group.sets
        for order in purchase_orders(found, sent, "demo")
    ]


def sent(raw: bytes) -> Interchange:
    (one,) = interchanges(raw)
    return one


def purchase_order(
    lines: Sequence[str] = LINES,
    *,
    number: str = "PO-1",
    purpose: str = "00",
    header: Sequence[str] = ADDRESS,
    summary: Sequence[str] = ("CTT*2",),
) -> list[str]:
    """Segments of an 850 between ST and SE."""
    beg = f"BEG*{purpose}*SA*{number}**20261121"
    return [beg, "CUR*BY*USD", "N1*BY*Big Box*92*0042", *header, *lines, *summary]


def file_of(
    *sets: Sequence[str], control: int = 7, kind: str = "850", ask: str = "0", usage: str = "P"
) -> bytes:
    """An interchange from the partner with these transaction sets, all trailers right."""
    isa = (
        f"ISA*00*{'':10}*00*{'':10}*01*{'925175000':15}*ZZ*{'OMSDEMO':15}*261121*1927*U*00401"
        f"*{control:09d}*{ask}*{usage}*>"
    )
    group = "FA" if kind == "997" else "PO"
    gs = f"GS*{group}*925175000*OMSDEMO*20261121*1927*{control}*X*004010"
    body = [
        each
        for number, segments in enumerate(sets, start=1)
        for each in (
            f"ST*{kind}*{number:04d}",
            *segments,
            f"SE*{len(segments) + 2}*{number:04d}",
        )
    ]
    trailers = (f"GE*{len(sets)}*{control}", f"IEA*1*{control:09d}")
    return "".join(f"{each}~\n" for each in (isa, gs, *body, *trailers)).encode()


def _document() -> dict[str, Any]:
    (order,) = orders(sample())
    return order


def _renumbered(order: dict[str, Any], number: int) -> dict[str, Any]:
    return {**order, "external_id": f"0042:PO-{1001 + number}", "number": f"PO-{1001 + number}"}


CASE = ChannelCase(
    account=ACCOUNT,
    document=_document,
    message=lambda: encoded(_document()),
    sign=None,
    signature="",
    where={
        "external_id": ("external_id",),
        "currency": ("currency",),
        "lines": ("lines",),
        "quantity": ("lines", 0, "quantity"),
        "sku": ("lines", 0, "ids", "VN"),
        "line_id": ("lines", 0, "id"),
        "price": ("lines", 0, "price"),
        "city": ("ship_to", "city"),
    },
    settings=SETTINGS,
    totals=(("total",),),
    fits={"currency": (None,), "price": (None,)},
    cannot=frozenset({"fetch", "changed", "set_stock", "stock_of", "tell_refunded"}),
    renumbered=_renumbered,
)
