"""Names of request parameters, as botocore's own model of DynamoDB has them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session

from tests.simulation.dynamo.errors import wrong_type


@cache
def _model() -> Any:
    return botocore.session.get_session().get_service_model("dynamodb")


@cache
def _of_operation(operation: str) -> tuple[frozenset[str], frozenset[str]]:
    name = "".join(word.capitalize() for word in operation.split("_"))
    return _of_shape(_model().operation_model(name).input_shape)


@cache
def _of_action(action: str) -> tuple[frozenset[str], frozenset[str]]:
    return _of_shape(_model().shape_for(action))


def _of_shape(shape: Any) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(shape.members), frozenset(shape.required_members)


def check_request(operation: str, request: Mapping[str, Any]) -> None:
    """Raises what botocore raises for a parameter that is unknown or missing."""
    _check(request, *_of_operation(operation))


def check_action(action: str, request: Mapping[str, Any]) -> None:
    """The same for one action of a transaction."""
    _check(request, *_of_action(action))


def _check(given: Mapping[str, Any], known: frozenset[str], needed: frozenset[str]) -> None:
    names = given.keys()
    if not names <= known:
        raise wrong_type(f"Unknown parameter in input: {sorted(names - known)}")
    if not needed <= names:
        raise wrong_type(f"Missing required parameter in input: {sorted(needed - names)}")
