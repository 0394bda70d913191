"""Webhooks that nobody sent: genuine messages of every channel, damaged in body or headers, and
bodies of nonsense under a genuine signature. They go through the real door.

A forged one is answered 401 (413 when it grew too large), and nothing is stored. Nonsense under a
good signature is somebody's bug: never a 5xx, and never lost.
"""

from __future__ import annotations

import copy
import io
import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any
from unittest.mock import patch

from oms import wiring
from oms.channels import registry
from oms.kernel.clock import SettableClock
from tests.contracts.channels.case import NOW, SECRET, ChannelCase, case_of
from tests.workflow.world import World, world

SIGNED = tuple(name for name in registry.CHANNELS if case_of(name).sign is not None)
Headers = dict[str, str]
_WORDS: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**70,
    1.5,
    "",
    "x",
    "💥",
    "\u202e",
    [],
    {},
    [[]],
    "9" * 40,
)


@contextmanager
def door() -> Iterator[World]:
    """A deployment where every channel sells, at the time at which the samples are signed. What
    it counts goes nowhere."""
    with (
        redirect_stdout(io.StringIO()),
        world(shops=tuple(registry.CHANNELS)) as oms,
        patch.object(wiring, "clock", lambda: SettableClock(NOW)),
    ):
        oms.silent = frozenset({"push_stock", "tell_channel"})
        yield oms


def post(oms: World, name: str, body: bytes, headers: Headers) -> int:
    path = {"channel": name, "account": "demo"}
    status, _ = oms.call(
        "POST /webhooks/{channel}/{account}", path, body, headers=headers, caller=None
    )
    return status


def forge(oms: World, name: str, seed: int, times: int) -> Counter[str]:
    """Send `times` forged messages. Raises AssertionError for one that is let in."""
    case, dice, heard = case_of(name), random.Random(f"forged {name} {seed}"), Counter[str]()
    assert case.sign
    body = case.message()
    headers = case.sign(body, SECRET)
    assert post(oms, name, body, headers) in (200, 202), "the genuine one is let in"
    before = oms.row_counts()
    for _ in range(times):
        false_body, false_headers = _forged(case, body, headers, dice)
        status = post(oms, name, false_body, false_headers)
        heard[f"{status}"] += 1
        assert status in (401, 413), (name, seed, status, false_headers, false_body[:300])
    assert oms.row_counts() == before, "a forged message leaves no trace"
    return heard


def babble(oms: World, name: str, seed: int, times: int) -> Counter[str]:
    """Send `times` messages of nonsense that are signed as they should be."""
    case, dice, heard = case_of(name), random.Random(f"babble {name} {seed}"), Counter[str]()
    assert case.sign
    for _ in range(times):
        body = _nonsense(case, dice)
        status = post(oms, name, body, case.sign(body, SECRET))
        heard[f"{status}"] += 1
        # 401 where the body says that it is from another shop.
        assert status < 500, (name, seed, status, body[:500])
    return heard


def _forged(
    case: ChannelCase, body: bytes, headers: Headers, dice: random.Random
) -> tuple[bytes, Headers]:
    """Something that is not what was signed, in one of many ways."""
    assert case.sign
    match dice.randrange(6):
        case 0:
            return body, case.sign(body, f"{SECRET}{dice.randrange(9)}")
        case 1:
            return body, {
                **headers,
                **{case.signature: _damaged_text(headers[case.signature], dice)},
            }
        case 2:
            return body, {k: v for k, v in headers.items() if k != case.signature}
        case 3:
            return body, {**headers, case.signature: dice.choice(["", "x", "=", "v1,", "é" * 9])}
        case _:
            return _damaged(body, dice), headers


def _damaged(body: bytes, dice: random.Random) -> bytes:
    raw = bytearray(body)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(raw))
        match dice.randrange(5):
            case 0:
                raw[at] ^= 1 << dice.randrange(8)
            case 1:
                raw.insert(at, dice.randrange(256))
            case 2 if len(raw) > 1:
                del raw[at]
            case 3:
                raw[at:at] = raw[max(0, at - 20) : at]
            case _:
                raw += dice.choice([b" ", b"\n", b"\x00", b"}", b'{"id":1}'])
    return bytes(raw) if bytes(raw) != body else body + b" "


def _damaged_text(text: str, dice: random.Random) -> str:
    """Another letter in the middle: the last ones of base64 hold bits that decode to nothing."""
    at = len(text) // 2 + dice.randrange(-len(text) // 4, len(text) // 4)
    return f"{text[:at]}{'B' if text[at] == 'A' else 'A'}{text[at + 1 :]}"


def _nonsense(case: ChannelCase, dice: random.Random) -> bytes:
    body = case.message()
    if dice.random() < 0.3:
        return _damaged(body, dice)
    document = json.loads(body)
    for _ in range(dice.randint(1, 4)):
        _spoil(document, dice)
    return json.dumps(document).encode()


def _spoil(document: Any, dice: random.Random) -> None:
    """Put a word of nonsense somewhere into `document`."""
    while isinstance(document, dict | list) and document:
        keys = list(document) if isinstance(document, dict) else list(range(len(document)))
        key = dice.choice(keys)
        if not isinstance(document[key], dict | list) or not document[key] or dice.random() < 0.2:
            document[key] = copy.deepcopy(dice.choice(_WORDS))
            return
        document = document[key]
