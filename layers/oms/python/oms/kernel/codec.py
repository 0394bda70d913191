"""Frozen dataclasses to plain JSON values and back.

Readers are compiled once per class from its type hints, so decoding costs a few function
calls per field. Known to it: str, int, bool, None, datetime, date, StrEnum, Money, tuples of one
type, `dict[str, X]`, `X | None`, nested dataclasses and NewTypes of these. Unknown keys are
ignored and missing ones take the field's default: a document written by the version before
or after this one still reads (a deployment meets running orders).
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from oms.kernel.clock import from_iso, iso

T = TypeVar("T")


def dump(value: Any, *, full: bool = False) -> Any:
    """`value` as JSON-able data. Fields that equal their default are left out unless `full`:
    a store is paid by the kilobyte, a reader of an API wants every field."""
    if value is None or (isinstance(value, (str, int, bool)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [dump(each, full=full) for each in value]
    if isinstance(value, dict):
        return {key: dump(each, full=full) for key, each in value.items()}
    if dataclasses.is_dataclass(value):
        return {
            name: dump(field, full=full)
            for name, default in _defaults(_kind(value))
            if (field := getattr(value, name)) != default or full
        }
    raise TypeError(f"cannot store {type(value).__name__}")


def load(cls: type[T], data: Any) -> T:
    """The inverse of `dump` for the dataclass `cls`."""
    reader: Callable[[Any], T] = _reader(typing.cast(Any, cls))
    return reader(data)


_MISSING = object()


def _kind(value: Any) -> Any:
    return type(value)


@cache
def _defaults(cls: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, _default(field)) for field in dataclasses.fields(cls))


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return _MISSING


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    if isinstance(hint, typing.NewType):
        return _reader(hint.__supertype__)
    if hint in (str, int, bool, Any, type(None)):
        return _as_it_is
    if hint is datetime:
        return from_iso
    if hint is date:
        return date.fromisoformat
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        return _optional(hint)
    if origin is tuple:
        return _tuple_of(_reader(typing.get_args(hint)[0]))
    if origin is dict:
        return _dict_of(_reader(typing.get_args(hint)[1]))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if dataclasses.is_dataclass(hint):
        return _dataclass(hint)
    raise TypeError(f"cannot read {hint!r}")


def _as_it_is(value: Any) -> Any:
    return value


def _optional(hint: Any) -> Callable[[Any], Any]:
    (inner,) = (arg for arg in typing.get_args(hint) if arg is not type(None))
    read = _reader(inner)
    return lambda value: None if value is None else read(value)


def _tuple_of(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda values: tuple(read(value) for value in values)


def _dict_of(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda values: {key: read(value) for key, value in values.items()}


def _dataclass(cls: Any) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(cls)
    readers = {field.name: _reader(hints[field.name]) for field in dataclasses.fields(cls)}

    def read(data: dict[str, Any]) -> Any:
        return cls(**{name: readers[name](data[name]) for name in readers if name in data})

    return read
