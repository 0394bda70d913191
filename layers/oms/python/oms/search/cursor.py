"""Cursors: opaque, and good only for the question they came from."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping

from oms.kernel.errors import Invalid


class Cursors:
    """`key` is a secret of the deployment: a cursor cannot be made up or moved elsewhere."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, position: str, question: Mapping[str, str]) -> str:
        raw = position.encode()
        return base64.urlsafe_b64encode(self._mac(raw, question) + raw).decode().rstrip("=")

    def open(self, cursor: str, question: Mapping[str, str]) -> str:
        """The position in `cursor`. Raises Invalid `malformed-cursor`."""
        try:
            sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            mac, raw = sealed[:12], sealed[12:]
            if hmac.compare_digest(mac, self._mac(raw, question)):
                return raw.decode()
        except ValueError:
            pass
        raise Invalid("this cursor does not belong to this list", code="malformed-cursor")

    def _mac(self, raw: bytes, question: Mapping[str, str]) -> bytes:
        asked = json.dumps(question, sort_keys=True).encode()
        return hmac.digest(self._key, b"cursor:" + asked + b"\x00" + raw, "sha256")[:12]
