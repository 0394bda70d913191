"""X12 as it really comes: delimiters found, fields left alone, rubbish refused."""

from __future__ import annotations

import random
import string
from contextlib import suppress

import pytest

from oms.channels.edi.tokens import Delimiters, Segment, Tokens, read, write
from oms.channels.model import Unmappable
from tests.contracts.channels.edi import file_of, purchase_order, sample
from tests.recorded import PAYLOADS

X12 = PAYLOADS / "x12"


def tags(raw: bytes) -> list[str]:
    return [segment.tag for tokens in read(raw) for segment in tokens.segments]


PLAIN = file_of(purchase_order())
TAGS = tags(PLAIN)


def text() -> str:
    return PLAIN.decode()


def test_a_file_by_the_book_is_read() -> None:
    (tokens,) = read(PLAIN)
    assert tokens.delimiters == Delimiters("*", ">", "~")
    assert TAGS[:4] == ["ISA", "GS", "ST", "BEG"] and TAGS[-1] == "IEA"
    assert tokens.segments[3][3] == "PO-1"
    assert [segment.position for segment in tokens.segments] == list(range(1, len(TAGS) + 1))


@pytest.mark.parametrize(
    ("what", "raw"),
    [
        ("a byte order mark", b"\xef\xbb\xbf" + PLAIN),
        ("blank lines in front", b"\r\n\r\n" + PLAIN),
        ("an end-of-file mark", PLAIN + b"\x1a"),
        ("Windows line ends", PLAIN.replace(b"\n", b"\r\n")),
        ("one long line", PLAIN.replace(b"\n", b"")),
        ("tabs before the tags", PLAIN.replace(b"\n", b"\n\t\t ")),
        ("pads that were collapsed", " ".join(text().split(" ")).replace("     ", "").encode()),
        ("pads that are hard blanks", text().replace("     ", "\u00a0 ").encode()),
        ("exclamation marks", PLAIN.replace(b"~", b"!")),
        ("bars between elements", PLAIN.replace(b"*", b"|")),
        ("line breaks as terminators", PLAIN.replace(b"~\n", b"\n")),
        ("Windows line breaks as terminators", PLAIN.replace(b"~\n", b"\r\n")),
        ("no ISA16", PLAIN.replace(b"*>~", b"*~")),
        ("neither ISA16 nor its separator", PLAIN.replace(b"*P*>~", b"*P~")),
        ("a terminator in ISA16", PLAIN.replace(b"*P*>~", b"*P*~~")),
        ("no terminator at the end", PLAIN.rstrip(b"~\n")),
    ],
)
def test_what_people_and_programs_do_to_files_is_survived(what: str, raw: bytes) -> None:
    assert tags(raw) == TAGS, what


def test_a_line_break_in_a_field_stays_in_the_field() -> None:
    raw = file_of(["BEG*00*SA*PO-1", "MTX**SHIP TO THE DOCK\nAND LABEL THE STORES", "PO1*1*1*EA"])
    note = next(s for s in read(raw)[0].segments if s.tag == "MTX")
    assert note[2] == "SHIP TO THE DOCK\nAND LABEL THE STORES"


def test_a_lost_terminator_loses_no_line() -> None:
    broken = PLAIN.replace(b"MUG-BLUE~\n", b"MUG-BLUE\n")
    assert broken != PLAIN
    assert read(broken) == read(PLAIN)


def test_two_interchanges_in_a_file_may_use_different_delimiters() -> None:
    other = PLAIN.replace(b"*", b"|").replace(b"~", b"!")
    first, second = read(PLAIN + b"\n\n" + other)
    assert (first.delimiters.element, second.delimiters.element) == ("*", "|")
    assert second.segments[0].position == len(first.segments) + 1


