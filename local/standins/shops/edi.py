"""A trading partner that orders by EDI and keeps books of the answers.

It reads strictly: every delimiter at its place in a 106-character ISA, every count and control
number checked, so what it books is what a partner's translator would let through. `file` is the
850 as it puts it into our folder, `receive` takes a file that we left for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from local.standins.platform import (
    Answered,
    Asked,
    Books,
    Json,
    Message,
    Shopfront,
    ShopOrder,
    State,
    numbers,
)
from local.standins.shops.edi_strict import (
    OUR_ID,
    YOUR_ID,
    Segments,
    Unreadable,
    added_up,
    check_sscc,
    check_tree,
    one,
    strict,
)

BUYER = "0042"
_ORIGINAL, _CANCEL = "00", "01"


@dataclass(slots=True)
class EdiBooks(Books):
    """`replies` are (kind, control number) in the order they came; `invoices` are by PO number,
    `{"total", "lines"}` each; `judgements` are AK9 codes by our group's control number."""

    replies: list[tuple[str, str]] = field(default_factory=list)
    invoices: dict[str, list[Json]] = field(default_factory=dict)
    answers: dict[str, list[Json]] = field(default_factory=dict)
    judgements: dict[str, str] = field(default_factory=dict)
    duplicates: int = 0


class TradingPartner:
    name = "edi"

    def __init__(self, shop: str, now: Callable[[], datetime]) -> None:
        self.shop, self._now = shop, now
        self.ledger = EdiBooks()
        self.books: Books = self.ledger
        self._controls = numbers(1)

    # --- what it orders -----------------------------------------------------------------

    def take_order(self, document: Json) -> str:
        """`{"number", "lines": [{"sku", "quantity", "price", "unit"?}], "ship_to"?}`."""
        external_id = f"{BUYER}:{document['number']}"
        known = self.books.orders.get(external_id)
        if known:
            known.document, known.changed_at = document, self._now()
        else:
            self.books.orders[external_id] = ShopOrder(external_id, document, self._now())
        return external_id

    def cancel(self, external_id: str) -> None:
        order = self.books.orders[external_id]
        order.state, order.changed_at = State.CANCELLED, self._now()

    def message(self, external_id: str, topic: str = "") -> Message | None:
        """It sends files (`file`), no webhooks."""
        return None

    def file(self, external_id: str) -> bytes:
        """The order as it stands, as a file that it has not sent before."""
        order, control = self.books.orders[external_id], next(self._controls)
        now = self._now()
        body = list(_purchase_order(order, now))
        segments = [
            ["GS", "PO", OUR_ID, YOUR_ID, f"{now:%Y%m%d}", f"{now:%H%M}", str(control), "X",
             "004010"],
            ["ST", "850", "0001"], *body, ["SE", str(len(body) + 2), "0001"],
            ["GE", "1", str(control)], ["IEA", "1", f"{control:09d}"],
        ]  # fmt: skip
        header = (
            f"ISA*00*{'':10}*00*{'':10}*01*{OUR_ID:15}*ZZ*{YOUR_ID:15}*{now:%y%m%d}*{now:%H%M}"
            f"*U*00401*{control:09d}*0*P*>~\n"
        )
        return (header + "".join("*".join(each) + "~\n" for each in segments)).encode()

    # --- what it is told ----------------------------------------------------------------

    def receive(self, file: bytes) -> None:
        """Book a reply. The same interchange again is noticed and changes nothing. Raises
        Unreadable."""
        segments = strict(file.decode("ascii"))
        kind, control = segments[2][1], segments[0][13]
        if (kind, control) in self.ledger.replies:
            self.ledger.duplicates += 1
            return
        body = segments[3:-3]
        {"997": self._judged, "855": self._answered, "856": self._sent, "810": self._billed}[kind](
            body
        )
        self.ledger.replies.append((kind, control))

    def _judged(self, body: Segments) -> None:
        about, end = one(body, "AK1"), one(body, "AK9")
        self.ledger.judgements[about[2]] = end[1]

    def _answered(self, body: Segments) -> None:
        order = self._order(one(body, "BAK")[3])
        lines = [each[1] for each in body if each[0] == "ACK"]
        if len(lines) != int(one(body, "CTT")[1]):
            raise Unreadable("CTT01 is not the number of lines")
        said = {"verdict": one(body, "BAK")[2], "lines": lines}
        self.ledger.answers.setdefault(order.document["number"], []).append(said)
        order.acknowledged += said["verdict"] != "RD"
        order.cancellations += said["verdict"] == "RD"

    def _sent(self, body: Segments) -> None:
        check_tree(body)
        order = self._order(one(body, "PRF")[1])
        lines = {each[1]: int(each[2]) for each in body if each[0] == "SN1"}
        order.shipped.update(lines)
        marks = {each[1]: each[2] for each in body if each[0] == "MAN"}
        if "GM" in marks:
            check_sscc(marks["GM"])
        order.fulfilments.append(
            {
                "tracking": marks.get("CP", ""),
                "carrier": one(body, "TD5")[5],
                "sscc": marks.get("GM", ""),
                "lines": lines,
            }
        )

    def _billed(self, body: Segments) -> None:
        number, total = one(body, "BIG")[4], Decimal(one(body, "TDS")[1]).scaleb(-2)
        if total != added_up(body):
            raise Unreadable(f"TDS01 says {total}, the lines add up to {added_up(body)}")
        lines = {each[1]: int(each[2]) for each in body if each[0] == "IT1"}
        self._order(number)
        self.ledger.invoices.setdefault(number, []).append({"total": total, "lines": lines})

    def _order(self, number: str) -> ShopOrder:
        try:
            return self.books.orders[f"{BUYER}:{number}"]
        except KeyError:
            raise Unreadable(f"no order {number} of ours") from None

    # --- over HTTP, as a transport would --------------------------------------------------

    def answer(self, asked: Asked) -> Answered:
        """`GET /orders/{external id}` is the 850; `PUT /files/{name}` leaves a reply."""
        match asked.method, asked.path.strip("/").split("/", 1):
            case "GET", ["orders", external_id] if external_id in self.books.orders:
                return Answered(200, self.file(external_id))
            case "PUT", ["files", _]:
                return self._left(asked.body)
        return Answered(404, {"error": "Not Found"})

    def _left(self, file: bytes) -> Answered:
        try:
            self.receive(file)
        except ValueError as refused:
            return Answered(422, {"error": str(refused)})
        return Answered(200, {})

    def too_fast(self, asked: Asked) -> Answered:
        return Answered(429, {"error": "Too Many Requests"})


