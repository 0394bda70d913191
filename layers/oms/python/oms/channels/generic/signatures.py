"""How a generic sender proves itself: three schemes, chosen by the mapping."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from oms.channels import standard_webhooks
from oms.channels.generic.words import HeaderName, Part, ShortText, refused
from oms.channels.model import Headers
from oms.channels.signing import header

_LONGEST = 1024


class StandardWebhooks(Part):
    """standardwebhooks.com. `key`: the secret's own characters, or what its base64 stands for."""

    scheme: Literal["standard-webhooks"]
    key: Literal["text", "base64"] = "base64"

    def holds(self, raw: bytes, headers: Headers, secrets: tuple[str, ...], now: datetime) -> bool:
        return standard_webhooks.is_signed(raw, headers, self._keys(secrets), now)

    def _keys(self, secrets: tuple[str, ...]) -> Iterator[bytes]:
        for secret in secrets:
            if self.key == "text":
                yield standard_webhooks.text_key(secret)
                continue
            try:
                yield standard_webhooks.decoded_key(secret)
            except ValueError:
                continue  # a secret of another form signs nothing


class Timestamp(Part):
    """Unix seconds in `header`, at most `tolerance_seconds` off."""

    header: HeaderName
    tolerance_seconds: Annotated[int, Field(ge=1, le=3600)] = 300

    def is_recent(self, headers: Headers, now: datetime) -> bool:
        sent_at = header(headers, self.header)
        if not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= 12):
            return False
        return abs(now.timestamp() - int(sent_at)) <= self.tolerance_seconds


class Hmac(Part):
    """An HMAC in a header, of the body alone, of `{timestamp}.{body}` or of `{url}{body}`."""

    scheme: Literal["hmac"]
    header: HeaderName
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    encoding: Literal["base64", "hex"] = "base64"
    prefix: Annotated[str, Field(max_length=20)] = ""
    signed: Literal["body", "timestamp.body", "url+body"] = "body"
    timestamp: Timestamp | None = None
    url: ShortText = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Hmac:
        if self.signed == "timestamp.body" and self.timestamp is None:
            raise refused("missing-field", "timestamp.body needs a timestamp")
        if self.signed == "url+body" and not self.url:
            raise refused("missing-field", "url+body needs the url that the sender calls")
        return self

    def holds(self, raw: bytes, headers: Headers, secrets: tuple[str, ...], now: datetime) -> bool:
        if self.timestamp and not self.timestamp.is_recent(headers, now):
            return False
        given = header(headers, self.header)
        if not given.startswith(self.prefix) or len(given) > _LONGEST:
            return False
        mac = self._decoded(given[len(self.prefix) :])
        signed = self._signed(raw, headers)
        ours = [hmac.digest(s.encode(), signed, self.algorithm) for s in secrets if s.strip()]
        return bool(mac) and any(hmac.compare_digest(each, mac) for each in ours)

    def _signed(self, raw: bytes, headers: Headers) -> bytes:
        if self.signed == "timestamp.body" and self.timestamp:
            return header(headers, self.timestamp.header).encode() + b"." + raw
        return self.url.encode() + raw if self.signed == "url+body" else raw

    def _decoded(self, given: str) -> bytes:
        """Empty for what is no such text: one MAC has one spelling, but for the case of hex."""
        if self.encoding == "hex":
            return bytes.fromhex(given) if _is_hex(given) else b""
        try:
            mac = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            return b""
        return mac if base64.b64encode(mac).decode() == given else b""


def _is_hex(text: str) -> bool:
    return len(text) % 2 == 0 and all(letter in "0123456789abcdefABCDEF" for letter in text)


class HeaderSecret(Part):
    """The secret itself in a header: only as good as the TLS below it."""

    scheme: Literal["header-secret"]
    header: HeaderName
    prefix: Annotated[str, Field(max_length=20)] = ""

    def holds(self, raw: bytes, headers: Headers, secrets: tuple[str, ...], now: datetime) -> bool:
        given = header(headers, self.header)
        if not given.startswith(self.prefix) or len(given) > _LONGEST:
            return False
        told = given[len(self.prefix) :].encode()
        ours = [each.encode() for each in secrets if each.strip()]
        return any(hmac.compare_digest(each, told) for each in ours)


Signature = Annotated[StandardWebhooks | Hmac | HeaderSecret, Field(discriminator="scheme")]
