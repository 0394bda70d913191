"""What every payload that the platforms publish becomes here, as a table.

    python -m tests.contracts.recorded_table

A document is tried as the channel would get it: as a message, and as what a fetch brings. One that
is no order (a list of fulfilments, an answer about stock) is said to be about nothing, or to be the
notice that it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oms.channels import registry
from oms.channels.edi.envelope import interchanges
from oms.channels.model import Kind, Unmappable
from oms.kernel.errors import Malformed
from oms.platform import gate
from tests.contracts.channels.case import case_of
from tests.recorded import PAYLOADS

OF_CHANNELS = ("shopify", "woocommerce", "magento", "amazon", "ebay", "square")


def rows() -> Iterator[tuple[str, str]]:
    """Each file with what it became."""
    for channel in OF_CHANNELS:
        for path in sorted((PAYLOADS / channel).glob("*.json")):
            yield f"{channel}/{path.name}", became(channel, path.read_bytes())
    for path in sorted((PAYLOADS / "x12").glob("*.edi")):
        yield f"x12/{path.name}", of_file(path)


def became(channel: str, raw: bytes) -> str:
    speaks, account = registry.channel(channel), case_of(channel).account
    parsed, refused = gate.parse(raw), ""
    for document in _readings(channel, parsed):
        try:
            order = speaks.map_order(document, account)
        except Unmappable as problem:
            refused = f"exception {problem.code} at {problem.pointer or 'the top'}"
        else:
            content = order.content
            total = content.totals.channel_total
            return f"order {order.number}, {total}, {content.channel_state.lower()}"
    kind = speaks.identify(raw, {}, parsed, account).kind
    return f"message: {kind.lower()}" if kind is not Kind.ORDER and not refused else refused


def of_file(path: Path) -> str:
    """An EDI file by the transaction sets in it."""
    try:
        found = interchanges(path.read_bytes())
    except (Unmappable, Malformed) as problem:
        return f"exception {problem.code}"
    groups = [group for sent in found for group in sent.groups]
    sets = Counter(each.kind for group in groups for each in group.sets)
    faults = [each for sent in found for each in sent.faults]
    faults += [each for group in groups for every in group.sets for each in every.faults]
    listed = ", ".join(f"{number} x {kind}" for kind, number in sorted(sets.items()))
    named = "; ".join(sorted({f"{each.code} at {each.place}" for each in faults}))
    return f"{listed or 'no transaction set'}{f'; faults: {named}' if named else ''}"


def _readings(channel: str, parsed: Any) -> Iterator[Any]:
    """The documents in it, as the channel's `fetch` would wrap them. None: it holds no order."""
    if channel in ("shopify", "woocommerce"):
        yield from (each for each in [parsed] if "line_items" in each)
    if channel == "magento":
        yield from (each for each in [parsed] if "payment" in each and "items" in each)
    if channel == "amazon":
        yield from _amazon(parsed.get("response", parsed))
    if channel == "square":
        for order in (parsed.get("order"), *parsed.get("orders", ())):
            if order:
                yield {"order": order, "skus": {}}


def _amazon(answer: Any) -> Iterator[Any]:
    for order in (answer.get("order"), *answer.get("orders", ())):
        if order:
            yield {"api": "2026-01-01", "order": order}
    payload = answer.get("payload") or {}
    for order in (payload, *payload.get("Orders", ())):
        if "OrderStatus" in order:  # its items and its address are answers of their own
            yield {"api": "v0", "order": order, "items": [], "address": None, "buyer": None}


def table() -> str:
    return "\n".join(f"{name:<72} {what}" for name, what in rows())


if __name__ == "__main__":
    print(table())
