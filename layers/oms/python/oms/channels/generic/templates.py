"""Requests with blanks: text and JSON in which `{name}` stands for a fact of ours.

A text that is nothing but one blank becomes the fact with its own type (`"{units}"` a number);
elsewhere the fact is written into the text. `{"for_each": "lines", "item": {...}}` becomes a list
with the item filled in for each. Braces around anything else stay: GraphQL is full of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

_BLANK = re.compile(r"\{([a-z][a-z_]*(?:\.[a-z0-9_]+)?)\}")
_LOOP = frozenset({"for_each", "item"})

Facts = Mapping[str, Any]


def fill(template: Any, facts: Facts) -> Any:
    """`template` with its blanks filled. A fact that is not there is a null."""
    if isinstance(template, str):
        whole = _BLANK.fullmatch(template)
        return facts.get(whole[1]) if whole else fill_text(template, facts)
    if isinstance(template, list):
        return [fill(each, facts) for each in template]
    if not isinstance(template, dict):
        return template
    if template.keys() == _LOOP:
        repeated = facts.get(template["for_each"]) or ()
        return [fill(template["item"], {**facts, **own}) for own in repeated]
    return {key: fill(value, facts) for key, value in template.items()}


def fill_text(template: str, facts: Facts) -> str:
    return _BLANK.sub(lambda blank: _text(facts.get(blank[1])), template)


def fill_path(template: str, facts: Facts) -> str:
    """For URLs: no fact can add a segment or a parameter."""
    return _BLANK.sub(lambda blank: quote(_text(facts.get(blank[1])), safe=""), template)


def blanks(template: Any) -> Iterator[str]:
    """The names of all blanks in `template`, and of the lists it repeats something for."""
    if isinstance(template, str):
        yield from _BLANK.findall(template)
    elif isinstance(template, list):
        for each in template:
            yield from blanks(each)
    elif isinstance(template, dict):
        if template.keys() == _LOOP and isinstance(template["for_each"], str):
            yield template["for_each"]
        for each in template.values():
            yield from blanks(each)


def _text(fact: Any) -> str:
    if isinstance(fact, bool):
        return "true" if fact else "false"
    return "" if fact is None else str(fact)
