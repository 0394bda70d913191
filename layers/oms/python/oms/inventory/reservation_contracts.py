"""What `POST /reservations` and `POST /reservations/{id}/extend` accept."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from oms.inventory.contracts import Name, printable
from oms.inventory.reservation import Asked
from oms.inventory.reserve import NewHold
from oms.inventory.selling import OWN_SHOP
from oms.kernel.ids import Sku

MOST_LINES = 500
MOST_UNITS = 10_000
SHORTEST_SECONDS, LONGEST_SECONDS = 30, 86_400

Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
PostalCode = Annotated[str, StringConstraints(max_length=20), AfterValidator(printable)]
_Seconds = Annotated[int, Field(ge=SHORTEST_SECONDS, le=LONGEST_SECONDS)]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class AskedBody(_Body):
    sku: Name
    quantity: Annotated[int, Field(ge=1, le=MOST_UNITS)]


class ReservationBody(_Body):
    """`{"lines": [{"sku": "MUG-BLUE", "quantity": 2}], "ttl_seconds": 900, "channel": "web"}`

    Without `ttl_seconds` the hold lasts as long as the channel's policy says, which is the most
    it may last too. `country` and `postal_code` are where it would go: they choose the node.
    """

    lines: Annotated[list[AskedBody], Field(min_length=1, max_length=MOST_LINES)]
    ttl_seconds: _Seconds | None = None
    channel: Name = OWN_SHOP
    country: Country | None = None
    postal_code: PostalCode = ""

    def to_domain(self) -> NewHold:
        return NewHold(
            asked=tuple(Asked(Sku(line.sku), line.quantity) for line in self.lines),
            channel=self.channel,
            seconds=self.ttl_seconds,
            country=self.country or "",
            postal_code=self.postal_code,
        )


class ExtensionBody(_Body):
    """`{"ttl_seconds": 600}`: how long from now; without it, as the channel's policy says."""

    ttl_seconds: _Seconds | None = None
