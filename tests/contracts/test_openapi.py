"""The OpenAPI document by itself: it knows the routes, is well formed, and lists what it must."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from infra.catalogue.http_functions import HTTP
from infra.catalogue.routes import AUTHORIZER, ROUTES
from oms.platform.openapi import document
from oms.platform.openapi_parts.problem_types import PROBLEM_TYPES
from tests.contracts.openapi_reading import operations, strict_validator
from tests.workflow.world import handler

ROOT = Path(__file__).parents[2]


def test_the_document_the_catalogue_and_the_handlers_know_the_same_routes() -> None:
    answering = [row.name for row in HTTP if row.name != AUTHORIZER]
    known = frozenset[str]().union(*(handler(name).keys for name in answering))
    assert {key for key, _ in operations()} == {route.key for route in ROUTES} == known


def test_a_route_is_open_in_the_document_when_the_catalogue_leaves_it_open() -> None:
    bearer = {key for key, each in operations() if any("bearer" in s for s in each["security"])}
    assert bearer == {route.key for route in ROUTES if not route.open_because}


def test_the_document_names_the_scope_that_the_handler_asks_for() -> None:
    asked = {
        key: scope
        for route in ROUTES
        for key, (scope, _) in handler(route.function)._routes.items()
    }
    told = {key: each["security"] for key, each in operations()}
    for key, scope in asked.items():
        assert not scope or told[key] == [{"bearer": [scope]}], key


def test_every_schema_is_json_schema_2020_12() -> None:
    for schema in document()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere() -> None:
    for reference in references(document()):
        place = document()
        for part in reference.removeprefix("#/").split("/"):
            assert part in place, reference
            place = place[part]


def test_every_schema_is_used() -> None:
    prefix = "#/components/schemas/"
    used = {each.removeprefix(prefix) for each in references(document()) if prefix in each}
    assert set(document()["components"]["schemas"]) == used


def test_operations_have_what_openapi_demands() -> None:
    names = [operation["operationId"] for _, operation in operations()]
    assert len(set(names)) == len(names)
    schemes = document()["components"]["securitySchemes"]
    for key, operation in operations():
        assert all(each["description"] for each in operation["responses"].values())
        assert all(name in schemes for each in operation["security"] for name in each)
        in_path = {each["name"] for each in parameters(operation) if each["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", key)), key


def test_lists_take_a_limit_and_a_cursor() -> None:
    schemas = document()["components"]["schemas"]
    for key, operation in operations():
        answer = operation["responses"].get("200", {}).get("content", {}).get("application/json")
        schema = schemas[answer["schema"]["$ref"].rpartition("/")[2]] if answer else {}
        if "next_cursor" in schema.get("properties", {}):
            assert {"limit", "cursor"} <= {each["name"] for each in parameters(operation)}, key


def test_every_example_is_valid() -> None:
    for name, schema in document()["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            strict_validator({"$ref": f"#/components/schemas/{name}"}).validate(example)


def test_every_code_a_program_can_meet_is_listed() -> None:
    missing = {code: where for code, where in raised_codes() if code not in PROBLEM_TYPES}
    assert missing.keys() <= NOT_OVER_HTTP, missing


# Raised inside workflows, towards providers, or as the codes of fields in `errors`.
NOT_OVER_HTTP = frozenset(
    """error unmappable push-refused not-in-shop not-fulfillable shop-credentials over-in-shop
    carrier-unavailable carrier-refused unknown-service address-incomplete parcel-not-measured
    parcel-too-heavy parcel-too-large no-address not-covered levels-disagree currency-mismatch
    idempotency-mismatch credentials-rejected payment-unavailable payment-refused
    hold-known being-refunded being-voided already-captured never-captured provider-fault
    amount-inexpressible""".split()
)


def raised_codes() -> Iterator[tuple[str, str]]:
    """The codes that errors of ours carry, as literals in the source."""
    sources = (ROOT / "layers/oms/python/oms", ROOT / "functions")
    for path in (each for source in sources for each in source.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            for code in _codes(node):
                yield code, path.name
    from oms.orders.transitions import GUARDS

    yield from ((code, "transitions.py") for _, code in GUARDS.values())


def _codes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ClassDef):
        for each in node.body:
            if isinstance(each, ast.Assign) and [ast.unparse(t) for t in each.targets] == ["code"]:
                yield from _text(each.value)
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Refused", "Invalid"):
        place = 1 if ast.unparse(node.func) == "Refused" else 2
        yield from (code for each in node.args[place : place + 1] for code in _text(each))
        yield from (
            code for each in node.keywords if each.arg == "code" for code in _text(each.value)
        )


def _text(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def parameters(operation: dict[str, Any]) -> list[dict[str, Any]]:
    shared = document()["components"]["parameters"]
    given = operation.get("parameters", [])
    return [shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in given]
