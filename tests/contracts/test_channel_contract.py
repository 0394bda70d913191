"""Every channel keeps the same promises about what it sends. One suite, once per channel."""

from __future__ import annotations

import copy
import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from oms.channels import registry
from oms.channels.documents import document
from oms.channels.model import Kind, MappedOrder, Unmappable
from oms.kernel.errors import Malformed, NotFound, TooLarge
from oms.orders.content import ChannelState, PaymentTerms
from oms.platform import gate
from tests.contracts.channels.case import NOW, SECRET, ChannelCase, at, case_of, put
from tests.recorded import PAYLOADS

MUTATIONS = 1_000
_CASES = {name: case_of(name) for name in registry.CHANNELS}

channels = pytest.mark.parametrize("name", _CASES)
signing = pytest.mark.parametrize("name", [name for name, case in _CASES.items() if case.sign])
with_totals = pytest.mark.parametrize("name", [name for name, c in _CASES.items() if c.totals])
with_city = pytest.mark.parametrize("name", [n for n, c in _CASES.items() if "city" in c.where])


def mapped(name: str, order: Any) -> MappedOrder:
    return registry.channel(name).map_order(order, _CASES[name].account)


def believed(name: str, raw: bytes, headers: dict[str, str], **account: Any) -> bool:
    known = replace(_CASES[name].account, **account)
    return registry.channel(name).verify(raw, headers, known, NOW)


def headers(case: ChannelCase, raw: bytes, secret: str = SECRET) -> dict[str, str]:
    return case.sign(raw, secret) if case.sign else {}


def is_fat(case: ChannelCase) -> bool:
    """Whether a message holds the whole order."""
    try:
        return bool(gate.parse(case.message()) == case.document())
    except Malformed:
        return False


def parsed_message(case: ChannelCase) -> Any:
    """As the receiving end does it: what is no JSON has no parsed form."""
    try:
        return gate.parse(case.message())
    except Malformed:
        return None


def test_a_channel_that_we_do_not_know_is_not_found() -> None:
    with pytest.raises(NotFound):
        registry.channel("os")


# --- who sent it ---------------------------------------------------------------------


@signing
def test_a_signed_delivery_is_believed(name: str) -> None:
    raw = _CASES[name].message()
    assert believed(name, raw, headers(_CASES[name], raw))


@channels
def test_an_unsigned_delivery_is_not_believed(name: str) -> None:
    for raw in (_CASES[name].message(), b"", b"{}", b"\xff\x00"):
        assert not believed(name, raw, {})
        assert not believed(name, raw, {"x-signature": "x", "authorization": SECRET})


@signing
def test_the_case_of_header_names_does_not_matter(name: str) -> None:
    raw = _CASES[name].message()
    shouted = {key.upper(): value for key, value in headers(_CASES[name], raw).items()}
    assert believed(name, raw, shouted)


@signing
def test_both_secrets_are_good_while_one_is_rotated(name: str) -> None:
    case, raw, rotating = _CASES[name], _CASES[name].message(), ("new-secret", SECRET)
    assert believed(name, raw, headers(case, raw), secrets=rotating)
    assert believed(name, raw, headers(case, raw, "new-secret"), secrets=rotating)
    assert not believed(name, raw, headers(case, raw, "other"), secrets=rotating)


@signing
@pytest.mark.parametrize("secrets", [(), ("",), ("  ",)])
def test_a_missing_secret_believes_nobody(name: str, secrets: tuple[str, ...]) -> None:
    raw = _CASES[name].message()
    for key in ("", "  ", SECRET):
        assert not believed(name, raw, headers(_CASES[name], raw, key), secrets=secrets)


@signing
@pytest.mark.parametrize("value", ["", "x", "é" * 40, "\ud800", "A" * 100_000, "\x00", "=="])
def test_a_strange_header_is_no_and_no_crash(name: str, value: str) -> None:
    case, raw = _CASES[name], _CASES[name].message()
    for header in headers(case, raw):
        spoilt = {**headers(case, raw), header: value}
        registry.channel(name).identify(raw, spoilt, parsed_message(case), case.account)
        if header not in case.unsigned:
            assert not believed(name, raw, spoilt), header


