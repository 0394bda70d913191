"""The expressions of one request, read once for each distinct wording and then kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulation.dynamo.conditions import Condition, Values, condition
from tests.simulation.dynamo.errors import invalid
from tests.simulation.dynamo.expressions import Node, Path, Reader
from tests.simulation.dynamo.updates import Update, read_update
from tests.simulation.dynamo.values import Attribute, same_kind, take_in

_KEPT = 20_000
_kept: dict[tuple[Any, ...], Prepared] = {}
_NO_VALUES: dict[str, Attribute] = {}
_PARTS = (
    "ConditionExpression",
    "UpdateExpression",
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the expressions of a request came to. `ordered`: values that < and the like take."""

    condition: Condition | None = None
    update: Update | None = None
    key_condition: Node | None = None
    filter: Condition | None = None
    projection: tuple[Path, ...] | None = None
    ordered: tuple[tuple[str, str, str], ...] = ()
    bounds: tuple[tuple[str, str, str], ...] = ()


_NOTHING = Prepared()


def prepare(request: Mapping[str, Any]) -> tuple[Prepared, Values]:
    """The request's expressions and its values, both checked."""
    texts = tuple([request.get(part) for part in _PARTS])
    names = request.get("ExpressionAttributeNames")
    values = request.get("ExpressionAttributeValues")
    if names is None and values is None and not any(texts):
        if "" in texts:
            raise invalid(f"Invalid {_PARTS[texts.index('')]}: The expression can not be empty;")
        return _NOTHING, _NO_VALUES
    key = (texts, tuple(names.items()) if names else (), tuple(values) if values else ())
    prepared = _kept.get(key)
    if prepared is None or not (names or names is None) or not (values or values is None):
        prepared = _read(texts, names, values)
        if len(_kept) >= _KEPT:
            _kept.clear()
        _kept[key] = prepared
    if not values:
        return prepared, _NO_VALUES
    taken = {name: take_in(value)[0] for name, value in values.items()}
    if prepared.ordered:
        _check_order(prepared, taken)
    return prepared, taken


def _check_order(prepared: Prepared, values: Values) -> None:
    """Only numbers, texts and bytes have an order, and bounds must be the right way round."""
    for name, sign, expression in prepared.ordered:
        if values[name].keys().isdisjoint(("N", "S", "B")):
            raise invalid(
                f"Invalid {expression}: Incorrect operand type for operator or function;"
                f" operator: {sign}, operand type: {next(iter(values[name]))}"
            )
    for low, high, expression in prepared.bounds:
        pair = same_kind(values[low], values[high])
        if pair is None or pair[0] > pair[1]:
            raise invalid(
                f"Invalid {expression}: The BETWEEN operator requires upper bound to be greater"
                " than or equal to lower bound"
            )


def _read(
    texts: tuple[str | None, ...],
    names: Mapping[str, str] | None,
    values: Mapping[str, Any] | None,
) -> Prepared:
    for given, what in ((names, "Names"), (values, "Values")):
        if given is None:
            continue
        if not any(text is not None for text in texts):
            raise invalid(f"ExpressionAttribute{what} can only be specified when using expressions")
        if not given:
            raise invalid(f"ExpressionAttribute{what} must not be empty")
    readers = {
        part: Reader(part, text, names or {})
        for part, text in zip(_PARTS, texts, strict=True)
        if text is not None
    }
    found = {part: _BY_PART[part](reader) for part, reader in readers.items()}
    for reader in readers.values():
        reader.finish()
    _refuse_unused(readers, names or {}, values or {})
    return Prepared(
        found.get("ConditionExpression"),
        found.get("UpdateExpression"),
        found.get("KeyConditionExpression"),
        found.get("FilterExpression"),
        found.get("ProjectionExpression"),
        tuple((*each, reader.kind) for reader in readers.values() for each in reader.ordered),
        tuple((*each, reader.kind) for reader in readers.values() for each in reader.bounds),
    )


def _refuse_unused(
    readers: Mapping[str, Reader], names: Mapping[str, str], values: Mapping[str, Any]
) -> None:
    used_names = {name for reader in readers.values() for name in reader.names}
    if unused := names.keys() - used_names:
        listed = ", ".join(sorted(unused))
        raise invalid(
            f"Value provided in ExpressionAttributeNames unused in expressions: keys: {{{listed}}}"
        )
    for reader in readers.values():
        if missing := sorted(reader.values - values.keys()):
            raise reader.wrong(
                "An expression attribute value used in expression is not defined;"
                f" attribute value: {missing[0]}"
            )
    used_values = {value for reader in readers.values() for value in reader.values}
    if unused := values.keys() - used_values:
        listed = ", ".join(sorted(unused))
        raise invalid(
            f"Value provided in ExpressionAttributeValues unused in expressions: keys: {{{listed}}}"
        )


def _projection(reader: Reader) -> tuple[Path, ...]:
    paths = [reader.path()]
    while reader.took(","):
        paths.append(reader.path())
    return tuple(paths)


_BY_PART: dict[str, Any] = {
    "ConditionExpression": lambda reader: condition(reader.condition()),
    "UpdateExpression": read_update,
    "KeyConditionExpression": lambda reader: reader.condition(),
    "FilterExpression": lambda reader: condition(reader.condition()),
    "ProjectionExpression": _projection,
}
