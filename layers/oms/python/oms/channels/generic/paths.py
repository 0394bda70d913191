"""Where things stand in a message: `order.lines[].sku`, or a JSON pointer `/order/lines`.

A name steps into an object, `[]` into every element of a list, a number into one of them. There
is nothing else: no expression, no pattern, nothing that a stranger's message could make long.
"""

from __future__ import annotations

from collections.abc import Iterator

from oms.channels.reading import Reading

EACH = "[]"
_LONGEST, _DEEPEST = 200, 12

Path = tuple[str, ...]


def parse_path(text: object) -> Path:
    """The steps of `text`; none for "", which is the whole. Raises ValueError."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise ValueError("a path is text of at most 200 characters")
    steps = _pointer_steps(text) if text.startswith("/") else _dotted_steps(text)
    if len(steps) > _DEEPEST or not all(steps):
        raise ValueError("a path is names parted by dots, [] for each element of a list")
    return steps


def _pointer_steps(text: str) -> Path:
    """RFC 6901, for names that hold dots."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in text[1:].split("/"))


def _dotted_steps(text: str) -> Path:
    steps: list[str] = []
    for part in text.split(".") if text else ():
        name = part.removesuffix(EACH)
        if "[" in name or "]" in name or "/" in name:
            raise ValueError("a path is names parted by dots, [] for each element of a list")
        steps += [name, EACH] if part.endswith(EACH) else [name]
    return tuple(steps)


def places(start: Reading, path: Path) -> Iterator[tuple[Reading, str]]:
    """Each value that `path` leads to, as the object that holds it and its key there.

    Raises Unmappable where the message has another shape.
    """
    holders = [start]
    for step in path[:-1]:
        holders = [below for holder in holders for below in _below(holder, step)]
    for holder in holders:
        opened = _opened(holder, path[-1])
        yield from ((opened, key) for key in _keys(opened, path[-1]))


def found(start: Reading, path: Path) -> Reading:
    """The one value at `path`, the first of several; null when there is none."""
    if not path:
        return start
    holder, key = next(places(start, path), (Reading({}, start.pointer), path[-1]))
    return holder.at(key)


def nested(path: Path, value: object) -> object:
    """A document that has `value` at `path`, and nothing else."""
    for step in reversed(path):
        value = {step: value}
    return value


def _below(holder: Reading, step: str) -> list[Reading]:
    opened = _opened(holder, step)
    return [opened.at(key) for key in _keys(opened, step)]


def _keys(opened: Reading, step: str) -> list[str]:
    return list(opened.value or ()) if step == EACH else [step]


def _opened(holder: Reading, step: str) -> Reading:
    """A list as an object whose keys are its indexes, where `step` goes into a list."""
    if isinstance(holder.value, list) and (step == EACH or step.isdecimal()):
        return Reading({str(n): each for n, each in enumerate(holder.value)}, holder.pointer)
    if step == EACH and holder.value is not None:
        raise holder.fail("wrong-type", "a list is expected")
    return holder
