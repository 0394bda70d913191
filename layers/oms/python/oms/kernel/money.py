"""Money as integer minor units with the currency's own exponent. No floats anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

# ISO 4217 currencies whose minor unit is not 1/100 (maintenance agency list one).
_EXPONENTS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}

# Active ISO 4217 codes: an order in any other is refused at the edge.
CURRENCIES = frozenset(
    (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP "
        "BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP "
        "GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES "
        "KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU "
        "MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON "
        "RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND "
        "TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR "
        "ZMW ZWG"
    ).split()
)


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum."""


def exponent(currency: str) -> int:
    """Digits after the point in `currency`: 2 for USD, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units, e.g. `Money(1299, "USD")` is 12.99 dollars."""

    amount_minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str | int | Decimal, currency: str) -> Money:
        """From a decimal as channels write it ("19.90").

        Digits beyond the currency's exponent are rounded half-even, as WooCommerce and
        BigCommerce send up to four. Raises ValueError for what is no finite number.
        """
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise ValueError(f"not an amount: {str(text)[:40]!r}") from None
        if not value.is_finite() or abs(value) > Decimal("1e13"):
            raise ValueError("amount out of range")
        return cls(int(value.scaleb(exponent(currency)).to_integral_value()), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount_minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount_minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.amount_minor * quantity, self.currency)

    def __bool__(self) -> bool:
        return self.amount_minor != 0

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.amount_minor

    def decimal(self) -> Decimal:
        return Decimal(self.amount_minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.decimal()} {self.currency}"


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of `amounts`, zero of `currency` when there are none."""
    return sum(amounts, Money.zero(currency))


def allocate(amount: Money, weights: Sequence[int]) -> tuple[Money, ...]:
    """Split `amount` in proportion to `weights`; the parts add up to it exactly.

    Largest remainder: every part is rounded towards zero, then one minor unit each goes to
    the parts that lost most, the earlier first on a tie. Weights are non-negative integers;
    all zero means equal shares.
    """
    if not weights:
        raise ValueError("nothing to allocate to")
    if min(weights) < 0:
        raise ValueError("negative weight")
    shares = list(weights) if any(weights) else [1] * len(weights)
    sign, magnitude, whole = (
        (-1 if amount.amount_minor < 0 else 1),
        abs(amount.amount_minor),
        sum(shares),
    )
    parts = [magnitude * share // whole for share in shares]
    lost = [magnitude * share % whole for share in shares]
    for index in sorted(range(len(shares)), key=lambda i: -lost[i])[: magnitude - sum(parts)]:
        parts[index] += 1
    return tuple(Money(sign * part, amount.currency) for part in parts)