def test_a_set_without_an_envelope_is_read() -> None:
    raw = b"ST*850*0001~\nBEG*00*SA*PO-1~\nSE*3*0001~\n"
    (tokens,) = read(raw)
    assert [segment.tag for segment in tokens.segments] == ["ST", "BEG", "SE"]


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\n", b"{}", b"<xml/>", b"ISA", b"ISA*", b"ISA*00*", b"ISAAAA", b"ST*850*0001~",
        b"ISA" + b"*0" * 20, b"UNA:+.? 'UNB+UNOA:2+", b"\xff\xfe\x00", PLAIN[:80], PLAIN[4:],
    ],
)  # fmt: skip
def test_what_is_no_x12_is_refused(raw: bytes) -> None:
    with pytest.raises(Unmappable) as refused:
        read(raw)
    assert refused.value.code in {"not-x12", "invalid-isa", "invalid-set", "invalid-segment"}


def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(Unmappable) as refused:
        read(b"ISA*" + b" " * (5 * 1024 * 1024))
    assert refused.value.code == "too-large"


def test_a_file_of_line_breaks_takes_no_time() -> None:
    raw = PLAIN.replace(b"*US~\n", b"*US~" + b"\n" * 1_000_000)
    assert tags(raw) == TAGS


# --- properties ----------------------------------------------------------------------


def test_what_is_written_in_any_delimiters_reads_back_the_same() -> None:
    dice = random.Random("round trip")
    for _ in range(300):
        element, component, terminator = dice.sample("*|^!~>:+'#@;", 3)
        delimiters = Delimiters(element, component, terminator)
        free = [each for each in string.printable[:95] if each not in (element, terminator)]
        isa = ["00", "", "00", "", "ZZ", "A", "ZZ", "B", "261121", "1927", "U", "00401", "1", "0"]
        segments = [
            Segment("ISA", (*isa, "P", component), 1),
            Segment("GS", ("PO", "A", "B"), 2),
            Segment("ST", ("850", "0001"), 3),
        ]
        for position in range(4, dice.randint(5, 30)):
            elements = ("".join(dice.choices(free, k=dice.randint(0, 12))) for _ in range(5))
            segments.append(Segment(dice.choice(["PO1", "N1", "REF"]), tuple(elements), position))
        written = write(segments, delimiters)
        assert read(written.encode()) == (Tokens(delimiters, tuple(segments)),)


def test_a_damaged_file_is_read_or_refused_and_nothing_else() -> None:
    dice = random.Random("damage")
    for _ in range(2_000):
        body = bytearray(sample(dice.choice(["purchase_order", "store_split"])))
        for _ in range(dice.randint(1, 6)):
            at = dice.randrange(len(body))
            match dice.randrange(4):
                case 0:
                    body[at] = dice.randrange(256)
                case 1:
                    del body[at : at + dice.randint(1, 30)]
                case 2:
                    body[at:at] = dice.choice([b"~", b"*", b"\n", b"ST*", b"IEA*", b"\xc2\xa0"])
                case _:
                    del body[at:]
            if not body:
                break
        with suppress(Unmappable):
            read(bytes(body))


@pytest.mark.parametrize(
    ("name", "segments"),
    [
        ("aafes_850_5010_retail_txnonly", 29),
        ("dandh_855_4010_ack", 10),
        ("edinet.x12.810a", 68),
        ("edinet.x12.810b", 76),
        ("edinet.x12.810c", 49),
        ("edinet.x12.810d", 68),
        ("edinet.x12.850", 15),
        ("edinet.x12.850a", 54),
        ("fisher_856_4010_asn", 17),
        ("napa_850_5010_a", 26),
        ("ruralking_850_5010_crossdock_mtx_newline_txnonly", 16),
        ("ruralking_850_5010_single_store_txnonly", 13),
        ("walmart_856_4010_asn_sopi", 48),
    ],
)
def test_a_recorded_file_reads_writes_and_reads_the_same(name: str, segments: int) -> None:
    tokens = read((X12 / f"{name}.edi").read_bytes())
    (one,) = tokens
    assert len(one.segments) == segments
    assert read(write(one.segments, one.delimiters).encode()) == tokens
