"""The part of a mapping that says how the shop is called: requests with blanks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from oms.channels.generic.templates import blanks
from oms.channels.generic.words import HeaderName, Part, PathText, ShortText, WholePath, refused

PathTemplate = Annotated[str, Field(pattern=r"^/", max_length=500)]
Status = Annotated[int, Field(ge=200, le=499)]
SETTING = "setting."

_LINES = ("lines", "line_id", "quantity")
# Which blanks each request has facts for.
BLANKS: dict[str, frozenset[str]] = {
    "fetch": frozenset({"id"}),
    "changed": frozenset({"since", "cursor"}),
    "stock_of": frozenset({"skus"}),
    "set_stock": frozenset({"levels", "sku", "units", "version", "at", "key"}),
    "tell_shipped": frozenset(
        {*_LINES, "id", "key", "tracking_number", "carrier", "tracking_url", "node"}
        | {"shipped_at", "is_last"}
    ),
    "tell_cancelled": frozenset({*_LINES, "id", "key", "reason", "gives_back"}),
    "tell_refunded": frozenset(
        {*_LINES, "id", "key", "reason", "amount_minor", "amount_decimal", "currency"}
    ),
}


class Look(Part):
    """Ask first: it was told before when `equals` stands among what `found` leads to."""

    method: Literal["GET", "POST"] = "GET"
    path: PathTemplate
    body: Any = None
    found: PathText
    equals: ShortText


class Request(Part):
    """One call that changes something in the shop.

    It must be safe to repeat, in one of four ways: a PUT or DELETE, our key in
    `idempotency_header`, a `look` before, or the author's word that it is `repeatable`.
    `already` are statuses by which the shop says that it knew. `refused_at` are places of the
    answer that are empty unless it refused, `told_at` one that is filled when it did it.
    """

    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: PathTemplate
    body: Any = None
    idempotency_header: HeaderName | None = None
    look: Look | None = None
    repeatable: bool = False
    already: list[Status] = Field(default_factory=list, max_length=10)
    refused_at: list[PathText] = Field(default_factory=list, max_length=10)
    told_at: PathText | None = None

    @model_validator(mode="after")
    def _is_safe_to_repeat(self) -> Request:
        by_method = self.method in ("PUT", "DELETE")
        if not (by_method or self.idempotency_header or self.look or self.repeatable):
            raise refused(
                "not-repeatable", "a POST needs an idempotency_header, a look, or repeatable: true"
            )
        return self


class StockRequest(Request):
    """Up to `batch` levels in one call; one needs no `levels` in its body."""

    batch: Annotated[int, Field(ge=1, le=1000)] = 1

    @model_validator(mode="after")
    def _repeats_levels(self) -> StockRequest:
        if (self.batch > 1) != ("levels" in set(blanks(self.body))):
            raise refused("invalid-batch", 'a batch is a body with {"for_each": "levels", ...}')
        return self


class Fetch(Part):
    """`order` is where the order stands in the answer."""

    method: Literal["GET", "POST"] = "GET"
    path: PathTemplate
    body: Any = None
    order: WholePath = ()


class Changed(Part):
    """Orders changed since a time. `whole`: the list has each order as `fetch` would give it.

    `next_path` is asked for further pages, whose cursor stands at `next_cursor`.
    """

    path: PathTemplate
    next_path: PathTemplate | None = None
    items: WholePath
    next_cursor: PathText | None = None
    whole: bool = False

    @model_validator(mode="after")
    def _pages_both_ways(self) -> Changed:
        if (self.next_path is None) != (self.next_cursor is None):
            raise refused("missing-field", "next_path and next_cursor go together")
        return self


class StockOf(Part):
    """`items` is a list of which each has a `sku` and its `units`."""

    path: PathTemplate
    items: WholePath
    sku: PathText
    units: PathText


class Api(Part):
    """`headers` authenticate; `{setting.token}` is that setting of the account."""

    headers: dict[HeaderName, ShortText] = Field(default_factory=dict, max_length=20)
    fetch: Fetch | None = None
    changed: Changed | None = None
    set_stock: StockRequest | None = None
    stock_of: StockOf | None = None
    tell_shipped: Request | None = None
    tell_cancelled: Request | None = None
    tell_refunded: Request | None = None

    @model_validator(mode="after")
    def _fills_every_blank(self) -> Api:
        for name, known in BLANKS.items():
            request = getattr(self, name)
            used = set(blanks(request.model_dump())) if request else set()
            if any(not each.startswith(SETTING) for each in used - known):
                raise refused("unknown-blank", f"{name} has {', '.join(sorted(known))}")
        return self

    @property
    def needed_settings(self) -> frozenset[str]:
        """Without these we have no credentials."""
        used = blanks(list(self.headers.values()))
        return frozenset(each.removeprefix(SETTING) for each in used if each.startswith(SETTING))
