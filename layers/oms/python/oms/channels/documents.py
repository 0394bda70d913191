"""What `Shop.fetch` gives: JSON of an order, with every number as the channel wrote it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def document(value: Any) -> bytes:
    """`value` of `gate.parse`, or built of such, as JSON; `gate.parse` reads the same again.

    The standard library would write a Decimal as a float, or as text.
    """
    return _written(value).encode()


def _written(value: Any) -> str:
    match value:
        case dict():
            fields = (f"{json.dumps(key)}:{_written(each)}" for key, each in value.items())
            return "{" + ",".join(fields) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_written, value)) + "]"
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)
