"""A channel by mapping file alone: who sent it, what it is about, and the order it becomes."""

from __future__ import annotations

import base64
import copy
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oms.channels.generic import inbound
from oms.channels.generic.mapping import parse_mapping
from oms.channels.model import ChannelAccount, Kind, Unmappable
from oms.channels.standard_webhooks import decoded_key, signed_headers
from oms.kernel.money import Money
from oms.orders.content import ChannelState, PaymentTerms
from oms.platform.gate import parse
from tests.contracts.channels.case import NOW, SECRET
from tests.contracts.channels.generic import CASE, SAMPLES, SOCIAL, document, message, sign

ACCOUNT = CASE.account
Json = dict[str, Any]


def social(**changes: Any) -> Json:
    return {**copy.deepcopy(SOCIAL), **changes}


def with_mapping(mapping: Json, **changes: Any) -> ChannelAccount:
    parse_mapping(mapping)  # a test with a broken mapping would prove nothing
    return replace(ACCOUNT, settings={**ACCOUNT.settings, "mapping": mapping}, **changes)


def with_order(**changes: Any) -> ChannelAccount:
    """The social shop's mapping, with other terms for the order."""
    return with_mapping(social(order={**SOCIAL["order"], **changes}))


def with_lines(**changes: Any) -> ChannelAccount:
    lines = {**SOCIAL["order"]["lines"], **changes}
    return with_order(lines={name: value for name, value in lines.items() if value is not None})


def mapped(order: Json, account: ChannelAccount = ACCOUNT) -> Any:
    return inbound.map_order(parse(json.dumps(order).encode()), account)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


# --- who sent it ---------------------------------------------------------------------

MAC = hmac.digest(SECRET.encode(), b"{}", "sha256")


def hmac_account(**changes: Any) -> ChannelAccount:
    signature = {"scheme": "hmac", "header": "x-sign", **changes}
    mapping = social(signature=signature)
    del mapping["sender"]
    return with_mapping(mapping)


def is_believed(account: ChannelAccount, raw: bytes = b"{}", **headers: str) -> bool:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return inbound.verify(raw, given, account, NOW)


def test_a_signed_message_of_the_right_shop_is_believed() -> None:
    raw = message()
    assert inbound.verify(raw, sign(raw, SECRET), ACCOUNT, NOW)
    assert not inbound.verify(raw + b" ", sign(raw, SECRET), ACCOUNT, NOW)
    assert not inbound.verify(raw, sign(raw, SECRET), ACCOUNT, NOW + timedelta(minutes=6))
    assert not inbound.verify(raw, sign(raw, SECRET) | CASE.impostor, ACCOUNT, NOW)


def test_a_secret_that_is_base64_signs_as_what_it_stands_for() -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 24).decode()
    account = with_mapping(
        social(signature={"scheme": "standard-webhooks"}), secrets=("not base64", secret)
    )
    signed = signed_headers("m", NOW, b"{}", [decoded_key(secret)])
    good = {**signed, "x-social-shop": account.domain}
    assert inbound.verify(b"{}", good, account, NOW)
    assert not inbound.verify(b"{}", good, replace(account, secrets=("not base64",)), NOW)


def test_an_hmac_of_the_body_in_base64() -> None:
    account = hmac_account()
    assert is_believed(account, x_sign=base64.b64encode(MAC).decode())
    assert not is_believed(account, b"[]", x_sign=base64.b64encode(MAC).decode())
    assert not is_believed(account)


def test_an_hmac_in_hex_behind_a_prefix() -> None:
    account = hmac_account(encoding="hex", prefix="sha256=")
    assert is_believed(account, x_sign="sha256=" + MAC.hex())
    assert not is_believed(account, x_sign=MAC.hex())
    assert not is_believed(account, x_sign="sha256=" + MAC.hex()[:-1])
    assert not is_believed(account, x_sign="sha256= " + MAC.hex())


@pytest.mark.parametrize("algorithm", ["sha1", "sha512"])
def test_other_digests(algorithm: str) -> None:
    mac = hmac.digest(SECRET.encode(), b"{}", algorithm)
    account = hmac_account(algorithm=algorithm, encoding="hex")
    assert is_believed(account, x_sign=mac.hex())
    assert not is_believed(account, x_sign=MAC.hex())


