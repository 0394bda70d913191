"""Conditions made into functions of an item and the request's values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from tests.simulation.dynamo.expressions import Node, Path
from tests.simulation.dynamo.values import Attribute, Item, same_kind, text_size

Values = Mapping[str, Attribute]
Condition = Callable[[Item, Values], bool]
Operand = Callable[[Item, Values], Attribute | None]

_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def find(item: Item, path: Path) -> Attribute | None:
    """What a path leads to, or None."""
    found = item.get(path[0])
    for part in path[1:]:
        if found is None:
            return None
        if isinstance(part, str):
            found = found.get("M", {}).get(part)
        else:
            members = found.get("L", ())
            found = members[part] if part < len(members) else None
    return found


def operand(node: Node) -> Operand:
    kind, what = node
    if kind == "value":
        return lambda item, values: values[what]
    if kind == "size":
        return lambda item, values: _size(find(item, what))
    if len(what) == 1:
        name = what[0]
        return lambda item, values: item.get(name)
    return lambda item, values: find(item, what)


def condition(node: Node) -> Condition:
    kind = node[0]
    if kind in ("AND", "OR"):
        one, other = condition(node[1]), condition(node[2])
        if kind == "AND":
            return lambda item, values: one(item, values) and other(item, values)
        return lambda item, values: one(item, values) or other(item, values)
    if kind == "NOT":
        inner = condition(node[1])
        return lambda item, values: not inner(item, values)
    if kind in _ORDER:
        return _ordered(_ORDER[kind], operand(node[1]), operand(node[2]))
    return _SIMPLE[kind](node)


def _ordered(holds: Callable[[Any, Any], bool], left: Operand, right: Operand) -> Condition:
    def test(item: Item, values: Values) -> bool:
        one, other = left(item, values), right(item, values)
        if one is None or other is None:
            return False
        pair = same_kind(one, other)
        return pair is not None and holds(*pair)

    return test


def _equal(node: Node) -> Condition:
    left, right = operand(node[1]), operand(node[2])

    def test(item: Item, values: Values) -> bool:
        one = left(item, values)
        return one is not None and one == right(item, values)

    return test


def _unequal(node: Node) -> Condition:
    """Also true when the attribute is missing, as in DynamoDB."""
    equal = _equal(node)
    return lambda item, values: not equal(item, values)


def _between(node: Node) -> Condition:
    what, low, high = (operand(each) for each in node[1:])
    above, below = _ordered(operator.ge, what, low), _ordered(operator.le, what, high)
    return lambda item, values: above(item, values) and below(item, values)


def _among(node: Node) -> Condition:
    what, members = operand(node[1]), [operand(each) for each in node[2:]]

    def test(item: Item, values: Values) -> bool:
        found = what(item, values)
        return found is not None and any(found == each(item, values) for each in members)

    return test


def _exists(node: Node) -> Condition:
    return lambda item, values: find(item, node[1]) is not None


def _missing(node: Node) -> Condition:
    return lambda item, values: find(item, node[1]) is None


def _of_type(node: Node) -> Condition:
    wanted = operand(node[2])

    def test(item: Item, values: Values) -> bool:
        found, kind = find(item, node[1]), wanted(item, values)
        return found is not None and kind is not None and kind.get("S") in found

    return test


def _begins(node: Node) -> Condition:
    prefix = operand(node[2])

    def test(item: Item, values: Values) -> bool:
        found, start = find(item, node[1]), prefix(item, values)
        if found is None or start is None:
            return False
        pair = same_kind(found, start)
        return pair is not None and "N" not in found and pair[0].startswith(pair[1])

    return test


def _contains(node: Node) -> Condition:
    part = operand(node[2])

    def test(item: Item, values: Values) -> bool:
        found, wanted = find(item, node[1]), part(item, values)
        return found is not None and wanted is not None and _has(found, wanted)

    return test


def _has(found: Attribute, wanted: Attribute) -> bool:
    ((kind, value),) = found.items()
    if kind == "L":
        return wanted in value
    ((kind_wanted, looked_for),) = wanted.items()
    if kind in ("S", "B"):
        return kind == kind_wanted and looked_for in value
    return kind in ("SS", "NS", "BS") and kind[0] == kind_wanted and looked_for in value


def _size(found: Attribute | None) -> Attribute | None:
    if found is None:
        return None
    ((kind, value),) = found.items()
    if kind in ("N", "BOOL", "NULL"):
        return None
    return {"N": str(text_size(value) if kind == "S" else len(value))}


_SIMPLE: dict[str, Callable[[Node], Condition]] = {
    "=": _equal,
    "<>": _unequal,
    "BETWEEN": _between,
    "IN": _among,
    "attribute_exists": _exists,
    "attribute_not_exists": _missing,
    "attribute_type": _of_type,
    "begins_with": _begins,
    "contains": _contains,
}
