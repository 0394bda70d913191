"""A mapping: what a channel's messages mean and how its shop is called, as a document.

It stands in the account's settings under `mapping`. See `docs/generic-channel.md` for a guide
with every field, and `docs/samples/` for mappings that work.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from oms.channels.generic.api_terms import Api
from oms.channels.generic.order_terms import OrderTerms
from oms.channels.generic.signatures import Signature
from oms.channels.generic.words import HeaderName, Part, Place, ShortText, refused
from oms.channels.model import ChannelAccount
from oms.kernel.errors import FieldError, Invalid
from oms.platform.validation import pointer

_MOST_ERRORS = 100
_LONGEST = 64 * 1024

Meaning = Literal["order", "change", "cancel", "notice", "ping", "ignore"]


class Mapping(Part):
    """`sender` is a header in which the shop says who it is: compared with the account's domain.

    `topics` say what the words at `topic` mean; any other is ignored. Without a `topic`, a
    message that has lines is an order.
    """

    name: ShortText
    amounts: Literal["decimal", "minor"] = "decimal"
    times: Literal["iso", "unix", "unix-ms"] = "iso"
    assumed_offset: Literal["", "Z"] = ""
    signature: Signature
    sender: HeaderName | None = None
    delivery_id: Place | None = None
    topic: Place | None = None
    topics: dict[ShortText, Meaning] = Field(default_factory=dict, max_length=100)
    order: OrderTerms
    api: Api = Api()

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Mapping:
        meanings = set(self.topics.values())
        if (self.topic is None) != (not self.topics):
            raise refused("missing-field", "topic and topics go together")
        if "notice" in meanings and self.api.fetch is None:
            raise refused("missing-field", "a notice is thin: api.fetch is needed")
        in_body = self.topic is not None and self.topic.body is not None
        if "cancel" in meanings and not (in_body or self.order.state or self.api.fetch):
            raise refused(
                "missing-field", "a cancel told by a header needs order.state or api.fetch"
            )
        return self


def parse_mapping(document: Any) -> Mapping:
    """`document` as a mapping. Raises Invalid with one field error per cause."""
    try:
        return _of_text(_text(document))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    errors = {each.pointer: each for each in reversed(list(_told(document, found)))}
    told = tuple(reversed(errors.values()))[:_MOST_ERRORS]
    raise Invalid("the mapping cannot be used as it is", told, "invalid-mapping")


def mapping_of(account: ChannelAccount) -> Mapping | None:
    """The account's mapping; None when it has none that can be used."""
    try:
        return _of_text(_text(account.settings.get("mapping")))
    except (Invalid, ValidationError):
        return None


def _text(document: Any) -> str:
    try:
        text = json.dumps(document, sort_keys=True, default=str)
    except (TypeError, ValueError, RecursionError):
        raise Invalid("a mapping is a JSON document", code="invalid-mapping") from None
    if len(text) > _LONGEST:
        raise Invalid("a mapping has at most 64 KB", code="invalid-mapping")
    return text


@lru_cache(maxsize=64)
def _of_text(text: str) -> Mapping:
    """Read once a process: a mapping is made of a hundred checked parts."""
    return Mapping.model_validate_json(text)


def _told(document: Any, found: Sequence[ErrorDetails]) -> Iterator[FieldError]:
    for each in found:
        code = each["type"].replace("_", "-")
        place = tuple(_in_document(document, each["loc"], code == "missing"))
        yield FieldError(pointer(place), code, each["msg"])


def _in_document(
    document: Any, location: Sequence[int | str], missing: bool
) -> Iterator[int | str]:
    """Without the names that the contract adds for its own variants."""
    last = len(location) - 1
    for n, part in enumerate(location):
        inside = isinstance(document, dict) and part in document
        listed = isinstance(document, list) and isinstance(part, int) and part < len(document)
        if inside or listed:
            document = document[part]
            yield part
        elif missing and n == last:
            yield part
