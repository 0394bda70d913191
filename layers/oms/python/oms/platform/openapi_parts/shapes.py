"""Words to write JSON Schemas with: short, and strict where the API is."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
YES_NO: Schema = {"type": "boolean"}
TIME: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
}
DAY: Schema = {"type": "string", "format": "date"}
ANYTHING: Schema = {"type": "object", "additionalProperties": True}


def record(description: str = "", /, *, also: Schema | None = None, **fields: Schema) -> Schema:
    """An object that always has all `fields`, and may have those of `also`."""
    made: Schema = {
        "type": "object",
        "required": list(fields),
        "properties": {**fields, **(also or {})},
    }
    return {"description": description, **made} if description else made


def listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def page(items: Schema) -> Schema:
    """One page of a list; `next_cursor` is null on the last one."""
    return record(items=listed(items), next_cursor=nullable(TEXT))


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(values: Iterable[str] | type[Enum]) -> Schema:
    """Text that is one of `values`."""
    if isinstance(values, type):
        return {"type": "string", "enum": [str(each.value) for each in values]}
    return {"type": "string", "enum": list(values)}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def figures(names: Iterable[str], **first: Schema) -> Schema:
    """Counts under `names`, after the fields of `first`."""
    return record(**first, **dict.fromkeys(names, WHOLE))
