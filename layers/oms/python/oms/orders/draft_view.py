"""A draft as the API shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oms.kernel.clock import iso
from oms.kernel.errors import FieldError
from oms.orders.drafts import Draft


def card(draft: Draft) -> dict[str, Any]:
    """One row of the list of drafts."""
    return {
        "draft_id": draft.draft_id,
        "state": draft.state.value,
        "version": draft.version,
        "customer_name": (draft.fields.get("customer") or {}).get("name", ""),
        "line_count": len(draft.lines),
        "created_by": draft.created_by,
        "created_at": iso(draft.created_at),
        "changed_by": draft.changed_by,
        "changed_at": iso(draft.changed_at),
        "order_id": draft.order_id or None,
    }


def page(draft: Draft, missing: Sequence[FieldError]) -> dict[str, Any]:
    """The whole draft, with what it lacks as the body of an order."""
    return {
        **card(draft),
        "order": draft.fields,
        "missing": [
            {"pointer": each.pointer, "code": each.code, "detail": each.detail} for each in missing
        ],
    }
