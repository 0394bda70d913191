"""Update expressions: read once, then applied without changing an item in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from tests.simulation.dynamo.conditions import Operand, Values, find, operand
from tests.simulation.dynamo.errors import Refusal, invalid
from tests.simulation.dynamo.expressions import Node, Path, Reader
from tests.simulation.dynamo.values import Attribute, Item, add, set_of

_CLAUSES = ("SET", "ADD", "REMOVE", "DELETE")
# What an action makes of the old item; None: it leaves that attribute alone.
Change = Callable[[Item, Values], Attribute | None]


@dataclass(frozen=True, slots=True)
class Update:
    """What is set where, and what goes. `touched` names the attributes it may change."""

    sets: tuple[tuple[Path, Change], ...]
    removes: tuple[Path, ...]
    touched: tuple[str, ...]

    def apply(self, old: Item, values: Values) -> Item:
        """Every operand is read from the old item, as DynamoDB does."""
        new = dict(old)
        for path, change in self.sets:
            found = change(old, values)
            if found is None:
                continue
            if found is _NOTHING_LEFT:
                _remove(new, path)
            elif len(path) == 1:
                new[path[0]] = found
            else:
                new[path[0]] = _with(new.get(path[0]), path[1:], found)
        for path in self.removes:
            _remove(new, path)
        return new


_NOTHING_LEFT: Attribute = {}


def read_update(reader: Reader) -> Update:
    sets: list[tuple[Path, Change]] = []
    removes: list[Path] = []
    seen = set[str]()
    while not reader.ended():
        clause = reader.keyword()
        if clause not in _CLAUSES:
            raise reader.wrong(f'Syntax error; token: "{reader.peek()}"')
        if clause in seen:
            raise reader.wrong(f'The "{clause}" section can only be used once')
        seen.add(clause)
        reader.take()
        _read_clause(reader, clause, sets, removes)
    _refuse_overlap(reader, paths := [path for path, _ in sets] + removes)
    # Later list positions go first, so that the earlier ones keep their meaning.
    removes.sort(key=lambda path: [(isinstance(p, str), p) for p in path[-1:]], reverse=True)
    touched = tuple(dict.fromkeys(path[0] for path in paths))
    return Update(tuple(sets), tuple(removes), touched)


def _read_clause(
    reader: Reader, clause: str, sets: list[tuple[Path, Change]], removes: list[Path]
) -> None:
    while True:
        path = reader.path()
        if clause == "SET":
            reader.need("=")
            sets.append((path, _assigned(reader)))
        elif clause == "REMOVE":
            removes.append(path)
        else:
            node = reader.value()
            sets.append((path, (_added if clause == "ADD" else _deleted)(path, node[1])))
        if not reader.took(","):
            return


def _refuse_overlap(reader: Reader, paths: list[Path]) -> None:
    ordered = sorted(paths, key=lambda path: [str(part) for part in path])
    for one, other in pairwise(ordered):
        if other[: len(one)] == one:
            raise reader.wrong(
                "Two document paths overlap with each other; must remove or rewrite one of these"
                f" paths; path one: {list(one)}, path two: {list(other)}"
            )


# --- SET ---------------------------------------------------------------------------------


def _assigned(reader: Reader) -> Change:
    left = _term(reader)
    sign = reader.peek()
    if not reader.took("+", "-"):
        return _present(left)
    right = _term(reader)
    return _sum(_present(left), _present(right), 1 if sign == "+" else -1)


def _term(reader: Reader) -> Operand:
    if reader.took("("):
        inner = _assigned(reader)
        reader.need(")")
        return inner
    if reader.calls("if_not_exists"):
        reader.take(), reader.take()
        path = reader.path()
        reader.need(",")
        fallback = _term(reader)
        reader.need(")")
        return lambda item, values: _first(find(item, path), fallback, item, values)
    if reader.calls("list_append"):
        reader.take(), reader.take()
        front = _present(_term(reader))
        reader.need(",")
        back = _present(_term(reader))
        reader.need(")")
        return lambda item, values: _joined(front(item, values), back(item, values))
    return operand(_no_function(reader))


def _no_function(reader: Reader) -> Node:
    if reader.calls("size"):
        raise reader.wrong("The function is not allowed in an update expression; function: size")
    return reader.operand()


def _first(
    found: Attribute | None, fallback: Operand, item: Item, values: Values
) -> Attribute | None:
    return fallback(item, values) if found is None else found


def _present(term: Operand) -> Operand:
    def read(item: Item, values: Values) -> Attribute:
        found = term(item, values)
        if found is None:
            raise invalid(
                "The provided expression refers to an attribute that does not exist in the item"
            )
        return found

    return read


def _sum(left: Operand, right: Operand, sign: int) -> Change:
    def change(item: Item, values: Values) -> Attribute:
        one, other = left(item, values), right(item, values)
        if one is None or other is None or "N" not in one or "N" not in other:
            raise _wrong_operand()
        return {"N": add(one["N"], other["N"], sign)}

    return change


def _joined(front: Attribute | None, back: Attribute | None) -> Attribute:
    if front is None or back is None or "L" not in front or "L" not in back:
        raise _wrong_operand()
    return {"L": [*front["L"], *back["L"]]}


def _wrong_operand() -> Refusal:
    return invalid("An operand in the update expression has an incorrect data type")


# --- ADD and DELETE ----------------------------------------------------------------------


def _added(path: Path, value: str) -> Change:
    def change(item: Item, values: Values) -> Attribute:
        old, given = find(item, path), values[value]
        ((kind, amount),) = given.items()
        if kind not in ("N", "SS", "NS", "BS"):
            raise invalid(
                "Invalid UpdateExpression: Incorrect operand type for operator or function;"
                f" operator: ADD, operand type: {kind}"
            )
        if old is None:
            return given
        if kind not in old:
            raise _wrong_operand()
        if kind == "N":
            return {"N": add(old["N"], amount, 1)}
        return set_of(kind, {*old[kind], *amount})

    return change


def _deleted(path: Path, value: str) -> Change:
    def change(item: Item, values: Values) -> Attribute | None:
        old, given = find(item, path), values[value]
        ((kind, members),) = given.items()
        if kind not in ("SS", "NS", "BS"):
            raise invalid(
                "Invalid UpdateExpression: Incorrect operand type for operator or function;"
                f" operator: DELETE, operand type: {kind}"
            )
        if old is None:
            return None
        if kind not in old:
            raise _wrong_operand()
        left = set(old[kind]).difference(members)
        return set_of(kind, left) if left else _NOTHING_LEFT

    return change


# --- nested places -----------------------------------------------------------------------


def _with(parent: Attribute | None, path: Path, value: Attribute) -> Attribute:
    """A copy of `parent` with `value` at `path` in it; only what lies on the way is copied."""
    part, rest = path[0], path[1:]
    if isinstance(part, str) and parent is not None and "M" in parent:
        inner = value if not rest else _with(parent["M"].get(part), rest, value)
        return {"M": {**parent["M"], part: inner}}
    if isinstance(part, int) and parent is not None and "L" in parent:
        members = parent["L"]
        inner = value if not rest else _with(dict(enumerate(members)).get(part), rest, value)
        # A position past the end appends.
        return {"L": [*members[:part], inner, *members[part + 1 :]]}
    raise invalid("The document path provided in the update expression is invalid for update")


def _remove(item: Item, path: Path) -> None:
    if len(path) == 1:
        item.pop(path[0], None)
    elif find(item, path) is not None:
        item[path[0]] = _without(item[path[0]], path[1:])
    elif find(item, path[:-1]) is None:
        raise invalid("The document path provided in the update expression is invalid for update")


def _without(parent: Attribute, path: Path) -> Attribute:
    part, rest = path[0], path[1:]
    kind = "M" if isinstance(part, str) else "L"
    inner = parent[kind].copy()
    if rest:
        inner[part] = _without(inner[part], rest)
    else:
        del inner[part]
    return {kind: inner}
