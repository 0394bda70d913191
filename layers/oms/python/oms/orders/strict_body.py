"""How bodies of the order API are checked: strictly, and every cause with a code of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from oms.kernel.errors import FieldError, Invalid
from oms.orders.contract_words import OUR_CODES

MOST_ERRORS = 100


class StrictBody(BaseModel):
    """No field that we do not know, and each of the very type that it says."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


_B = TypeVar("_B", bound=StrictBody)


def parsed(body: type[_B], data: Any) -> _B:
    """`data`, as `gate.parse` gave it, as a `body`. Raises Invalid with one error per cause."""
    try:
        return body.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    refuse([_told(each) for each in found[:MOST_ERRORS]])
    raise AssertionError("a ValidationError without errors")


def refuse(errors: Sequence[FieldError]) -> None:
    """Raises Invalid if there are any."""
    if errors:
        raise Invalid("the order cannot be taken as it is", errors[:MOST_ERRORS])


# Whatever is wrong with these fields has one name, but for their absence.
_CODE_OF_FIELD = {"quantity": "invalid-quantity", "amount_minor": "invalid-amount"}
_CODE_OF_LINES = {"too_short": "no-lines", "too_long": "too-many-lines"}
_CODE_OF_TYPE = {
    "missing": "missing-field",
    "extra_forbidden": "unknown-field",
    "string_too_long": "too-long",
    "literal_error": "unknown-value",
    "enum": "unknown-value",
    "too_long": "too-long",
    "string_unicode": "control-character",  # half a character
}


def _told(error: ErrorDetails) -> FieldError:
    kind, loc = error["type"], error["loc"]
    code = _CODE_OF_TYPE.get(kind) or (kind if kind in OUR_CODES else "wrong-type")
    if loc == ("lines",):
        code = _CODE_OF_LINES.get(kind, code)
    if kind != "missing" and loc:
        code = _CODE_OF_FIELD.get(str(loc[-1]), code)
    return FieldError("".join(f"/{_escaped(str(part))}" for part in loc), code, error["msg"])


def _escaped(part: str) -> str:
    """RFC 6901; cut, as a field that we do not know has a name of any length."""
    return part[:100].replace("~", "~0").replace("/", "~1")