@signing
def test_another_shop_with_the_same_secret_is_not_believed(name: str) -> None:
    case, raw = _CASES[name], _CASES[name].message()
    for header, other in case.impostor.items():
        for claim in (other, "evil.example", "https://demo.example.evil.example/", ""):
            assert not believed(name, raw, {**headers(case, raw), header: claim})


@signing
def test_no_mutated_delivery_is_believed(name: str) -> None:
    case, raw = _CASES[name], _CASES[name].message()
    dice, good = random.Random(f"verify {name}"), headers(_CASES[name], raw)
    for _ in range(MUTATIONS):
        body, sent = bytearray(raw), dict(good)
        if dice.random() < 0.7:
            _damage(body, dice)
        else:
            text = bytearray(sent[case.signature].encode())
            _damage(text, dice)
            sent[case.signature] = text.decode("latin-1")
        said = believed(name, bytes(body), sent)
        if sent == good:
            assert said is (bytes(body) == raw)
        else:  # some send a list of signatures, in which a strange one does no harm
            listed = good[case.signature] in sent[case.signature].split()
            assert not said or (listed and bytes(body) == raw)


def _damage(body: bytearray, dice: random.Random) -> None:
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(len(body))
        match dice.randrange(4):
            case 0:
                body[place] ^= 1 << dice.randrange(8)
            case 1:
                body.insert(place, dice.randrange(256))
            case 2 if len(body) > 1:
                del body[place]
            case _:
                body.append(32)


# --- what it is about ----------------------------------------------------------------


@channels
def test_a_message_names_its_order(name: str) -> None:
    case, raw = _CASES[name], _CASES[name].message()
    found = registry.channel(name).identify(
        raw, headers(case, raw), parsed_message(case), case.account
    )
    assert found.kind in (Kind.ORDER, Kind.CHANGE, Kind.NOTICE)
    assert found.external_id == case.external_id
    if is_fat(case):
        assert found.version_at == mapped(name, case.document()).version_at is not None


@channels
def test_the_same_delivery_again_has_the_same_key(name: str) -> None:
    case, raw = _CASES[name], _CASES[name].message()
    first, again = (
        registry.channel(name).identify(raw, headers(case, raw), parsed_message(case), case.account)
        for _ in range(2)
    )
    assert first.delivery_key == again.delivery_key != ""


@channels
def test_a_whole_order_with_another_body_has_another_key(name: str) -> None:
    case, raw = _CASES[name], _CASES[name].message()
    if is_fat(case):
        keys = {
            registry.channel(name)
            .identify(body, headers(case, body), None, case.account)
            .delivery_key
            for body in (raw, raw + b" ")
        }
        assert len(keys) == 2


@channels
def test_what_is_not_about_an_order_is_ignored(name: str) -> None:
    for sent, raw in _CASES[name].foreign:
        delivery = registry.channel(name).identify(
            raw, dict(sent), gate.parse(raw), _CASES[name].account
        )
        assert delivery.kind is Kind.IGNORED, (sent, raw)


@channels
@pytest.mark.parametrize("parsed", [None, [], "x", 7, {}, {"id": None}, {"id": [1]}, {"id": -1}])
def test_an_order_without_an_id_is_one_to_be_looked_at(name: str, parsed: Any) -> None:
    case = _CASES[name]
    delivery = registry.channel(name).identify(b"?", headers(case, b"?"), parsed, case.account)
    assert delivery.external_id == ""
    if is_fat(case) and case.sign:  # a header says that it is an order
        assert delivery.kind is Kind.ORDER
    with pytest.raises(Unmappable):
        mapped(name, parsed)


# --- the order -----------------------------------------------------------------------


@channels
def test_the_sample_order_becomes_one_of_ours(name: str) -> None:
    order = mapped(name, _CASES[name].document())
    content = order.content
    assert (order.external_id, order.number != "") == (_CASES[name].external_id, True)
    assert content.terms in (PaymentTerms.PAID_IN_CHANNEL, PaymentTerms.ON_ACCOUNT)
    assert content.channel_state is ChannelState.OPEN
    assert content.totals.variance.amount_minor == 0
    assert (content.lines[0].sku, content.lines[0].external_id != "") == ("MUG-BLUE", True)
    assert content.shipping_address and content.shipping_address.country
    assert content.customer.email or content.customer.phone
    assert order.placed_at and order.placed_at.utcoffset() is not None
    assert not order.refunded


