"""What the API shows of a comparison of books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from oms.channels.compare import Report
from oms.kernel.clock import iso


def report_view(report: Report, since: datetime) -> dict[str, Any]:
    return {
        "since": iso(since),
        "orders": report.orders,
        "skus": report.skus,
        "whole": report.is_whole,
        "differences": [
            {
                "about": each.about.value,
                "subject": each.subject,
                "ours": each.ours,
                "theirs": each.theirs,
            }
            for each in report.differences
        ],
    }
