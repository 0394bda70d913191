"""The workflows and the functions that their definitions name.

A definition holds `${ValidateOrder}` where the ARN of `validate_order` belongs; the role of
the workflow may invoke exactly the functions listed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STATE_MACHINES = Path(__file__).parents[2] / "statemachines"


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    name: str
    env: str
    functions: tuple[str, ...]

    @property
    def definition(self) -> Path:
        return STATE_MACHINES / f"{self.name}.asl.json"

    @property
    def placeholders(self) -> dict[str, str]:
        """Placeholder in the definition -> function that fills it."""
        return {placeholder(function): function for function in self.functions}


def placeholder(function: str) -> str:
    return "".join(word.capitalize() for word in function.split("_"))


WORKFLOWS = (
    WorkflowRow(
        "order_intake",
        env="INTAKE_MACHINE_ARN",
        functions=(
            "validate_order",
            "allocate_stock",
            "screen_fraud",
            "authorize_payment",
            "confirm_order",
            "void_payment",
            "release_stock",
            "reject_order",
            "flag_attention",
        ),
    ),
    WorkflowRow(
        "shipment",
        env="SHIPMENT_MACHINE_ARN",
        functions=(
            "buy_label",
            "capture_payment",
            "notify_customer",
            "notify_channel",
            "void_label",
            "refund_capture",
            "flag_attention",
        ),
    ),
)
