"""What the contract suite needs to know of a channel, beside its code.

Each channel has a module of its own here, `<name>.py`, whose `CASE` says it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, cast

from oms.channels.model import ChannelAccount

NOW = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)
SECRET = "local-secret"
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class ChannelCase:
    """`document()` is a fresh copy of our own sample order as `map_order` takes it: MUG-BLUE on
    the first line, paid, an address, a customer who can be reached, channel total equal to ours.

    `message()` is the body of the webhook about that order (the document itself when the channel
    is fat) and `sign(body, secret)` its headers at the time `NOW`; None for channels that send
    none. `signature` names the header that holds the signature. `impostor` are headers that
    claim to be another shop, empty when the channel has no such header. `unsigned` are headers
    that the signature does not cover and that may say anything. `where` says at which path of
    the document stand: `external_id`, `currency`, `lines`, `quantity`, `sku`, `line_id`, `price`.
    `settings` are the credentials for the stand-in, and what else `connect` needs.

    `where` may say too where the address's `city` stands. `totals` are the places of the grand
    total, and `one` is how the channel writes 1.00 there. `fits` are values, by the names of
    `where`, that this channel may well send although others may not; under `sku` those in whose
    place another name of the goods is taken. `foreign` are messages,
    headers and body, about nothing that we capture. `recorded` is a pattern of files among the
    published payloads that are documents.

    `cannot` names the methods of `Shop` that the platform has nothing for: UNSUPPORTED, or refused
    as `refund-by-hand`. `apart` are those that have tests of their own, as no API stands behind
    them: files, queues. `one_at_a_time` are those that tell twice when two tell at the very same
    moment, as the platform knows no key. `unchecked` are those whose answer has no shape that
    could be wrong. `empties` are the answers that say that nothing is there; with `{}` the
    platform leaves out lists that are empty. `page` is how many orders a page of `changed` holds,
    and `renumbered` gives the document the n-th other id.
    """

    account: ChannelAccount
    document: Callable[[], Any]
    message: Callable[[], bytes]
    sign: Callable[[bytes, str], dict[str, str]] | None
    signature: str
    where: Mapping[str, Path]
    impostor: Mapping[str, str] = field(default_factory=dict)
    unsigned: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    totals: tuple[Path, ...] = ()
    one: Any = "1.00"
    fits: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    foreign: tuple[tuple[Mapping[str, str], bytes], ...] = ()
    recorded: str = ""
    cannot: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    one_at_a_time: frozenset[str] = frozenset()
    unchecked: frozenset[str] = frozenset()
    empties: tuple[Any, ...] = ([], {"data": []})
    page: int = 100
    renumbered: Callable[[Any, int], Any] | None = None

    @property
    def external_id(self) -> str:
        return str(at(self.document(), self.where["external_id"]))

    def other(self, number: int) -> Any:
        """The sample order again, as another one."""
        if self.renumbered:
            return self.renumbered(self.document(), number)
        document, path = self.document(), self.where["external_id"]
        known = at(document, path)
        put(document, path, type(known)(_counted_on(str(known), number)))
        return document


def _counted_on(external_id: str, number: int) -> str:
    """`external_id` with `number` more in the last of its numbers."""
    digits = re.findall(r"\d+", external_id)[-1]
    before, _, after = external_id.rpartition(digits)
    return f"{before}{int(digits) + number:0{len(digits)}}{after}"


def case_of(name: str) -> ChannelCase:
    return cast(ChannelCase, import_module(f"tests.contracts.channels.{name}").CASE)


def at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def put(document: Any, path: Path, value: Any) -> None:
    """Set what stands at `path`; an empty path cannot be set."""
    at(document, path[:-1])[path[-1]] = value
