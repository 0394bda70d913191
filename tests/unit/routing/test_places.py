"""Where addresses lie, and how far apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.routing.places import metres, position

NEW_YORK, LOS_ANGELES, BERLIN = (40.71, -74.01), (34.05, -118.24), (52.52, 13.40)


@pytest.mark.parametrize(
    ("here", "there", "km"),
    [(NEW_YORK, LOS_ANGELES, 3936), (NEW_YORK, BERLIN, 6386), (BERLIN, BERLIN, 0)],
)
def test_distances_are_those_of_the_atlas(
    here: tuple[float, float], there: tuple[float, float], km: int
) -> None:
    assert abs(metres(here, there) / 1000 - km) < 10


@pytest.mark.parametrize(
    ("country", "postal_code", "at"),
    [
        ("US", "10001", (40.75, -73.99)),
        ("US", "94103-1234", (37.77, -122.41)),
        ("US", "98101", (47.61, -122.33)),
        ("us", " 33101 ", (25.77, -80.19)),
        ("US", "60601", (41.89, -87.62)),
        ("US", "02108", (42.36, -71.06)),
        ("CA", "M5V 2T6", (43.64, -79.40)),
        ("CA", "v6b1a1", (49.28, -123.11)),
        ("DE", "10115", (52.53, 13.38)),
        ("DE", "80331", (48.14, 11.57)),
        ("FR", "13001", (43.30, 5.38)),
        ("GB", "EH1 1YZ", (55.95, -3.19)),
        ("GB", "M1 1AE", (53.48, -2.24)),
        ("GB", "E1 6AN", (51.52, -0.07)),
        ("IT", "20121", (45.47, 9.19)),
        ("ES", "08001", (41.38, 2.17)),
        ("NL", "1012 AB", (52.37, 4.90)),
        ("BE", "1000", (50.85, 4.35)),
        ("AT", "1010", (48.21, 16.37)),
        ("CH", "8001", (47.37, 8.54)),
        ("PL", "00-001", (52.23, 21.01)),
        ("SE", "111 20", (59.33, 18.06)),
        ("AU", "2000", (-33.87, 151.21)),
        ("PR", "00901", (18.47, -66.11)),
    ],
)
def test_a_postal_code_is_placed_within_its_own_region(
    country: str, postal_code: str, at: tuple[float, float]
) -> None:
    found = position(country, "", postal_code)
    assert found is not None and metres(found, at) < 160_000


def test_without_a_known_postal_code_the_state_counts_then_the_country() -> None:
    assert position("US", "CA", "") == position("US", "ca", "00000")
    assert position("US", "WA", "") == position("US", "", "98101")
    assert position("US", "Nowhere", "") == position("US", "", "")
    assert position("DE", "", "X") == position("DE", "Bavaria", "")


def test_an_unknown_country_has_no_position() -> None:
    assert position("XX", "", "10001") is None
    assert position("", "", "") is None


@given(st.text(max_size=3), st.text(max_size=5), st.text(max_size=10))
def test_no_text_makes_it_fail(country: str, region: str, postal_code: str) -> None:
    position(country, region, postal_code)
    position("US", region, postal_code)
    position("GB", region, postal_code)


DEGREES = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(DEGREES, DEGREES)
def test_distance_is_the_same_both_ways_and_never_more_than_half_the_globe(
    here: tuple[float, float], there: tuple[float, float]
) -> None:
    assert metres(here, there) == metres(there, here)
    assert 0 <= metres(here, there) <= 20_016_000
    assert metres(here, here) == 0
