"""What is wrong with a mapping is told with its place in the document."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from oms.channels.generic import mapping as mappings
from oms.channels.generic.mapping import mapping_of, parse_mapping
from oms.channels.generic.paths import found, parse_path, places
from oms.channels.generic.templates import blanks, fill, fill_path
from oms.channels.reading import Reading
from oms.kernel.errors import Invalid
from tests.contracts.channels.generic import CASE, SOCIAL


def errors(document: Any) -> dict[str, str]:
    """Codes by pointer."""
    with pytest.raises(Invalid) as refused:
        parse_mapping(document)
    assert refused.value.code == "invalid-mapping"
    return {each.pointer: each.code for each in refused.value.errors}


def changed(path: str, value: Any) -> Any:
    document = copy.deepcopy(SOCIAL)
    holder: Any = document
    *above, last = path.strip("/").split("/")
    for step in above:
        holder = holder[int(step) if isinstance(holder, list) else step]
    if value is ...:
        del holder[last]
    else:
        holder[int(last) if isinstance(holder, list) else last] = value
    return document


def test_an_empty_mapping_lacks_what_every_mapping_needs() -> None:
    assert errors({}) == dict.fromkeys(("/name", "/signature", "/order"), "missing")


@pytest.mark.parametrize("document", [None, [], "mapping", 7])
def test_a_mapping_is_an_object(document: Any) -> None:
    assert list(errors(document)) == [""]


@pytest.mark.parametrize(
    "path, value, code",
    [
        ("/order/lines/skus", "sku", "extra-forbidden"),
        ("/order/lines/quantity", ..., "missing"),
        ("/order/lines/sku", "a..b", "invalid-path"),
        ("/order/lines/sku", "a[0]", "invalid-path"),
        ("/order/lines/sku", "", "invalid-path"),
        ("/order/lines/sku", 7, "invalid-path"),
        ("/order/number", {"fixed": "1", "path": "x"}, "one-of"),
        ("/order/number", {}, "one-of"),
        ("/order/lines/title", ["name", "a]"], "invalid-path"),
        ("/order/lines/price", "total", "one-of"),
        ("/order/charges/1/amount", ..., "missing"),
        ("/order/payment/words/captured", "sold", "literal-error"),
        ("/order/state/words/sent", "gone", "literal-error"),
        ("/amounts", "cents", "literal-error"),
        ("/topics/order.placed", "new", "literal-error"),
        ("/signature/scheme", "none", "union-tag-invalid"),
        ("/signature", {"scheme": "hmac"}, "missing"),
        ("/signature", {"scheme": "hmac", "header": "a b"}, "string-pattern-mismatch"),
        (
            "/signature",
            {"scheme": "hmac", "header": "x", "signed": "timestamp.body"},
            "missing-field",
        ),
        ("/signature", {"scheme": "hmac", "header": "x", "signed": "url+body"}, "missing-field"),
        ("/topic", {"header": "x", "body": "y"}, "one-of"),
        ("/api/fetch/path", "https://elsewhere.example/{id}", "string-pattern-mismatch"),
        ("/api/tell_shipped/idempotency_header", ..., "not-repeatable"),
        ("/api/changed/next_cursor", ..., "missing-field"),
        ("/api/set_stock/batch", 50, "invalid-batch"),
    ],
)
def test_each_mistake_is_named_where_it_stands(path: str, value: Any, code: str) -> None:
    ((pointer, told),) = errors(changed(path, value)).items()
    assert told == code
    assert path.startswith(pointer) or pointer.startswith(path)
    assert pointer.startswith("/")


def test_a_blank_that_we_have_no_fact_for_is_a_mistake() -> None:
    document = changed("/api/tell_shipped/body", {"who": "{customer_name}"})
    assert errors(document) == {"/api": "unknown-blank"}


def test_parts_must_agree() -> None:
    assert errors(changed("/topic", ...)) == {"": "missing-field"}
    assert errors(changed("/api/fetch", ...)) == {"": "missing-field"}  # a notice is thin


def test_no_error_repeats_what_was_sent() -> None:
    with pytest.raises(Invalid) as refused:
        parse_mapping(changed("/amounts", "s3cret-value"))
    assert "s3cret" not in str([refused.value, refused.value.errors])


def test_a_mapping_is_larger_than_anybody_writes_at_64_kb() -> None:
    with pytest.raises(Invalid):
        parse_mapping(changed("/name", "x" * 70_000))


def test_a_mapping_is_read_once_a_process() -> None:
    mappings._of_text.cache_clear()
    assert mapping_of(CASE.account) is mapping_of(CASE.account)
    assert mappings._of_text.cache_info().misses == 1


# --- paths ---------------------------------------------------------------------------


def read(path: str, document: Any) -> list[Any]:
    return [holder.at(key).value for holder, key in places(Reading(document), parse_path(path))]


def test_paths_step_into_objects_and_lists() -> None:
    document = {"a": {"b": [{"c": 1}, {"c": 2}, {}]}, "x.y": 3, "m": [["p"], ["q", "r"]]}
    assert read("a.b[].c", document) == [1, 2, None]
    assert read("a.b.1.c", document) == [2]
    assert read("/a/b/0/c", document) == [1]
    assert read("/x.y", document) == [3]
    assert read("/m/[]/[]", document) == ["p", "q", "r"]
    assert read("a.z[].c", document) == []
    assert read("a.z.c", document) == [None]


def test_a_value_knows_its_place() -> None:
    document = {"a": [{"b": {"c": "x"}}]}
    assert found(Reading(document), parse_path("a[].b.c")).pointer == "/a/0/b/c"


@pytest.mark.parametrize("text", ["a.", ".a", "a[1]", "[", "a.b.c.d.e.f.g.h.i.j.k.l.m", "x" * 201])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError):
        parse_path(text)


# --- blanks --------------------------------------------------------------------------


def test_a_blank_alone_keeps_its_type_and_one_in_text_is_written_out() -> None:
    facts = {"units": 3, "id": "A 1", "is_last": True, "at": None}
    assert fill({"n": "{units}", "t": "{units} of {id}", "l": ["{is_last}", "{at}"]}, facts) == {
        "n": 3, "t": "3 of A 1", "l": [True, None],
    }  # fmt: skip


def test_a_list_is_repeated_for_each() -> None:
    template = {"for_each": "lines", "item": {"line": "{line_id}", "order": "{id}"}}
    facts = {"id": "7", "lines": [{"line_id": "a"}, {"line_id": "b"}]}
    assert fill(template, facts) == [{"line": "a", "order": "7"}, {"line": "b", "order": "7"}]
    assert set(blanks(template)) == {"lines", "line_id", "id"}


def test_braces_of_another_language_stay() -> None:
    query = "mutation($i: Input!) { add(input: $i) { id } }"
    assert fill(query, {"id": "7"}) == query


def test_no_fact_can_leave_its_place_in_a_path() -> None:
    assert fill_path("/orders/{id}/x?a={id}", {"id": "../7?b=1&c"}) == (
        "/orders/..%2F7%3Fb%3D1%26c/x?a=..%2F7%3Fb%3D1%26c"
    )
