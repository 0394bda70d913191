"""The built-in carrier: the same label for the same reference, at the price in the table."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.fulfilment.carriers import (
    Carrier,
    CarrierRefused,
    CarrierUnavailable,
    LabelFormat,
    LabelRequest,
    Parcel,
)
from oms.fulfilment.offline_carrier import (
    BANDS_G,
    TARIFFS,
    OfflineCarrier,
    Zone,
    chargeable_g,
    check_digit,
    is_tracking_number,
    tracking_number,
    zone_between,
)
from oms.kernel.address import Address
from oms.kernel.errors import Unavailable
from oms.kernel.money import Money

NEWARK = Address("Dock 4", ("1200 Harbor Avenue",), "Newark", "NJ", "07114", "US")
SEATTLE = Address("Ada Lovelace", ("451 Pine Street",), "Seattle", "WA", "98101", "US")
MUG = Parcel(weight_g=450, length_mm=120, width_mm=100, height_mm=100)
CARRIER: Carrier = OfflineCarrier()


def a_request(
    parcel: Parcel = MUG,
    recipient: Address = SEATTLE,
    service: str = "STANDARD",
    reference: str = "order-1#label#1",
) -> LabelRequest:
    return LabelRequest(reference, service, NEWARK, recipient, parcel, "#10023")


def in_country(country: str, postal_code: str = "1000") -> Address:
    return replace(SEATTLE, country=country, postal_code=postal_code)


def cost_of(request: LabelRequest) -> Money:
    return CARRIER.buy(request).cost


# --------------------------------------------------------------------------------------- prices


@pytest.mark.parametrize(
    ("here", "there", "zone"),
    [
        (NEWARK, in_country("US", "08540"), Zone.LOCAL),
        (NEWARK, in_country("US", "33101"), Zone.REGIONAL),
        (NEWARK, in_country("US", "43085"), Zone.NATIONAL),
        (NEWARK, SEATTLE, Zone.NATIONAL),
        (NEWARK, in_country("US", ""), Zone.NATIONAL),
        (in_country("US", ""), in_country("US", ""), Zone.NATIONAL),
        (NEWARK, in_country("US", "²8101"), Zone.NATIONAL),
        (in_country("GB", "EC1A 1BB"), in_country("GB", "E1 6AN"), Zone.LOCAL),
        (in_country("GB", "EC1A 1BB"), in_country("GB", "M1 1AE"), Zone.NATIONAL),
        (NEWARK, in_country("CA"), Zone.NEIGHBOUR),
        (in_country("PL"), in_country("PT"), Zone.NEIGHBOUR),
        (in_country("GB"), in_country("PT"), Zone.INTERNATIONAL),
        (NEWARK, in_country("JP"), Zone.INTERNATIONAL),
    ],
)
def test_zones(here: Address, there: Address, zone: Zone) -> None:
    assert zone_between(here, there) is zone
    assert zone_between(there, here) is zone


def test_both_services_are_offered_and_the_cheaper_stands_first() -> None:
    standard, express = CARRIER.rate(a_request(service="ignored"))
    assert (standard.service, standard.cost, standard.days) == ("STANDARD", Money(529, "USD"), 5)
    assert (express.service, express.cost, express.days) == ("EXPRESS", Money(1999, "USD"), 2)


def test_a_label_costs_what_was_quoted() -> None:
    for rate in CARRIER.rate(a_request()):
        assert cost_of(a_request(service=rate.service)) == rate.cost


@pytest.mark.parametrize(("grams", "cents"), [(1, 529), (500, 529), (501, 669), (30_000, 6599)])
def test_a_band_holds_up_to_its_limit(grams: int, cents: int) -> None:
    assert cost_of(a_request(replace(MUG, weight_g=grams))).amount_minor == cents


def test_a_light_but_bulky_box_pays_for_its_volume() -> None:
    pillow = Parcel(400, 400, 300, 200)
    assert chargeable_g(pillow) == 4_800
    assert chargeable_g(replace(pillow, height_mm=201)) == 4_824
    assert cost_of(a_request(pillow)).amount_minor == 1399


def test_volume_weight_is_rounded_up() -> None:
    assert chargeable_g(Parcel(1, 10, 10, 51)) == 2


def test_the_tariff_is_whole_and_rises_with_weight_distance_and_speed() -> None:
    for zones in TARIFFS.values():
        assert list(zones) == list(Zone)
        columns = [tariff.prices_minor for tariff in zones.values()]
        assert all(len(row) == len(BANDS_G) and list(row) == sorted(row) for row in columns)
        assert all(list(band) == sorted(band) for band in zip(*columns, strict=True))
    for zone in Zone:
        standard, express = TARIFFS["STANDARD"][zone], TARIFFS["EXPRESS"][zone]
        assert express.days < standard.days
        assert express.prices_minor > standard.prices_minor


SIDES = st.integers(1, 1_600)


@given(st.integers(1, 31_000), SIDES, SIDES, SIDES)
def test_every_parcel_has_a_price_or_a_reason(weight: int, x: int, y: int, z: int) -> None:
    try:
        assert all(rate.cost for rate in CARRIER.rate(a_request(Parcel(weight, x, y, z))))
    except CarrierRefused as refusal:
        assert refusal.code in {"parcel-too-heavy", "parcel-too-large"}


def test_the_largest_box_within_the_limits_is_carried() -> None:
    assert cost_of(a_request(Parcel(30_000, 500, 1_000, 500))).amount_minor == 6599


# ------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (a_request(replace(MUG, weight_g=30_001)), "parcel-too-heavy"),
        (a_request(replace(MUG, length_mm=1_501)), "parcel-too-large"),
        (a_request(Parcel(500, 1_000, 500, 501)), "parcel-too-large"),
        (a_request(replace(MUG, weight_g=0)), "parcel-not-measured"),
        (a_request(replace(MUG, height_mm=0)), "parcel-not-measured"),
        (a_request(replace(MUG, width_mm=-10)), "parcel-not-measured"),
        (a_request(recipient=replace(SEATTLE, name=" ")), "address-incomplete"),
        (a_request(recipient=replace(SEATTLE, lines=())), "address-incomplete"),
        (a_request(recipient=replace(SEATTLE, lines=(" ",))), "address-incomplete"),
        (a_request(recipient=replace(SEATTLE, city="")), "address-incomplete"),
        (a_request(recipient=replace(SEATTLE, country="")), "address-incomplete"),
        (a_request(service="TELEPORT"), "unknown-service"),
    ],
)
def test_what_will_never_work_is_refused_with_its_cause(request_: LabelRequest, code: str) -> None:
    with pytest.raises(CarrierRefused) as refusal:
        CARRIER.buy(request_)
    assert refusal.value.code == code


def test_a_company_will_do_for_a_name() -> None:
    company = replace(SEATTLE, name="", company="Analytical Engines Ltd")
    assert cost_of(a_request(recipient=company))


def test_no_answer_is_a_kind_of_unavailable_and_a_refusal_is_not() -> None:
    assert issubclass(CarrierUnavailable, Unavailable)
    assert not issubclass(CarrierRefused, Unavailable)


# --------------------------------------------------------------------------------------- labels


def test_a_repeat_gives_the_very_same_label() -> None:
    assert OfflineCarrier().buy(a_request()) == OfflineCarrier().buy(a_request())


def test_a_label_says_what_was_bought_and_holds_both_documents() -> None:
    label = CARRIER.buy(a_request(service="EXPRESS"))
    assert (label.carrier, label.service) == (CARRIER.name, "EXPRESS") == ("offline", "EXPRESS")
    assert label.reference == "order-1#label#1"
    assert label.tracking_number == tracking_number("order-1#label#1")
    pdf, zpl = label.documents
    assert (pdf.format, zpl.format) == (LabelFormat.PDF, LabelFormat.ZPL)
    assert pdf.content.startswith(b"%PDF-") and zpl.content.startswith(b"^XA")


def test_it_keeps_no_books() -> None:
    bought = CARRIER.buy(a_request())
    assert CARRIER.find(bought.reference) is None
    assert CARRIER.void(bought.reference) is CARRIER.void(bought.reference) is True


# ----------------------------------------------------------------------------- tracking numbers


def test_the_tracking_number_of_a_reference_never_changes() -> None:
    assert tracking_number("order-1#label#1") == "OFL4768263146693"


def test_references_have_numbers_of_their_own() -> None:
    assert len({tracking_number(f"order-{n}") for n in range(1_000)}) == 1_000


@given(st.text(st.characters(codec="utf-8")))
def test_every_number_has_the_form_and_verifies(reference: str) -> None:
    number = tracking_number(reference)
    assert number[:3] == "OFL" and len(number) == 16 and number[3:].isdigit()
    assert is_tracking_number(number)


def test_the_check_digit_is_damms() -> None:
    assert check_digit("572") == "4"  # the worked example of his dissertation


@given(st.integers(0, 10**12 - 1), st.integers(3, 15), st.integers(1, 9))
def test_any_wrong_digit_shows(serial: int, position: int, by: int) -> None:
    digits = f"{serial:012d}"
    number = f"OFL{digits}{check_digit(digits)}"
    wrong = str((int(number[position]) + by) % 10)
    assert not is_tracking_number(number[:position] + wrong + number[position + 1 :])


@given(st.integers(0, 10**12 - 1), st.integers(3, 14))
def test_any_swap_of_neighbours_shows(serial: int, position: int) -> None:
    digits = f"{serial:012d}"
    number = f"OFL{digits}{check_digit(digits)}"
    one, other = number[position], number[position + 1]
    swapped = number[:position] + other + one + number[position + 2 :]
    assert is_tracking_number(swapped) is (one == other)


@pytest.mark.parametrize(
    "text", ["", "OFL", "OFL0", "XYZ0000000000000", "OFL000000000000²", "OFL00000000000000"]
)
def test_what_is_no_number_of_ours_does_not_verify(text: str) -> None:
    assert not is_tracking_number(text)
