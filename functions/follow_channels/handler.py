"""Bring orders up to date with what their channels told of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from oms.channels.news_store import news_in
from oms.platform.consumer import stream_handler
from oms.platform.observability import count
from oms.wiring_channels import follow_news


def _follow(records: Sequence[Mapping[str, Any]]) -> None:
    for news in news_in(records):
        count(f"News{follow_news()(news).title().replace('_', '')}")


handler = stream_handler(_follow)