def test_a_time_that_is_signed_with_the_body_must_be_recent() -> None:
    timestamp = {"header": "x-time", "tolerance_seconds": 60}
    account = hmac_account(signed="timestamp.body", timestamp=timestamp, encoding="hex")

    def believed(at: int, claimed: str = "") -> bool:
        mac = hmac.digest(SECRET.encode(), f"{at}.{{}}".encode(), "sha256").hex()
        return is_believed(account, x_sign=mac, x_time=claimed or str(at))

    now = int(NOW.timestamp())
    assert believed(now) and believed(now - 60) and believed(now + 60)
    assert not believed(now - 61) and not believed(now + 61)
    assert not believed(now - 61, claimed=str(now))
    assert not any(believed(now, claimed=odd) for odd in ("-1", "x", "9" * 40, f"{now}.0"))


def test_an_hmac_over_the_address_that_is_called() -> None:
    url = "https://oms.example/webhooks/generic/demo"
    mac = hmac.digest(SECRET.encode(), url.encode() + b"{}", "sha256").hex()
    account = hmac_account(signed="url+body", url=url, encoding="hex")
    assert is_believed(account, x_sign=mac)
    assert not is_believed(account, x_sign=MAC.hex())


def test_a_secret_in_a_header() -> None:
    mapping = social(
        signature={"scheme": "header-secret", "header": "authorization", "prefix": "Bearer "}
    )
    del mapping["sender"]
    account = with_mapping(mapping)
    assert is_believed(account, authorization=f"Bearer {SECRET}")
    assert not is_believed(account, authorization="Bearer local-secret2")
    assert not is_believed(account, authorization=SECRET)
    assert not is_believed(replace(account, secrets=("",)), authorization="Bearer ")


@pytest.mark.parametrize(
    "mapping", [None, {}, [], "x", 7, {"name": "half of one"}, {"x": object()}]
)
def test_without_a_mapping_nobody_is_believed_and_nothing_is_mapped(mapping: Any) -> None:
    account = replace(ACCOUNT, settings={"mapping": mapping})
    raw = message()
    assert not inbound.verify(raw, sign(raw, SECRET), account, NOW)
    assert inbound.identify(raw, sign(raw, SECRET), document(), account).kind is Kind.IGNORED
    with pytest.raises(Unmappable) as unfit:
        inbound.map_order(document(), account)
    assert unfit.value.code == "no-mapping"


# --- what it is about ----------------------------------------------------------------


def kind_of(topic: str, body: Any, account: ChannelAccount = ACCOUNT) -> Kind:
    return inbound.identify(b"", {"x-social-event": topic}, body, account).kind


def test_the_topics_of_the_mapping_say_what_a_message_is() -> None:
    assert kind_of("order.placed", document()) is Kind.ORDER
    assert kind_of("order.edited", document()) is Kind.CHANGE
    assert kind_of("order.cancelled", document()) is Kind.CHANGE
    assert kind_of("order.refunded", {"order": {"id": "SOC-1"}}) is Kind.NOTICE
    assert kind_of("shop.hello", {}) is Kind.PING
    assert kind_of("product.edited", document()) is Kind.IGNORED


def test_without_a_topic_a_message_with_lines_is_an_order() -> None:
    assert kind_of("", document()) is Kind.ORDER
    assert kind_of("", {"order": {"id": "SOC-1"}}) is Kind.IGNORED


def test_an_end_that_only_a_header_tells_is_fetched() -> None:
    order = {name: value for name, value in SOCIAL["order"].items() if name != "state"}
    account = with_mapping(social(order=order))
    assert kind_of("order.cancelled", document(), account) is Kind.NOTICE


def test_a_topic_in_the_body_tells_of_the_end_by_itself() -> None:
    order = {name: value for name, value in SOCIAL["order"].items() if name != "state"}
    account = with_mapping(social(topic={"body": "event"}, order=order))
    ended = {"event": "order.cancelled", **document()}
    assert inbound.identify(b"", {}, ended, account).kind is Kind.CHANGE
    assert mapped(ended, account).content.channel_state is ChannelState.CANCELLED
    placed = {"event": "order.placed", **document()}
    assert mapped(placed, account).content.channel_state is ChannelState.OPEN


def test_a_delivery_is_known_by_its_id_and_its_body() -> None:
    def key(raw: bytes, name: str) -> str:
        return inbound.identify(raw, {"webhook-id": name}, document(), ACCOUNT).delivery_key

    assert key(b"1", "a") == key(b"1", "a")
    assert len({key(b"1", "a"), key(b"1", "b"), key(b"2", "a")}) == 3


# --- the order -----------------------------------------------------------------------


