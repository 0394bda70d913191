"""What `PUT /nodes/{node_id}` and `PUT /products/{sku}` accept: how a merchant sets up shop."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from oms.inventory.contracts import Name, printable
from oms.inventory.model import Node, NodeKind, Product
from oms.kernel.address import Address
from oms.kernel.errors import FieldError, Invalid
from oms.kernel.ids import NodeId, Sku
from oms.routing.places import position

_Line = Annotated[str, StringConstraints(max_length=100), AfterValidator(printable)]
_Millimetres = Annotated[int, Field(ge=0, le=20_000)]


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


class ProductBody(_Body):
    """A row of the catalogue. A weight or a length of 0 means: not known."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    weight_g: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    length_mm: _Millimetres = 0
    width_mm: _Millimetres = 0
    height_mm: _Millimetres = 0

    def to_domain(self, sku: Sku) -> Product:
        return Product(
            sku, self.title, self.weight_g, self.length_mm, self.width_mm, self.height_mm
        )
