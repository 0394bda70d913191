"""A file is taken in once, order by order, and answered with what the partner must know."""

from __future__ import annotations

import importlib
import json
import random
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from oms.channels.edi.receive import IN, ReceiveFile
from oms.channels.edi.tokens import Segment, read
from oms.channels.model import ChannelAccount, Unmappable
from oms.kernel.errors import Unavailable
from tests.contracts.channels.edi import (
    ACCOUNT,
    SAMPLES,
    SETTINGS,
    edi_store,
    file_of,
    purchase_order,
    sample,
)
from tests.recorded import PAYLOADS


@dataclass
class Folder:
    """The bucket; `puts` counts writes by key."""

    objects: dict[str, bytes] = field(default_factory=dict)
    puts: list[str] = field(default_factory=list)

    def get(self, key: str, version: str = "") -> bytes:
        return self.objects[key]

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self.objects[key] = body
        self.puts.append(key)


@dataclass
class Desk:
    """Receives files for one account; captures orders by their external id."""

    account: ChannelAccount = replace(ACCOUNT, settings=SETTINGS)
    folder: Folder = field(default_factory=Folder)
    captured: list[str] = field(default_factory=list)
    exceptions: list[tuple[str, str, str]] = field(default_factory=list)
    fails: int = 0

    def __post_init__(self) -> None:
        self.store = edi_store()

    def receive(self, raw: bytes, name: str = "po.edi", version: str = "1") -> dict[str, int]:
        key = f"{IN}{self.account.account}/{name}"
        self.folder.objects[key] = raw
        known = {self.account.account: self.account}
        work = ReceiveFile(self.folder, known.get, self._take, self._except, self.store)
        return dict(work(key, version, len(raw)))

    def _take(
        self, account: Any, speaks: Any, parsed: Any, raw: bytes, delivery: Any, run: str
    ) -> Any:
        if self.fails:
            self.fails -= 1
            raise Unavailable("not now")
        try:
            mapped = speaks.map_order(parsed, account)
        except Unmappable as problem:
            self.exceptions.append((problem.code, problem.pointer, str(problem)))
            return SimpleNamespace(outcome="QUARANTINED")
        assert mapped.external_id == delivery.external_id == json.loads(raw)["external_id"]
        if mapped.external_id in self.captured:
            return SimpleNamespace(outcome="REPEATED")
        self.captured.append(mapped.external_id)
        return SimpleNamespace(outcome="CAPTURED")

    def _except(self, account: str, code: str, pointer: str, message: str, raw: bytes) -> None:
        self.exceptions.append((code, pointer, message))

    @property
    def codes(self) -> list[str]:
        return [code for code, _, _ in self.exceptions]

    def replies(self, kind: str) -> list[list[Segment]]:
        """The segments of each file of that kind that lies in the partner's folder."""
        names = (n for n in self.folder.objects if n.startswith(f"edi/out/demo/{kind}-"))
        return [list(read(self.folder.objects[name])[0].segments) for name in names]

    def said(self, kind: str, *tags: str) -> list[str]:
        """Those segments of the only reply of its kind."""
        (reply,) = self.replies(kind)
        return ["*".join((s.tag, *s.elements)) for s in reply if s.tag in tags]


ACKS = ("AK1", "AK2", "AK3", "AK4", "AK5", "AK9")


def lenient(desk: Desk) -> Desk:
    settings = {**SETTINGS, "control_errors": "accept"}
    return Desk(account=replace(desk.account, settings=settings))


# --- good files ----------------------------------------------------------------------