def test_a_social_order_is_mapped_by_its_file_alone() -> None:
    order = mapped(document())
    mug, cup, wrap = order.content.lines
    assert (order.external_id, order.number, order.currency) == ("SOC-81723-A", "81723", "EUR")
    assert (mug.sku, mug.quantity, mug.unit_price, mug.discount, mug.tax) == (
        "MUG-BLUE", 2, eur(1290), eur(180), eur(456),
    )  # fmt: skip
    assert (cup.sku, cup.title) == ("CUP-RED", "CUP-RED")
    assert (wrap.title, wrap.unit_price, wrap.needs_shipping) == ("Gift wrap", eur(250), False)
    assert order.content.totals.channel_total == order.content.totals.total == eur(6010)
    assert order.content.terms is PaymentTerms.PAID_IN_CHANNEL
    assert order.content.shipping_address.lines == ("Kastanienallee 7", "Hinterhaus")
    assert order.content.shipping_address.postal_code == "10435"
    assert order.content.shipping_address.country == "DE"
    assert order.content.customer.name == "edda.makes"


def test_decimals_are_as_exact_as_minor_units() -> None:
    given = document()
    order = given["order"]
    for line in order["items"]:
        line.update(each=f"{line['each'] / 100:.2f}", tax=str(line["tax"] / 100), offers=[])
    order["delivery"].update(price="4.90", tax="0.93")
    order.update(extras=[], tip="0.005", to_pay="57.99")
    totals = mapped(given, with_mapping(social(amounts="decimal"))).content.totals
    assert totals.items == eur(4490)
    assert totals.tax == eur(456 + 363 + 93)
    assert totals.variance == eur(5799) - totals.total


def test_tax_that_the_prices_contain_is_taken_out_once() -> None:
    totals = mapped(document(), with_order(tax_included=True)).content.totals
    assert totals.tax == eur(456 + 363 + 48 + 93)
    assert totals.total == eur(2 * 1290 - 180 + 1910 + 250 + 490)


def test_a_line_may_have_one_price_and_what_is_left_to_pay_of_it() -> None:
    given = document()
    given["order"]["items"][0].update(whole=2580, left=2400)
    given["order"]["items"][1].update(whole=1910, left=1910)
    account = with_lines(unit_price=None, discount=None, price="whole", paid="left")
    mug, cup, _ = mapped(given, account).content.lines
    assert (mug.unit_price, mug.discount) == (eur(1290), eur(180))
    assert (cup.unit_price, cup.discount) == (eur(1910), eur(0))


def test_units_that_a_shop_counts_down_are_left_out() -> None:
    given = document()
    given["order"]["items"][0].update(count=0, bought=2, offers=[])
    given["order"]["items"][1].update(bought=1)
    account = with_lines(ordered="bought")
    assert [line.sku for line in mapped(given, account).content.lines] == ["CUP-RED", ""]
    given["order"]["items"][1].update(count=0)
    content = mapped(given, account).content
    assert content.channel_state is ChannelState.CANCELLED
    assert [(line.sku, line.quantity) for line in content.lines[:2]] == [
        ("MUG-BLUE", 2),
        ("CUP-RED", 1),
    ]


def test_an_order_that_is_over_shows_no_discount_that_nobody_gave() -> None:
    given = document()
    for line in given["order"]["items"]:
        line.update(bought=line["count"], count=0, left=0)
    account = with_lines(ordered="bought", discount=None, paid="left")
    assert [line.discount for line in mapped(given, account).content.lines] == [eur(0)] * 3


@pytest.mark.parametrize("sign_of", [1, -1])
def test_what_is_taken_off_the_whole_order_is_shared_by_price(sign_of: int) -> None:
    given = document()
    given["order"]["coupon"] = sign_of * 431
    mug, cup, wrap = mapped(given, with_order(discount="coupon")).content.lines
    assert (mug.discount, cup.discount, wrap.discount) == (eur(180 + 240), eur(191), eur(0))


def test_tax_of_the_whole_order_is_shared_by_price() -> None:
    given = document()
    given["order"]["vat"] = 819
    account = with_order(
        tax="vat", lines={k: v for k, v in SOCIAL["order"]["lines"].items() if k != "tax"}
    )
    mug, cup, _ = mapped(given, account).content.lines
    assert mug.tax + cup.tax == eur(819)
    assert mug.tax.amount_minor * 1910 == pytest.approx(cup.tax.amount_minor * 2580, rel=0.01)


def test_a_charge_in_another_currency_stays_out_of_the_sums() -> None:
    given = document()
    given["order"]["extras"].append({"label": "Duty", "amount": 900, "currency": "USD"})
    content = mapped(given).content
    assert content.totals.total == eur(6010)
    assert [(each.title, each.amount) for each in content.apart] == [("Duty", Money(900, "USD"))]


def test_a_line_in_another_currency_is_a_mix_up() -> None:
    given = document()
    given["order"]["items"][1]["currency"] = "USD"
    with pytest.raises(Unmappable) as unfit:
        mapped(given)
    assert (unfit.value.code, unfit.value.pointer) == (
        "currency-mismatch", "/order/items/1/currency",
    )  # fmt: skip


