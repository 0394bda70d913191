"""The built-in carrier: prices from a table, labels made here, no account and no network.

It keeps no books. A label is computed from its reference alone, so buying again gives the
same tracking number, the same price and the same bytes: where `find` of a real carrier must
look, this one has nothing to find, and a purchase whose reply was lost costs nothing to
repeat. For the same reason `void` has nothing to undo, and always says that it did.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from oms.fulfilment.carriers import (
    CarrierRefused,
    Label,
    LabelDocument,
    LabelFormat,
    LabelRequest,
    Parcel,
    Rate,
)
from oms.fulfilment.label_pdf import pdf_label
from oms.fulfilment.label_zpl import zpl_label
from oms.kernel.address import Address
from oms.kernel.ids import digest
from oms.kernel.money import Money


class Zone(StrEnum):
    """How far a parcel goes."""

    LOCAL = "LOCAL"
    REGIONAL = "REGIONAL"
    NATIONAL = "NATIONAL"
    NEIGHBOUR = "NEIGHBOUR"
    INTERNATIONAL = "INTERNATIONAL"


@dataclass(frozen=True, slots=True)
class Tariff:
    """`prices_minor` in US cents, one for each of BANDS_G."""

    days: int
    prices_minor: tuple[int, ...]


BANDS_G = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)  # chargeable weight, up to and with

TARIFFS: dict[str, dict[Zone, Tariff]] = {
    "STANDARD": {
        Zone.LOCAL: Tariff(2, (449, 529, 629, 899, 1299, 1999, 3999)),
        Zone.REGIONAL: Tariff(3, (489, 589, 729, 1099, 1599, 2499, 4999)),
        Zone.NATIONAL: Tariff(5, (529, 669, 859, 1399, 2099, 3299, 6599)),
        Zone.NEIGHBOUR: Tariff(6, (1099, 1399, 1799, 2699, 3999, 5999, 11999)),
        Zone.INTERNATIONAL: Tariff(10, (1599, 2199, 3199, 5499, 8999, 14999, 29999)),
    },
    "EXPRESS": {
        Zone.LOCAL: Tariff(1, (1299, 1499, 1799, 2399, 3299, 4799, 8999)),
        Zone.REGIONAL: Tariff(1, (1599, 1899, 2299, 3199, 4499, 6499, 11999)),
        Zone.NATIONAL: Tariff(2, (1999, 2399, 2999, 4299, 6199, 8999, 16999)),
        Zone.NEIGHBOUR: Tariff(2, (2999, 3599, 4499, 6499, 9499, 13999, 25999)),
        Zone.INTERNATIONAL: Tariff(4, (3999, 4999, 6499, 9999, 15999, 25999, 49999)),
    },
}

_CURRENCY = "USD"
HEAVIEST_G = 30_000
LONGEST_MM = 1_500
LARGEST_GIRTH_MM = 3_000  # the longest side and once around the other two
_MM3_PER_G = 5_000  # the trade's 5,000 cubic centimetres to the kilogram

_EUROPEAN_UNION = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
_NEIGHBOURS = (
    frozenset({"US", "CA", "MX"}),
    _EUROPEAN_UNION,
    frozenset({"GB", "IE", "FR", "BE", "NL"}),
    frozenset({"CH", "LI", "DE", "FR", "IT", "AT"}),
    frozenset({"NO", "SE", "DK", "FI"}),
    frozenset({"AU", "NZ"}),
)


class OfflineCarrier:
    """Services STANDARD and EXPRESS, priced in USD. Satisfies `carriers.Carrier`."""

    name = "offline"

    def rate(self, request: LabelRequest) -> tuple[Rate, ...]:
        """Both services, cheapest first. Raises CarrierRefused for what it would not carry."""
        _check(request)
        rates = (_rate(service, request) for service in TARIFFS)
        return tuple(sorted(rates, key=lambda rate: rate.cost.amount_minor))

    def find(self, reference: str) -> Label | None:
        """Nothing is on record, and need not be: `buy` gives the same label again."""
        return None

    def buy(self, request: LabelRequest) -> Label:
        """The label as PDF and ZPL. Raises CarrierRefused, never CarrierUnavailable."""
        _check(request)
        rate = _rate(request.service, request)
        number = tracking_number(request.reference)
        documents = (
            LabelDocument(LabelFormat.PDF, pdf_label(request, number)),
            LabelDocument(LabelFormat.ZPL, zpl_label(request, number)),
        )
        return Label(self.name, rate.service, number, request.reference, rate.cost, documents)

    def void(self, reference: str) -> bool:
        """True at every call: no charge was made, so none is left."""
        return True


def _rate(service: str, request: LabelRequest) -> Rate:
    if service not in TARIFFS:
        raise CarrierRefused(f"no service {service[:40]!r}", "unknown-service")
    tariff = TARIFFS[service][zone_between(request.sender, request.recipient)]
    cost = Money(tariff.prices_minor[_band(chargeable_g(request.parcel))], _CURRENCY)
    return Rate(service, cost, tariff.days)


def zone_between(sender: Address, recipient: Address) -> Zone:
    """At home by the first character of the postal codes, abroad by a table of neighbours."""
    home, abroad = sender.country, recipient.country
    if home == abroad:
        return _domestic_zone(home, sender.postal_code.strip(), recipient.postal_code.strip())
    near = any(home in group and abroad in group for group in _NEIGHBOURS)
    return Zone.NEIGHBOUR if near else Zone.INTERNATIONAL


def _domestic_zone(country: str, here: str, there: str) -> Zone:
    """US ZIP codes count up from the Atlantic to the Pacific, so their distance is on the map."""
    if here[:1] == there[:1]:
        return Zone.LOCAL if here else Zone.NATIONAL
    digits = here[:1] + there[:1]
    if country == "US" and digits.isascii() and digits.isdigit() and len(digits) == 2:
        return Zone.REGIONAL if abs(int(digits[0]) - int(digits[1])) <= 3 else Zone.NATIONAL
    return Zone.NATIONAL


def chargeable_g(parcel: Parcel) -> int:
    """The greater of weight and volume weight, in grams."""
    volume_mm3 = parcel.length_mm * parcel.width_mm * parcel.height_mm
    return max(parcel.weight_g, -(-volume_mm3 // _MM3_PER_G))


def _band(weight_g: int) -> int:
    return next(band for band, limit in enumerate(BANDS_G) if weight_g <= limit)


def _check(request: LabelRequest) -> None:
    _check_parcel(request.parcel)
    to = request.recipient
    needed = {
        "name": to.name + to.company,
        "street": "".join(to.lines),
        "city": to.city,
        "country": to.country,
    }
    missing = [part for part, text in needed.items() if not text.strip()]
    if missing:
        raise CarrierRefused(f"the recipient has no {missing[0]}", "address-incomplete")


def _check_parcel(parcel: Parcel) -> None:
    """Within these limits the volume weight is 50 kg at most: the last band takes it."""
    sides = sorted((parcel.length_mm, parcel.width_mm, parcel.height_mm))
    if sides[0] <= 0 or parcel.weight_g <= 0:
        raise CarrierRefused("a parcel has a weight and three sides", "parcel-not-measured")
    if parcel.weight_g > HEAVIEST_G:
        raise CarrierRefused(f"over {HEAVIEST_G} g", "parcel-too-heavy")
    if sides[2] > LONGEST_MM or sides[2] + 2 * (sides[0] + sides[1]) > LARGEST_GIRTH_MM:
        raise CarrierRefused(f"over {LARGEST_GIRTH_MM} mm around", "parcel-too-large")


# H. M. Damm's quasigroup of order 10 (2004): a check digit over it catches every wrong digit
# and every swap of two neighbours, the slips people make when they type a number.
_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


def tracking_number(reference: str) -> str:
    """`OFL`, twelve digits from a hash of `reference`, and their check digit."""
    serial = f"{int(digest('offline-label', reference), 16) % 10**12:012d}"
    return f"OFL{serial}{check_digit(serial)}"


def check_digit(digits: str) -> str:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)


def is_tracking_number(text: str) -> bool:
    """Whether `text` is one of ours by its form and its check digit."""
    digits = text[3:]
    well_formed = text.startswith("OFL") and len(digits) == 13 and digits.isascii()
    return well_formed and digits.isdigit() and check_digit(digits) == "0"
