"""Import orders of the past from a file, in pieces, with progress.

    OMS_TOKEN=... python -m scripts.import_orders orders.jsonl --channel shopify --account demo \\
        --url https://api.example.com

The file has one order a line (JSON Lines), or is a JSON array, or an object with `orders`: as the
channel writes them, or of our own shape with `--format oms`. What is refused goes into
`<file>.refused.jsonl`, with the reason. `<file>.progress` remembers how far it came, so that the
same command goes on there; without it everything is sent again, which changes nothing.

Ends with 0 when every order is in, 1 when some were refused, 2 when it could not go on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from oms.channels.documents import document

LARGEST_PIECE = 3 * 1024 * 1024  # the API takes 5 MB; in Lambda's event every quote is two bytes
_TIMEOUT_SECONDS = 60
_MOST_TRIES = 8
_LONGEST_WAIT = 60.0

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: nobody answered. `wait_seconds` is what the API asks for."""

    status: int
    body: Any = None
    wait_seconds: float | None = None


class GaveUp(Exception):
    """The API does not take it, however often it is asked."""


@dataclass(slots=True)
class Import:
    """One run. `post` sends a body; `envelope` is the body without its orders."""

    post: Callable[[bytes], Answer]
    envelope: Json
    sleep: Callable[[float], None] = time.sleep
    tell: Callable[[str], None] = print
    counts: Counter[str] = field(default_factory=Counter)

    def send(self, piece: list[Any]) -> list[tuple[Any, Json]]:
        """The orders that were refused, each with its outcome. Raises GaveUp."""
        answer = self._answered(document({**self.envelope, "orders": piece}))
        outcomes = answer["orders"]
        self.counts.update(each["outcome"] for each in outcomes)
        both = zip(piece, outcomes, strict=True)
        return [(order, each) for order, each in both if each["outcome"] == "refused"]

    def _answered(self, body: bytes) -> Any:
        for tried in range(_MOST_TRIES):
            answer = self.post(body)
            if answer.status == 200:
                return answer.body
            if answer.status not in (0, 429, 500, 502, 503, 504):
                raise GaveUp(f"the API answered {answer.status}: {_reason(answer.body)}")
            wait = answer.wait_seconds if answer.wait_seconds is not None else float(2**tried)
            self.tell(f"  the API answered {answer.status or 'nothing'}: waiting {wait:g} s")
            self.sleep(min(wait, _LONGEST_WAIT))
        raise GaveUp(f"no answer after {_MOST_TRIES} tries")


def _reason(body: Any) -> str:
    if not isinstance(body, dict):
        return "no reason given"
    errors = [f"{e.get('pointer')} {e.get('code')}" for e in body.get("errors", ())[:3]]
    return "; ".join([str(body.get("detail", "")), *errors])


# --- the file ------------------------------------------------------------------------


def orders_in(path: Path) -> Iterator[Any]:
    """Each order of the file; numbers as exact as they were written. Raises ValueError."""
    with path.open(encoding="utf-8") as lines:
        first = next((line for line in lines if line.strip()), "")
        if _is_whole(first):
            lines.seek(0)
            for line in filter(str.strip, lines):
                yield json.loads(line, parse_float=Decimal)
            return
    whole = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    yield from whole["orders"] if isinstance(whole, dict) else whole


def _is_whole(line: str) -> bool:
    """Whether the line is one order by itself."""
    try:
        found = json.loads(line)
    except ValueError:
        return False
    return isinstance(found, dict) and not isinstance(found.get("orders"), list)


def pieces(orders: Iterable[Any], most: int) -> Iterator[list[Any]]:
    """At most `most` orders and 3 MB each."""
    piece: list[Any] = []
    size = 0
    for order in orders:
        weight = len(document(order)) + 1
        if piece and (len(piece) == most or size + weight > LARGEST_PIECE):
            yield piece
            piece, size = [], 0
        piece.append(order)
        size += weight
    if piece:
        yield piece


@dataclass(frozen=True, slots=True)
class Progress:
    """How many orders of the file were answered. A file that has changed begins again."""

    path: Path
    name: str

    @classmethod
    def of(cls, source: Path, envelope: Json) -> Progress:
        facts = source.stat()
        name = json.dumps([facts.st_size, facts.st_mtime_ns, envelope], sort_keys=True)
        return cls(source.with_name(source.name + ".progress"), name)

    def done(self) -> int:
        try:
            kept = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return 0
        return int(kept["done"]) if kept.get("of") == self.name else 0

    def save(self, done: int) -> None:
        partial = self.path.with_name(self.path.name + ".part")
        partial.write_text(json.dumps({"of": self.name, "done": done}))
        partial.replace(self.path)


# --- the command ---------------------------------------------------------------------


def run(source: Path, work: Import, most: int) -> int:
    """The exit code."""
    progress = Progress.of(source, work.envelope)
    done = start = progress.done()
    refusals = source.with_name(source.name + ".refused.jsonl")
    if start:
        work.tell(f"going on after the {start} orders that were answered before")
    try:
        for piece in pieces(_after(orders_in(source), start), most):
            _write(refusals, work.send(piece), begins=done == 0)
            done += len(piece)
            progress.save(done)
            work.tell(f"{done} orders: {_summary(work.counts)}")
    except (GaveUp, ValueError, KeyError, OSError) as problem:
        work.tell(f"stopped after {done} orders: {problem}")
        return 2
    work.tell(f"done, {done - start} orders: {_summary(work.counts)}")
    if work.counts["refused"]:
        work.tell(f"what was refused, and why: {refusals}")
    return 1 if work.counts["refused"] else 0


def _after(orders: Iterator[Any], start: int) -> Iterator[Any]:
    return (order for n, order in enumerate(orders) if n >= start)


def _write(path: Path, refused: list[tuple[Any, Json]], begins: bool) -> None:
    if begins:
        path.unlink(missing_ok=True)
    if refused:
        with path.open("ab") as file:
            for order, why in refused:
                file.write(document({"why": why, "order": order}) + b"\n")


def _summary(counts: Counter[str]) -> str:
    names = ("created", "known", "skipped", "refused")
    return ", ".join(f"{counts[name]} {name}" for name in names)


def poster(url: str, token: str) -> Callable[[bytes], Answer]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(body: bytes) -> Answer:
        request = urllib.request.Request(f"{url.rstrip('/')}/imports", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as reply:
                return Answer(reply.status, json.loads(reply.read()))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _json(error.read()), _seconds(error.headers))
        except (OSError, ValueError):
            return Answer(0)

    return post


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _seconds(headers: Any) -> float | None:
    text = headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Import orders of the past")
    parser.add_argument("file", type=Path)
    parser.add_argument("--channel", required=True)
    parser.add_argument("--account", default="default")
    parser.add_argument("--format", choices=("channel", "oms"), default="channel")
    parser.add_argument("--open", choices=("refuse", "skip"), default="refuse")
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--size", type=int, default=200, help="orders in one call, 500 at most")
    given = parser.parse_args(arguments)
    token = os.environ.get("OMS_TOKEN", "")
    if not token:
        parser.error("OMS_TOKEN is not set: the token of an operator")
    names = ("channel", "account", "format", "open")
    work = Import(poster(given.url, token), {name: getattr(given, name) for name in names})
    return run(given.file, work, max(1, min(given.size, 500)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