def test_a_good_file_is_captured_and_acknowledged() -> None:
    desk = Desk()
    assert desk.receive(sample()) == {"CAPTURED": 1}
    assert desk.captured == ["0042:PO-1001"] and not desk.exceptions
    assert desk.said("997", *ACKS) == ["AK1*PO*1001", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1"]
    assert desk.said("TA1", "TA1") == ["TA1*000001001*261121*1927*A*000"]  # ISA14 asked for it


def test_the_order_is_kept_for_the_replies_that_will_be_made_of_it() -> None:
    desk = Desk()
    desk.receive(sample())
    kept = desk.store.document("demo", "0042:PO-1001")
    assert kept is not None and kept["lines"][0]["ids"]["VN"] == "MUG-BLUE"
    assert desk.store.document("other", "0042:PO-1001") is None


def test_every_store_of_a_split_is_captured() -> None:
    desk = Desk()
    assert desk.receive(sample("store_split")) == {"CAPTURED": 2}


def test_a_confirmation_is_acknowledged_and_nothing_is_kept() -> None:
    desk = Desk()
    desk.receive(file_of(purchase_order(purpose="06")))
    assert desk.store.document("demo", "0042:PO-1") is None
    assert desk.said("997", "AK9") == ["AK9*A*1*1*1"]


def test_a_cancellation_leaves_the_kept_order_as_it_was() -> None:
    desk = Desk()
    desk.receive(sample())
    desk.receive(sample("cancellation"), "cancel.edi")
    kept = desk.store.document("demo", "0042:PO-1001")
    assert kept is not None and kept["purpose"] == "00" and len(kept["lines"]) == 2


def test_an_older_copy_of_an_order_does_not_replace_a_newer_one() -> None:
    desk = Desk()
    desk.receive(file_of(purchase_order(), control=8).replace(b"*1927*U", b"*1950*U"))
    desk.receive(file_of(purchase_order()[:-2]), "older.edi")
    kept = desk.store.document("demo", "0042:PO-1")
    assert kept is not None and len(kept["lines"]) == 2


def test_a_set_without_an_envelope_is_captured_and_gets_no_997() -> None:
    desk = Desk()
    raw = b"".join(line + b"\n" for line in file_of(purchase_order()).split(b"\n")[2:-3])
    assert raw.startswith(b"ST*") and desk.receive(raw) == {"CAPTURED": 1}
    assert desk.folder.puts == []
    assert desk.receive(raw, version="2") == {"DUPLICATE": 1}


# --- parts of a file -----------------------------------------------------------------


def test_one_good_set_of_three_goes_on_and_the_others_are_named() -> None:
    desk = Desk()
    assert desk.receive(sample("one_of_three_is_good")) == {"CAPTURED": 1, "REJECTED": 2}
    assert desk.captured == ["0042:PO-1005"]
    assert [each[:2] for each in desk.exceptions] == [
        ("invalid-element", "set 0001, segment 16, PO1"),
        ("set-count", "set 0003, segment 18, SE"),
    ]
    assert desk.said("997", *ACKS) == [
        "AK1*PO*1004",
        "AK2*850*0001",
        "AK3*PO1*16**8",
        "AK4*2**6",
        "AK5*R*5",
        "AK2*850*0002",
        "AK5*A",
        "AK2*850*0003",
        "AK5*R*4",
        "AK9*P*3*3*1",
    ]


def test_an_order_that_makes_no_sense_is_one_exception_that_names_the_segment() -> None:
    desk = Desk()
    both = file_of(purchase_order(["PO1*1*0*EA*5"]), purchase_order(number="PO-2"))
    assert desk.receive(both) == {"QUARANTINED": 1, "CAPTURED": 1}
    ((code, _, message),) = desk.exceptions
    assert code == "invalid-quantity" and "segment 8, PO1" in message
    assert desk.captured == ["0042:PO-2"]


@pytest.mark.parametrize(
    ("before", "after", "code", "said"),
    [
        (b"SE*11*0001", b"SE*11*0002", "set-control-number", ["AK5*R*3", "AK9*R*1*1*0"]),
        (b"SE*11*0001", b"SE*12*0001", "set-count", ["AK5*R*4", "AK9*R*1*1*0"]),
        (b"GE*1*7", b"GE*1*8", "group-control-number", ["AK5*R", "AK9*R*1*1*0*4"]),
        (b"GE*1*7", b"GE*2*7", "group-count", ["AK5*R", "AK9*R*1*1*0*5"]),
        (b"IEA*1*000000007", b"IEA*1*000000008", "interchange-control-number",
         ["AK5*R", "AK9*R*1*1*0"]),
        (b"SE*11*0001~\n", b"", "no-set-trailer", ["AK5*R*2", "AK9*R*1*1*0"]),
    ],
)  # fmt: skip
def test_a_wrong_control_number_or_count_is_rejected(
    before: bytes, after: bytes, code: str, said: list[str]
) -> None:
    desk = Desk()
    assert desk.receive(file_of(purchase_order()).replace(before, after)) == {"REJECTED": 1}
    assert desk.captured == [] and desk.codes == [code]
    assert desk.said("997", "AK5", "AK9") == said


def test_a_partner_whose_numbers_are_forgiven_is_accepted_with_errors() -> None:
    desk = lenient(Desk())
    raw = file_of(purchase_order(), purchase_order(number="PO-2")).replace(b"*0002~", b"*0001~")
    assert desk.receive(raw) == {"CAPTURED": 2}
    assert desk.said("997", "AK5", "AK9") == ["AK5*A", "AK5*E*23", "AK9*E*2*2*2"]


def test_a_file_that_was_cut_off_is_never_forgiven() -> None:
    desk = lenient(Desk())
    whole = file_of(purchase_order())
    assert desk.receive(whole[: whole.index(b"CTT")]) == {"REJECTED": 1}
    assert desk.captured == [] and desk.codes[0] == "no-interchange-trailer"


def test_another_kind_of_set_is_told_that_it_is_not_taken() -> None:
    desk = Desk()
    assert desk.receive(file_of(["BCH*04*SA*PO-1"], kind="860")) == {"REJECTED": 1}
    assert desk.codes == ["unsupported-set"] and desk.said("997", "AK5") == ["AK5*R*1"]


# --- once ----------------------------------------------------------------------------


def test_the_same_delivery_again_changes_nothing() -> None:
    desk = Desk()
    desk.receive(sample())
    before, puts = dict(desk.folder.objects), list(desk.folder.puts)
    assert desk.receive(sample()) == {"REPEATED": 1}
    assert (desk.folder.objects, desk.folder.puts) == (before, puts) and not desk.exceptions


def test_the_same_interchange_in_another_file_is_reported_and_not_processed() -> None:
    desk = Desk()
    desk.receive(sample())
    assert desk.receive(sample(), "again.edi") == {"DUPLICATE": 1}
    assert desk.receive(sample(), version="2") == {"DUPLICATE": 1}
    assert desk.codes == ["duplicate-interchange"] * 2
    ta1 = sorted(s[5] for reply in desk.replies("TA1") for s in reply if s.tag == "TA1")
    assert ta1 == ["000", "025"]
    assert len(desk.replies("997")) == 1


def test_a_failure_in_the_middle_is_made_up_for_by_the_next_try() -> None:
    desk = Desk(fails=1)
    two = file_of(purchase_order(), purchase_order(number="PO-2"))
    with pytest.raises(Unavailable):
        desk.receive(two)
    assert desk.folder.puts == []  # no 997 before everything is durable
    assert desk.receive(two) == {"CAPTURED": 2}
    assert desk.said("997", "AK9") == ["AK9*A*2*2*2"]


def test_a_997_that_was_numbered_but_not_written_keeps_its_number() -> None:
    desk = Desk()
    put, desk.folder.put = desk.folder.put, _broken  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        desk.receive(file_of(purchase_order()))
    desk.folder.put = put  # type: ignore[method-assign]
    desk.receive(file_of(purchase_order()))
    desk.receive(file_of(purchase_order(number="PO-2"), control=8), "next.edi")
    assert sorted(reply[0][13] for reply in desk.replies("997")) == ["000000001", "000000002"]


def _broken(key: str, body: bytes, content_type: str) -> None:
    raise Unavailable("the bucket does not answer")


def test_an_order_too_large_to_keep_is_an_exception_and_the_next_goes_on() -> None:
    dice, desk = random.Random("large"), Desk()
    noise = ["".join(dice.choices("ABCDEFGHJKMNPQRSTVWXYZ0123456789", k=900)) for _ in range(900)]
    lines = [f"PO1*{n}*1*EA*5*PE*VN*{each}" for n, each in enumerate(noise)]
    raw = file_of(purchase_order(lines), purchase_order(number="PO-2"))
    assert desk.receive(raw) == {"REJECTED": 1, "CAPTURED": 1}
    assert desk.codes == ["too-large"] and desk.captured == ["0042:PO-2"]


def test_a_number_without_end_is_an_exception() -> None:
    desk = Desk()
    assert desk.receive(file_of(purchase_order(number="9" * 5_000))) == {"QUARANTINED": 1}
    assert desk.codes == ["invalid-id"]


# --- who sent it ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"*01*925175000 ", b"*01*925175009 "), (b"*ZZ*OMSDEMO ", b"*ZZ*OTHERS  ")],
)
def test_a_file_of_a_stranger_is_kept_and_gets_no_reply(before: bytes, after: bytes) -> None:
    desk = Desk()
    raw = file_of(purchase_order(), ask="1").replace(before, after)
    assert desk.receive(raw) == {"REJECTED": 1}
    assert desk.codes == ["not-this-partner"] and desk.folder.puts == []


