"""Reading DynamoDB's expressions into small trees. Placeholders for names are resolved here.

A path is a tuple of names and list positions; every other node is a tuple that starts with
what it is: ("=", left, right), ("NOT", one), ("path", path), ("value", ":v").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from tests.simulation.dynamo.errors import Refusal, invalid

Node = tuple[Any, ...]
Path = tuple[Any, ...]

_TOKEN = re.compile(
    r"\s*(?:(?P<name>#[A-Za-z0-9_]+)|(?P<value>:[A-Za-z0-9_]+)|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>\d+)|(?P<sign><>|<=|>=|[=<>(),.\[\]+-]))"
)
COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
_TESTS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
}
_LONGEST = 4096


@cache
def _reserved() -> frozenset[str]:
    """AWS's list of words that need a placeholder, as moto has it."""
    from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

    return frozenset(word.upper() for word in ReservedKeywords.get_reserved_keywords())


class Reader:
    """One expression, read token by token. `names` and `values` gather what it used."""

    def __init__(self, kind: str, text: str, names: Mapping[str, str]) -> None:
        self.kind, self._names_given = kind, names
        self.names: set[str] = set()
        self.values: set[str] = set()
        # Values that stand beside < and the like, which only some types have.
        self.ordered: list[tuple[str, str]] = []
        # Two values that BETWEEN has as its bounds.
        self.bounds: list[tuple[str, str]] = []
        if not text.strip():
            raise self.wrong("The expression can not be empty;")
        if len(text) > _LONGEST:
            raise self.wrong("Expression size has exceeded the maximum allowed size;")
        self._tokens = self._cut(text)
        self._at = 0

    def wrong(self, why: str) -> Refusal:
        return invalid(f"Invalid {self.kind}: {why}")

    def _cut(self, text: str) -> list[tuple[str, str]]:
        tokens, at, end = [], 0, len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise self.wrong(f'Syntax error; token: "{text[at:].strip()[:1]}"')
            tokens.append((match.lastgroup or "", match.group(match.lastgroup or 0)))
            at = match.end()
        return [*tokens, ("end", "<EOF>")]

    # --- tokens

    def peek(self) -> str:
        return self._tokens[self._at][1]

    def keyword(self) -> str:
        """The next token in capitals when it is a bare word, for AND, SET and so on."""
        kind, text = self._tokens[self._at]
        return text.upper() if kind == "word" else ""

    def take(self) -> tuple[str, str]:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def took(self, *texts: str) -> bool:
        if self.peek() not in texts and self.keyword() not in texts:
            return False
        self._at += 1
        return True

    def need(self, text: str) -> None:
        if not self.took(text):
            raise self.wrong(f'Syntax error; token: "{self.peek()}"')

    def ended(self) -> bool:
        return self._tokens[self._at][0] == "end"

    def finish(self) -> None:
        if not self.ended():
            raise self.wrong(f'Syntax error; token: "{self.peek()}"')

    def calls(self, *functions: str) -> bool:
        return self.peek() in functions and self._tokens[self._at + 1][1] == "("

    # --- paths and operands

    def path(self) -> Path:
        parts: list[Any] = [self._part()]
        while True:
            if self.took("."):
                parts.append(self._part())
            elif self.took("["):
                kind, text = self.take()
                if kind != "number":
                    raise self.wrong(f'Syntax error; token: "{text}"')
                parts.append(int(text))
                self.need("]")
            else:
                return tuple(parts)

    def _part(self) -> str:
        kind, text = self.take()
        if kind == "name":
            if text not in self._names_given:
                raise self.wrong(
                    "An expression attribute name used in the document path is not defined;"
                    f" attribute name: {text}"
                )
            self.names.add(text)
            return self._names_given[text]
        if kind != "word":
            raise self.wrong(f'Syntax error; token: "{text}"')
        if text.upper() in _reserved():
            raise self.wrong(f"Attribute name is a reserved keyword; reserved keyword: {text}")
        return text

    def value(self) -> Node:
        kind, text = self.take()
        if kind != "value":
            raise self.wrong(f'Syntax error; token: "{text}"')
        self.values.add(text)
        return ("value", text)

    def operand(self) -> Node:
        if self.peek().startswith(":"):
            return self.value()
        if self.calls("size"):
            self.take(), self.take()
            node = ("size", self.path())
            self.need(")")
            return node
        return ("path", self.path())

    # --- conditions: OR binds loosest, then AND, then NOT

    def condition(self) -> Node:
        node = self._both()
        while self.took("OR"):
            node = ("OR", node, self._both())
        return node

    def _both(self) -> Node:
        node = self._negated()
        while self.took("AND"):
            node = ("AND", node, self._negated())
        return node

    def _negated(self) -> Node:
        if self.took("NOT"):
            return ("NOT", self._negated())
        if self.took("("):
            node = self.condition()
            self.need(")")
            return node
        return self._test()

    def _test(self) -> Node:
        if self.calls(*_TESTS):
            return self._function()
        left = self.operand()
        if self.took("BETWEEN"):
            low = self.operand()
            self.need("AND")
            high = self.operand()
            if low[0] == high[0] == "value":
                self.bounds.append((low[1], high[1]))
            return self._ordering("BETWEEN", left, low, high)
        if self.took("IN"):
            return ("IN", left, *self._list())
        sign = self.peek()
        if not self.took(*COMPARATORS):
            raise self.wrong(f'Syntax error; token: "{sign}"')
        right = self.operand()
        return (sign, left, right) if sign in ("=", "<>") else self._ordering(sign, left, right)

    def _ordering(self, sign: str, *operands: Node) -> Node:
        self.ordered += [(each[1], sign) for each in operands if each[0] == "value"]
        return (sign, *operands)

    def _list(self) -> list[Node]:
        self.need("(")
        found = [self.operand()]
        while self.took(","):
            found.append(self.operand())
        self.need(")")
        if len(found) > 100:
            raise self.wrong("The IN operator has too many operands;")
        return found

    def _function(self) -> Node:
        function = self.take()[1]
        self.need("(")
        operands: list[Any] = [self.path()]
        if _TESTS[function] == 2:
            self.need(",")
            operands.append(self.operand())
        self.need(")")
        return (function, *operands)
