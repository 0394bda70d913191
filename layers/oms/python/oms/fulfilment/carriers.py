"""What we ask of a carrier: a price, a label, its undoing. The port and its nouns."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from oms.kernel.address import Address
from oms.kernel.errors import OmsError, Unavailable
from oms.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Parcel:
    """A closed box as a carrier sees it: grams and outer millimetres."""

    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """One parcel to send. `reference` is the intent's key: one reference, one label."""

    reference: str
    service: str
    sender: Address
    recipient: Address
    parcel: Parcel
    order_number: str


class LabelFormat(StrEnum):
    PDF = "PDF"  # 4 x 6 inches, for any printer
    ZPL = "ZPL"  # 203 dpi, for a label printer


@dataclass(frozen=True, slots=True)
class LabelDocument:
    format: LabelFormat
    content: bytes


@dataclass(frozen=True, slots=True)
class Label:
    """A label that was bought. `cost` is what the carrier charges us for it."""

    carrier: str
    service: str
    tracking_number: str
    reference: str
    cost: Money
    documents: tuple[LabelDocument, ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """An offer; `days` is the usual number of working days until delivery."""

    service: str
    cost: Money
    days: int


class CarrierUnavailable(Unavailable):
    """No answer. A purchase may or may not have happened: `find` before buying again."""

    code = "carrier-unavailable"


class CarrierRefused(OmsError):
    """The carrier will never take this request as it stands; `code` names the cause."""

    code = "carrier-refused"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        if code:
            self.code = code


class Carrier(Protocol):
    """Every method may raise CarrierUnavailable; `rate` and `buy` also CarrierRefused."""

    @property
    def name(self) -> str: ...

    def rate(self, request: LabelRequest) -> tuple[Rate, ...]:
        """What each service would cost, cheapest first. Ignores `request.service`."""
        ...

    def find(self, reference: str) -> Label | None:
        """The label already bought for `reference`.

        Look before buying: a purchase may have happened though its reply was lost.
        """
        ...

    def buy(self, request: LabelRequest) -> Label: ...

    def void(self, reference: str) -> bool:
        """Cancel the label of `reference`. Idempotent; False when there was nothing to void."""
        ...


# Where the city stands before the postal code (UPU, "Postal addressing systems").
_CITY_FIRST = frozenset({
    "AU", "BD", "CA", "CO", "GB", "HK", "ID", "IE", "IN",
    "JO", "KE", "MY", "NZ", "PK", "SG", "TH", "TW", "US",
})  # fmt: skip


def postal_lines(address: Address) -> tuple[str, ...]:
    """`address` as it is written on a parcel: one printable line each, country code last."""
    lines = (address.name, address.company, *address.lines, _locality(address), address.country)
    return tuple(line for line in map(printable, lines) if line)


def _locality(address: Address) -> str:
    if address.country in _CITY_FIRST:
        return f"{address.city} {address.region} {address.postal_code}"
    return f"{address.postal_code} {address.city} {address.region}"


def printable(text: str) -> str:
    """`text` as one line without invisible characters; a broken character becomes "?"."""
    visible = "".join(map(_visible, unicodedata.normalize("NFC", text)))
    return " ".join(visible.split())


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cs", "Co", "Cn"):
        return "?"
    if category == "Cf":  # direction marks and joiners would reorder or hide what is printed
        return ""
    return " " if category[0] in "CZ" else character