def make(shop: str, now: Callable[[], datetime]) -> Shopfront:
    """A bucket has no rate limit worth the name."""
    return Shopfront(TradingPartner(shop, now), now)


# --- writing -------------------------------------------------------------------------


def _purchase_order(order: ShopOrder, now: datetime) -> Iterator[list[str]]:
    document = order.document
    place = document.get("ship_to") or {
        "name": "Big Box Store 7",
        "street": "12 Lake Street",
        "city": ["Chicago", "IL", "60601", "US"],
    }
    purpose = _CANCEL if order.state is State.CANCELLED else _ORIGINAL
    yield ["BEG", purpose, "SA", document["number"], "", f"{now:%Y%m%d}"]
    yield ["CUR", "BY", "USD"]
    yield ["PER", "BD", "Dana Buyer", "TE", "312-555-0134", "EM", "dana@bigbox.example"]
    yield ["N1", "BY", "Big Box Stores", "92", BUYER]
    yield ["N1", "ST", place["name"]]
    yield ["N3", place["street"]]
    yield ["N4", *place["city"]]
    for number, line in enumerate(document["lines"], start=1):
        unit, price = line.get("unit", "EA"), str(line["price"])
        quantity = str(line["quantity"])
        yield ["PO1", str(number), quantity, unit, price, "", "VN", line["sku"]]
        if "pack" in line:
            yield ["PO4", str(line["pack"])]
    yield ["CTT", str(len(document["lines"]))]