def test_where_anybody_may_send_the_answer_goes_back_to_whoever_did() -> None:
    desk = Desk(account=replace(ACCOUNT, settings={**SETTINGS, "any_sender": True}))
    raw = file_of(purchase_order(), usage="T").replace(b"*01*925175000 ", b"*12*555000111 ")
    assert desk.receive(raw) == {"CAPTURED": 1}
    ((isa, *_),) = desk.replies("997")
    assert (isa[5], isa[6].strip(), isa[7], isa[8].strip(), isa[15]) == (
        "ZZ", "OMSDEMO", "12", "555000111", "T",
    )  # fmt: skip


def test_a_file_in_the_folder_of_nobody_is_kept() -> None:
    desk = Desk()
    work = ReceiveFile(desk.folder, lambda name: None, desk._take, desk._except, desk.store)
    desk.folder.objects["edi/in/nobody/po.edi"] = sample()
    assert dict(work("edi/in/nobody/po.edi", "1")) == {"REJECTED": 1}
    assert desk.codes == ["unknown-partner"]


def test_what_is_no_x12_or_too_large_is_an_exception() -> None:
    desk = Desk()
    desk.receive(b"PK\x03\x04 a spreadsheet")
    key = "edi/in/demo/huge.edi"
    work = ReceiveFile(
        desk.folder, {"demo": desk.account}.get, desk._take, desk._except, desk.store
    )
    work(key, "1", 6 * 1024 * 1024)  # not even fetched
    assert desk.codes == ["not-x12", "too-large"]


