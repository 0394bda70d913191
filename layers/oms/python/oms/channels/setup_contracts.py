"""What `PUT /channels/{channel}/{account}` and its actions accept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from oms.channels.accounts import Setup
from oms.inventory.contracts import Name
from oms.kernel.clock import from_iso
from oms.kernel.errors import FieldError, Invalid

_MOST_SKUS, _MOST_NODES = 5_000, 200
_LOOK_BACK = timedelta(days=7)
LONGEST_SETUP = 300 * 1024  # an item of the table ends at 400 KB
_Text = Annotated[str, Field(min_length=1, max_length=200)]


class SetupBody(BaseModel):
    """`nodes` maps the shop's places to our nodes, `skus` its SKUs to ours. `settings` are those
    that are no secrets; secrets stay in Secrets Manager. `version` is the one that was read."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    nodes: Annotated[dict[_Text, Name], Field(max_length=_MOST_NODES)] = {}
    skus: Annotated[dict[_Text, _Text], Field(max_length=_MOST_SKUS)] = {}
    settings: dict[str, Any] = {}
    version: Annotated[int, Field(ge=0)] = 0

    def to_domain(self) -> Setup:
        return Setup(dict(self.nodes), dict(self.skus), dict(self.settings), self.version)


def check_settings(channel: str, settings: Mapping[str, Any]) -> None:
    """What a channel can say of its own settings before they are saved. Raises Invalid."""
    if channel == "generic" and "mapping" in settings:
        from oms.channels.generic.mapping import parse_mapping

        parse_mapping(settings["mapping"])


def since_of(body: Mapping[str, Any], now: datetime) -> datetime:
    """From when on books are compared; a week back unless said otherwise. Raises Invalid."""
    given = body.get("since")
    if given is None:
        return now - _LOOK_BACK
    try:
        return from_iso(str(given))
    except ValueError:
        wrong = FieldError("/since", "invalid-time", "ISO 8601 with an offset")
        raise Invalid("since when?", [wrong]) from None
