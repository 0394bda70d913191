"""The words that bodies of the order API are made of: checked text, codes, amounts.

Each check refuses with its own stable code and never repeats what was sent.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from oms.kernel.money import CURRENCIES
from oms.platform.gate import holds_card_number, is_email, is_phone, is_unsafe

MOST_LINES = 1_000
MOST_UNITS = 10_000
MOST_PER_AMOUNT = 10**10
MOST_PER_ORDER = 10**12
MOST_DAYS = 3_650

# ISO 3166-1 alpha-2, and XK, which carriers use for Kosovo.
COUNTRIES = frozenset(
    (
        "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO "
        "BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ "
        "DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP "
        "GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG "
        "KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML "
        "MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE "
        "PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL "
        "SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM "
        "US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
    ).split()
)


# --- words ---------------------------------------------------------------------------

OUR_CODES: set[str] = set()


def is_day(text: str) -> bool:
    """Whether it is a day of the calendar as yyyy-mm-dd, the one way that sorts by itself."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _checked(claim: Callable[[str], bool], code: str, detail: str) -> AfterValidator:
    """A check that refuses with its own code, and never repeats what was sent."""
    OUR_CODES.add(code)

    def check(text: str) -> str:
        if not claim(text):
            raise PydanticCustomError(code, "{detail}", {"detail": detail})
        return text

    return AfterValidator(check)


_NO_CARD = _checked(
    lambda text: not holds_card_number(text), "card-number", "looks like a payment card's number"
)
_SAFE = _checked(
    lambda text: not is_unsafe(text), "control-character", "holds control or direction characters"
)
_SAFE_LINES = _checked(
    lambda text: not is_unsafe(text, lines=True), "control-character", "holds control characters"
)
_NEAT = AfterValidator(lambda text: unicodedata.normalize("NFC", text).strip())
_FILLED = _checked(bool, "empty", "may not be empty")
# A leading = + - @ would be a formula in somebody's spreadsheet.
_SKU = _checked(
    lambda text: text[0].isalnum(), "invalid-sku", "a SKU begins with a letter or a digit"
)
_CURRENCY = _checked(CURRENCIES.__contains__, "unknown-currency", "no ISO 4217 currency in use")
_COUNTRY = _checked(COUNTRIES.__contains__, "unknown-country", "no ISO 3166-1 alpha-2 country")
_EMAIL = _checked(is_email, "invalid-email", "no e-mail address")
_PHONE = _checked(lambda text: not text or is_phone(text), "invalid-phone", "no phone number")
# A number with its country's code may pass for a card by chance, but has no 14 digits.
_NO_CARD_IN_PHONE = _checked(
    lambda text: (
        (text.startswith("+") and sum(map(str.isdigit, text)) < 14) or not holds_card_number(text)
    ),
    "card-number",
    "looks like a payment card's number",
)

_DAY = _checked(is_day, "invalid-day", "a day is written yyyy-mm-dd")

Word = Annotated[str, Field(max_length=200), _NO_CARD, _SAFE, _NEAT]
Name = Annotated[Word, _FILLED]
ShortName = Annotated[Name, Field(max_length=100)]
SkuText = Annotated[ShortName, _SKU]
Note = Annotated[str, Field(max_length=2000), _NO_CARD, _SAFE_LINES, _NEAT]
CurrencyCode = Annotated[str, _CURRENCY]
CountryCode = Annotated[str, _COUNTRY]
Email = Annotated[Name, _EMAIL]
Phone = Annotated[str, Field(max_length=40), _NO_CARD_IN_PHONE, _SAFE, _NEAT, _PHONE]
Day = Annotated[str, _DAY]
Quantity = Annotated[int, Field(ge=1, le=MOST_UNITS)]
AmountMinor = Annotated[int, Field(ge=0, le=MOST_PER_AMOUNT)]