# --- what they say to us -------------------------------------------------------------


def test_a_997_of_theirs_is_not_answered() -> None:
    desk = Desk()
    accepted = ["AK1*SH*12", "AK2*856*0001", "AK5*A", "AK9*A*1*1*1"]
    assert desk.receive(file_of(accepted, kind="997")) == {"ACKNOWLEDGED": 1}
    assert desk.folder.puts == [] and not desk.exceptions


def test_a_997_that_refuses_our_file_is_an_exception() -> None:
    desk = Desk()
    refused = ["AK1*SH*12", "AK2*856*0001", "AK5*R*5", "AK9*R*1*1*0"]
    assert desk.receive(file_of(refused, kind="997")) == {"REJECTED": 1}
    ((code, _, message),) = desk.exceptions
    assert code == "reply-refused" and "group 12" in message


# --- whatever comes ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "outcomes", "codes"),
    [
        ("aafes_850_5010_retail_txnonly", {"CAPTURED": 1}, []),
        ("edinet.x12.850", {"REJECTED": 1}, ["interchange-control-number"]),
        ("edinet.x12.850a", {"REJECTED": 1}, ["interchange-control-number"]),
        ("napa_850_5010_a", {"CAPTURED": 1}, []),
        ("ruralking_850_5010_single_store_txnonly", {"CAPTURED": 1}, []),
        ("ruralking_850_5010_crossdock_mtx_newline_txnonly", {"CAPTURED": 2}, []),
    ],
)
def test_a_recorded_file_is_captured_or_the_right_exception(
    name: str, outcomes: dict[str, int], codes: list[str]
) -> None:
    desk = Desk(account=ChannelAccount("edi", "demo", (), ""))
    raw = (PAYLOADS / "x12" / f"{name}.edi").read_bytes()
    assert desk.receive(raw) == outcomes and desk.codes == codes
    settings = {**SETTINGS, "control_errors": "accept", "any_sender": True}
    trial = Desk(account=replace(ACCOUNT, settings=settings))
    assert set(trial.receive(raw)) == {"CAPTURED"}


def test_every_mutated_file_is_orders_or_exceptions_and_nothing_else() -> None:
    dice, desk = random.Random("files"), Desk()
    names = [path.stem for path in sorted(SAMPLES.glob("*.edi"))]
    for number in range(400):
        body = bytearray(sample(dice.choice(names)))
        for _ in range(dice.randint(1, 5)):
            at = dice.randrange(len(body))
            match dice.randrange(3):
                case 0:
                    body[at] = dice.choice(b"~*>\n \x00\xff09AZ.-")
                case 1:
                    del body[at : at + dice.randint(1, 40)]
                case _:
                    body[at:at] = dice.choice(
                        [b"~\nPO1*", b"~\nST*850*", b"*", b"~", b"~\nSDQ*EA*92*"]
                    )
        outcomes = desk.receive(bytes(body), f"{number}.edi")
        assert set(outcomes) <= {"CAPTURED", "REPEATED", "QUARANTINED", "REJECTED", "DUPLICATE"}
    assert desk.captured and desk.exceptions


def test_the_handler_hands_the_object_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from oms import wiring_channels

    seen: list[tuple[Any, ...]] = []

    def receive_file(*given: Any) -> dict[str, int]:
        seen.append(given)
        return {"CAPTURED": 1}

    monkeypatch.setattr(wiring_channels, "receive_file", lambda: receive_file, raising=False)
    handler = importlib.import_module("functions.receive_files.handler").handler
    event = json.loads((SAMPLES / "purchase_order.json").read_text())
    assert handler(event, None) == {"batchItemFailures": []}
    size = len(sample())
    assert seen == [("edi/in/demo/purchase_order.edi", "0060F1", size, "")]
