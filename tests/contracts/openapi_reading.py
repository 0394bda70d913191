"""Reading the OpenAPI document, for the tests that hold it against something."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from oms.platform.openapi import document


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def strict_validator(schema: dict[str, Any]) -> Draft202012Validator:
    """As published, and nothing besides: a field that the document does not name is an error."""
    return Draft202012Validator({**_strict_components(), **schema}, format_checker=FormatChecker())


@cache
def _strict_components() -> dict[str, Any]:
    return {"components": strict(document()["components"])}


def strict(value: Any) -> Any:
    if isinstance(value, list):
        return [strict(each) for each in value]
    if not isinstance(value, dict):
        return copy.copy(value)
    made = {key: strict(each) for key, each in value.items()}
    if value.get("type") == "object" and value.get("properties"):
        made.setdefault("additionalProperties", False)
    return made
