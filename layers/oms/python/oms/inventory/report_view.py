"""Reports as the API shows them: rows of plain values, as JSON or as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from oms.inventory.count import Accuracy
from oms.inventory.reconcile import Checked, Report, evidence
from oms.inventory.valuation import Valued
from oms.kernel.clock import iso
from oms.search.on_time import Kept

# What a spreadsheet takes for the beginning of a formula, and the blanks it skips before it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_BLANKS = " \u00a0\u2000\u2007\u200b\u202f\u3000\ufeff"
SUMMED = ("units", "value_minor", "received_minor", "issued_minor", "transit_minor")

VALUE_COLUMNS = (
    "sku",
    "title",
    "units",
    "average_minor",
    "value_minor",
    "received_units",
    "received_minor",
    "issued_units",
    "issued_minor",
    "transit_units",
    "transit_minor",
    "uncosted_units",
    "on_hand",
    "ties",
)
COUNT_COLUMNS = (
    "node",
    "sku",
    "lot",
    "counted",
    "system",
    "difference",
    "counted_at",
    "count_id",
    "counts",
    "exact",
)
KEPT_COLUMNS = (
    "order_id",
    "number",
    "captured_on",
    "first_promise",
    "promised_on",
    "delivered_on",
    "verdict",
)

Row = Mapping[str, Any]


def of_value(valued: Valued) -> dict[str, Any]:
    """One SKU of `stock-valuation`. Amounts are minor units of the merchant's currency."""
    value = valued.value
    return {
        "sku": valued.sku,
        "title": valued.title,
        "units": value.units,
        "average_minor": value.average_minor,
        "value_minor": value.value_minor,
        "received_units": value.received_units,
        "received_minor": value.received_minor,
        "issued_units": value.issued_units,
        "issued_minor": value.issued_minor,
        "transit_units": value.transit_units,
        "transit_minor": value.transit_minor,
        "uncosted_units": value.uncosted_units,
        "on_hand": valued.on_hand,
        "ties": valued.ties,
    }


def of_counted(each: Accuracy) -> dict[str, Any]:
    """One SKU at a node of `stock-accuracy`: its last count against what the books said then,
    and how many of all its counts met them exactly."""
    return {
        "node": each.node,
        "sku": each.sku,
        "lot": each.lot,
        "counted": each.counted,
        "system": each.expected,
        "difference": each.counted - each.expected,
        "counted_at": iso(each.at),
        "count_id": each.count_id,
        "counts": each.counts,
        "exact": each.exact,
    }


def hits(rows: Iterable[Row], start: Mapping[str, int]) -> dict[str, int]:
    """How many were counted, and how many of them exactly as the books said."""
    exact = [row["difference"] == 0 for row in rows]
    return {
        "counted": start.get("counted", 0) + len(exact),
        "exact": start.get("exact", 0) + sum(exact),
    }


def of_hits(sums: Mapping[str, int]) -> dict[str, Any]:
    return {**sums, "exact_percent": percent(sums["exact"], sums["counted"])}


def of_kept(kept: Kept) -> dict[str, Any]:
    """One order of `on-time`. Empty days are not known."""
    return {
        "order_id": kept.order.order_id,
        "number": kept.order.number,
        "captured_on": kept.order.captured_at.date().isoformat(),
        "first_promise": kept.first_promise,
        "promised_on": kept.order.promised_on,
        "delivered_on": kept.delivered_on,
        "verdict": kept.verdict.value,
    }


def of_counts(counts: Mapping[str, int]) -> dict[str, Any]:
    """Orders per verdict, and which part of those with a verdict was on time."""
    judged = counts["ON_TIME"] + counts["LATE"]
    shown = {name.lower(): number for name, number in counts.items()}
    return {**shown, "on_time_percent": percent(counts["ON_TIME"], judged)}


def totals(rows: Iterable[Row], start: Mapping[str, int] | None = None) -> dict[str, int]:
    """The sums of `rows`, on top of those of the pages before."""
    sums = {name: (start or {}).get(name, 0) for name in SUMMED}
    for row in rows:
        for name in SUMMED:
            sums[name] += row[name]
    return sums


def percent(part: int, whole: int) -> str | None:
    """`97.4`, rounded down; None of nothing."""
    if not whole:
        return None
    tenths = part * 1_000 // whole
    return f"{tenths // 10}.{tenths % 10}"


def as_csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """The rows under a head of `columns`, ready for a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row[name]) for name in columns] for row in rows)
    return text.getvalue()


def cell(value: Any) -> Any:
    """A number as it is; text such that no line of it is taken for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value
    text = str(value)
    lines = re.split(r"([\r\n]+)", text)
    quoted = "".join(_guarded(each) if each.strip("\r\n") else each for each in lines)
    return f"'{quoted}" if text.startswith("\r") else quoted


def _guarded(line: str) -> str:
    return f"'{line}" if line.lstrip(_BLANKS).startswith(_FORMULA) else line


def of_report(report: Report) -> dict[str, Any]:
    """What a check of one SKU found, and what became of it."""
    return {
        "sku": report.sku,
        "at": iso(report.at),
        "findings": [_finding(each) for each in report.checked],
        "unsettled": report.unsettled,
        "movements_read": report.movements_read,
        "checkpoint_differed": report.checkpoint_differed,
    }


def _finding(checked: Checked) -> dict[str, Any]:
    found = checked.finding
    return {
        "id": evidence(found),
        "kind": found.kind.value,
        "node": found.node,
        "shelf": found.shelf,
        "reference": found.reference,
        "why": found.why,
        "holds": dict(found.holds),
        "should": dict(found.should),
        "proposal": found.proposal,
        "repaired": checked.repaired,
        "note": checked.note,
    }
