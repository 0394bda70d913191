"""Adobe I/O Events of the stand-in: signed with a key of its own, which it also publishes."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from local.standins.platform import Message

CLIENT_ID = "local-client"


class EventKeys:
    """The key is made when it is first needed, and kept as text: books are pickled."""

    PATH = "/prod/keys/"

    def __init__(self) -> None:
        self._private = b""

    @property
    def public(self) -> bytes:
        shown = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return self._key().public_key().public_bytes(*shown)

    @property
    def name(self) -> str:
        """Another key has another path, so that whoever keeps keys need not ask again."""
        return f"pub-key-{sha256(self.public).hexdigest()[:12]}"

    def sign(self, raw: bytes) -> str:
        return base64.b64encode(self._key().sign(raw, PKCS1v15(), SHA256())).decode()

    def event(self, event_id: str, happened: str, value: dict[str, Any]) -> Message:
        body = {
            "specversion": "1.0",
            "id": event_id,
            "event_id": event_id,
            "type": f"com.adobe.commerce.observer.{happened}",
            "recipient_client_id": CLIENT_ID,
            "data": {"key": event_id, "value": value},
        }
        raw = json.dumps(body).encode()
        return Message(self.headers(raw), raw)

    def headers(self, raw: bytes) -> dict[str, str]:
        signature = self.sign(raw)
        return {
            "x-adobe-digital-signature-1": signature,
            "x-adobe-public-key1-path": f"{self.PATH}{self.name}-1.pem",
            "x-adobe-digital-signature-2": signature,
            "x-adobe-public-key2-path": f"{self.PATH}{self.name}-2.pem",
        }

    def _key(self) -> RSAPrivateKey:
        if not self._private:
            made = generate_private_key(65537, 2048)
            self._private = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cast(RSAPrivateKey, load_pem_private_key(self._private, None))
