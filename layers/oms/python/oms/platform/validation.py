"""From bytes to a contract: the input gate first, then pydantic, then our own errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from oms.kernel.errors import FieldError, Invalid
from oms.platform.gate import LIMIT, parse

M = TypeVar("M", bound=BaseModel)
_MOST_ERRORS = 100


def read(model: type[M], raw: bytes, limit: int = LIMIT) -> M:
    """`raw` as `model`. Raises Malformed or TooLarge from the gate, Invalid with one field
    error per cause from the contract. No message repeats what was sent."""
    parse(raw, limit)
    try:
        # From the bytes, so that strict mode takes times and enums as JSON writes them.
        return model.model_validate_json(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        errors = [
            FieldError(pointer(each["loc"]), each["type"].replace("_", "-"), each["msg"])
            for each in found[:_MOST_ERRORS]
        ]
        raise Invalid("the body does not fit the contract", errors) from None


def pointer(location: Sequence[int | str]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
