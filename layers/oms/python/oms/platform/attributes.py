"""Plain values to DynamoDB's attribute values and back.

boto3's own serializer goes through Decimal contexts and costs several times as much; our items
hold few and plain values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import Binary

from oms.platform.unit import Item


def marshal(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _to_attribute(value) for name, value in values.items()}


def unmarshal(attributes: Mapping[str, Any]) -> Item:
    return {name: _from_attribute(value) for name, value in attributes.items()}


def _to_attribute(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": str(value)}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case None:
            return {"NULL": True}
        case list() | tuple():
            return {"L": [_to_attribute(each) for each in value]}
        case Mapping():
            return {"M": marshal(value)}
    raise TypeError(f"cannot store {type(value).__name__}")


def _from_attribute(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value)
        case "NULL":
            return None
        case "B":
            return value.value if isinstance(value, Binary) else value
        case "L":
            return [_from_attribute(each) for each in value]
        case "M":
            return unmarshal(value)
    return value
