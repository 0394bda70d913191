"""The secrets in Secrets Manager, named `<prefix>/<name>`; values never come from here.

`generated` is the JSON key whose value Secrets Manager draws at random. The others start as
an empty document, with which every check says no, until the merchant fills them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SecretRow:
    name: str
    purpose: str
    generated: str = ""


SECRETS = (
    SecretRow("channels", "signing secrets and API access of each sales channel account"),
    SecretRow("api-keys", "hashes of the API keys that may call the API, with their scopes"),
    SecretRow("stripe", "restricted API key and webhook secrets of Stripe"),
    SecretRow("carriers", "API keys and webhook secrets of the carriers"),
    SecretRow("tracking", "key that tracking links are derived with", generated="key"),
)
