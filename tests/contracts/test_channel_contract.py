"""Every channel keeps the same promises. One suite, each test once per channel."""

from __future__ import annotations

import copy
import json
import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from oms.channels import registry
from oms.channels.model import Kind, Unmappable
from oms.channels.ports import Channel
from oms.kernel.errors import Malformed, NotFound, TooLarge
from oms.orders.content import ChannelState, PaymentTerms
from oms.platform import gate
from tests.unit.channels.samples import ACCOUNTS, RECORDED, SECRET, encode, headers, sample

MUTATIONS = 2_000

channels = pytest.mark.parametrize("name", registry.CHANNELS)


def known(name: str) -> Channel:
    return registry.channel(name)


def mapped(name: str, order: Any) -> Any:
    return known(name).map_order(order, ACCOUNTS[name])


def test_a_channel_that_we_do_not_know_is_not_found() -> None:
    with pytest.raises(NotFound):
        registry.channel("os")


# --- who sent it ---------------------------------------------------------------------


@channels
def test_a_signed_delivery_is_believed(name: str) -> None:
    raw = encode(sample(name))
    assert known(name).verify(raw, headers(name, raw), ACCOUNTS[name])


@channels
def test_the_case_of_header_names_does_not_matter(name: str) -> None:
    raw = encode(sample(name))
    shouted = {key.upper(): value for key, value in headers(name, raw).items()}
    assert known(name).verify(raw, shouted, ACCOUNTS[name])


@channels
def test_both_secrets_are_good_while_one_is_rotated(name: str) -> None:
    raw, rotating = b"{}", replace(ACCOUNTS[name], secrets=("new-secret", SECRET))
    assert known(name).verify(raw, headers(name, raw), rotating)
    assert known(name).verify(raw, headers(name, raw, "new-secret"), rotating)
    assert not known(name).verify(raw, headers(name, raw, "other"), rotating)


@channels
@pytest.mark.parametrize("secrets", [(), ("",), ("  ",)])
def test_a_missing_secret_believes_nobody(name: str, secrets: tuple[str, ...]) -> None:
    account = replace(ACCOUNTS[name], secrets=secrets)
    for key in ("", "  ", SECRET):
        assert not known(name).verify(b"{}", headers(name, b"{}", key), account)


@channels
@pytest.mark.parametrize("value", ["", "x", "é" * 40, "\ud800", "A" * 100_000, "\x00", "=="])
def test_a_strange_header_is_no_and_no_crash(name: str, value: str) -> None:
    raw = b"{}"
    for header in headers(name, raw):
        spoilt = {**headers(name, raw), header: value}
        if "topic" in header or header.endswith("-id"):
            known(name).identify(raw, spoilt, {})
        else:
            assert not known(name).verify(raw, spoilt, ACCOUNTS[name])
    assert not known(name).verify(raw, {}, ACCOUNTS[name])


@channels
def test_another_shop_with_the_same_secret_is_not_believed(name: str) -> None:
    raw = b"{}"
    domain = {"shopify": "x-shopify-shop-domain", "woocommerce": "x-wc-webhook-source"}[name]
    for other in ("evil.example", "https://demo.example.evil.example/", "demo.myshopify.com.evil"):
        assert not known(name).verify(raw, {**headers(name, raw), domain: other}, ACCOUNTS[name])


@channels
def test_no_mutated_delivery_is_believed(name: str) -> None:
    dice, raw = random.Random(f"verify {name}"), encode(sample(name))
    good, channel, account = headers(name, raw), known(name), ACCOUNTS[name]
    signature = next(key for key in good if "hmac" in key or "signature" in key)
    for _ in range(MUTATIONS):
        body, sent = bytearray(raw), dict(good)
        if dice.random() < 0.7:
            _damage(body, dice)
        else:
            text = bytearray(sent[signature].encode())
            _damage(text, dice)
            sent[signature] = text.decode("latin-1")
        same = bytes(body) == raw and sent[signature] == good[signature]
        assert channel.verify(bytes(body), sent, account) is same


def _damage(body: bytearray, dice: random.Random) -> None:
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(body))
        match dice.randrange(4):
            case 0:
                body[at] ^= 1 << dice.randrange(8)
            case 1:
                body.insert(at, dice.randrange(256))
            case 2 if len(body) > 1:
                del body[at]
            case _:
                body.append(32)


# --- what it is about ----------------------------------------------------------------


