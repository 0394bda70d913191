"""What docs/webhooks.md tells a developer is so."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oms.channels.standard_webhooks import decoded_key, signed_headers
from oms.notifications.subscription import new_secret
from oms.notifications.webhook_events import EVENTS

PAGE = (Path(__file__).parents[3] / "docs/webhooks.md").read_text()
SECRET, OTHER, BODY = new_secret(), new_secret(), b'{"id": "x"}'


@pytest.fixture
def is_ours() -> Any:
    """The function that the page offers."""
    (code,) = re.findall(r"```python\n(import base64.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    return names["is_ours"]


def signed(*secrets: str, at: datetime | None = None) -> dict[str, str]:
    return signed_headers("msg_1", at or datetime.now(UTC), BODY, map(decoded_key, secrets))


def test_the_ten_lines_take_what_we_sign_and_nothing_else(is_ours: Any) -> None:
    assert is_ours(signed(SECRET), BODY, SECRET)
    assert not is_ours(signed(OTHER), BODY, SECRET)
    assert not is_ours(signed(SECRET), BODY + b" ", SECRET)
    assert not is_ours({**signed(SECRET), "webhook-id": "msg_2"}, BODY, SECRET)
    late = datetime.now(UTC) - timedelta(minutes=6)
    assert not is_ours(signed(SECRET, at=late), BODY, SECRET)


def test_they_take_either_secret_while_one_is_rotated(is_ours: Any) -> None:
    assert is_ours(signed(OTHER, SECRET), BODY, SECRET)
    assert is_ours(signed(OTHER, SECRET), BODY, OTHER)


def test_the_page_lists_every_event() -> None:
    table = PAGE.partition("## Events")[2].partition("\n\n`")[0]
    assert set(re.findall(r"`(\w+)`", table)) == EVENTS
