"""Secrets, as JSON documents, kept for five minutes so that a rotation reaches every process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

KEPT_SECONDS = 300


@cache
def _client() -> Any:
    config = Config(
        connect_timeout=2, read_timeout=4, retries={"mode": "standard", "max_attempts": 3}
    )
    return boto3.client("secretsmanager", config=config)


class Secrets:
    def __init__(
        self, prefix: str, client: Any = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._prefix, self._given, self._now = prefix, client, now
        self._kept: dict[str, tuple[float, Any]] = {}

    def get(self, name: str) -> Any:
        """The document `{prefix}/{name}`."""
        kept = self._kept.get(name)
        if kept and kept[0] > self._now():
            return kept[1]
        return self.refresh(name)

    def refresh(self, name: str) -> Any:
        """Read anew: after a signature or a key that used to work failed."""
        client = self._given or _client()
        text = client.get_secret_value(SecretId=f"{self._prefix}/{name}")["SecretString"]
        document = json.loads(text)
        self._kept[name] = (self._now() + KEPT_SECONDS, document)
        return document
