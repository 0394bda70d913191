"""The same random operations on two clients, to see where their answers part.

Takes any boto3-compatible clients that have the table of `sequences.DEFINITION`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.dynamo.sequences import Step, sequence

Outcome = dict[str, Any]


def answer(client: Any, step: Step) -> Outcome:
    """What came back, without what no two services share."""
    try:
        reply = getattr(client, step.operation)(**step.request)
    except ClientError as error:
        told = error.response
        return {
            "code": told["Error"]["Code"],
            "item": _plain(told.get("Item", {})),
            "reasons": [
                (reason.get("Code", "None"), _plain(reason.get("Item", {})))
                for reason in told.get("CancellationReasons", ())
            ],
        }
    except Exception as error:  # the other side broke
        return {"broke": f"{type(error).__name__}: {error}"}
    return {
        name: [_plain(each) for each in value] if name == "Items" else _plain(value)
        for name, value in reply.items()
        if name not in ("ResponseMetadata", "ConsumedCapacity", "ItemCollectionMetrics")
    }


def _plain(value: Any) -> Any:
    """Sets have no order, so theirs is made the same."""
    if isinstance(value, Mapping):
        return {
            name: sorted(each)
            if name in ("SS", "NS", "BS") and isinstance(each, list)
            else _plain(each)
            for name, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return bytes(value) if isinstance(value, bytearray) else value


Excuse = Callable[[Step, Outcome, Outcome], bool]


def first_difference(
    one: Any,
    other: Any,
    seed: int,
    excused: Collection[Excuse] = (),
    avoid: Collection[str] = (),
) -> str | None:
    """None when both gave the same answers to the whole sequence, or differ with an excuse."""
    for number, step in enumerate(sequence(seed, avoid=avoid)):
        here, there = answer(one, step), answer(other, step)
        if here != there and not any(each(step, here, there) for each in excused):
            return f"seed {seed}, step {number}: {step}\n  one:   {here}\n  other: {there}"
    return None