@channels
def test_an_order_is_identified(name: str) -> None:
    order, raw = sample(name), encode(sample(name))
    delivery = known(name).identify(raw, headers(name, raw), order)
    assert (delivery.kind, delivery.external_id) == (Kind.ORDER, str(order["id"]))
    assert delivery.version_at is not None
    assert delivery.version_at.isoformat()[:16] == "2026-11-21T19:27"


@channels
def test_the_same_delivery_again_has_the_same_key_and_another_body_has_another(name: str) -> None:
    order, raw = sample(name), encode(sample(name))
    later = encode({**order, "note": "changed"})
    first, again, other = (
        known(name).identify(body, headers(name, body), order).delivery_key
        for body in (raw, raw, later)
    )
    assert first == again != other


@channels
def test_without_a_topic_the_body_decides(name: str) -> None:
    order, raw = sample(name), encode(sample(name))
    assert known(name).identify(raw, {}, order).kind is Kind.ORDER
    assert known(name).identify(b'{"id":1}', {}, {"id": 1}).kind is Kind.IGNORED


@channels
def test_what_is_not_about_an_order_is_ignored(name: str) -> None:
    for topic in ("products/update", "product.updated", "orders/delete", "order.deleted"):
        sent = headers(name, b'{"id":5}', topic=topic)
        assert known(name).identify(b'{"id":5}', sent, {"id": 5}).kind is Kind.IGNORED


@channels
@pytest.mark.parametrize("parsed", [None, [], "x", 7, {}, {"id": None}, {"id": [1]}, {"id": -1}])
def test_an_order_without_an_id_is_one_to_be_looked_at(name: str, parsed: Any) -> None:
    delivery = known(name).identify(b"?", headers(name, b"?"), parsed)
    assert (delivery.kind, delivery.external_id) == (Kind.ORDER, "")
    with pytest.raises(Unmappable):
        mapped(name, parsed)


# --- the order -----------------------------------------------------------------------


@channels
def test_the_sample_order_becomes_one_of_ours(name: str) -> None:
    order = mapped(name, sample(name))
    content = order.content
    assert content.terms is PaymentTerms.PAID_IN_CHANNEL
    assert content.channel_state is ChannelState.OPEN
    assert content.totals.variance.amount_minor == 0
    assert content.lines[0].sku == "MUG-BLUE"
    assert content.lines[0].external_id
    assert content.shipping_address and content.billing_address
    assert content.customer.email and content.customer.phone
    assert order.placed_at and order.placed_at.isoformat() == "2026-11-21T19:27:40+00:00"


@channels
def test_line_ids_are_unique_and_lines_add_up(name: str) -> None:
    content = mapped(name, sample(name)).content
    assert len({line.line_id for line in content.lines}) == len(content.lines)
    lines = sum(
        (line.unit_price * line.quantity - line.discount + line.tax).amount_minor
        for line in content.lines
    )
    shipping_tax = content.totals.tax.amount_minor - sum(
        line.tax.amount_minor for line in content.lines
    )
    assert lines + content.totals.shipping.amount_minor + shipping_tax == (
        content.totals.total.amount_minor
    )


QUANTITY = ("line_items", 0, "quantity")
UNFIT: list[tuple[tuple[Any, ...], Any, str]] = [
    (QUANTITY, 0, "invalid-quantity"),
    (QUANTITY, -1, "invalid-quantity"),
    (QUANTITY, "1", "invalid-quantity"),
    (QUANTITY, True, "invalid-quantity"),
    (QUANTITY, None, "invalid-quantity"),
    (QUANTITY, 2**63, "invalid-quantity"),
    (("currency",), "usd", "unknown-currency"),
    (("currency",), "XXX", "unknown-currency"),
    (("currency",), None, "missing-field"),
    (("line_items",), [], "invalid-lines"),
    (("line_items",), None, "invalid-lines"),
    (("line_items",), {}, "wrong-type"),
    (("line_items",), [7], "wrong-type"),
    (("line_items", 0), "x", "wrong-type"),
    (("line_items", 0, "sku"), 7, "wrong-type"),
    (("line_items", 0, "id"), 1.5, "wrong-type"),
    (("line_items", 0, "id"), True, "wrong-type"),
    (("id",), "../../x", "invalid-id"),
    (("id",), 10**20, "invalid-id"),
    (("shipping_lines",), "x", "wrong-type"),
    (("shipping_lines", 0), 3, "wrong-type"),
]


@channels
@pytest.mark.parametrize("path, value, code", UNFIT)
def test_what_cannot_be_an_order_says_why_and_where(
    name: str, path: tuple[Any, ...], value: Any, code: str
) -> None:
    order = sample(name)
    _put(order, path, value)
    with pytest.raises(Unmappable) as unfit:
        mapped(name, order)
    assert unfit.value.code == code
    assert unfit.value.pointer.startswith(f"/{path[0]}")


