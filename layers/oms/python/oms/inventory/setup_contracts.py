"""What `PUT /nodes/{node_id}` and `PUT /products/{sku}` accept: how a merchant sets up shop."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from oms.inventory.calendar_contracts import CalendarBody
from oms.inventory.contracts import Name, printable
from oms.inventory.model import Node, NodeKind, Product
from oms.inventory.selling import Component
from oms.kernel.address import Address
from oms.kernel.errors import FieldError, Invalid
from oms.kernel.ids import NodeId, Sku
from oms.routing.places import position

_Line = Annotated[str, StringConstraints(max_length=100), AfterValidator(printable)]
_Millimetres = Annotated[int, Field(ge=0, le=20_000)]
_Units = Annotated[int, Field(ge=0, le=1_000_000)]
MOST_COMPONENTS = 20


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class NodeBody(_Body):
    """A place that holds stock. Without a position it stands at the middle of its postal area."""

    kind: NodeKind
    name: Name
    lines: Annotated[list[_Line], Field(min_length=1, max_length=5)]
    city: Name
    region: _Line = ""
    postal_code: _Line = ""
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    ships: bool = True
    calendar: CalendarBody | None = None

    def to_domain(self, node_id: NodeId) -> Node:
        latitude, longitude = self._position()
        return Node(
            node_id=node_id,
            kind=self.kind,
            name=self.name,
            address=Address(
                name=self.name,
                lines=tuple(self.lines),
                city=self.city,
                region=self.region,
                postal_code=self.postal_code,
                country=self.country,
            ),
            latitude=latitude,
            longitude=longitude,
            ships=self.ships,
            calendar=self.calendar.to_domain() if self.calendar else None,
        )

    def _position(self) -> tuple[float, float]:
        if self.latitude is not None and self.longitude is not None:
            return self.latitude, self.longitude
        found = position(self.country, self.region, self.postal_code)
        if found is None:
            raise Invalid(
                "we do not know where that is: give latitude and longitude",
                [FieldError("/latitude", "missing-field", "degrees, WGS 84")],
            )
        return found


class ComponentBody(_Body):
    sku: Name
    quantity: Annotated[int, Field(ge=1, le=1_000)]

    def to_domain(self) -> Component:
        return Component(Sku(self.sku), self.quantity)


class ProductBody(_Body):
    """A row of the catalogue, and on what terms the product is sold.

    A weight or a length of 0 means: not known. Of the terms, what is not named stays as it is.
    `components` make it a kit ([]: no kit any more). `oversell_limit`: units that may stand
    promised beyond stock at a node. `backorders` false: an order that falls short of it ends
    instead of waiting. Before `available_from` it is sold as a pre-order. `lead_days`: how long
    it takes to get more.
    """

    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    weight_g: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    length_mm: _Millimetres = 0
    width_mm: _Millimetres = 0
    height_mm: _Millimetres = 0
    components: Annotated[list[ComponentBody], Field(max_length=MOST_COMPONENTS)] = []
    oversell_limit: _Units = 0
    backorders: bool = True
    available_from: date | None = None
    lead_days: Annotated[int, Field(ge=0, le=3_650)] | None = None
    reorder_point: _Units = 0

    def to_domain(self, sku: Sku) -> Product:
        return Product(
            sku, self.title, self.weight_g, self.length_mm, self.width_mm, self.height_mm
        )

    def terms(self) -> dict[str, Any]:
        """The fields of `Selling` that the body names."""
        told = {
            "components": ("components", tuple(each.to_domain() for each in self.components)),
            "oversell_limit": ("oversell", self.oversell_limit),
            "backorders": ("backorders", self.backorders),
            "available_from": (
                "available_from",
                self.available_from.isoformat() if self.available_from else "",
            ),
            "lead_days": ("lead_days", self.lead_days),
            "reorder_point": ("reorder_point", self.reorder_point),
        }
        return dict(term for name, term in told.items() if name in self.model_fields_set)