@channels
def test_line_ids_are_unique_and_lines_add_up(name: str) -> None:
    content = mapped(name, _CASES[name].document()).content
    assert len({line.line_id for line in content.lines}) == len(content.lines)
    lines = sum(
        (line.unit_price * line.quantity - line.discount + line.tax).amount_minor
        for line in content.lines
    )
    line_taxes = sum(line.tax.amount_minor for line in content.lines)
    shipping_tax = content.totals.tax.amount_minor - line_taxes
    shipping = content.totals.shipping.amount_minor
    assert lines + shipping + shipping_tax == content.totals.total.amount_minor


NO_ID = ("wrong-type", "invalid-id", "missing-field")
NO_LIST = ("wrong-type", "invalid-lines", "missing-field")
NO_QUANTITY = ("wrong-type", "invalid-quantity", "missing-field")
UNFIT: list[tuple[str, Any, tuple[str, ...]]] = [
    ("quantity", 0, NO_QUANTITY),
    ("quantity", -1, NO_QUANTITY),
    ("quantity", "1", NO_QUANTITY),
    ("quantity", "1.5", NO_QUANTITY),
    ("quantity", True, NO_QUANTITY),
    ("quantity", None, NO_QUANTITY),
    ("quantity", 2**63, NO_QUANTITY),
    ("currency", "usd", ("unknown-currency",)),
    ("currency", "XXX", ("unknown-currency",)),
    ("currency", None, ("missing-field",)),
    ("currency", 7, ("unknown-currency", "wrong-type")),
    ("lines", [], NO_LIST),
    ("lines", None, NO_LIST),
    ("lines", {}, NO_LIST),
    ("lines", [7], NO_LIST),
    ("lines", ["x"], NO_LIST),
    ("sku", 7, ("wrong-type",)),
    ("line_id", 1.5, NO_ID),
    ("line_id", True, NO_ID),
    ("external_id", "../../x", NO_ID),
    ("external_id", 10**20, NO_ID),
    ("external_id", None, NO_ID),
]


@channels
@pytest.mark.parametrize("place, value, codes", UNFIT)
def test_what_cannot_be_an_order_says_why_and_where(
    name: str, place: str, value: Any, codes: tuple[str, ...]
) -> None:
    case = _CASES[name]
    order = case.document()
    put(order, case.where[place], value)
    if _is_among(value, case.fits.get(place, ())):
        assert mapped(name, order).content.lines
        return
    with pytest.raises(Unmappable) as unfit:
        mapped(name, order)
    assert unfit.value.code in codes
    assert unfit.value.pointer.startswith(f"/{case.where[place][0]}")


NO_DECIMALS: tuple[Any, ...] = (
    "",
    "x",
    "1e3",
    " 1.0",
    "1_000",
    "NaN",
    "9" * 14,
    True,
    [],
    "12,30",
    "١٢",
    "-1.00",
)


@channels
@pytest.mark.parametrize("amount", NO_DECIMALS)
def test_a_price_that_is_no_decimal_is_refused(name: str, amount: Any) -> None:
    case = _CASES[name]
    order = case.document()
    put(order, case.where["price"], amount)
    if _is_among(amount, case.fits.get("price", ())):
        assert mapped(name, order).content.lines
        return
    with pytest.raises(Unmappable) as unfit:
        mapped(name, order)
    assert unfit.value.code in ("invalid-amount", "missing-field", "wrong-type")


def _is_among(value: Any, values: tuple[Any, ...]) -> bool:
    """1 and True are equal, and yet not alike."""
    return any(type(each) is type(value) and each == value for each in values)


@channels
@pytest.mark.parametrize("sku", ["", None])
def test_a_line_without_a_sku_is_kept(name: str, sku: str | None) -> None:
    order = _CASES[name].document()
    put(order, _CASES[name].where["sku"], sku)
    has_other_name = _is_among(sku, _CASES[name].fits.get("sku", ()))
    assert bool(mapped(name, order).content.lines[0].sku) is has_other_name


@with_totals
def test_a_total_that_does_not_add_up_is_told_as_variance(name: str) -> None:
    order = _CASES[name].document()
    for path in _CASES[name].totals:
        put(order, path, _CASES[name].one)
    totals = mapped(name, order).content.totals
    assert totals.channel_total.decimal() == 1
    assert totals.variance == totals.channel_total - totals.total