@channels
@pytest.mark.parametrize(
    "amount", ["", "x", "1e3", " 1.0", "1_000", "NaN", "9" * 14, True, [], "12,30", "١٢", "-1.00"]
)
def test_a_price_that_is_no_decimal_is_refused(name: str, amount: Any) -> None:
    order = sample(name)
    key = {"shopify": "price", "woocommerce": "total"}[name]
    order["line_items"][0][key] = amount
    with pytest.raises(Unmappable) as unfit:
        mapped(name, order)
    assert unfit.value.code in ("invalid-amount", "missing-field")


@channels
@pytest.mark.parametrize("sku", ["", None])
def test_a_line_without_a_sku_is_kept(name: str, sku: str | None) -> None:
    order = sample(name)
    order["line_items"][0]["sku"] = sku
    assert mapped(name, order).content.lines[0].sku == ""


@channels
def test_a_total_that_does_not_add_up_is_told_as_variance(name: str) -> None:
    order = sample(name)
    for key in {"total", "total_price", "current_total_price"} & set(order):
        order[key] = "1.00"
    totals = mapped(name, order).content.totals
    assert totals.channel_total.amount_minor == 100
    assert totals.variance == totals.channel_total - totals.total


@channels
def test_a_total_of_nothing_is_a_total(name: str) -> None:
    order = sample(name)
    for key in {"total", "total_price", "current_total_price"} & set(order):
        order[key] = "0.00"
    assert mapped(name, order).content.totals.channel_total.amount_minor == 0


@channels
def test_control_characters_in_names_are_taken_out(name: str) -> None:
    order = sample(name)
    address = order["shipping_address" if name == "shopify" else "shipping"]
    address.update(city="Ber\u202e\x00lin\n\x1b", company="  A \t B ")
    content = mapped(name, order).content
    assert content.shipping_address.city == "Berlin"
    assert content.shipping_address.company == "A B"


@channels
def test_an_order_of_a_thousand_lines_is_the_largest(name: str) -> None:
    order = sample(name)
    line = order["line_items"][0]
    order["line_items"] = [{**line, "id": n} for n in range(1, 1001)]
    assert len(mapped(name, order).content.lines) >= 1000
    order["line_items"].append(line)
    with pytest.raises(Unmappable):
        mapped(name, order)


# --- whatever comes ------------------------------------------------------------------

ODDITIES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**25, -(10**19), "", " ", "x", "1", "-1", "0.005", "1e400",
    "\x00", "9" * 400, [], {}, [[]], [None], {"x": 1}, "2026-13-45T99:99:99", "0001-01-01T00:00:00",
    "9999-12-31T23:59:59-23:59", "\u202e", "fulfilled", "partial", "JPY",
)  # fmt: skip


@channels
def test_a_mutated_order_is_mapped_or_unmappable_and_nothing_else(name: str) -> None:
    dice, channel, account = random.Random(f"map {name}"), known(name), ACCOUNTS[name]
    bodies = [encode(sample(name)), *_recorded(name)]
    outcomes = {"mapped": 0, "unmappable": 0}
    for _ in range(MUTATIONS):
        order = json.loads(dice.choice(bodies))
        for _ in range(dice.randint(1, 4)):
            holder, key = dice.choice(list(_places(order)))
            if dice.random() < 0.15:
                del holder[key]
            else:
                holder[key] = copy.deepcopy(dice.choice(ODDITIES))
            if not order:
                break
        channel.identify(b"", {}, order)
        try:
            content = channel.map_order(order, account).content
        except Unmappable as unfit:
            outcomes["unmappable"] += 1
            assert unfit.code and len(str(unfit)) < 300
        else:
            outcomes["mapped"] += 1
            assert all(line.quantity > 0 for line in content.lines)
    assert min(outcomes.values()) > MUTATIONS // 20


@channels
def test_a_damaged_body_is_refused_unmappable_or_an_order(name: str) -> None:
    dice, raw = random.Random(f"bytes {name}"), encode(sample(name))
    for _ in range(MUTATIONS):
        body = bytearray(raw)
        _damage(body, dice)
        with suppress(Malformed, TooLarge, Unmappable):
            mapped(name, gate.parse(bytes(body)))


def _recorded(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((RECORDED / name).glob("order_*.json"))]


def _places(value: Any) -> Any:
    if not isinstance(value, dict | list):
        return
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        yield from _places(value[key])


def _put(order: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        order = order[key]
    order[path[-1]] = value
