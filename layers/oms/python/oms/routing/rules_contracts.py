"""The rule file: how a merchant says which nodes send, and the same written back."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from oms.inventory.contracts import Name
from oms.kernel.ids import NodeId
from oms.routing.criteria import DEFAULT_RULES, Criterion, RoutingRules, ShippingCost

MOST_NODES = 5_000
MOST_SETS = 100_000

T = TypeVar("T")
_Amount = Annotated[int, Field(ge=0, le=100_000_000)]


def _different(values: list[T]) -> list[T]:
    if len(set(values)) < len(values):
        raise ValueError("one stands there twice")
    return values


class _Body(BaseModel):
    """Read with `model_validate_json`: strict mode takes enums as text from JSON only."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class CostBody(_Body):
    """Minor units, in one currency throughout: a parcel, and each 100 km begun."""

    base: _Amount
    per_100_km: _Amount = 0

    def to_domain(self) -> ShippingCost:
        return ShippingCost(self.base, self.per_100_km)


class RulesBody(_Body):
    """`{"criteria": ["shipping_cost", "distance"],
    "costs": {"WH-EAST": {"base": 500, "per_100_km": 20}}, "splits": true}`
    """

    criteria: Annotated[list[Criterion], Field(min_length=1), AfterValidator(_different)]
    costs: Annotated[dict[Name, CostBody], Field(max_length=MOST_NODES, validate_default=True)] = {}
    priorities: Annotated[
        list[Name],
        Field(max_length=MOST_NODES, validate_default=True),
        AfterValidator(_different),
    ] = []
    splits: bool = DEFAULT_RULES.splits
    most_sets: Annotated[int, Field(ge=1, le=MOST_SETS)] = DEFAULT_RULES.most_sets

    @field_validator("costs")
    @classmethod
    def _costs_to_compare(
        cls, costs: dict[Name, CostBody], info: ValidationInfo
    ) -> dict[Name, CostBody]:
        if not costs and Criterion.SHIPPING_COST in info.data.get("criteria", ()):
            raise ValueError("shipping_cost needs costs")
        return costs

    @field_validator("priorities")
    @classmethod
    def _places_to_compare(cls, nodes: list[Name], info: ValidationInfo) -> list[Name]:
        if not nodes and Criterion.PRIORITY in info.data.get("criteria", ()):
            raise ValueError("priority needs priorities")
        return nodes

    @classmethod
    def of(cls, rules: RoutingRules) -> RulesBody:
        """The inverse of `to_domain`."""
        return cls(
            criteria=list(rules.criteria),
            costs={
                node: CostBody(base=cost.base, per_100_km=cost.per_100_km)
                for node, cost in rules.costs.items()
            },
            priorities=list(rules.priorities),
            splits=rules.splits,
            most_sets=rules.most_sets,
        )

    def to_domain(self) -> RoutingRules:
        return RoutingRules(
            criteria=tuple(self.criteria),
            costs={NodeId(node): cost.to_domain() for node, cost in self.costs.items()},
            priorities=tuple(map(NodeId, self.priorities)),
            splits=self.splits,
            most_sets=self.most_sets,
        )