@with_totals
def test_a_total_of_nothing_is_a_total(name: str) -> None:
    order, one = _CASES[name].document(), _CASES[name].one
    for path in _CASES[name].totals:
        put(order, path, "0.00" if isinstance(one, str) else 0)
    assert mapped(name, order).content.totals.channel_total.amount_minor == 0


@with_city
def test_control_characters_in_names_are_taken_out(name: str) -> None:
    order = _CASES[name].document()
    put(order, _CASES[name].where["city"], "Ber\u202e\x00lin\n\x1b  \t B ")
    address = mapped(name, order).content.shipping_address
    assert address and address.city == "Berlin B"


@channels
def test_an_order_of_a_thousand_lines_is_the_largest(name: str) -> None:
    case = _CASES[name]
    order = case.document()
    path, below = case.where["lines"], case.where["line_id"][len(case.where["lines"]) + 1 :]
    line = at(order, path)[0]
    put(order, path, [_numbered(line, below, n) for n in range(1, 1001)])
    assert len(mapped(name, order).content.lines) >= 1000
    at(order, path).append(_numbered(line, below, 1001))
    with pytest.raises(Unmappable):
        mapped(name, order)


def _numbered(line: Any, path: tuple[str | int, ...], number: int) -> Any:
    line = copy.deepcopy(line)
    put(line, path, type(at(line, path))(number))
    return line


# --- whatever comes ------------------------------------------------------------------

ODDITIES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**25, -(10**19), "", " ", "x", "1", "-1", "0.005", "1e400",
    "\x00", "9" * 400, [], {}, [[]], [None], {"x": 1}, "2026-13-45T99:99:99", "0001-01-01T00:00:00",
    "9999-12-31T23:59:59-23:59", "\u202e", "fulfilled", "partial", "JPY",
)  # fmt: skip


@channels
def test_a_mutated_order_is_mapped_or_unmappable_and_nothing_else(name: str) -> None:
    dice, channel, case = random.Random(f"map {name}"), registry.channel(name), _CASES[name]
    orders = [case.document(), *_recorded(case)]
    outcomes = {"mapped": 0, "unmappable": 0}
    for _ in range(MUTATIONS):
        order = _mutated(dice.choice(orders), dice)
        channel.identify(b"", {}, order, case.account)
        try:
            content = channel.map_order(order, case.account).content
        except Unmappable as unfit:
            outcomes["unmappable"] += 1
            assert unfit.code and len(str(unfit)) < 300
        else:
            outcomes["mapped"] += 1
            assert all(line.quantity > 0 for line in content.lines)
    assert min(outcomes.values()) > MUTATIONS // 50


@channels
def test_a_mutated_message_is_identified(name: str) -> None:
    dice, channel, case = random.Random(f"identify {name}"), registry.channel(name), _CASES[name]
    raw = case.message()
    good, parsed = headers(case, raw), parsed_message(case)
    for _ in range(MUTATIONS // 4):
        channel.identify(
            raw, good, _mutated(parsed, dice) if parsed else dice.choice(ODDITIES), case.account
        )


@channels
def test_a_damaged_body_is_refused_unmappable_or_an_order(name: str) -> None:
    dice, raw = random.Random(f"bytes {name}"), document(_CASES[name].document())
    for _ in range(MUTATIONS):
        body = bytearray(raw)
        _damage(body, dice)
        registry.channel(name).is_ping(bytes(body))
        with suppress(Malformed, TooLarge, Unmappable):
            mapped(name, gate.parse(bytes(body)))


def _mutated(order: Any, dice: random.Random) -> Any:
    order = copy.deepcopy(order)
    for _ in range(dice.randint(1, 4)):
        holder, key = dice.choice(list(_places(order)))
        if dice.random() < 0.15:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(dice.choice(ODDITIES))
        if not order:
            break
    return order


def _recorded(case: ChannelCase) -> list[Any]:
    paths = sorted(PAYLOADS.glob(case.recorded)) if case.recorded else []
    return [gate.parse(path.read_bytes()) for path in paths]


def _places(value: Any) -> Any:
    if not isinstance(value, dict | list):
        return
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        yield from _places(value[key])