@pytest.mark.parametrize(
    "status, state",
    [
        ("open", ChannelState.OPEN),
        ("who knows", ChannelState.OPEN),
        (None, ChannelState.OPEN),
        ("cancelled", ChannelState.CANCELLED),
        ("sent", ChannelState.FULFILLED),
        ("sent_by_platform", ChannelState.ELSEWHERE),
    ],
)
def test_words_for_what_already_happened(status: Any, state: ChannelState) -> None:
    given = document()
    given["order"]["status"] = status
    assert mapped(given).content.channel_state is state


def test_a_sandbox_order_is_a_test() -> None:
    given = document()
    given["order"]["sandbox"] = True
    assert mapped(given).content.channel_state is ChannelState.TEST


def test_a_word_for_money_that_we_do_not_know_waits_for_the_channel() -> None:
    given = document()
    for word, terms in (
        ("reserved", PaymentTerms.AUTHORIZED_IN_CHANNEL),
        ("chargeback", PaymentTerms.UNPAID_IN_CHANNEL),
        (None, PaymentTerms.UNPAID_IN_CHANNEL),
    ):
        given["order"]["payment"]["status"] = word
        assert mapped(given).content.terms is terms


def test_true_and_numbers_are_words_too() -> None:
    given = document()
    given["order"].update(paid=True, step=3)
    payment = {"at": "paid", "words": {"true": "paid"}}
    state = {"at": "step", "words": {"3": "fulfilled"}}
    content = mapped(given, with_order(payment=payment, state=state)).content
    assert content.terms is PaymentTerms.PAID_IN_CHANNEL
    assert content.channel_state is ChannelState.FULFILLED


def test_what_was_given_back_is_summed() -> None:
    given = document()
    given["order"]["refunds"] = [{"amount": 500}, {"amount": 45}]
    assert mapped(given).refunded == eur(545)


def test_times_may_be_unix_seconds_or_milliseconds() -> None:
    given = document()
    for times, factor in (("unix", 1), ("unix-ms", 1000)):
        given["order"].update(created=1795289260 * factor, changed=None)
        order = mapped(given, with_mapping(social(times=times)))
        assert order.placed_at.isoformat() == "2026-11-21T19:27:40+00:00"
        assert order.version_at is None


def test_a_currency_in_small_letters_is_read_where_the_mapping_says_so() -> None:
    given = document()
    given["order"]["currency"] = "eur"
    with pytest.raises(Unmappable):
        mapped(given)
    assert mapped(given, with_order(currency={"path": "currency", "upper": True})).currency == "EUR"
    assert mapped(given, with_order(currency={"fixed": "EUR"})).currency == "EUR"


def test_a_line_that_says_nothing_of_shipping_is_shipped() -> None:
    given = document()
    del given["order"]["items"][0]["ships"]
    given["order"]["items"][1]["ships"] = False
    mug, cup, _ = mapped(given).content.lines
    assert (mug.needs_shipping, cup.needs_shipping) == (True, False)


@pytest.mark.parametrize(
    "path, value, code",
    [
        (("id",), None, "missing-field"),
        (("id",), "two words", "invalid-id"),
        (("id",), "a/../b", "invalid-id"),
        (("to_pay",), None, "missing-field"),
        (("to_pay",), "60.10", "invalid-amount"),
        (("to_pay",), 10**18, "invalid-amount"),
        (("tip",), True, "invalid-amount"),
        (("items", 0, "each"), -1, "invalid-amount"),
        (("items", 0, "offers"), {}, "wrong-type"),
        (("items", 0, "offers", 0, "amount"), "x", "invalid-amount"),
        (("items", 1, "count"), 0, "invalid-quantity"),
        (("items", 1), 7, "wrong-type"),
        (("status",), [], "wrong-type"),
        (("delivery", "to"), "Berlin", "wrong-type"),
        (("delivery", "to", "street", 1), 7, "wrong-type"),
        (("created",), "yesterday", "invalid-time"),
        (("extras", 0, "currency"), "GOLD", "unknown-currency"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place_in_the_message(
    path: tuple[Any, ...], value: Any, code: str
) -> None:
    given = document()
    holder = given["order"]
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    with pytest.raises(Unmappable) as unfit:
        mapped(given)
    assert unfit.value.code == code
    assert ("/order/" + "/".join(map(str, path))).startswith(unfit.value.pointer)
    assert unfit.value.pointer.startswith(f"/order/{path[0]}")


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("*.json")))
def test_the_samples_are_mappings_that_work(name: str) -> None:
    assert parse_mapping(json.loads((SAMPLES / name).read_text())).name
